"""From what is mentioned to the slots of what is wanted."""

import itertools
import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from bot.understanding.commands import Doubt, DoubtKind, Intent, Slots
from bot.understanding.dates import DayReader, FoundDay
from bot.understanding.mentions import Mention, MentionReader
from bot.understanding.places import Place, PlaceReader
from bot.understanding.times import FoundPart, FoundTime, TimeReader, resolved
from bot.understanding.words import Words

_MEAL_PARTS = {
    "early": "breakfast",
    "morning": "breakfast",
    "noon": "lunch",
    "evening": "dinner",
    "night": "dinner",
}
_SESSION_PARTS = {"morning": "morning", "early": "morning", "afternoon": "afternoon"}
_EVERY_MEAL = ("breakfast", "lunch", "dinner")
_ASKED = frozenset({Intent.BOOK, Intent.CHANGE, Intent.ANSWER, Intent.CANCEL})
# 昨天订的, 前天跟你们说的: the day of the booking, not the day it is for.
_WHEN_BOOKED = re.compile(
    r"^.{0,5}?(?:约|订|定|叫的|报的|预约|登记|说的|说好|打电话|申请|跟你们说|要的)"
)
# 上午报的饭: when it was booked, not which meal.
_BOOKED_THEN = re.compile(r"(?:我)?(?:跟你们|给你们)?(?:约|订|定|叫|报|预约|说|讲)的")
# 是晚饭不是午饭: what it is not is not said.
_NOT_THAT = re.compile(r"(是[^，。不]{1,10})(不是[^，。]{1,10})")
_REFUSED = re.compile(
    r"(?:那天)?(?:我)?(?:不行|不成|不中|没空|没时间|有事|不在|去不了|不方便|不得闲|来不及|太(?:早|晚|赶))"
)
_AND = re.compile(r"(?:和|跟|与|、|还有|以及|加)(?:订|约|叫|要|个|预约)?")
_CHANGED_TO = re.compile(
    r"(?:改|换|挪|调|推迟|推|提前|延后|延期|延|顺延|移|变|变更|更改|改签|提早|错|往后推|往前提|往后挪|往前挪)(?:到|成|为|在|至|去|约|订|个|一下|吃|送|坐|要)?"
    r"|不去[^，。]{1,12}[，。、](?=改?去|改?到|改?上|换)"
    r"|不是[^，。]{1,10}[，。、]?(?:是|要)|不要[^，。]{1,10}[，。](?:要|换)?|[订约说写报弄搞填按选]错了"
)

