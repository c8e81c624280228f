"""Standing orders in a conversation: 每周一三五中午送饭, 这两天先停, 明天不要了, 以后不送了.

Everything that is asked to be confirmed is carried by the button itself, so that it can be
pressed on any channel and days later; what it means is checked again when it is pressed.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from sqlalchemy import select

from booking import actions
from booking.day_words import plain_day_word
from booking.errors import BookingError, ValueProblem
from booking.meals.diets import diet_of
from booking.meals.models import StandingOrder
from booking.meals.sheets import MEAL
from booking.meals.standing import (
    WantedOrder,
    check_wanted,
    days_wanted,
    describe,
    end_order,
    is_stopped,
    order_for,
    orders_of,
    pause_order,
    resume_order,
    skip_day,
    start_order,
    weekday_words,
)
from booking.models import LinkScope, Request
from booking.people import Beneficiary, beneficiaries
from booking.services import Catalog, Service
from bot.forms import how_to_bind
from bot.frames import Frames, Pending
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from bot.understanding.commands import Command, Intent, Slots, Understood
from bot.understanding.recurring import Recurring, RecurringReader, Wish
from bot.understanding.words import bundled_words
from store.messages import Button, Message

PREFIX = "so"
_LETTERS = {"breakfast": "b", "lunch": "l", "dinner": "d"}
_MEALS = {letter: meal for meal, letter in _LETTERS.items()}
_OPEN = "-"
_STARTS = frozenset({Intent.BOOK, Intent.ANSWER})
_STOPS = frozenset({Intent.CANCEL, Intent.CHANGE, Intent.BOOK})
_USUAL_DIET = "normal"


@dataclass(frozen=True, slots=True)
class Draft:
    """An order before it is confirmed, as its button carries it."""

    key: str
    meals: tuple[str, ...]
    weekdays: int
    from_day: date
    until_day: date | None
    diet: str
    portions: int
    person_id: int

    def packed(self) -> str:
        """Return it as the tail of an action."""
        meals = "".join(_LETTERS[meal] for meal in self.meals) or _OPEN
        until = _pack_day(self.until_day)
        return (
            f"{self.key}:{meals}:{self.weekdays:x}:{_pack_day(self.from_day)}:{until}"
            f":{self.diet}:{self.portions}:{self.person_id}"
        )

    @classmethod
    def unpacked(cls, parts: list[str]) -> "Draft":
        """Read the tail of an action.

        Raises:
            ValueError, KeyError: it is none of ours.
        """
        key, meals, weekdays, first, until, diet, portions, person = parts
        return cls(
            key=key,
            meals=() if meals == _OPEN else tuple(_MEALS[letter] for letter in meals),
            weekdays=int(weekdays, 16),
            from_day=_day_of(first) or date.min,
            until_day=_day_of(until),
            diet=diet,
            portions=int(portions),
            person_id=int(person),
        )


@cache
def _reader() -> RecurringReader:
    return RecurringReader(bundled_words())


@dataclass(frozen=True, slots=True)
class StandingOrders:
    """What people say of meals that come again and again."""

    catalog: Catalog
    relation_of: Callable[[str], str | None]

    def take(self, scene: Scene, frames: Frames, understood: Understood) -> Said | None:
        """Answer what is about a standing order; None for everything else."""
        form = frames.form
        if form is not None and form.service != MEAL:
            return None
        if any(each.slots.service not in {None, MEAL} for each in understood.commands):
            return None
        found = _reader().read(scene.words, scene.today)
        if found is None:
            return None
        intents = {each.intent for each in understood.commands}
        if found.wish is Wish.START:
            if not intents & _STARTS:
                return None
            rest = replace(frames, forms=frames.forms[:-1]) if form else frames
            try:
                return self._begin(scene, rest, found, understood.commands)
            except ValueProblem as problem:
                return _refused(rest, problem.problem)
        is_unsure = not understood.confident
        if form is not None or not (intents & _STOPS or is_unsure):
            return None
        # 明天不要了 may mean what was booked for tomorrow by itself.
        names_day = understood.first.intent is Intent.CANCEL and not is_unsure
        return self._change(scene, frames, found, may_mean_other=names_day)

    def listed(self, scene: Scene) -> Said | None:
        """List the standing orders of oneself and of whom one may see; None where there are none."""
        if scene.person is None:
            return None
        service = self.catalog.get(MEAL)
        orders = self._orders(scene, LinkScope.VIEW)
        if not orders:
            return None
        names = {each.person.id: each for each in self._people(scene, LinkScope.VIEW)}
        lines = [TEXTS.say("standing.title")]
        for order in orders:
            whom = names.get(order.person_id)
            own = whom is None or whom.person.id == scene.person.id
            who = "" if own or whom is None else TEXTS.say("mine.for_whom", name=whom.person.name)
            lines.append(
                TEXTS.say(
                    "standing.line",
                    who=who,
                    summary=describe(order, service, scene.today),
                    paused=_paused_words(order, scene.today),
                )
            )
        rows = tuple(
            (button("standing_end", f"{PREFIX}:ask:{order.id}", number=at),)
            for at, order in enumerate(orders, start=1)
        )
        return Said(Frames(), (Message("\n".join(lines), rows),))

    def tapped(self, scene: Scene, frames: Frames, parts: list[str]) -> Said:
        """Act on a button of a standing order."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        try:
            match parts:
                case ["no"]:
                    return say(frames, "hello.all_right")
                case ["ok", *rest]:
                    return self._start(scene, frames, Draft.unpacked(rest))
                case ["card", *rest]:
                    return self._card(scene, frames, Draft.unpacked(rest))
                case ["taste", *rest]:
                    return self._ask_diet(scene, frames, Draft.unpacked(rest))
                case ["ask", order_id]:
                    return self._ask_end(scene, frames, [int(order_id)])
                case ["end", ids]:
                    return self._end(scene, frames, _ids(ids))
                case ["stop", ids, first, last]:
                    day = _day_of(first)
                    if day is not None:
                        return self._stop(scene, frames, _ids(ids), day, _day_of(last))
                case ["go", ids, first]:
                    day = _day_of(first)
                    if day is not None:
                        return self._resume(scene, frames, _ids(ids), day)
        except (ValueError, KeyError):
            # A button of another time, or made up.
            return say(frames, "unclear.stale_nothing")
        except ValueProblem as problem:
            return _refused(frames, problem.problem)
        except BookingError:
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        return say(frames, "unclear.stale_nothing")

    def _begin(
        self, scene: Scene, frames: Frames, found: Recurring, commands: tuple[Command, ...]
    ) -> Said:
        if scene.person is None:
            return how_to_bind(frames, scene)
        slots = next((each.slots for each in commands if each.intent in _STARTS), Slots())
        people = self._people(scene, LinkScope.BOOK)
        named = self._named(people, slots.whom)
        if slots.whom and not named:
            return say(frames, "form.not_linked", [button("human", actions.HUMAN)], whom=slots.whom)
        people = named or people
        if not people:
            return say(frames, "form.cannot_book", [button("human", actions.HUMAN)])
        drafts = [self._draft(scene, found, slots, each) for each in people]
        if len(drafts) > 1:
            choices = tuple(
                Button(_whom(scene, each), f"{PREFIX}:card:{draft.packed()}")
                for each, draft in zip(people, drafts, strict=True)
            )
            return _choose(frames, TEXTS.say("form.whom"), choices)
        return self._card(scene, frames, drafts[0])

    def _draft(self, scene: Scene, found: Recurring, slots: Slots, whom: Beneficiary) -> Draft:
        service = self.catalog.get(MEAL)
        known = {option.value for option in service.field("diet").options}
        usual = diet_of(scene.session, whom.person.id).usual
        diet = slots.diet or usual or self._last_diet(scene, whom.person.id)
        meals = found.meals or ((slots.meal,) if slots.meal else ())
        return Draft(
            key=f"{scene.inbox_id:x}",
            meals=tuple(meal for meal in meals if meal in _LETTERS),
            weekdays=found.weekdays,
            from_day=found.from_day or scene.today + timedelta(days=1),
            until_day=found.until_day,
            diet=diet if diet in known else _USUAL_DIET,
            portions=slots.portions or 1,
            person_id=whom.person.id,
        )

    def _last_diet(self, scene: Scene, person_id: int) -> str:
        """Return what he had the last time."""
        values = scene.session.execute(
            select(Request.values)
            .where(Request.beneficiary_id == person_id, Request.service == MEAL)
            .order_by(Request.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        return str(values.get("diet", "")) if values else ""

    def _card(self, scene: Scene, frames: Frames, draft: Draft) -> Said:
        """Ask for the meal where none was said; else read everything back to be confirmed."""
        service = self.catalog.get(MEAL)
        if not draft.meals:
            choices = tuple(
                Button(
                    option.label, f"{PREFIX}:card:{replace(draft, meals=(option.value,)).packed()}"
                )
                for option in service.field("meal").options
                if option.value in _LETTERS
            )
            return _choose(frames, TEXTS.say("standing.which_meal"), choices)
        whom = self._whom(scene, draft.person_id)
        for wanted in self._wanted(scene, draft):
            check_wanted(scene.session, wanted, service=service, today=scene.today)
        labels = {option.value: option.label for option in service.field("meal").options}
        diets = {option.value: option.label for option in service.field("diet").options}
        text = TEXTS.say(
            "standing.card",
            whom=_for(scene, whom),
            days=weekday_words(draft.weekdays),
            meals="、".join(labels[meal] for meal in draft.meals),
            diet=diets[draft.diet],
            portions=draft.portions,
            first=plain_day_word(draft.from_day, scene.today),
            last=plain_day_word(draft.until_day, scene.today)
            if draft.until_day
            else TEXTS.say("standing.open_end"),
        )
        yes = f"{PREFIX}:ok:{draft.packed()}"
        rows = (
            (button("confirm", yes),),
            (
                button("standing_taste", f"{PREFIX}:taste:{draft.packed()}"),
                button("drop", f"{PREFIX}:no"),
            ),
        )
        pending = Pending(yes=yes, no=f"{PREFIX}:no")
        return Said(replace(frames, pending=pending), (Message(text, rows),))

    def _ask_diet(self, scene: Scene, frames: Frames, draft: Draft) -> Said:
        field = self.catalog.get(MEAL).field("diet")
        choices = tuple(
            Button(option.label, f"{PREFIX}:card:{replace(draft, diet=option.value).packed()}")
            for option in field.options
        )
        return _choose(frames, field.prompt, choices)

    def _start(self, scene: Scene, frames: Frames, draft: Draft) -> Said:
        service = self.catalog.get(MEAL)
        with scene.session.begin_nested():
            made = [
                start_order(scene.session, wanted, service=service, now=scene.now)
                for wanted in self._wanted(scene, draft)
            ]
        lines = "；".join(describe(order, service, scene.today) for order in made)
        mine = [button("mine", actions.MINE)]
        return say(frames, "standing.started", mine, summary=lines)

    def _wanted(self, scene: Scene, draft: Draft) -> list[WantedOrder]:
        person = self._whom(scene, draft.person_id).person
        assert scene.person is not None  # noqa: S101 - `_whom` refuses who is nobody.
        return [
            WantedOrder(
                requester=scene.person,
                person=person,
                meal=meal,
                weekdays=draft.weekdays,
                values={"diet": draft.diet, "portions": str(draft.portions)},
                from_day=draft.from_day,
                until_day=draft.until_day,
                account_id=scene.account.id,
                key=f"chat:{scene.person.id}:{draft.key}:{draft.person_id}:{meal}",
            )
            for meal in draft.meals
        ]

    def _change(
        self, scene: Scene, frames: Frames, found: Recurring, *, may_mean_other: bool
    ) -> Said | None:
        """Stop, end or go on with what stands; None where nothing stands that it could mean."""
        orders = [
            order
            for order in self._orders(scene, LinkScope.CANCEL)
            if not found.meals or order.meal in found.meals
        ]
        if not orders:
            return None
        ids = [order.id for order in orders]
        match found.wish:
            case Wish.END:
                return self._ask_end(scene, frames, ids)
            case Wish.RESUME:
                first = found.from_day or scene.today + timedelta(days=1)
                paused = [order.id for order in orders if is_stopped(scene.session, order, first)]
                if not paused:
                    return say(frames, "standing.not_paused", [button("mine", actions.MINE)])
                return self._resume(scene, frames, paused, first)
            case _:
                asked = self._ask_stop(scene, frames, orders, found)
                if asked is not None or may_mean_other:
                    return asked
                days = _span(found.from_day or scene.today, found.until_day, scene.today)
                return say(
                    frames, "standing.nothing_then", [button("mine", actions.MINE)], days=days
                )

    def _ask_stop(
        self, scene: Scene, frames: Frames, orders: list[StandingOrder], found: Recurring
    ) -> Said | None:
        first = max(found.from_day or scene.today, scene.today)
        last = None if found.is_open else max(found.until_day or first, first)
        touched = [
            order
            for order in orders
            if last is None or days_wanted(order, first, min(last, first + timedelta(days=62)))
        ]
        if not touched:
            return None
        ids = ".".join(str(order.id) for order in touched)
        yes = f"{PREFIX}:stop:{ids}:{_pack_day(first)}:{_pack_day(last)}"
        pending = Pending(yes=yes, no=f"{PREFIX}:no")
        return say(
            replace(frames, pending=pending),
            "standing.ask_stop",
            [button("standing_stop", yes), button("standing_keep", f"{PREFIX}:no")],
            days=_span(first, last, scene.today),
            meals=self._meals(touched),
        )

    def _stop(
        self, scene: Scene, frames: Frames, ids: list[int], first: date, last: date | None
    ) -> Said:
        service = self.catalog.get(MEAL)
        too_late: list[Request] = []
        orders = self._mine(scene, ids, LinkScope.CANCEL)
        assert scene.person is not None  # noqa: S101 - `tapped` refuses who is nobody.
        for order in orders:
            if first == last:
                too_late += skip_day(
                    scene.session,
                    actor=scene.person,
                    order=order,
                    day=first,
                    service=service,
                    now=scene.now,
                )
            else:
                too_late += pause_order(
                    scene.session,
                    actor=scene.person,
                    order=order,
                    from_day=first,
                    until_day=last,
                    service=service,
                    now=scene.now,
                )
        if first == last and too_late:
            return self._too_late(frames, too_late)
        key = "standing.stopped" if last else "standing.stopped_open"
        if first == last:
            key = "standing.stopped_day"
        said = say(frames, key, days=_span(first, last, scene.today), meals=self._meals(orders))
        return said.before(self._too_late(frames, too_late)) if too_late else said

    def _too_late(self, frames: Frames, requests: list[Request]) -> Said:
        summaries = "；".join(f"{each.summary}（单号 {each.number}）" for each in requests)
        pending = Pending(yes=actions.HUMAN, words=summaries)
        human = [button("human", actions.HUMAN)]
        return say(replace(frames, pending=pending), "standing.too_late", human, summary=summaries)

    def _resume(self, scene: Scene, frames: Frames, ids: list[int], first: date) -> Said:
        orders = self._mine(scene, ids, LinkScope.BOOK)
        for order in orders:
            resume_order(scene.session, order, from_day=first)
        day = plain_day_word(first, scene.today)
        return say(frames, "standing.resumed", day=day, meals=self._meals(orders))

    def _ask_end(self, scene: Scene, frames: Frames, ids: list[int]) -> Said:
        service = self.catalog.get(MEAL)
        orders = self._mine(scene, ids, LinkScope.CANCEL)
        yes = f"{PREFIX}:end:{'.'.join(str(each) for each in ids)}"
        pending = Pending(yes=yes, no=f"{PREFIX}:no")
        return say(
            replace(frames, pending=pending),
            "standing.ask_end",
            [button("standing_stop", yes), button("standing_keep", f"{PREFIX}:no")],
            summary="；".join(describe(order, service, scene.today) for order in orders),
        )

    def _end(self, scene: Scene, frames: Frames, ids: list[int]) -> Said:
        service = self.catalog.get(MEAL)
        too_late: list[Request] = []
        orders = self._mine(scene, ids, LinkScope.CANCEL)
        assert scene.person is not None  # noqa: S101 - `tapped` refuses who is nobody.
        for order in orders:
            too_late += end_order(
                scene.session,
                order=order,
                by=scene.person.name,
                service=service,
                now=scene.now,
                actor=scene.person,
            )
        said = say(frames, "standing.ended", meals=self._meals(orders))
        return said.before(self._too_late(frames, too_late)) if too_late else said

    def _orders(self, scene: Scene, scope: LinkScope) -> list[StandingOrder]:
        people = [each.person.id for each in self._people(scene, scope)]
        return orders_of(scene.session, people, today=scene.today) if people else []

    def _mine(self, scene: Scene, ids: list[int], scope: LinkScope) -> list[StandingOrder]:
        """Return orders by number.

        Raises:
            BookingError: one is not his.
        """
        assert scene.person is not None  # noqa: S101 - the callers refuse who is nobody.
        return [
            order_for(scene.session, actor=scene.person, order_id=each, scope=scope) for each in ids
        ]

    def _people(self, scene: Scene, scope: LinkScope) -> list[Beneficiary]:
        return beneficiaries(scene.session, scene.person, scope) if scene.person else []

    def _named(self, people: list[Beneficiary], whom: str | None) -> list[Beneficiary]:
        if not whom:
            return []
        wanted = self.relation_of(whom) or whom
        return [
            each
            for each in people
            if whom == each.person.name or wanted == (self.relation_of(each.calls) or each.calls)
        ]

    def _whom(self, scene: Scene, person_id: int) -> Beneficiary:
        """Return one of the people he may book for.

        Raises:
            KeyError: he may not.
        """
        people = {each.person.id: each for each in self._people(scene, LinkScope.BOOK)}
        return people[person_id]

    def _meals(self, orders: list[StandingOrder]) -> str:
        service: Service = self.catalog.get(MEAL)
        labels = {option.value: option.label for option in service.field("meal").options}
        return "、".join(dict.fromkeys(labels[order.meal] for order in orders))


def _choose(frames: Frames, text: str, choices: tuple[Button, ...]) -> Said:
    rows = tuple(tuple(row) for row in in_rows(choices))
    asked = replace(frames, pending=Pending(choices=choices))
    return Said(asked, (Message(text, (*rows, (button("drop", f"{PREFIX}:no"),))),))


def _refused(frames: Frames, sentence: str) -> Said:
    rows = ((button("mine", actions.MINE), button("human", actions.HUMAN)),)
    return Said(frames, (Message(sentence, rows),))


def _whom(scene: Scene, each: Beneficiary) -> str:
    if scene.person is not None and each.person.id == scene.person.id:
        return TEXTS.say("button.self")
    return f"{each.calls}（{each.person.name}）"


def _for(scene: Scene, each: Beneficiary) -> str:
    """Return whom it is for, as the card of every other booking says it."""
    if scene.person is not None and each.person.id == scene.person.id:
        return TEXTS.say("form.whom_self")
    return TEXTS.say("form.whom_other", name=each.person.name)


def _paused_words(order: StandingOrder, today: date) -> str:
    if order.paused_from is None or (order.paused_until and order.paused_until < today):
        return ""
    return TEXTS.say("standing.paused", days=_span(order.paused_from, order.paused_until, today))


def _span(first: date, last: date | None, today: date) -> str:
    said = plain_day_word(first, today)
    if last is None:
        return TEXTS.say("standing.span_open", first=said)
    if first == last:
        return said
    return TEXTS.say("standing.span", first=said, last=plain_day_word(last, today))


def _ids(words: str) -> list[int]:
    return [int(each) for each in words.split(".")]


def _pack_day(day: date | None) -> str:
    return f"{day:%y%m%d}" if day else _OPEN


def _day_of(words: str) -> date | None:
    if words == _OPEN:
        return None
    return date(2000 + int(words[:2]), int(words[2:4]), int(words[4:6]))
