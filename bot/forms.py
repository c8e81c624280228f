"""Forms in a conversation: begin, fill, correct, look at the card, confirm or drop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from booking import actions, capacity, entitlement
from booking import form as booking_form
from booking.changing import Wanted, around_of, change
from booking.day_words import day_word, moment_word
from booking.errors import (
    AlreadyUsed,
    MoveNotAllowed,
    NoPlaceLeft,
    NotPermitted,
    RequestNotFound,
    TooLateToChange,
    ValueProblem,
)
from booking.form import Around, Places, Question
from booking.joining import full_openings, is_gathering, join, with_room
from booking.making import find_by_key
from booking.models import Request, RequestStatus
from booking.people import Beneficiary, beneficiaries
from booking.requests import Submission, submit
from booking.services import CapacityKind, Catalog, FieldKind, Service
from booking.waiting import turn_of
from bot import diets
from bot.form_values import added_up, expected_by, in_order, named_in, said_for, values_of
from bot.frames import FormFrame, Frames, Offered, Pending, Wish, new_form
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from bot.understanding.answers import Expecting
from bot.understanding.commands import Doubt, Slots
from store.identity import Person
from store.messages import Button, Message

WHOM, CARD, FIX, RESUME = "whom", "card", "fix", "resume"
WHICH, WAIT = "which", "wait"
# So many full openings of a day are offered to be waited for.
_MOST_WAITS = 2
OTHER_DAYS = "days"
CONFIRM, DROP, GO_ON = "ok", "drop", "on"


@dataclass(frozen=True, slots=True)
class Forms:
    """The form engine of the conversation; all rules about values live in `booking.form`."""

    catalog: Catalog
    relation_of: Callable[[str], str | None]

    def begin(self, scene: Scene, frames: Frames, service_id: str, slots: Slots) -> Said:
        """Start a service with whatever was already said; unbound accounts learn how to bind."""
        wish = Wish(service_id, values_of(slots), slots.whom)
        if scene.person is None:
            return how_to_bind(replace(frames, wish=wish), scene)
        doubt = _doubt_about(self.catalog.get(service_id), slots.vague)
        return self._begin(scene, frames, scene.person, wish, doubt)

    def begin_wish(self, scene: Scene, frames: Frames, actor: Person) -> Said:
        """Start what was wanted before the account was bound to `actor`."""
        wish = frames.wish
        if wish is None:
            return Said(frames)
        return self._begin(
            replace(scene, person=actor), replace(frames, wish=None), actor, wish, None
        )

    def fill(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Put what was said into the open form; a correction replaces what stood there."""
        form = frames.form
        if form is None:
            return Said(frames)
        service = self.catalog.get(form.service)
        said = said_for(service, form.asking, slots)
        if form.beneficiary_id is not None and service.words is not None:
            around = self._around(scene, form, service)
            said = in_order(service, {**named_in(service, scene.words, around), **said})
        if slots.adds:
            said = added_up(said, form.values)
        doubt = _doubt_about(service, slots.vague)
        if slots.whom and scene.person is not None:
            chosen = self._named(beneficiaries(scene.session, scene.person), slots.whom)
            if chosen is not None:
                form = _for_whom(form, chosen)
                return self._fill(scene, frames.with_form(form), said, doubt)
            if not said:
                denied = say(
                    frames,
                    "form.not_linked_in_form",
                    [button("human", actions.HUMAN)],
                    whom=slots.whom,
                )
                return denied.before(self.go_on(scene, frames))
        if not said and doubt is None:
            return self.unclear(scene, frames)
        return self._fill(scene, frames, said, doubt)

    def fill_named(self, scene: Scene, frames: Frames) -> Said | None:
        """Take words that are just the label of an answer, or name what is wrong on the card."""
        form, words = frames.form, "".join(scene.words.split()).strip("。，！？!?.,")
        if form is None or form.beneficiary_id is None or not words:
            return None
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        named = booking_form.answers_named(service, form.values, around, words)
        if named:
            return self._fill(scene, frames, named, None)
        wrong = [field.name for field in service.fields if field.label in words]
        is_asked_for = form.asking in {CARD, FIX} or any(
            field.label == words for field in service.fields
        )
        if is_asked_for and len(wrong) == 1:
            return self._ask_field(scene, frames, form, wrong[0])
        return None

    def agree(self, scene: Scene, frames: Frames) -> Said:
        """Confirm by words; whoever names another choice in the same breath wants that first."""
        form = frames.form
        if form is not None and form.asking == CARD:
            service = self.catalog.get(form.service)
            other = booking_form.answers_within(service, form.values, scene.words)
            if other:
                return self._fill(scene, frames, other, None)
        return self.confirm(scene, frames)

    def ask(self, scene: Scene, frames: Frames, *, lead: str = "", card_lead: str = "") -> Said:
        """Ask for the first thing missing, or show the card."""
        form = frames.form
        if form is None:
            return Said(frames)
        if scene.person is None:
            return how_to_bind(frames, scene)
        service = self.catalog.get(form.service)
        if form.asking == WHICH:
            return _put_which(frames, form)
        if form.beneficiary_id is None:
            return self._ask_whom(scene, frames, form, lead)
        around = self._around(scene, form, service)
        if (number := self._used_by(scene, form, service, around)) is not None:
            return self._say_used(scene, frames, service, number)
        question = booking_form.next_question(service, form.values, around)
        if question is None:
            return self._show_card(scene, frames, form, service, around, card_lead)
        return self._put(scene, frames, form, question, lead)

    def go_on(self, scene: Scene, frames: Frames) -> Said:
        """Ask again after something else was talked about."""
        if frames.form is None:
            return Said(frames)
        name = self.catalog.get(frames.form.service).name
        lead = TEXTS.say("form.go_on", service=name)
        return self.ask(scene, frames, lead=lead, card_lead=lead)

    def unclear(self, scene: Scene, frames: Frames) -> Said:
        """Ask again in other words each time; after two failures offer a person."""
        form = frames.form
        if form is None:
            return Said(frames)
        times = frames.unclear
        frames = replace(frames, unclear=times + 1)
        if times < 2 or scene.person is None:
            key = "form.unclear" if times % 2 == 0 else "form.unclear_again"
            lead = TEXTS.say(key)
            return self.ask(scene, frames, lead=lead, card_lead=lead)
        name = self.catalog.get(form.service).name
        resting = replace(form, asking=RESUME, expects=Expecting.YES_NO, step=form.step + 1)
        pending = Pending(
            yes=actions.HUMAN, no=resting.control(GO_ON), words=_for_staff(name, scene.words)
        )
        return say(
            replace(frames.with_form(resting), pending=pending),
            "form.unclear_person" if times % 2 == 0 else "form.unclear_person_again",
            [button("human", actions.HUMAN)],
            [button("go_on", resting.control(GO_ON)), button("drop", resting.control(DROP))],
            service=name,
        )

    def rest(self, frames: Frames) -> Frames:
        """Put the open form down: a 好 that comes next is no answer to it."""
        if frames.form is None:
            return frames
        resting = replace(frames.form, asking=RESUME, expects=Expecting.YES_NO, offered=())
        return frames.with_form(replace(resting, step=frames.form.step + 1))

    def choose(self, scene: Scene, frames: Frames, form_id: str, step: str, key: str) -> Said:
        """Act on a tap (or its words typed): an answer, or one of the form's own buttons."""
        form = frames.form
        if form is None or form.id != form_id or str(form.step) != step:
            return self._stale(scene, frames, form_id)
        match key:
            case "ok":
                return self.confirm(scene, frames)
            case "drop":
                return self.drop(scene, frames)
            case "fix":
                return self._ask_what_to_fix(frames, form)
            case "days":
                return self._ask_other_days(scene, frames, form)
            case "on":
                return self.ask(scene, frames)
        if not key.isdigit() or int(key) >= len(form.offered):
            return self._stale(scene, frames, form_id)
        return self._take(scene, frames, form, form.offered[int(key)].values)

    def confirm(self, scene: Scene, frames: Frames) -> Said:
        """Make the request from the card; anywhere else, ask for what is still missing."""
        form = frames.form
        if form is None:
            return say(frames, "form.nothing_to_confirm")
        if form.asking != CARD or scene.person is None or form.beneficiary_id is None:
            return self._not_yet(scene, frames, form)
        service = self.catalog.get(form.service)
        if form.changes:
            return self._confirm_change(scene, frames, form, service, scene.person)
        wanted = Submission(
            actor=scene.person,
            beneficiary=scene.session.get_one(Person, form.beneficiary_id),
            service=service,
            values=form.values,
            account_id=scene.account.id,
            key=f"form:{form.id}",
        )
        try:
            with scene.session.begin_nested():
                gathers = is_gathering(service, form.values, scene.now)
                make = join if form.waits or gathers else submit
                request = make(scene.session, wanted, now=scene.now)
        except ValueProblem as problem:
            return self._ask_again(scene, frames, form, problem)
        except NoPlaceLeft as full:
            return self._offer_others(scene, frames, form, service, full)
        except AlreadyUsed as used:
            return self._say_used(scene, frames, service, used.number)
        except NotPermitted:
            denied = say(frames.pop(), "form.cannot_book", [button("human", actions.HUMAN)])
            return self._close(scene, frames, denied)
        is_own = form.whom == TEXTS.say("form.whom_self")
        turn = turn_of(scene.session, request.id)
        keys = (
            ("form.lined_up", "form.lined_up_for")
            if turn
            else ("form.received", "form.received_for")
        )
        done = say(
            frames.pop(),
            keys[0] if is_own else keys[1],
            [button("mine", actions.MINE)],
            whom=form.whom,
            summary=request.summary,
            number=request.number,
            staff=TEXTS.say("form.staff"),
            note=capacity.said_when_booked(scene.session, service, request),
            position=turn.position if turn else 0,
        )
        return self._close(scene, frames, done)

    def begin_change(
        self, scene: Scene, frames: Frames, request: Request, said: dict[str, str]
    ) -> Said:
        """Open the form of a request that is made, with what is to be other; else ask what."""
        beneficiary = scene.session.get_one(Person, request.beneficiary_id)
        is_own = scene.person is not None and beneficiary.id == scene.person.id
        form = replace(
            new_form(request.service),
            changes=request.id,
            beneficiary_id=beneficiary.id,
            whom=TEXTS.say("form.whom_self")
            if is_own
            else TEXTS.say("form.whom_other", name=beneficiary.name),
            values={name: value for name, value in request.values.items() if value},
        )
        if not said:
            return self._ask_what_to_fix(frames.push(form), form)
        return self._fill(scene, frames.push(form), said, None)

    def ask_which(
        self, scene: Scene, frames: Frames, found: Sequence[Request], said: dict[str, str]
    ) -> Said:
        """Ask which request is to become what was said."""
        offered = tuple(
            Offered(f"{each.number} {each.summary}", {WHICH: str(each.id)}) for each in found
        )
        form = replace(
            new_form(found[0].service),
            asking=WHICH,
            expects=Expecting.CHOICE,
            values=said,
            offered=offered,
            changes=found[0].id,
        )
        return _put_which(frames.push(form), form)

    def _confirm_change(
        self, scene: Scene, frames: Frames, form: FormFrame, service: Service, actor: Person
    ) -> Said:
        """Change the request as the card says; what stands in the way is asked or said."""
        wanted = Wanted(actor, form.changes, form.values)
        mine, human = button("mine", actions.MINE), button("human", actions.HUMAN)
        try:
            with scene.session.begin_nested():
                request = change(scene.session, catalog=self.catalog, wanted=wanted, now=scene.now)
        except ValueProblem as problem:
            return self._ask_again(scene, frames, form, problem)
        except NoPlaceLeft as full:
            return self._offer_others(scene, frames, form, service, full)
        except AlreadyUsed as used:
            return self._say_used(scene, frames, service, used.number)
        except TooLateToChange as late:
            until = moment_word(late.until, scene.today)
            said = offer_staff(scene, frames.pop(), "change.too_late_now", until=until)
            return self._close(scene, frames, said)
        except (MoveNotAllowed, RequestNotFound):
            return self._close(scene, frames, say(frames.pop(), "change.gone", [mine, human]))
        is_fixed = request.status is RequestStatus.ACCEPTED
        key = "change.done" if is_fixed else "change.done_waits"
        said = say(frames.pop(), key, [mine], summary=request.summary, number=request.number)
        return self._close(scene, frames, said)

    def drop(self, scene: Scene, frames: Frames) -> Said:
        """Give the open form up."""
        form = frames.form
        if form is None:
            return Said(frames)
        service = self.catalog.get(form.service)
        key = "change.dropped" if form.changes else "form.dropped"
        return self._close(scene, frames, say(frames.pop(), key, service=service.name))

    def answer(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Take a bare answer to what was asked: 好, 不用, 第二个, 两份, 总医院."""
        form = frames.form
        if form is None:
            return Said(frames)
        if form.asking == CARD and slots.yes is not None:
            return self.confirm(scene, frames) if slots.yes else self.fix(scene, frames)
        if form.asking == RESUME and slots.yes is False:
            return self.drop(scene, frames)
        if slots.choice is not None and form.offered:
            index = len(form.offered) - 1 if slots.choice < 0 else slots.choice - 1
            if 0 <= index < len(form.offered):
                return self._take(scene, frames, form, form.offered[index].values)
        if slots.yes and not said_for(self.catalog.get(form.service), form.asking, slots):
            return self._not_yet(scene, frames, form)
        return self.fill(scene, frames, slots)

    def restart(self, scene: Scene, frames: Frames) -> Said:
        """Empty the open form and ask from the beginning."""
        form = frames.form
        if form is None or scene.person is None:
            return Said(frames)
        empty = replace(form, values={}, offered=())
        if len(beneficiaries(scene.session, scene.person)) > 1:
            empty = replace(empty, beneficiary_id=None, whom="")
        return self.ask(scene, frames.with_form(empty), lead=TEXTS.say("form.restart"))

    def fix(self, scene: Scene, frames: Frames) -> Said:
        """Ask which of the values given so far is to be changed."""
        form = frames.form
        if form is None:
            return Said(frames)
        if not form.values:
            return self.ask(scene, frames)
        return self._ask_what_to_fix(frames, form)

    def back(self, scene: Scene, frames: Frames) -> Said:
        """Ask the question before this one again; on the card, which value to change."""
        form = frames.form
        if form is None:
            return Said(frames)
        names = [field.name for field in self.catalog.get(form.service).fields]
        if form.asking not in names:
            return self.fix(scene, frames)
        before = [name for name in names[: names.index(form.asking)] if name in form.values]
        if not before:
            return self.ask(scene, frames, lead=TEXTS.say("form.first"))
        return self._ask_field(scene, frames, form, before[-1])

    def _begin(
        self, scene: Scene, frames: Frames, actor: Person, wish: Wish, doubt: Doubt | None
    ) -> Said:
        service = self.catalog.get(wish.service)
        people = beneficiaries(scene.session, actor)
        chosen = self._named(people, wish.whom)
        if wish.whom and chosen is None:
            return offer_staff(scene, frames, "form.not_linked", whom=wish.whom)
        if not people:
            return offer_staff(scene, frames, "form.cannot_book")
        chosen = chosen or (people[0] if len(people) == 1 else None)
        form = new_form(wish.service)
        if chosen is not None:
            form = _for_whom(form, chosen)
        said = {name: value for name, value in wish.values.items() if service.has_field(name)}
        if chosen is not None:
            form = replace(form, values=diets.usual_diet(scene, service, chosen.person.id))
        if service.words is not None:
            around = self._around(scene, form, service)
            said = in_order(service, {**named_in(service, scene.words, around), **said})
        return self._fill(scene, frames.push(form), said, doubt, start=True)

    def _fill(
        self,
        scene: Scene,
        frames: Frames,
        said: dict[str, str],
        doubt: Doubt | None,
        *,
        start: bool = False,
    ) -> Said:
        form = frames.form
        if form is None:
            return Said(frames)
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values, problem = dict(form.values), None
        for name, value in said.items():
            try:
                values = booking_form.with_value(service, values, name, value, around)
            except ValueProblem as found:
                problem = problem or found
        filled = replace(form, values=values)
        frames = frames.with_form(filled)
        if problem is not None:
            tried = {**form.values, **said}
            return self._ask_again(scene, frames, filled, problem, tried=tried)
        if doubt is not None:
            return self._ask_about(scene, frames, filled, doubt)
        heard = booking_form.heard_words(service, values, said, scene.today)
        lead = self._start_words(service, filled, heard) if start else _noted(heard)
        is_changed = form.asking == CARD and values != form.values
        card_lead = TEXTS.say("form.changed") if is_changed else ""
        return self.ask(scene, frames, lead=lead, card_lead=card_lead)

    def _not_yet(self, scene: Scene, frames: Frames, form: FormFrame) -> Said:
        """Answer a 好 where there is no card: the only answer offered, or what is still missing."""
        if form.asking == RESUME:
            return self.ask(scene, frames)
        if len(form.offered) == 1:
            return self._take(scene, frames, form, form.offered[0].values)
        return self.ask(scene, frames, lead=TEXTS.say("form.not_yet"))

    def _used_by(
        self, scene: Scene, form: FormFrame, service: Service, around: Around
    ) -> str | None:
        """Return the request that uses up the only years the form could be for; else None."""
        if not service.once_a_year or form.beneficiary_id is None or form.changes:
            return None
        days = booking_form.open_days(service, form.values, around)
        years = {day.year for day in days}
        if "date" in form.values:
            years = {int(form.values["date"][:4])}
        held = [
            entitlement.holder(
                scene.session, service=service, person_id=form.beneficiary_id, year=year
            )
            for year in sorted(years)
        ]
        return held[0] if held and all(held) else None

    def _say_used(self, scene: Scene, frames: Frames, service: Service, number: str) -> Said:
        used = say(
            frames.pop(),
            "form.used",
            [button("mine", actions.MINE), button("human", actions.HUMAN)],
            number=number,
            grant=service.grant,
            year=_year_word(frames.form, scene),
            what=service.topics[0] if service.topics else service.name,
        )
        return self._close(scene, frames, used)

    def _take(self, scene: Scene, frames: Frames, form: FormFrame, chosen: dict[str, str]) -> Said:
        if WHOM in chosen:
            return self.ask(scene, frames.with_form(self._whom_chosen(scene, form, chosen[WHOM])))
        if FIX in chosen:
            return self._ask_field(scene, frames, form, chosen[FIX])
        if WHICH in chosen:
            request = scene.session.get_one(Request, int(chosen[WHICH]))
            return self.begin_change(scene, frames.pop(), request, form.values)
        if WAIT in chosen:
            chosen = {name: value for name, value in chosen.items() if name != WAIT}
            waits = replace(form, waits=True, values={**form.values, **chosen})
            return self.ask(scene, frames.with_form(waits), lead=TEXTS.say("form.waits"))
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values = dict(form.values)
        try:
            for name, value in chosen.items():
                values = booking_form.with_value(service, values, name, value, around)
        except ValueProblem as problem:
            tried = {**form.values, **chosen}
            return self._ask_again(scene, frames, form, problem, tried=tried)
        return self.ask(scene, frames.with_form(replace(form, values=values)))

    def _whom_chosen(self, scene: Scene, form: FormFrame, person_id: str) -> FormFrame:
        people = beneficiaries(scene.session, scene.person) if scene.person else []
        for each in people:
            if str(each.person.id) == person_id:
                return _for_whom(form, each)
        return form

    def _ask_whom(self, scene: Scene, frames: Frames, form: FormFrame, lead: str) -> Said:
        people = beneficiaries(scene.session, scene.person) if scene.person else []
        offered = tuple(
            Offered(_whom_label(each, scene.person), {WHOM: str(each.person.id)}) for each in people
        )
        asked = replace(
            form, asking=WHOM, expects=Expecting.CHOICE, step=form.step + 1, offered=offered
        )
        text = _join(lead, TEXTS.say("form.whom"))
        return Said(frames.with_form(asked), (Message(text, _answer_rows(asked)),))

    def _ask_field(self, scene: Scene, frames: Frames, form: FormFrame, name: str) -> Said:
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        question = booking_form.question_for(service, name, form.values, around)
        return self._put(scene, frames, form, question, "")

    def _ask_other_days(self, scene: Scene, frames: Frames, form: FormFrame) -> Said:
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        question = booking_form.question_for(service, "date", form.values, around, other_days=True)
        return self._put(scene, frames, form, question, "")

    def _put(
        self,
        scene: Scene,
        frames: Frames,
        form: FormFrame,
        question: Question,
        lead: str,
        more: tuple[Offered, ...] = (),
    ) -> Said:
        field = self.catalog.get(form.service).field(question.field)
        if field.kind is FieldKind.DAY and not question.answers and not more:
            return self._nothing_open(scene, frames)
        offered = (
            *(Offered(each.label, {question.field: each.value}) for each in question.answers),
            *more,
        )
        asked = replace(
            form,
            asking=question.field,
            expects=expected_by(field),
            step=form.step + 1,
            offered=offered,
        )
        message = Message(_join(lead, question.prompt), _answer_rows(asked, other=question.other))
        return Said(frames.with_form(asked), (message,))

    def _nothing_open(self, scene: Scene, frames: Frames) -> Said:
        form = frames.form
        name = self.catalog.get(form.service).name if form else ""
        text = TEXTS.say("form.nothing_open", service=name)
        rest = frames.pop()
        if rest.form is not None:
            human = ((button("human", actions.HUMAN),),)
            return self._close(scene, frames, Said(rest, (Message(text, human),)))
        pending = Pending(yes=actions.HUMAN, words=_for_staff(name, scene.words))
        offer = text + TEXTS.say("form.ask_staff")
        rows = ((button("human", actions.HUMAN),),)
        return Said(replace(rest, pending=pending), (Message(offer, rows),))

    def _ask_what_to_fix(self, frames: Frames, form: FormFrame) -> Said:
        service = self.catalog.get(form.service)
        full = booking_form.complete_values(service, form.values)
        offered = tuple(
            Offered(field.label, {FIX: field.name})
            for field in service.fields
            if field.name in full
        )
        asked = replace(
            form, asking=FIX, expects=Expecting.CHOICE, step=form.step + 1, offered=offered
        )
        message = Message(TEXTS.say("form.fix"), _answer_rows(asked))
        return Said(frames.with_form(asked), (message,))

    def _ask_again(
        self,
        scene: Scene,
        frames: Frames,
        form: FormFrame,
        problem: ValueProblem,
        *,
        lead: str = "",
        tried: dict[str, str] | None = None,
    ) -> Said:
        """Say what cannot be, and ask for that one thing; everything else is kept."""
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values = {name: value for name, value in form.values.items() if name != problem.field}
        form = replace(form, values=values)
        question = booking_form.question_for(service, problem.field, values, around)
        question = replace(question, prompt=problem.problem)
        waits = _to_wait_for(form, service, tried or form.values, around)
        return self._put(scene, frames, form, question, lead, waits)

    def _ask_about(self, scene: Scene, frames: Frames, form: FormFrame, doubt: Doubt) -> Said:
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        field = service.field(doubt.about)
        question = booking_form.question_for(service, field.name, form.values, around)
        about = "_time" if field.kind is FieldKind.TIME else ""
        key = f"form.{doubt.kind.value}{about}"
        sentence = TEXTS.say(key, words=doubt.words, prompt=field.prompt)
        return self._put(scene, frames, form, replace(question, prompt=sentence), "")

    def _show_card(
        self,
        scene: Scene,
        frames: Frames,
        form: FormFrame,
        service: Service,
        around: Around,
        lead: str,
    ) -> Said:
        try:
            full = booking_form.check(service, form.values, around)
        except ValueProblem as problem:
            # What could be booked when it was said may be past or full by now.
            return self._ask_again(scene, frames, form, problem, lead=lead)
        lines = booking_form.card_lines(service, full, scene.today)
        key = "change.card" if form.changes else "form.card_waits" if form.waits else "form.card"
        text = TEXTS.say(
            key,
            service=service.name,
            whom=form.whom,
            lines="\n".join(f"{label}：{words}" for label, words in lines),
        )
        if form.beneficiary_id is not None:
            warning = diets.warning(scene, service, full, around, form.beneficiary_id)
            text = f"{text}\n{warning}" if warning else text
        card = replace(form, asking=CARD, expects=Expecting.CONFIRM, step=form.step + 1, offered=())
        rows = (
            (button("confirm", card.control(CONFIRM)),),
            (button("fix", card.control(FIX)), _drop_button(card)),
        )
        return Said(frames.with_form(card), (Message(_join(lead, text), rows),))

    def _offer_others(
        self, scene: Scene, frames: Frames, form: FormFrame, service: Service, full: NoPlaceLeft
    ) -> Said:
        around = self._around(scene, form, service)
        offered = (
            *(Offered(other.label, other.values) for other in full.alternatives),
            *_to_wait_for(form, service, form.values, around),
        )
        tail = "form.no_place_offer" if offered else "form.no_place_none"
        when = booking_form.heard_words(
            service, form.values, {"date", "time", service.period_field}, scene.today
        )
        is_ride = service.capacity is CapacityKind.VEHICLE
        key = "form.no_car" if is_ride else "form.no_place"
        text = TEXTS.say(key, when=when.replace("，", ""), why=full.why)
        text += TEXTS.say(tail)
        missing = service.period_field or "time"
        values = {name: value for name, value in form.values.items() if name != missing}
        asked = replace(
            form,
            asking=missing,
            expects=expected_by(service.field(missing)),
            step=form.step + 1,
            offered=offered,
            values=values,
        )
        rows = (
            *_answer_rows(asked, drop=False),
            (
                button("other_days", asked.control(OTHER_DAYS)),
                button("human", actions.HUMAN),
                _drop_button(asked),
            ),
        )
        return Said(frames.with_form(asked), (Message(text, rows),))

    def _stale(self, scene: Scene, frames: Frames, form_id: str) -> Said:
        made = find_by_key(scene.session, f"form:{form_id}")
        person = scene.person
        if made is not None and person and person.id in {made.requester_id, made.beneficiary_id}:
            mine = [button("mine", actions.MINE)]
            said = say(frames, "form.already", mine, number=made.number)
        elif frames.form is None:
            return say(frames, "unclear.stale_nothing")
        else:
            said = say(frames, "unclear.stale")
        return said.before(self.go_on(scene, frames)) if frames.form else said

    def _close(self, scene: Scene, frames: Frames, said: Said) -> Said:
        """After a form ends: the one beneath it, if any, is offered again."""
        beneath = said.frames.form
        if beneath is None:
            return said
        name = self.catalog.get(beneath.service).name
        resting = self.rest(said.frames)
        asked = resting.form or beneath
        offer = say(
            resting,
            "form.resume",
            [button("go_on", asked.control(GO_ON)), button("drop", asked.control(DROP))],
            service=name,
        )
        return said.before(offer)

    def _around(self, scene: Scene, form: FormFrame, service: Service) -> Around:
        if form.beneficiary_id is None:
            house = scene.person.institution_id if scene.person else 0
        else:
            house = scene.session.get_one(Person, form.beneficiary_id).institution_id
        around = capacity.look_around(
            scene.session, institution_id=house, service=service, now=scene.now
        )
        if form.waits:
            return with_room(service, form.values, around)
        changed = scene.session.get(Request, form.changes) if form.changes else None
        if changed is not None:
            return around_of(scene.session, service, changed, scene.now)
        return around

    def _named(self, people: list[Beneficiary], whom: str | None) -> Beneficiary | None:
        """Return whom the words mean: oneself, a linked relative by relation, or by name."""
        if not whom:
            return None
        wanted = self.relation_of(whom) or whom
        for each in people:
            if whom == each.person.name or wanted == (self.relation_of(each.calls) or each.calls):
                return each
        return None

    def _start_words(self, service: Service, form: FormFrame, heard: str) -> str:
        """Read back what was understood; whom it is for, where it is not oneself."""
        lead = TEXTS.say("form.start", service=service.name)
        if form.whom and form.whom != TEXTS.say("form.whom_self"):
            lead = TEXTS.say("form.start_for", service=service.name, whom=form.whom)
        return f"{lead.removesuffix('。')}：{heard}。" if heard else lead


def _put_which(frames: Frames, form: FormFrame) -> Said:
    asked = replace(form, step=form.step + 1)
    message = Message(TEXTS.say("change.which"), _answer_rows(asked))
    return Said(frames.with_form(asked), (message,))


def _to_wait_for(
    form: FormFrame, service: Service, tried: dict[str, str], around: Around
) -> tuple[Offered, ...]:
    """Return what may be waited for where the opening wanted is only full."""
    if form.changes:
        return ()
    full = full_openings(service, tried, around)[:_MOST_WAITS]
    today = around.today
    return tuple(
        Offered(
            button("wait", WAIT, when=_when(service, each, today)).label,
            {
                WAIT: "yes",
                "date": each.day.isoformat(),
                service.period_field: each.period,
                **({service.provider_field: each.provider} if each.provider else {}),
            },
        )
        for each in full
    )


def _when(service: Service, opening: Places, today: date) -> str:
    options = service.field(service.period_field).options
    label = next(each.label for each in options if each.value == opening.period)
    return day_word(opening.day, today) + booking_form.opening_label(opening, label)


def _drop_button(form: FormFrame) -> Button:
    return button("drop_change" if form.changes else "drop", form.control(DROP))


def ends_form(action: str) -> bool:
    """Tell whether a tap answers a card for good: 确认 or 不订了."""
    return action.startswith("f:") and action.endswith((f":{CONFIRM}", f":{DROP}"))


def how_to_bind(frames: Frames, scene: Scene) -> Said:
    """Tell an unbound account how it becomes someone's."""
    if scene.account.channel == "telegram":
        needed = TEXTS.say("bind.needed") + "\n" + TEXTS.say("bind.needed_contact")
        return Said(frames, (Message(needed, ((button("contact", "contact"),),)),))
    return say(frames, "bind.needed")


def _for_whom(form: FormFrame, chosen: Beneficiary) -> FormFrame:
    whom = (
        TEXTS.say("form.whom_self")
        if chosen.calls == "自己"
        else TEXTS.say("form.whom_other", name=chosen.person.name)
    )
    return replace(form, beneficiary_id=chosen.person.id, whom=whom)


def _whom_label(each: Beneficiary, actor: Person | None) -> str:
    if actor is not None and each.person.id == actor.id:
        return TEXTS.say("button.self")
    return f"{each.calls}（{each.person.name}）"


def _answer_rows(
    form: FormFrame, *, other: str = "", drop: bool = True
) -> tuple[tuple[Button, ...], ...]:
    answers = [Button(each.label, form.action(index)) for index, each in enumerate(form.offered)]
    rows = [tuple(row) for row in in_rows(answers)]
    last = [Button(other, form.control(OTHER_DAYS))] if other else []
    if drop:
        last.append(_drop_button(form))
    return (*rows, tuple(last)) if last else tuple(rows)


def offer_staff(scene: Scene, frames: Frames, key: str, **words: object) -> Said:
    """Ask whether the staff shall see to it; 好 is enough."""
    pending = Pending(yes=actions.HUMAN, words=scene.words)
    asked = replace(frames, pending=pending)
    return say(asked, key, [button("human", actions.HUMAN)], **words)


def _doubt_about(service: Service, doubts: tuple[Doubt, ...]) -> Doubt | None:
    return next((each for each in doubts if service.has_field(each.about)), None)


def _noted(heard: str) -> str:
    return TEXTS.say("form.noted", words=heard) if heard else ""


def _year_word(form: FormFrame | None, scene: Scene) -> str:
    year = int(form.values["date"][:4]) if form and "date" in form.values else scene.today.year
    if year == scene.today.year:
        return TEXTS.say("form.this_year")
    return TEXTS.say("form.year", year=year)


def _for_staff(service: str, words: str) -> str:
    """Say to the staff what the person was doing when the assistant could not help."""
    return TEXTS.say("human.words_in_form", service=service, words=words)


def _join(lead: str, text: str) -> str:
    if not lead:
        return text
    return f"{lead}\n{text}" if "\n" in text else f"{lead}{text}"