_Found = TypeVar("_Found", FoundDay, FoundTime, FoundPart, Place)


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Everything said in one stretch of text."""

    text: str
    blanked: str
    service: str | None
    is_implied: bool
    days: tuple[FoundDay, ...]
    times: tuple[FoundTime, ...]
    parts: tuple[FoundPart, ...]
    meals: tuple[Mention, ...]
    place: bool
    side_by_side: tuple[str, ...] = ()

    @property
    def named(self) -> str | None:
        """The service, when it was named and not only implied."""
        return None if self.is_implied else self.service

    @property
    def has_details(self) -> bool:
        """True when a day, a time or a meal is said."""
        return bool(self.days or self.times or self.parts or self.meals)


class SlotReader:
    """Reads slots; the same words mean other things for other services."""

    def __init__(self, words: Words) -> None:
        """Prepare the readers of days, times, places and the rest."""
        self.days = DayReader(words)
        self.times = TimeReader(words)
        self._places = PlaceReader(words.places)
        self._mentions = MentionReader(words)
        self._own = words.own

    def declines_an_extra(self, text: str) -> bool:
        """Tell 不用接 and 不带轮椅, which decline an extra of a ride and not the ride."""
        names_ride = any(each.value == "ride" for each in self._mentions.services(text))
        declines = False in {self._mentions.return_trip(text), self._mentions.wheelchair(text)}
        return declines and not names_ride

    def whom(self, text: str) -> str | None:
        """Return the person it is about."""
        return self._mentions.whom(text)

    def relative(self, text: str) -> str | None:
        """Return the first relative who is mentioned."""
        return self._mentions.relative(text)

    def mentioned(self, text: str, today: date) -> Mentioned:
        """Return what is said in `text`, before it is known what is wanted."""
        text = _NOT_THAT.sub(lambda match: match.group(1) + "，" * len(match.group(2)), text)
        days = _not_refused(self.days.find(text, today), text)
        without_days = _blank(text, [(each.start, each.end) for each in days])
        times, parts = self.times.find(without_days)
        times = _not_refused(times, text)
        spans = [(each.start, each.end) for each in times]
        spans += [(each.start, each.end) for each in parts]
        blanked = _blank(without_days, spans)
        services = self._services(text)
        places = self._places.destinations(blanked)
        return Mentioned(
            text,
            blanked,
            _head_service(services) or self._implied(text, bool(places)),
            not services,
            tuple(days),
            tuple(times),
            tuple(parts),
            tuple(self._mentions.meals(text)),
            bool(places),
            _side_by_side(services, text),
        )

    def _services(self, text: str) -> list[Mention]:
        """Return the services named; one of a file of its own only where nothing else is."""
        named = self._mentions.services(text)
        known = [each for each in named if each.value not in self._own]
        if known or not named:
            return known
        goes_to = [
            place
            for place in self._places.destinations(text)
            if not any(place.start < each.end and each.start < place.end for each in named)
        ]
        # 去总医院打针 wants a ride, 去医疗点打针 does not.
        return [] if goes_to or self._mentions.has_shares(text) else named

    def _implied(self, text: str, has_place: bool) -> str | None:
        """A service nobody named: 去总医院 wants a ride, 两份 are meals."""
        if self._mentions.has_shares(text) or self._mentions.meals(text):
            return "meal"
        return "ride" if has_place or self._mentions.wheelchair(text) is not None else None

    def told(self, said: Mentioned, intent: Intent, here: datetime) -> Slots:
        """Return the slots of a complaint, of praise: days may be past."""
        return self._slots(said, intent, here, pivot=None)

    def wanted(
        self, said: Mentioned, intent: Intent, here: datetime, *, pivot: int | None = None
    ) -> list[Slots]:
        """Return the slots of each thing wanted: 明天和后天中午 are two.

        What is said after `pivot` (不对, 改成) counts before what was said earlier.
        """
        if pivot is None and intent is Intent.CHANGE:
            change = _CHANGED_TO.search(said.text)
            pivot = change.end() if change else None
        if pivot is not None:
            return [self._slots(said, intent, here, pivot=pivot)]
        if said.service == "meal" and self._mentions.all_meals(said.text) and not said.meals:
            one = self._slots(said, intent, here, pivot=None)
            return [replace(one, meal=meal) for meal in _EVERY_MEAL]
        stretches = self._stretches(said, here.date())
        all_slots = [self._slots(each, intent, here, pivot=None) for each in stretches]
        return _filled(all_slots)

    def _stretches(self, said: Mentioned, today: date) -> list[Mentioned]:
        """Cut where a second day, or a second meal of the same day, begins."""
        meals = self._meal_mentions(said) if said.service in {None, "meal"} else []
        cuts = _cuts(said.days, meals)
        if not cuts:
            return [said]
        return [
            replace(self.mentioned(said.text[start:end], today), service=said.service)
            for start, end in zip([0, *cuts], [*cuts, len(said.text)], strict=True)
        ]

    def _meal_mentions(self, said: Mentioned) -> list[tuple[int, str]]:
        if said.meals:
            return [(each.start, each.value) for each in said.meals]
        timed = [(each.start, each.part) for each in said.times if each.part]
        told = [each for each in said.parts if not _BOOKED_THEN.match(said.text[each.end :])]
        parts = [*timed, *((each.start, each.part) for each in told)]
        return [(start, _MEAL_PARTS[part]) for start, part in sorted(parts) if part in _MEAL_PARTS]

    def _slots(
        self, said: Mentioned, intent: Intent, here: datetime, *, pivot: int | None
    ) -> Slots:
        service = said.service
        day, doubts = self._day(said, intent, here, pivot)
        slots = Slots(service=service, date=day, whom=self._mentions.whom(said.text))
        if service in {None, "meal"}:
            slots = self._meal_slots(said, slots, pivot)
        slots = self._time_slots(said, slots, here, pivot, doubts)
        if service in {None, "ride"}:
            slots = self._ride_slots(said, slots, intent, pivot, doubts)
        if service in {None, "checkup"} or service in self._own:
            slots = self._session_slots(said, slots, pivot)
        if said.is_implied and intent is not Intent.BOOK:
            slots = replace(slots, service=None)
        return replace(slots, vague=tuple(doubts) if intent in _ASKED else ())

    def _day(
        self, said: Mentioned, intent: Intent, here: datetime, pivot: int | None
    ) -> tuple[date | None, list[Doubt]]:
        meant = [each for each in said.days if not _is_booking_day(each, said.text)]
        if not meant:
            return None, []
        chosen = _after(meant, pivot)
        found = chosen[-1] if pivot is not None else chosen[0]
        if intent is Intent.BOOK and found.doubt is DoubtKind.VAGUE:
            found = next((each for each in chosen if each.doubt is None), found)
        if found.doubt is DoubtKind.REPEATING and found.day is not None:
            return found.day, [Doubt(DoubtKind.REPEATING, found.words, "date")]
        doubts = [
            Doubt(DoubtKind.REPEATING, each.words, "date")
            for each in meant
            if each.doubt is DoubtKind.REPEATING and each is not found
        ]
        if found.doubt is None:
            return found.day, doubts
        if found.doubt is DoubtKind.PAST and intent not in _ASKED:
            return found.day, doubts
        return None, [*doubts, Doubt(found.doubt, found.words, "date")]

    def _meal_slots(self, said: Mentioned, slots: Slots, pivot: int | None) -> Slots:
        meals = self._meal_mentions(said)
        chosen = [each for each in meals if pivot is not None and each[0] >= pivot] or meals
        tail = said.text[pivot:] if pivot is not None else said.text
        return replace(
            slots,
            meal=(chosen[-1] if pivot is not None else chosen[0])[1] if chosen else None,
            portions=self._portions(said, tail),
            adds=self._mentions.adds(tail) or None,
            diet=self._diet(tail) or self._diet(said.text),
        )

    def _diet(self, text: str) -> str | None:
        """Return the diet; one for each share cannot be put into one booking and is asked."""
        diets = self._mentions.diets(text)
        if len(diets) > 1 and len(re.findall(r"一[份个]", text)) > 1:
            return None
        return diets[0] if diets else None

    def _portions(self, said: Mentioned, tail: str) -> int | None:
        shares = self._mentions.portions(tail) or self._mentions.portions(said.text)
        if shares is not None or said.service is None:
            return shares
        # 四个人的饭 are four shares.
        return self._mentions.people(tail) or self._mentions.people(said.text)

    def _time_slots(
        self, said: Mentioned, slots: Slots, here: datetime, pivot: int | None, doubts: list[Doubt]
    ) -> Slots:
        if not said.times:
            return slots
        chosen = _after(list(said.times), pivot)
        found = chosen[-1] if pivot is not None else chosen[0]
        moment = resolved(found, day=slots.date, now=here, evening=slots.meal == "dinner")
        if moment.doubt is not None:
            doubts.append(Doubt(moment.doubt, found.words, "time"))
            return slots
        return replace(slots, time=moment.time, date=moment.day or slots.date)

    def _ride_slots(
        self, said: Mentioned, slots: Slots, intent: Intent, pivot: int | None, doubts: list[Doubt]
    ) -> Slots:
        text = said.blanked
        tail = text[pivot:] if pivot is not None else text
        # 医院改期了: what only stands in the reason for cancelling is not where to.
        may_be_named = said.service == "ride" and intent in {Intent.BOOK, Intent.CHANGE}
        place = self._destination(text, pivot, may_be_named=may_be_named)
        origin = self._places.origin(text)
        passengers = self._mentions.people(tail) or self._mentions.people(text)
        if said.service is None:
            return replace(slots, passengers=passengers)
        if said.parts and not said.times and intent in _ASKED:
            doubts.append(Doubt(DoubtKind.VAGUE, said.parts[0].words, "time"))
        vague = self.times.vague(said.text)
        if vague and slots.time is None and not said.parts:
            doubts.append(Doubt(DoubtKind.VAGUE, vague.words, "time"))
        return replace(
            slots,
            service="ride",
            meal=None,
            portions=None,
            diet=None,
            passengers=passengers,
            adds=self._mentions.adds(said.text) or None,
            destination=place,
            origin=origin.name if origin else None,
            wheelchair=self._mentions.wheelchair(said.text),
            return_trip=self._mentions.return_trip(said.blanked),
        )

    def _destination(self, text: str, pivot: int | None, *, may_be_named: bool) -> str | None:
        places = _after(self._places.destinations(text), pivot)
        if places:
            return places[0 if pivot is None else -1].name
        named = self._places.named(text) if may_be_named else None
        return named.name if named else None

    def place_answer(self, text: str, today: date) -> str | None:
        """Return the place where the whole text answers 去哪儿."""
        place = self._places.bare(self.mentioned(text, today).blanked)
        return place.name if place else None

    def _session_slots(self, said: Mentioned, slots: Slots, pivot: int | None) -> Slots:
        if said.service is None and slots.service is not None:
            return slots
        chosen = _after(list(said.parts), pivot)
        named = [(each.start, each.part) for each in chosen]
        if said.service is not None:
            named += [(each.start, each.part) for each in said.times if each.part]
        sessions = [_SESSION_PARTS[part] for _, part in named if part in _SESSION_PARTS]
        if said.service is None and slots.meal is not None:
            return slots
        return replace(
            slots, session=sessions[-1 if pivot is not None else 0] if sessions else None
        )


def _cuts(days: tuple[FoundDay, ...], meals: list[tuple[int, str]]) -> list[int]:
    marks: list[tuple[int, str | date]] = [*meals]
    marks += [(each.start, each.day) for each in days if each.day and each.doubt is None]
    cuts: list[int] = []
    current: dict[type, str | date] = {}
    for start, value in sorted(marks, key=lambda mark: mark[0]):
        kind = type(value)
        if current.get(kind, value) != value:
            cuts.append(start)
            current = {} if kind is date else current
        current[kind] = value
    return cuts


def _after(found: list[_Found], pivot: int | None) -> list[_Found]:
    if pivot is None:
        return found
    return [each for each in found if each.start >= pivot] or found


def _not_refused(found: list[_Found], text: str) -> list[_Found]:
    """明天不行，后天吧; 八点太早，九点吧: what is refused is not what is wanted."""
    kept = [each for each in found if not _REFUSED.match(text[each.end :])]
    return kept or found


def _side_by_side(services: list[Mention], text: str) -> tuple[str, ...]:
    """Return the services of 订餐和用车, none when they are not named in one breath."""
    for first, second in itertools.pairwise(services):
        if first.value != second.value and _AND.fullmatch(text[first.end : second.start]):
            return first.value, second.value
    return ()


def _blank(text: str, spans: list[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = "，" * (end - start)
    return "".join(characters)


def _is_booking_day(found: FoundDay, text: str) -> bool:
    return found.doubt is DoubtKind.PAST and _WHEN_BOOKED.match(text[found.end :]) is not None


def _head_service(services: list[Mention]) -> str | None:
    """A ride to the checkup is a ride; a meal after the checkup is a meal."""
    named = {each.value for each in services}
    for service_id in ("ride", "meal"):
        if service_id in named:
            return service_id
    return services[0].value if services else None


def _filled(slots: list[Slots]) -> list[Slots]:
    """Let each thing wanted take over what was said only for another one."""
    filled: list[Slots] = []
    for index, each in enumerate(slots):
        for other in (*reversed(slots[:index]), *slots[index + 1 :]):
            each = replace(each.over(other), vague=each.vague)
        filled.append(each)
    return filled
