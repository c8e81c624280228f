"""The dialogue: what was sent and understood, in; what is said and remembered, out.

Deterministic, and run inside the turn's one transaction. The order in `respond` is the order
of importance: danger first, whatever else is going on.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from booking import actions
from booking.calls import raise_emergency
from booking.meals.sheets import MEAL
from booking.models import RequestStatus
from booking.notices import staff_name
from booking.people import looks_like_code
from booking.services import POLICY, Catalog
from bot.binding import Binding
from bot.changes import Changes
from bot.diets import FORGET, REMEMBER, Diets
from bot.form_values import values_of
from bot.forms import Forms
from bot.frames import Asked, FormFrame, Frames, Pending
from bot.fraud import FraudWarnings
from bot.gone import gone, is_gone
from bot.incoming import Incoming, IncomingKind
from bot.live_facts import LiveFacts
from bot.originals import show_originals
from bot.own_requests import CANCEL_YES, OwnRequests
from bot.policy_questions import PolicyQuestions
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from bot.sources import source_lines
from bot.standing_orders import PREFIX as STANDING
from bot.standing_orders import StandingOrders
from bot.understanding.commands import Command, Intent, Slots, Understood
from bot.wishes import keep_wish
from knowledge.answers import Answer, AnswerStatus
from store.clock import local
from store.identity import Person
from store.messages import Button, Message

_CALLS = {
    Intent.HUMAN: "human.asked",
    Intent.COMPLAINT: "human.complaint",
    Intent.PRAISE: "human.praise",
}
DANGER, NO_DANGER = "danger", "nodanger"
# One stray word is no other service, unless it can be said of one only.
_SAYS_WHICH, _ENOUGH_OF_ANOTHER = frozenset({"meal", "diet"}), 2
_OF_EATING = re.compile(r"[饭餐吃饮菜份]|早点")
# No larger than a database's row number can be.
_ID = re.compile(r"[0-9]{1,18}")
_LAST_QUESTION = re.compile(r"[^。！？\n]+？$")


@dataclass(frozen=True, slots=True)
class Thought:
    """What was worked out before the transaction: commands, and the answer to a question."""

    understood: Understood | None = None
    answer: Answer | None = None
    tapped: str = ""


class Dialogue:
    """Says what to say. Knows no channel and commits nothing."""

    def __init__(self, *, catalog: Catalog, relation_of: Callable[[str], str | None]) -> None:
        """Take the services, and what gives the plain relation for 我爸 or 老爷子."""
        self._catalog = catalog
        self._forms = Forms(catalog, relation_of)
        self._own = OwnRequests(catalog)
        self._changes = Changes(catalog, self._forms)
        self._live = LiveFacts(catalog, relation_of)
        self._questions = PolicyQuestions(catalog)
        self._warnings = FraudWarnings(catalog)
        self._binding = Binding()
        self._standing = StandingOrders(catalog, relation_of)
        self._diets = Diets(catalog)

    def respond(self, scene: Scene, frames: Frames, incoming: Incoming, thought: Thought) -> Said:
        """Answer one incoming message."""
        understood = thought.understood
        if understood is not None and understood.first.intent is Intent.EMERGENCY:
            said = (
                self._danger(scene, frames)
                if understood.confident
                else _ask_danger(scene, self._forms.rest(frames))
            )
        elif is_gone(scene) and not _is_still_heard(thought):
            said = gone(scene, frames)
        elif thought.tapped:
            said = self._tapped(scene, frames, thought.tapped)
        elif understood is not None:
            said = self._told(scene, frames, understood, thought.answer)
            said = _remarks(frames, incoming).before(said)
        else:
            said = self._other(scene, frames, incoming)
        return _remember(frames, said)

    def _told(
        self, scene: Scene, frames: Frames, understood: Understood, answer: Answer | None
    ) -> Said:
        wished = keep_wish(scene, frames)
        if wished is not None:
            return wished
        commands = self._without_taken_back(frames, understood.commands)
        if understood.first.intent in {Intent.PRAISE, Intent.QUESTION} and frames.form is None:
            rated = self._own.rate_in_words(scene, frames)
            if rated is not None:
                return rated
        if (standing := self._standing.take(scene, frames, understood)) is not None:
            return standing
        if (diet := self._diets.take(scene, frames, understood)) is not None:
            return diet
        said, is_answered = Said(frames), False
        starts = [each for each in commands if self._starts_form(frames, each)]
        for command in commands:
            if command in starts[1:] or (is_answered and command.asks_documents):
                continue
            is_answered = is_answered or command.asks_documents
            said = said.before(
                self._follow(scene, said.frames, command, answer, sure=understood.confident)
            )
        # Further bookings of the same breath wait beneath the first one.
        for command in reversed(starts[1:]):
            said = self._lay_beneath(scene, said, command)
        return said

    def _without_taken_back(
        self, frames: Frames, commands: tuple[Command, ...]
    ) -> tuple[Command, ...]:
        """Take 不去总医院了，去银行 as one correction: who goes on with a form has not dropped it."""
        form = frames.form
        if form is None or len(commands) < 2:
            return commands
        own = {None, form.service}
        dropped, *others = commands
        goes_on = any(
            each.intent in {Intent.BOOK, Intent.CHANGE, Intent.ANSWER}
            and each.slots.service in own
            and not each.slots.is_empty
            for each in others
        )
        if dropped.intent is Intent.CANCEL and dropped.slots.service in own and goes_on:
            return tuple(others)
        return commands

    def _follow(
        self,
        scene: Scene,
        frames: Frames,
        command: Command,
        answer: Answer | None,
        *,
        sure: bool,
    ) -> Said:
        slots, form = command.slots, frames.form
        if frames.pending is not None:
            settled = self._settle(scene, frames, frames.pending, command)
            if settled is not None:
                return settled
        match command.intent:
            case Intent.BOOK:
                return self._book(scene, frames, slots)
            case Intent.ANSWER if form is not None:
                if (other := self._speaks_of(form, slots, scene.words)) is not None:
                    return self._book(scene, frames, replace(slots, service=other))
                return self._forms.answer(scene, frames, slots)
            case Intent.QUESTION if slots.live is None:
                return self._answer(scene, frames, answer, sure=sure)
            case Intent.QUESTION | Intent.STATUS:
                return self._look_up(scene, frames, command)
            case Intent.CANCEL:
                return self._cancel(scene, frames, slots)
            case Intent.CHANGE:
                return self._change(scene, frames, slots)
            case Intent.CONFIRM:
                return self._confirm(scene, frames)
            case Intent.REPEAT:
                return self._repeat(frames)
            case Intent.HUMAN | Intent.COMPLAINT | Intent.PRAISE:
                return self._human(scene, frames, _CALLS[command.intent])
            case Intent.FRAUD:
                return self._fraud(scene, frames, slots)
            case Intent.GREETING:
                return self._greet(scene, frames)
            case Intent.BACK if form is not None:
                return self._forms.back(scene, frames)
            case Intent.RESTART if form is not None:
                return self._forms.restart(scene, frames)
            case Intent.BACK | Intent.RESTART:
                return self._offer_services(frames, "hello.choose")
            case _:
                return self._guess(scene, frames)

    def _settle(
        self, scene: Scene, frames: Frames, pending: Pending, command: Command
    ) -> Said | None:
        """Take 好, 不用, 第一个 as the answer to what was asked last; None when it is none."""
        slots, intent = command.slots, command.intent
        frames = replace(frames, pending=None)
        if pending.choices and intent is Intent.ANSWER:
            index = slots.choice if slots.choice is not None else 0
            at = len(pending.choices) - 1 if index < 0 else index - 1
            if 0 <= at < len(pending.choices):
                return self._tapped(scene, frames, pending.choices[at].action)
            return self._own.cancel_named(scene, frames, slots)
        if not pending.yes:
            return None
        agrees = intent is Intent.CONFIRM or (intent is Intent.ANSWER and slots.yes is True)
        # 那就请工作人员告诉我: it was offered in these words.
        is_offered = pending.yes.startswith(actions.ASK_STAFF)
        agrees = agrees or (intent is Intent.HUMAN and is_offered)
        refuses = intent is Intent.ANSWER and slots.yes is False
        if intent is Intent.CANCEL and self._own.is_meant(scene, slots, pending.yes):
            keeps = any(word in scene.words for word in TEXTS.say("mine.keep_words").split("、"))
            agrees = pending.yes.startswith(CANCEL_YES) and not keeps
            refuses = not agrees
        if agrees:
            return self._tapped(scene, replace(frames, pending=pending), pending.yes)
        if refuses and pending.no:
            return self._tapped(scene, frames, pending.no)
        if refuses:
            return say(frames, "hello.all_right")
        return None

    def _book(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        form = frames.form
        if form is not None and slots.service == form.service and _names_nothing(slots):
            return self._forms.go_on(scene, frames)
        if form is not None and slots.service in {None, form.service}:
            return self._forms.fill(scene, frames, slots)
        if slots.service is None or not self._is_bookable(slots.service):
            return self._offer_services(frames, "unclear.guess")
        said = self._forms.begin(scene, frames, slots.service, slots)
        if form is not None and said.frames.form is not None and len(said.frames.forms) > 1:
            name = self._catalog.get(form.service).name
            return say(frames, "form.suspended", service=name).before(said)
        return said

    def _speaks_of(self, form: FormFrame, slots: Slots, words: str) -> str | None:
        """Return the other service that an answer speaks of: 明天午饭一份 to 哪一天去体检."""
        own = self._catalog.get(form.service)
        foreign = {name for name in values_of(slots) if not own.has_field(name)}
        if own.period_field and not _OF_EATING.search(words):
            # 12月1号上午 is a part of this form's day, not a breakfast.
            foreign.discard("meal")
        if len(foreign) < _ENOUGH_OF_ANOTHER and not foreign & _SAYS_WHICH:
            return None
        fitting = [
            each.id
            for each in self._catalog.bookable
            if all(each.has_field(name) for name in foreign)
        ]
        return fitting[0] if len(fitting) == 1 else None

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

    def _answer(self, scene: Scene, frames: Frames, answer: Answer | None, *, sure: bool) -> Said:
        if not sure and (taken := self._forms.fill_named(scene, frames)) is not None:
            return taken
        if answer is None or not (sure or _is_found(answer, in_form=frames.form is not None)):
            return self._guess(scene, frames)
        frames = replace(frames, asked=Asked(answer.understood_as, scene.now))
        rows = self._questions.buttons(scene, frames, answer)
        asks_back = frames.form is None and scene.person is not None
        said = Said(frames, (Message(_with_sources(answer, asks_back=asks_back), rows),))
        if frames.form is not None:
            return said.before(self._forms.go_on(scene, frames))
        if asks_back and answer.text.endswith("？"):
            pending = Pending(yes=self._questions.agreed(scene, answer), words=scene.words)
            return Said(replace(frames, pending=pending), said.messages)
        return said

    def _look_up(self, scene: Scene, frames: Frames, command: Command) -> Said:
        """Say what the tables know: of the house today, or of one's own requests."""
        if command.intent is Intent.STATUS:
            said = self._show_mine(scene, frames, command.slots.service)
        else:
            said = self._live.answer(scene, frames, command.slots)
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _show_mine(self, scene: Scene, frames: Frames, service: str | None = None) -> Said:
        """List one's own requests, and the standing orders that make more of them."""
        said = self._own.show(scene, frames, service=service)
        listed = self._standing.listed(scene) if service in {None, MEAL} else None
        return said.before(replace(listed, frames=said.frames)) if listed else said

    def _cancel(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        form = frames.form
        undone = self._own.restore_named(scene, frames) if form is None else None
        if undone is not None:
            return undone
        if form is None or slots.service not in {None, form.service}:
            return self._own.cancel_named(scene, frames, slots)
        if _differs(form, slots) and self._own.cancellable(scene, slots):
            return self._own.cancel_named(scene, frames, slots)
        return self._forms.drop(scene, frames)

    def _change(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        form = frames.form
        if form is None or slots.service not in {None, form.service}:
            return self._changes.named(scene, frames, slots)
        if _names_nothing(slots) and not slots.vague:
            return self._forms.fix(scene, frames)
        return self._forms.fill(scene, frames, slots)

    def _confirm(self, scene: Scene, frames: Frames) -> Said:
        if frames.form is None and TEXTS.say("button.confirm") not in scene.words:
            return say(frames, "hello.all_right")
        return self._forms.agree(scene, frames)

    def _human(self, scene: Scene, frames: Frames, key: str) -> Said:
        words = scene.words
        if frames.pending is not None and frames.pending.words:
            words = frames.pending.words
        said = self._own.call_human(scene, frames, words=words, key=key)
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _fraud(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        resting = self._forms.rest(frames)
        is_lost = slots.lost is True
        said = self._warnings.say_stop(scene, resting, is_lost=is_lost)
        if frames.form:
            said = said.before(say(resting, "danger.form_kept"))
        return said.before(self._warnings.say_staff(scene, resting, is_lost=is_lost))

    def _greet(self, scene: Scene, frames: Frames) -> Said:
        if "谢" in scene.words:
            said = say(frames, "hello.thanks")
        elif scene.person is not None and frames.form is not None:
            said = say(
                frames,
                "hello.short",
                salutation=scene.person.salutation,
                part=_part_of_day(scene),
            )
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
        if frames.form is not None and TEXTS.say("button.go_on") in scene.words:
            return self._forms.go_on(scene, frames)
        if frames.form is not None:
            return self._forms.unclear(scene, frames)
        if scene.person is None and scene.words.strip().isdecimal():
            return say(frames, "bind.looks")
        times = frames.unclear
        frames = replace(frames, unclear=times + 1)
        if times < 2 or scene.person is None:
            key = "unclear.guess" if times % 2 == 0 else "unclear.guess_again"
            return self._offer_services(frames, key)
        key = "unclear.guess_person" if times % 2 == 0 else "unclear.guess_person_again"
        pending = Pending(yes=actions.HUMAN, words=scene.words)
        return say(replace(frames, pending=pending), key, [button("human", actions.HUMAN)])

    def _offer_services(self, frames: Frames, key: str) -> Said:
        human = [button("mine", actions.MINE), button("human", actions.HUMAN)]
        return say(frames, key, *self._service_rows(), human)

    def _repeat(self, frames: Frames) -> Said:
        if not frames.last:
            return say(frames, "unclear.nothing_to_repeat")
        return Said(frames, frames.last)

    def _danger(self, scene: Scene, frames: Frames) -> Said:
        """Say 120 before anything else, then ring; say only what is true of who has seen it."""
        call = replace(say(frames, "danger.call"), is_urgent=True)
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
        resting = self._forms.rest(frames)
        kept = say(resting, "danger.form_kept") if frames.form else Said(resting)
        return call.before(said).before(kept)

    def _other(self, scene: Scene, frames: Frames, incoming: Incoming) -> Said:
        match incoming.kind:
            case IncomingKind.COMMAND:
                return self._command(scene, frames, incoming)
            case IncomingKind.CONTACT:
                return self._bound(scene, self._binding.by_phone(scene, frames, incoming.phone))
            case IncomingKind.GROUP:
                return say(frames, "unclear.group")
            case IncomingKind.EDITED:
                said = say(frames, "unclear.edited")
            case IncomingKind.UNSUPPORTED:
                said = say(frames, "unclear.unsupported", what=incoming.what)
            case _:
                if scene.person is None and looks_like_code(incoming.text):
                    return self._bound(scene, self._binding.by_code(scene, frames, incoming.text))
                said = say(frames, "unclear.empty_in_form" if frames.form else "unclear.empty")
        return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _bound(self, scene: Scene, said: Said) -> Said:
        """After binding, go on with what was wanted before."""
        person_id = scene.account.person_id
        if scene.person is not None or person_id is None or said.frames.wish is None:
            return said
        actor = scene.session.get_one(Person, person_id)
        if said.frames.wish.service == POLICY:
            return said.before(self._questions.hand_over_wish(scene, said.frames, actor))
        return said.before(self._forms.begin_wish(scene, said.frames, actor))

    def _command(self, scene: Scene, frames: Frames, incoming: Incoming) -> Said:
        match incoming.action:
            case "start" if incoming.text:
                return self._bound(scene, self._binding.by_code(scene, frames, incoming.text))
            case "start":
                return self._greet(scene, frames)
            case "book":
                return self._offer_services(frames, "hello.choose")
            case "mine":
                said = self._show_mine(scene, frames)
                return said.before(self._forms.go_on(scene, frames)) if frames.form else said
            case "human":
                return self._human(scene, frames, "human.asked")
            case _:
                said = say(frames, "hello.help", *self._service_rows())
                return said.before(self._forms.go_on(scene, frames)) if frames.form else said

    def _tapped(self, scene: Scene, frames: Frames, action: str) -> Said:
        name, _, rest = action.partition(":")
        if name == STANDING:
            return self._standing.tapped(scene, frames, rest.split(":"))
        if name == REMEMBER:
            return self._diets.remember(scene, frames)
        if name == FORGET:
            return say(frames, "hello.all_right")
        return self._pressed(scene, frames, name, rest)

    def _pressed(self, scene: Scene, frames: Frames, name: str, rest: str) -> Said:
        match name, rest.split(":"):
            case "f", [form_id, step, key]:
                return self._forms.choose(scene, frames, form_id, step, key)
            case "book", [service] if self._is_bookable(service):
                return self._book(scene, frames, Slots(service=service))
            case "mine", _:
                said = self._show_mine(scene, frames)
                return said.before(self._forms.go_on(scene, frames)) if frames.form else said
            case "human", _:
                return self._human(scene, frames, "human.asked")
            case "callme", [number] if _ID.fullmatch(number):
                return self._aside(scene, self._own.call_me(scene, frames, int(number)))
            case "nocall", _:
                return self._aside(scene, say(frames, "rating.no_call"))
            case "rate" | "cancel" | "cancelyes" | "restore" | "change" | "offer", parts:
                return self._tapped_request(scene, frames, name, parts)
            case "keep", _:
                return say(frames, "mine.kept")
            case "staff", [number] if _ID.fullmatch(number):
                return self._aside(scene, self._questions.hand_over(scene, frames, int(number)))
            case "src", [passages] if all(map(_ID.fullmatch, passages.split("."))):
                wanted = [int(each) for each in passages.split(".")]
                return self._aside(scene, show_originals(scene, frames, wanted))
            case "doc", _:
                return self._aside(scene, say(frames, "original.tap_above"))
            case "warn", [number] if _ID.fullmatch(number):
                return self._aside(scene, self._warnings.warn(scene, frames, int(number)))
            case "nowarn", _:
                return self._aside(scene, say(frames, "fraud.not_told"))
            case "danger", _:
                words = frames.pending.words if frames.pending else scene.words
                return self._danger(replace(scene, words=words), frames)
            case "nodanger", _:
                return say(frames, "danger.none").before(self._forms.go_on(scene, frames))
            case _:
                return say(frames, "unclear.stale_nothing").before(self._forms.go_on(scene, frames))

    def _tapped_request(self, scene: Scene, frames: Frames, act: str, parts: list[str]) -> Said:
        """Act on one of the person's own requests."""
        match act, parts:
            case "rate", [number, stars] if number.isdecimal() and stars.isdecimal():
                return self._own.rate(scene, frames, int(number), int(stars))
            case "cancel", [number] if number.isdecimal():
                return self._own.ask_cancel(scene, frames, int(number))
            case "cancelyes", [number] if number.isdecimal():
                return self._own.cancel(scene, frames, int(number))
            case "restore", [number] if _ID.fullmatch(number):
                return self._own.restore(scene, frames, int(number))
            case "change", [number] if _ID.fullmatch(number):
                return self._changes.begin(scene, frames, int(number), {})
            case "offer", [reply, number] if _ID.fullmatch(number):
                return self._own.answer_offer(scene, frames, int(number), takes=reply == "take")
            case _:
                return say(frames, "unclear.stale_nothing").before(self._forms.go_on(scene, frames))

    def _aside(self, scene: Scene, said: Said) -> Said:
        """Say something beside the open form, then go on with it."""
        return said.before(self._forms.go_on(scene, said.frames))

    def _is_bookable(self, service: str) -> bool:
        return any(each.id == service for each in self._catalog.bookable)

    def _service_rows(self) -> list[list[Button]]:
        buttons = [Button(each.name, actions.book(each.id)) for each in self._catalog.bookable]
        return in_rows(buttons)


def _ask_danger(scene: Scene, frames: Frames) -> Said:
    """Ask at once about words that only sound like danger; 120 is named all the same."""
    asked = say(
        replace(frames, pending=Pending(yes=DANGER, no=NO_DANGER, words=scene.words)),
        "danger.ask",
        [button("danger", DANGER)],
        [button("no_danger", NO_DANGER)],
    )
    return replace(asked, is_urgent=True)


def _with_sources(answer: Answer, *, asks_back: bool) -> str:
    """Add below the quotes where each stands; one question at a time is asked."""
    text = answer.text if asks_back else _LAST_QUESTION.sub("", answer.text).rstrip()
    lines = (text or answer.text).split("\n")
    # What is said in our own words stands in no document: it comes after the places.
    own = [at for at, line in enumerate(lines) if answer.plain and line.endswith(answer.plain)]
    at = own[-1] if own else len(lines)
    return "\n".join([*lines[:at], *source_lines(answer), *lines[at:]])


def _is_found(answer: Answer, *, in_form: bool) -> bool:
    """Tell whether the documents speak of words that may be no question at all."""
    if in_form:
        return answer.status is AnswerStatus.ANSWERED
    return bool(answer.citations)


def _is_still_heard(thought: Thought) -> bool:
    """Tell what is answered as ever after a death: a call for a person, and a plain question."""
    if thought.tapped:
        return thought.tapped.partition(":")[0] in {actions.HUMAN, "src", "staff", "danger"}
    understood = thought.understood
    heard = {Intent.HUMAN, Intent.COMPLAINT, Intent.QUESTION}
    return understood is not None and {each.intent for each in understood.commands} <= heard


def _remarks(frames: Frames, incoming: Incoming) -> Said:
    """Say what of the message could not be taken."""
    if incoming.kind is IncomingKind.UNSUPPORTED:
        return say(frames, "unclear.caption_only", what=incoming.what)
    return say(frames, "unclear.cut") if incoming.was_cut else Said(frames)


def _remember(before: Frames, said: Said) -> Said:
    """Keep what was said for 再说一遍, and the buttons so that their words can be typed."""
    buttons = tuple(
        each for message in reversed(said.messages) for row in message.buttons for each in row
    )
    after = said.frames
    is_repeated = said.messages == before.last
    frames = replace(
        after,
        last=said.messages or after.last,
        buttons=buttons or after.buttons,
        # What was asked is over once something else was said; counting failures, too.
        pending=None if after.pending is before.pending and not is_repeated else after.pending,
        unclear=after.unclear if is_repeated or after.unclear > before.unclear else 0,
    )
    return replace(said, frames=frames)


def _names_nothing(slots: Slots) -> bool:
    """Tell whether nothing but perhaps a service was said."""
    return replace(slots, service=None, vague=()).is_empty


def _differs(form: FormFrame, slots: Slots) -> bool:
    """Tell whether what is named is not what the open form is about."""
    return any(form.values.get(name) != value for name, value in values_of(slots).items())


def _part_of_day(scene: Scene) -> str:
    hour = local(scene.now).hour
    parts = ((5, "evening"), (9, "morning"), (12, "forenoon"), (13, "noon"), (18, "afternoon"))
    name = next((part for until, part in parts if hour < until), "evening")
    return TEXTS.say(f"hello.{name}")
