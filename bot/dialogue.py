"""The dialogue: what was sent and understood, in; what is said and remembered, out.

Deterministic, and run inside the turn's one transaction. The order in `respond` is the order
of importance: danger first, whatever else is going on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from booking import actions
from booking.calls import raise_emergency
from booking.models import RequestStatus
from booking.notices import staff_name
from booking.people import looks_like_code
from booking.services import Catalog
from bot.binding import Binding
from bot.forms import Forms
from bot.frames import Frames
from bot.incoming import MAX_TEXT, Incoming, IncomingKind
from bot.own_requests import OwnRequests
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from bot.understanding.commands import Command, Intent, Slots, Understood
from knowledge.answers import Answer
from store.clock import local
from store.messages import Button, Message


@dataclass(frozen=True, slots=True)
class Thought:
    """What was worked out before the transaction: commands, and the answer to a question."""

    understood: Understood | None = None
    answer: Answer | None = None
    tapped: str = ""


_ASKS_NUMBERS = frozenset({"portions", "passengers", "time"})


class Dialogue:
    """Says what to say. Knows no channel and commits nothing."""

    def __init__(self, *, catalog: Catalog, relation_of: Callable[[str], str | None]) -> None:
        """Take the services, and what gives the plain relation for 我爸 or 老爷子."""
        self._catalog = catalog
        self._forms = Forms(catalog, relation_of)
        self._own = OwnRequests(catalog)
        self._binding = Binding()

    def respond(self, scene: Scene, frames: Frames, incoming: Incoming, thought: Thought) -> Said:
        """Answer one incoming message."""
        understood = thought.understood
        if understood is not None and understood.commands[0].intent is Intent.EMERGENCY:
            said = self._danger(scene, frames)
        elif thought.tapped:
            said = self._tapped(scene, frames, thought.tapped)
        elif understood is not None:
            said = self._told(scene, frames, understood, thought.answer)
            if incoming.was_cut:
                said = say(frames, "unclear.cut", most=MAX_TEXT).before(said)
        else:
            said = self._other(scene, frames, incoming)
        return _remember(said)

    def _told(
        self, scene: Scene, frames: Frames, understood: Understood, answer: Answer | None
    ) -> Said:
        said = Said(frames)
        starts = [each for each in understood.commands if self._starts_form(frames, each)]
        for command in understood.commands:
            if command in starts[1:]:
                continue
            said = said.before(self._follow(scene, said.frames, command, answer))
        # Further bookings of the same breath wait beneath the first one.
        for command in reversed(starts[1:]):
            said = self._lay_beneath(scene, said, command)
        return said

    def _follow(
        self, scene: Scene, frames: Frames, command: Command, answer: Answer | None
    ) -> Said:
        slots, form = command.slots, frames.form
        match command.intent:
            case Intent.BOOK:
                return self._book(scene, frames, slots)
            case Intent.ANSWER if form is not None:
                return self._forms.answer(scene, frames, slots)
            case Intent.QUESTION:
                return self._answer(scene, frames, answer)
            case Intent.STATUS:
                said = self._own.show(scene, frames)
                return said.before(self._forms.go_on(scene, frames)) if form else said
            case Intent.CANCEL:
                return self._cancel(scene, frames, slots)
            case Intent.CHANGE:
                if form is not None and slots.service in {None, form.service}:
                    return self._forms.fill(scene, frames, slots)
                return self._own.change_named(scene, frames, service=slots.service)
            case Intent.CONFIRM:
                return self._forms.confirm(scene, frames)
            case Intent.REPEAT:
                return self._repeat(frames)
            case Intent.HUMAN:
                return self._human(scene, frames, "human.asked")
            case Intent.COMPLAINT:
                return self._human(scene, frames, "human.complaint")
            case Intent.PRAISE:
                return self._human(scene, frames, "human.praise")
            case Intent.FRAUD:
                return say(frames, "fraud.stop", [button("human", actions.HUMAN)])
            case Intent.GREETING:
                return self._greet(scene, frames)
            case Intent.BACK:
                return self._forms.fix(frames)
            case Intent.RESTART:
                return self._forms.restart(scene, frames)
            case _:
                return self._guess(scene, frames)

    def _book(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        form = frames.form
        if form is not None and slots.service in {None, form.service}:
            return self._forms.fill(scene, frames, slots)
        if slots.service is None or not self._is_bookable(slots.service):
            return self._offer_services(frames, "unclear.guess")
        said = self._forms.begin(scene, frames, slots.service, slots)
        if form is not None and said.frames.form is not None and len(said.frames.forms) > 1:
            name = self._catalog.get(form.service).name
            return say(frames, "form.suspended", service=name).before(said)
        return said

    def _lay_beneath(self, scene: Scene, said: Said, command: Command) -> Said:
        if command.slots.service is None or not self._is_bookable(command.slots.service):
            return said
        before = len(said.frames.forms)
        begun = self._forms.begin(scene, said.frames, command.slots.service, command.slots)
        if len(begun.frames.forms) <= before:
            return said.before(begun)
        *others, newest = begun.frames.forms
        at = max(len(others) - 1, 0)
        return Said(replace(said.frames, forms=(*others[:at], newest, *others[at:])), said.messages)

    def _starts_form(self, frames: Frames, command: Command) -> bool:
        form = frames.form
        return command.intent is Intent.BOOK and (
            form is None or command.slots.service not in {None, form.service}
        )

    def _answer(self, scene: Scene, frames: Frames, answer: Answer | None) -> Said:
        if answer is None:
            return self._guess(scene, frames)
        services = [
            Button(self._catalog.get(each).name, actions.book(each))
            for each in answer.services
            if frames.form is None or frames.form.service != each
        ]
        rows = (*(tuple(row) for row in in_rows(services)), (button("human", actions.HUMAN),))
        said = Said(frames, (Message(_with_sources(answer), rows),))
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _cancel(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        form = frames.form
        if form is not None and slots.service in {None, form.service}:
            return self._forms.drop(scene, frames)
        return self._own.cancel_named(scene, frames, service=slots.service, day=slots.date)

    def _human(self, scene: Scene, frames: Frames, key: str) -> Said:
        said = self._own.call_human(scene, frames, words=scene.words, key=key)
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _greet(self, scene: Scene, frames: Frames) -> Said:
        if "谢" in scene.words:
            said = say(frames, "hello.thanks")
        elif scene.person is None:
            said = say(frames, "hello.greeting_unbound", *self._service_rows())
        else:
            said = say(
                frames,
                "hello.greeting",
                *self._service_rows(),
                [button("mine", actions.MINE), button("human", actions.HUMAN)],
                salutation=scene.person.salutation,
                part=_part_of_day(scene),
            )
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _guess(self, scene: Scene, frames: Frames) -> Said:
        if frames.form is not None:
            return self._forms.go_on(scene, frames)
        key = "unclear.guess" if frames.unclear == 0 else "unclear.guess_again"
        return self._offer_services(replace(frames, unclear=frames.unclear + 1), key)

    def _offer_services(self, frames: Frames, key: str) -> Said:
        human = [button("mine", actions.MINE), button("human", actions.HUMAN)]
        return say(frames, key, *self._service_rows(), human)

    def _repeat(self, frames: Frames) -> Said:
        if not frames.last:
            return say(frames, "unclear.nothing_to_repeat")
        return Said(frames, frames.last)

    def _danger(self, scene: Scene, frames: Frames) -> Said:
        """Say 120 before anything else, then ring; say only what is true of who has seen it."""
        call = say(frames, "danger.call")
        if scene.person is None:
            return call.before(say(frames, "danger.unbound"))
        request, is_new = raise_emergency(
            scene.session,
            catalog=self._catalog,
            actor=scene.person,
            words=scene.words,
            account_id=scene.account.id,
            key=f"emergency:{scene.key}",
            now=scene.now,
        )
        clerk = staff_name(scene.session, request)
        if request.status is RequestStatus.ACCEPTED and clerk:
            said = say(frames, "danger.seen", clerk=clerk)
        elif is_new:
            said = say(frames, "danger.ringing", number=request.number)
        else:
            said = say(frames, "danger.ringing_again")
        kept = say(frames, "danger.form_kept") if frames.form else Said(frames)
        return call.before(said).before(kept)

    def _other(self, scene: Scene, frames: Frames, incoming: Incoming) -> Said:
        match incoming.kind:
            case IncomingKind.COMMAND:
                return self._command(scene, frames, incoming)
            case IncomingKind.CONTACT:
                return self._binding.by_phone(scene, frames, incoming.phone)
            case IncomingKind.GROUP:
                return say(frames, "unclear.group")
            case IncomingKind.EDITED:
                said = say(frames, "unclear.edited")
            case IncomingKind.UNSUPPORTED:
                said = say(frames, "unclear.unsupported", what=incoming.what)
            case _:
                if scene.person is None and looks_like_code(incoming.text):
                    return self._binding.by_code(scene, frames, incoming.text)
                said = say(frames, "unclear.empty")
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _command(self, scene: Scene, frames: Frames, incoming: Incoming) -> Said:
        match incoming.action:
            case "start" if incoming.text:
                return self._binding.by_code(scene, frames, incoming.text)
            case "start":
                return self._greet(scene, frames)
            case "book":
                return self._offer_services(frames, "hello.choose")
            case "mine":
                return self._own.show(scene, frames)
            case "human":
                return self._human(scene, frames, "human.asked")
            case _:
                return say(frames, "hello.help", *self._service_rows())

    def _tapped(self, scene: Scene, frames: Frames, action: str) -> Said:
        name, _, rest = action.partition(":")
        match name, rest.split(":"):
            case "f", [form_id, step, key]:
                return self._forms.choose(scene, frames, form_id, step, key)
            case "book", [service] if self._is_bookable(service):
                return self._book(scene, frames, Slots(service=service))
            case "mine", _:
                return self._own.show(scene, frames)
            case "human", _:
                return self._human(scene, frames, "human.asked")
            case "rate", [number, stars] if number.isdecimal() and stars.isdecimal():
                return self._own.rate(scene, frames, int(number), int(stars))
            case "cancel", [number] if number.isdecimal():
                return self._own.ask_cancel(scene, frames, int(number))
            case "cancelyes", [number] if number.isdecimal():
                return self._own.cancel(scene, frames, int(number))
            case "keep", _:
                return say(frames, "mine.kept")
            case _:
                return say(frames, "unclear.stale_nothing").before(self._forms.go_on(scene, frames))

    def _is_bookable(self, service: str) -> bool:
        return any(each.id == service for each in self._catalog.bookable)

    def _service_rows(self) -> list[list[Button]]:
        buttons = [Button(each.name, actions.book(each.id)) for each in self._catalog.bookable]
        return in_rows(buttons)


def _with_sources(answer: Answer) -> str:
    """Add below the answer where each quote stands."""
    places = dict.fromkeys(
        (each.heading or each.source).replace(" › ", "，") for each in answer.citations
    )
    where = [TEXTS.say("answer.where", where=place) for place in places]
    return "\n".join([answer.text, *where])


def _remember(said: Said) -> Said:
    """Keep what was said for 再说一遍, and the buttons so that their words can be typed."""
    buttons = tuple(
        each for message in reversed(said.messages) for row in message.buttons for each in row
    )
    clear = all(not message.buttons for message in said.messages)
    frames = replace(
        said.frames,
        last=said.messages or said.frames.last,
        buttons=said.frames.buttons if clear else buttons,
    )
    return Said(frames, said.messages)


def _part_of_day(scene: Scene) -> str:
    hour = local(scene.now).hour
    parts = ((5, "evening"), (9, "morning"), (12, "forenoon"), (13, "noon"), (18, "afternoon"))
    name = next((part for until, part in parts if hour < until), "evening")
    return TEXTS.say(f"hello.{name}")


def typed_choice(frames: Frames, text: str) -> str:
    """Return the action of the button whose words, or whose number, were typed; else nothing.

    Numbers count the answers of the form's question from one; a bare number is a choice only
    where the question does not ask for a number itself.
    """
    said = "".join(text.split()).strip("。，！？!?.,")
    for each in frames.buttons:
        if said and said == "".join(each.label.split()):
            return each.action
    form = frames.form
    if form is None or not said.isdecimal() or form.asking in _ASKS_NUMBERS:
        return ""
    index = int(said) - 1 if len(said) <= 2 else -1
    return form.action(index) if 0 <= index < len(form.offered) else ""
