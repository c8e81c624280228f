"""Forms in a conversation: begin, fill, correct, look at the card, confirm or drop."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from booking import actions, capacity
from booking import form as booking_form
from booking.errors import AlreadyUsed, NoPlaceLeft, NotPermitted, ValueProblem
from booking.form import Around, Question
from booking.making import find_by_key
from booking.people import Beneficiary, beneficiaries
from booking.requests import Submission, submit
from booking.services import Catalog, FieldKind, FormField, Service
from bot.frames import FormFrame, Frames, Offered, new_form
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from bot.understanding.answers import Expecting
from bot.understanding.commands import Doubt, Slots
from store.identity import Person
from store.messages import Button, Message

WHOM, CARD, FIX = "whom", "card", "fix"
OTHER_DAYS = "days"
CONFIRM, DROP, GO_ON = "ok", "drop", "on"


@dataclass(frozen=True, slots=True)
class Forms:
    """The form engine of the conversation; all rules about values live in `booking.form`."""

    catalog: Catalog
    relation_of: Callable[[str], str | None]

    def begin(self, scene: Scene, frames: Frames, service_id: str, slots: Slots) -> Said:
        """Start a service with whatever was already said; unbound accounts learn how to bind."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        service = self.catalog.get(service_id)
        people = beneficiaries(scene.session, scene.person)
        chosen = self._named(people, slots.whom)
        if slots.whom and chosen is None:
            human = button("human", actions.HUMAN)
            return say(frames, "form.not_linked", [human], whom=slots.whom)
        if not people:
            return say(frames, "form.cannot_book", [button("human", actions.HUMAN)])
        chosen = chosen or (people[0] if len(people) == 1 else None)
        form = new_form(service_id)
        if chosen is not None:
            form = _for_whom(form, chosen)
        lead = self._start_words(service, chosen)
        return self._fill(scene, frames.push(form), slots, lead=lead)

    def fill(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Put what was said into the open form; a correction replaces what stood there."""
        if frames.form is not None and slots.whom and scene.person is not None:
            chosen = self._named(beneficiaries(scene.session, scene.person), slots.whom)
            if chosen is not None:
                frames = frames.with_form(_for_whom(frames.form, chosen))
        return self._fill(scene, frames, slots, lead="")

    def ask(self, scene: Scene, frames: Frames, *, lead: str = "") -> Said:
        """Ask for the first thing missing, or show the card."""
        form = frames.form
        if form is None:
            return Said(frames)
        service = self.catalog.get(form.service)
        if form.beneficiary_id is None:
            return self._ask_whom(scene, frames, form, lead)
        around = self._around(scene, form, service)
        question = booking_form.next_question(service, form.values, around)
        if question is None:
            return self._show_card(scene, frames, form, service, lead)
        return self._put(frames, form, question, lead)

    def go_on(self, scene: Scene, frames: Frames) -> Said:
        """Ask again after something else was talked about."""
        if frames.form is None:
            return Said(frames)
        name = self.catalog.get(frames.form.service).name
        return self.ask(scene, frames, lead=TEXTS.say("form.go_on", service=name))

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
            return self.ask(scene, frames)
        service = self.catalog.get(form.service)
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
                request = submit(scene.session, wanted, now=scene.now)
        except ValueProblem as problem:
            return self._ask_again(scene, frames, form, problem)
        except NoPlaceLeft as full:
            return self._offer_others(scene, frames, form, service, full)
        except AlreadyUsed as used:
            return self._close(
                scene,
                frames,
                say(
                    frames.pop(),
                    "form.used",
                    [button("mine", actions.MINE), button("human", actions.HUMAN)],
                    service="体检" if service.id == "checkup" else service.name,
                    number=used.number,
                    grant=service.grant,
                ),
            )
        except NotPermitted:
            denied = say(frames.pop(), "form.cannot_book", [button("human", actions.HUMAN)])
            return self._close(scene, frames, denied)
        done = say(
            frames.pop(),
            "form.received",
            [button("mine", actions.MINE)],
            summary=request.summary,
            number=request.number,
            staff=TEXTS.say("form.staff"),
        )
        return self._close(scene, frames, done)

    def drop(self, scene: Scene, frames: Frames) -> Said:
        """Give the open form up."""
        form = frames.form
        if form is None:
            return say(frames, "form.nothing_to_drop", [button("mine", actions.MINE)])
        service = self.catalog.get(form.service)
        return self._close(scene, frames, say(frames.pop(), "form.dropped", service=service.name))

    def answer(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Take a bare answer to what was asked: 好, 不用, 第二个, 两份, 总医院."""
        form = frames.form
        if form is None:
            return Said(frames)
        if form.asking == CARD and slots.yes is not None:
            return self.confirm(scene, frames) if slots.yes else self.fix(frames)
        if slots.choice is not None and form.offered:
            index = len(form.offered) - 1 if slots.choice < 0 else slots.choice - 1
            if 0 <= index < len(form.offered):
                return self._take(scene, frames, form, form.offered[index].values)
        return self.fill(scene, frames, slots)

    def restart(self, scene: Scene, frames: Frames) -> Said:
        """Empty the open form and ask from the beginning."""
        if frames.form is None:
            return say(frames, "form.nothing_to_drop", [button("mine", actions.MINE)])
        return self.ask(scene, frames.with_form(replace(frames.form, values={}, offered=())))

    def fix(self, frames: Frames) -> Said:
        """Ask which value is to be changed."""
        if frames.form is None:
            return say(frames, "form.nothing_to_drop", [button("mine", actions.MINE)])
        return self._ask_what_to_fix(frames, frames.form)

    def _fill(self, scene: Scene, frames: Frames, slots: Slots, *, lead: str) -> Said:
        form = frames.form
        if form is None:
            return Said(frames)
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values, problem = dict(form.values), None
        said = {**_values_of(slots), **_answer_to(service, form.asking, slots)}
        for name, value in said.items():
            if not service.has_field(name):
                continue
            try:
                values = booking_form.with_value(service, values, name, value, around)
            except ValueProblem as found:
                problem = problem or found
        filled = replace(form, values=values)
        frames = frames.with_form(filled)
        doubt = slots.vague[0] if slots.vague else None
        if problem is not None:
            return self._ask_again(scene, frames, filled, problem)
        if doubt is not None:
            return self._ask_about(scene, frames, filled, doubt)
        return self.ask(scene, frames, lead=lead)

    def _take(self, scene: Scene, frames: Frames, form: FormFrame, chosen: dict[str, str]) -> Said:
        if WHOM in chosen:
            return self.ask(scene, frames.with_form(self._whom_chosen(scene, form, chosen[WHOM])))
        if FIX in chosen:
            return self._ask_field(scene, frames, form, chosen[FIX])
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values = dict(form.values)
        try:
            for name, value in chosen.items():
                values = booking_form.with_value(service, values, name, value, around)
        except ValueProblem as problem:
            return self._ask_again(scene, frames, form, problem)
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
        return self._put(
            frames, form, booking_form.question_for(service, name, form.values, around), ""
        )

    def _ask_other_days(self, scene: Scene, frames: Frames, form: FormFrame) -> Said:
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        question = booking_form.question_for(service, "date", form.values, around, other_days=True)
        return self._put(frames, form, question, "")

    def _put(self, frames: Frames, form: FormFrame, question: Question, lead: str) -> Said:
        field = self.catalog.get(form.service).field(question.field)
        offered = tuple(
            Offered(each.label, {question.field: each.value}) for each in question.answers
        )
        asked = replace(
            form,
            asking=question.field,
            expects=_expected(field),
            step=form.step + 1,
            offered=offered,
        )
        message = Message(_join(lead, question.prompt), _answer_rows(asked, other=question.other))
        return Said(frames.with_form(asked), (message,))

    def _ask_what_to_fix(self, frames: Frames, form: FormFrame) -> Said:
        service = self.catalog.get(form.service)
        offered = tuple(Offered(field.label, {FIX: field.name}) for field in service.fields)
        asked = replace(
            form, asking=FIX, expects=Expecting.CHOICE, step=form.step + 1, offered=offered
        )
        message = Message(TEXTS.say("form.fix"), _answer_rows(asked))
        return Said(frames.with_form(asked), (message,))

    def _ask_again(
        self, scene: Scene, frames: Frames, form: FormFrame, problem: ValueProblem
    ) -> Said:
        """Say what cannot be, and ask for that one thing; everything else is kept."""
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        values = {name: value for name, value in form.values.items() if name != problem.field}
        form = replace(form, values=values)
        question = booking_form.question_for(service, problem.field, values, around)
        return self._put(frames, form, replace(question, prompt=problem.problem), "")

    def _ask_about(self, scene: Scene, frames: Frames, form: FormFrame, doubt: Doubt) -> Said:
        service = self.catalog.get(form.service)
        around = self._around(scene, form, service)
        name = doubt.about if service.has_field(doubt.about) else service.fields[0].name
        question = booking_form.question_for(service, name, form.values, around)
        sentence = TEXTS.say(f"form.{doubt.kind.value}", words=doubt.words, prompt=question.prompt)
        return self._put(frames, form, replace(question, prompt=sentence), "")

    def _show_card(
        self, scene: Scene, frames: Frames, form: FormFrame, service: Service, lead: str
    ) -> Said:
        lines = booking_form.card_lines(service, form.values, scene.today)
        text = TEXTS.say(
            "form.card",
            service=service.name,
            whom=form.whom,
            lines="\n".join(f"{label}：{words}" for label, words in lines),
        )
        card = replace(form, asking=CARD, expects=Expecting.CONFIRM, step=form.step + 1, offered=())
        rows = (
            (button("confirm", card.control(CONFIRM)),),
            (button("fix", card.control(FIX)), button("drop", card.control(DROP))),
        )
        return Said(frames.with_form(card), (Message(_join(lead, text), rows),))

    def _offer_others(
        self, scene: Scene, frames: Frames, form: FormFrame, service: Service, full: NoPlaceLeft
    ) -> Said:
        summary = booking_form.summary(service, form.values, scene.today)
        offered = tuple(Offered(other.label, other.values) for other in full.alternatives)
        tail = "form.no_place_offer" if offered else "form.no_place_none"
        text = TEXTS.say("form.no_place", summary=summary) + TEXTS.say(tail)
        missing = service.period_field or "time"
        values = {name: value for name, value in form.values.items() if name != missing}
        asked = replace(
            form,
            asking=missing,
            expects=_expected(service.field(missing)),
            step=form.step + 1,
            offered=offered,
            values=values,
        )
        rows = (
            *_answer_rows(asked, drop=False),
            (
                button("other_days", asked.control(OTHER_DAYS)),
                button("human", actions.HUMAN),
                button("drop", asked.control(DROP)),
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
        asked = replace(beneath, step=beneath.step + 1, offered=())
        offer = say(
            said.frames.with_form(asked),
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
        return capacity.look_around(
            scene.session, institution_id=house, service=service, now=scene.now
        )

    def _named(self, people: list[Beneficiary], whom: str | None) -> Beneficiary | None:
        """Return whom the words mean: oneself, a linked relative by relation, or by name."""
        if not whom:
            return None
        wanted = self.relation_of(whom) or whom
        for each in people:
            if whom == each.person.name or wanted == (self.relation_of(each.calls) or each.calls):
                return each
        return None

    def _start_words(self, service: Service, chosen: Beneficiary | None) -> str:
        if chosen is None or chosen.calls == "自己":
            return TEXTS.say("form.start", service=service.name)
        return TEXTS.say("form.start_for", service=service.name, whom=chosen.person.name)


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


def _values_of(slots: Slots) -> dict[str, str]:
    """Return what was said as canonical form values, in an order in which they can be checked."""
    said: dict[str, str | None] = {
        "date": slots.date.isoformat() if slots.date else None,
        "meal": slots.meal,
        "session": slots.session,
        "time": f"{slots.time:%H:%M}" if slots.time else None,
        "portions": str(slots.portions) if slots.portions is not None else None,
        "passengers": str(slots.passengers) if slots.passengers is not None else None,
        "diet": slots.diet,
        "destination": slots.destination,
        "wheelchair": _yes_no(slots.wheelchair),
        "return_trip": _yes_no(slots.return_trip),
    }
    return {name: value for name, value in said.items() if value is not None}


def _answer_to(service: Service, asking: str, slots: Slots) -> dict[str, str]:
    """Return the bare answer to the field being asked (好, 两个, 单位门口), if that is one."""
    if not service.has_field(asking):
        return {}
    kind = service.field(asking).kind
    if kind is FieldKind.YES_NO and slots.yes is not None:
        return {asking: "yes" if slots.yes else "no"}
    if kind is FieldKind.NUMBER and slots.number is not None:
        return {asking: str(slots.number)}
    if kind is FieldKind.PLACE and slots.text:
        return {asking: slots.text}
    return {}


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"


def _expected(field: FormField) -> str:
    """Return what kind of answer a field takes, in the words of `bot.understanding`."""
    known = {kind.value for kind in Expecting}
    match field.kind:
        case FieldKind.DAY:
            return Expecting.DATE
        case FieldKind.TIME:
            return Expecting.TIME
        case FieldKind.PLACE:
            return Expecting.DESTINATION
        case FieldKind.YES_NO:
            return Expecting.YES_NO
        case _:
            return field.name if field.name in known else Expecting.CHOICE


def _answer_rows(
    form: FormFrame, *, other: str = "", drop: bool = True
) -> tuple[tuple[Button, ...], ...]:
    answers = [Button(each.label, form.action(index)) for index, each in enumerate(form.offered)]
    rows = [tuple(row) for row in in_rows(answers)]
    last = [Button(other, form.control(OTHER_DAYS))] if other else []
    if drop:
        last.append(button("drop", form.control(DROP)))
    return (*rows, tuple(last)) if last else tuple(rows)


def _join(lead: str, text: str) -> str:
    return f"{lead}{text}" if lead else text
