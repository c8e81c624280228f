"""What the tables know at this moment: the menu, places of a checkup, whether this year's is done.

Every figure is read when it is asked for, and said with its date.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from booking import actions, capacity, entitlement
from booking.day_words import full_day_word, moment_word, plain_day_word
from booking.form import Around, Places, closing_of, is_open, opening_label
from booking.models import LinkScope, Request, RequestStatus
from booking.people import Beneficiary, beneficiaries
from booking.queues import own_requests
from booking.services import Catalog, Service
from bot.forms import how_to_bind
from bot.frames import Frames, Pending
from bot.said import TEXTS, Said, Scene, button, say
from bot.understanding.commands import DoubtKind, LiveTopic, Slots
from store.messages import Button, Message

_MEAL, _CHECKUP = "meal", "checkup"
_MOST_DAYS = 3


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """Answers what is asked of the tables; books and changes nothing."""

    catalog: Catalog
    relation_of: Callable[[str], str | None]

    def answer(self, scene: Scene, frames: Frames, asked: Slots) -> Said:
        """Answer one such question; whoever is not known yet is told how to be."""
        if scene.person is None:
            return say(frames, "live.whose").before(how_to_bind(frames, scene))
        match asked.live:
            case LiveTopic.MENU:
                return self._menu(scene, frames, asked)
            case LiveTopic.PLACES:
                return self._places(scene, frames, asked)
            case LiveTopic.DONE:
                return self._done(scene, frames, asked)
            case _:
                return self._turn(scene, frames)

    def _turn(self, scene: Scene, frames: Frames) -> Said:
        """Say where one stands on the lists one is on; whose turn else it is, the staff know."""
        assert scene.person is not None  # noqa: S101 - `answer` asks only for known people.
        mine = own_requests(scene.session, catalog=self.catalog, person=scene.person, now=scene.now)
        waits = [each for each in mine if each.status is RequestStatus.WAITING]
        if not waits:
            return _ask_staff(scene, frames, "live.turn")
        lines = [
            TEXTS.say(
                "live.turn_offered" if each.is_offered else "live.turn_own",
                service=each.service_name,
                position=each.position,
                summary=each.summary,
                number=each.number,
            )
            for each in waits
        ]
        rows = [button("mine", actions.MINE), button("human", actions.HUMAN)]
        return Said(frames, (Message("\n".join(lines), (tuple(rows),)),))

    def _menu(self, scene: Scene, frames: Frames, asked: Slots) -> Said:
        """Say what there is to eat on a day, and until when it can be ordered."""
        if any(doubt.kind is DoubtKind.PAST for doubt in asked.vague):
            return say(frames, "live.menu_past")
        service = self.catalog.get(_MEAL)
        around = self._around(scene, service)
        day = asked.date or around.today
        if day < around.today:
            return say(frames, "live.menu_past")
        meals = [
            opening
            for opening in _in_order(service, around)
            if opening.day == day and asked.meal in {None, opening.period}
        ]
        spoken = full_day_word(day, around.today)
        if not meals:
            what = _label(service, asked.meal) if asked.meal else TEXTS.say("live.menu_itself")
            return _ask_staff(scene, frames, "live.menu_none", day=spoken, what=what)
        lines = [TEXTS.say("live.menu", day=spoken)]
        lines += [_meal_line(service, opening, around) for opening in meals]
        can_order = any(is_open(service, opening, 1, around.now) for opening in meals)
        return self._told(frames, lines, service if can_order else None)

    def _places(self, scene: Scene, frames: Frames, asked: Slots) -> Said:
        """Say which days have places, and how many."""
        service = self.catalog.get(_CHECKUP)
        around = self._around(scene, service)
        wanted = [
            opening
            for opening in _in_order(service, around)
            if asked.date in {None, opening.day} and asked.session in {None, opening.period}
        ]
        opened = [each for each in wanted if is_open(service, each, 1, around.now)]
        if not opened and asked.date is not None:
            spoken = full_day_word(asked.date, around.today)
            key = "live.places_full" if wanted else "live.places_not_that_day"
            others = self._places(scene, frames, replace(asked, date=None, session=None))
            return say(frames, key, day=spoken).before(others)
        if not opened:
            return _ask_staff(
                scene, frames, "live.places_none", day=plain_day_word(around.today, around.today)
            )
        days = list(dict.fromkeys(each.day for each in opened))
        shown = [each for each in opened if each.day in days[:_MOST_DAYS]]
        about = {each.details for each in shown}
        lines = [TEXTS.say("live.places", day=plain_day_word(around.today, around.today))]
        lines += [
            _day_line(service, day, shown, around, with_details=len(about) > 1)
            for day in days[:_MOST_DAYS]
        ]
        if len(about) == 1 and (told := about.pop()):
            # What holds for every day is said once.
            lines.append(TEXTS.say("live.places_about", about=told.rstrip("。")))
        if len(days) > _MOST_DAYS:
            lines.append(TEXTS.say("live.places_more", count=len(days) - _MOST_DAYS))
        return self._told(frames, lines, service)

    def _done(self, scene: Scene, frames: Frames, asked: Slots) -> Said:
        """Say whether a year's checkup is booked or done, of oneself or of whom one may see."""
        service = self.catalog.get(_CHECKUP)
        year = asked.number or scene.today.year
        people = self._meant(scene, asked)
        if not people:
            whom = asked.whom or TEXTS.say("live.relatives")
            return _ask_staff(scene, frames, "live.not_linked", whom=whom)
        lines = []
        is_free = False
        for each in people:
            use = entitlement.use_of(
                scene.session, service=service, person_id=each.person.id, year=year
            )
            is_free = is_free or use is None
            lines.append(_use_line(scene, each, year, use))
        can_book = is_free and year == scene.today.year
        return self._told(frames, lines, service if can_book else None)

    def _meant(self, scene: Scene, asked: Slots) -> list[Beneficiary]:
        """Return whom the question is about: oneself, who is named, or all whom one may see."""
        assert scene.person is not None  # noqa: S101 - `answer` asks only for known people.
        people = beneficiaries(scene.session, scene.person, LinkScope.VIEW)
        named = [each for each in people if each.person.name in scene.words]
        if named or asked.whom is None:
            own = [each for each in people if each.person.id == scene.person.id]
            return named or own or people
        return [
            each for each in people if asked.whom == (self.relation_of(each.calls) or each.calls)
        ]

    def _around(self, scene: Scene, service: Service) -> Around:
        assert scene.person is not None  # noqa: S101 - `answer` asks only for known people.
        house_id = scene.person.institution_id
        return capacity.look_around(
            scene.session, institution_id=house_id, service=service, now=scene.now
        )

    def _told(self, frames: Frames, lines: list[str], service: Service | None) -> Said:
        """Say the lines, with a button to book where something can be and no form is open."""
        offer = service is not None and frames.form is None
        book = (Button(service.name, actions.book(service.id)),) if offer and service else ()
        human = () if frames.form else (button("human", actions.HUMAN),)
        rows = tuple(row for row in (book, human) if row)
        return Said(frames, (Message("\n".join(lines), rows),))


def _in_order(service: Service, around: Around) -> list[Places]:
    """Return the openings by day, and within it by the time they begin."""
    return sorted(
        (opening for opening in around.openings if opening.period in service.periods),
        key=lambda opening: (opening.day, service.periods[opening.period].starts),
    )


def _meal_line(service: Service, opening: Places, around: Around) -> str:
    period = service.periods[opening.period]
    closing = closing_of(service, opening) or period.closes_at(opening.day)
    closes = moment_word(closing, around.today)
    if around.now >= closing:
        state = TEXTS.say("live.meal_closed", closes=closes)
    elif opening.left < 1:
        state = TEXTS.say("live.meal_full")
    else:
        state = TEXTS.say("live.meal_open", closes=closes, left=opening.left)
    dishes = opening.details or TEXTS.say("live.meal_unwritten")
    return TEXTS.say(
        "live.meal",
        meal=opening_label(opening, _label(service, opening.period)),
        dishes=dishes.rstrip("。"),
        state=state,
    )


def _day_line(
    service: Service, day: date, opened: list[Places], around: Around, *, with_details: bool
) -> str:
    of_day = [opening for opening in opened if opening.day == day]
    parts = [
        TEXTS.say(
            "live.places_left",
            part=opening_label(each, _label(service, each.period)),
            left=each.left,
        )
        for each in of_day
    ]
    details = dict.fromkeys(each.details for each in of_day if each.details)
    about = f"（{'；'.join(details)}）" if details and with_details else ""
    spoken = plain_day_word(day, around.today)
    return TEXTS.say("live.places_day", day=spoken, parts="，".join(parts), about=about)


def _use_line(scene: Scene, each: Beneficiary, year: int, use: Request | None) -> str:
    is_self = scene.person is not None and each.person.id == scene.person.id
    who = TEXTS.say("live.self") if is_self else TEXTS.say("live.other", name=each.person.name)
    if use is None:
        key = "live.done_not"
    elif use.status is RequestStatus.COMPLETED:
        key = "live.done_yes"
    elif use.starts_at is not None and use.starts_at <= scene.now:
        key = "live.done_over"
    elif use.status is RequestStatus.ACCEPTED:
        key = "live.done_fixed"
    else:
        key = "live.done_asked"
    return TEXTS.say(
        key,
        who=who,
        year=year,
        day=plain_day_word(scene.today, scene.today),
        summary=use.summary if use else "",
        number=use.number if use else "",
    )


def _label(service: Service, period: str) -> str:
    options = service.field(service.period_field).options
    return next(option.label for option in options if option.value == period)


def _ask_staff(scene: Scene, frames: Frames, key: str, **words: object) -> Said:
    """Say it plainly, and ask whether the staff shall tell; in a form nothing is asked."""
    text = TEXTS.say(key, **words)
    if frames.form is not None:
        return Said(frames, (Message(text),))
    pending = Pending(yes=actions.HUMAN, words=scene.words)
    asks = text + TEXTS.say("live.ask_staff")
    row = (button("human", actions.HUMAN),)
    return Said(replace(frames, pending=pending), (Message(asks, (row,)),))
