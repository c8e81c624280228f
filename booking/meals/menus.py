"""The week's menu: what a house cooks, for how much, how often and until when it can be ordered.

Whatever changes under people who have booked is told to them in the same unit of work.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.audit import note
from booking.day_words import day_word, plain_day_word, time_word
from booking.errors import BookingError
from booking.meals.diets import tell_of_new_dishes
from booking.meals.models import Kitchen, KitchenKind
from booking.meals.sheets import MEAL
from booking.meals.words import TEXTS
from booking.models import Opening, Request
from booking.requests import OPEN
from booking.services import Catalog, Period, Service
from store.clock import local, local_date

LONGEST_DISHES = 400
LONGEST_KITCHEN = 40
MOST_PORTIONS = 2000
MOST_CENTS = 100_000
_CLOSES = re.compile(r"(前一天\s*)?(\d{1,2})[:：](\d{2})")


class MenuRefused(BookingError):
    """A line of the menu cannot be; `field` names the column, `problem` says what to do."""

    def __init__(self, field: str, problem: str) -> None:
        """Take the field's name and the sentence."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class MenuLine:
    """One meal of one kitchen on one day, as staff write it.

    `closes` is 10:00 or 前一天 16:00; empty for as the kitchen, or the service, has it. Money is
    in whole cents; no price where none is asked for.
    """

    day: date
    meal: str
    dishes: str
    portions: int
    kitchen: str = ""
    price_cents: int | None = None
    subsidy_cents: int = 0
    closes: str = ""


@dataclass(frozen=True, slots=True)
class MenuChange:
    """What a change came to."""

    new: int = 0
    changed: int = 0
    same: int = 0
    told: int = 0

    def __add__(self, other: "MenuChange") -> "MenuChange":
        """Return both together."""
        return MenuChange(
            self.new + other.new,
            self.changed + other.changed,
            self.same + other.same,
            self.told + other.told,
        )


def week_of(day: date) -> list[date]:
    """Return the seven days of the week of `day`, Monday first."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=ahead) for ahead in range(7)]


def menu_of(session: Session, *, institution_id: int, first: date, last: date) -> list[Opening]:
    """Return the meals of some days, by day; the service's own order of meals is the reader's."""
    return list(
        session.execute(
            select(Opening)
            .where(
                Opening.institution_id == institution_id,
                Opening.service == MEAL,
                Opening.day >= first,
                Opening.day <= last,
            )
            .order_by(Opening.day, Opening.id)
        ).scalars()
    )


def kitchens_of(session: Session, institution_id: int) -> list[Kitchen]:
    """Return the kitchens of a house, in the order in which they came."""
    return list(
        session.execute(
            select(Kitchen).where(Kitchen.institution_id == institution_id).order_by(Kitchen.id)
        ).scalars()
    )


def save_kitchen(
    session: Session,
    *,
    institution_id: int,
    name: str,
    kind: KitchenKind,
    closes: dict[str, str],
    service: Service,
) -> Kitchen:
    """Make a kitchen, or change the one of this name; meals written from now on follow it.

    Raises:
        MenuRefused: no name, or a time that is none.
    """
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_KITCHEN or "|" in name:
        raise MenuRefused("kitchen", TEXTS.say("menu.kitchen_name", most=LONGEST_KITCHEN))
    kept = {
        meal: plain_closes(words)
        for meal, words in closes.items()
        if meal in service.periods and words.strip()
    }
    kitchen = _kitchen(session, institution_id, name)
    if kitchen is None:
        kitchen = Kitchen(institution_id=institution_id, name=name)
        session.add(kitchen)
    kitchen.kind = kind
    kitchen.closes = kept
    session.flush()
    return kitchen


def put_menu(
    session: Session,
    lines: Sequence[MenuLine],
    *,
    catalog: Catalog,
    institution_id: int,
    by: str,
    permission: str,
    now: datetime,
) -> MenuChange:
    """Write meals that are new and change those that stand; all of them or none.

    People who booked a meal whose dishes are now others, and may not eat them, are told.

    Raises:
        MenuRefused: the first line that cannot be; the caller rolls back.
    """
    done = MenuChange()
    for line in lines:
        done += put_line(session, line, catalog=catalog, institution_id=institution_id, now=now)
    if done.new or done.changed:
        note(
            session,
            institution_id=institution_id,
            actor=by,
            act="write menu",
            permission=permission,
            now=now,
            about=f"{done.new} new, {done.changed} changed",
        )
    return done


def put_line(
    session: Session, line: MenuLine, *, catalog: Catalog, institution_id: int, now: datetime
) -> MenuChange:
    """Write one meal, or change the one that stands.

    Raises:
        MenuRefused: it cannot be.
    """
    opening = opening_at(session, institution_id, line)
    if opening is None:
        session.add(_new_opening(session, catalog.get(MEAL), institution_id, line, now))
        session.flush()
        return MenuChange(new=1)
    before = _as_line(opening)
    told = _change(session, catalog, opening, line, now)
    is_same = _as_line(opening) == before
    return MenuChange(same=1) if is_same else MenuChange(changed=1, told=told)


def opening_at(session: Session, institution_id: int, line: MenuLine) -> Opening | None:
    """Return the meal that a line is about, None when it is new."""
    return session.execute(
        select(Opening).where(
            Opening.institution_id == institution_id,
            Opening.service == MEAL,
            Opening.day == line.day,
            Opening.period == line.meal,
            Opening.provider == line.kitchen,
        )
    ).scalar_one_or_none()


def bookings_of(session: Session, opening: Opening) -> list[Request]:
    """Return the open requests that hold places of a meal, the last booked first."""
    return list(
        session.execute(
            select(Request)
            .where(Request.opening_id == opening.id, Request.status.in_(OPEN))
            .order_by(Request.id.desc())
        ).scalars()
    )


def plain_closes(words: str) -> str:
    """Return a closing time as it is kept: 10:00, or 前一天 16:00; empty for none.

    Raises:
        MenuRefused: it is no time.
    """
    words = words.strip()
    if not words:
        return ""
    match = _CLOSES.fullmatch(words)
    if match is None or int(match.group(2)) > 23 or int(match.group(3)) > 59:
        raise MenuRefused("closes", TEXTS.say("menu.closes", said=words))
    at = f"{int(match.group(2)):02}:{match.group(3)}"
    return f"前一天 {at}" if match.group(1) else at


def closes_words(opening: Opening) -> str:
    """Return until when a meal can be ordered, as it was written; empty for as always."""
    if opening.closes_at is None:
        return ""
    at = local(opening.closes_at)
    return f"前一天 {at:%H:%M}" if at.date() < opening.day else f"{at:%H:%M}"


def yuan(cents: int) -> str:
    """Return whole cents as yuan with two places."""
    return f"{cents // 100}.{cents % 100:02}"


def _new_opening(
    session: Session, service: Service, institution_id: int, line: MenuLine, now: datetime
) -> Opening:
    _check(service, line, now)
    if line.kitchen and _kitchen(session, institution_id, line.kitchen) is None:
        session.add(
            Kitchen(
                institution_id=institution_id,
                name=line.kitchen,
                kind=KitchenKind.OWN,
                closes={},
            )
        )
        session.flush()
    return Opening(
        institution_id=institution_id,
        service=MEAL,
        day=line.day,
        period=line.meal,
        provider=line.kitchen,
        capacity=line.portions,
        taken=0,
        details=line.dishes,
        closes_at=_closes_at(session, service, institution_id, line),
        price_cents=line.price_cents,
        subsidy_cents=line.subsidy_cents,
    )


def _change(
    session: Session, catalog: Catalog, opening: Opening, line: MenuLine, now: datetime
) -> int:
    service = catalog.get(MEAL)
    if _as_line(opening) == line:
        return 0
    _check(service, line, now)
    if line.portions < opening.taken:
        raise MenuRefused(
            "portions",
            TEXTS.say("menu.too_few", taken=opening.taken, portions=line.portions),
        )
    price = (line.price_cents, line.subsidy_cents)
    if opening.taken and (opening.price_cents, opening.subsidy_cents) != price:
        raise MenuRefused("price", TEXTS.say("menu.price_fixed", taken=opening.taken))
    was = opening.details
    opening.details, opening.capacity = line.dishes, line.portions
    opening.price_cents, opening.subsidy_cents = price
    opening.closes_at = _closes_at(session, service, opening.institution_id, line)
    session.flush()
    if was == line.dishes:
        return 0
    return tell_of_new_dishes(session, catalog, opening, now=now)


def _check(service: Service, line: MenuLine, now: datetime) -> None:
    today = local_date(now)
    if line.day < today:
        raise MenuRefused("day", TEXTS.say("menu.past", day=plain_day_word(line.day, today)))
    if line.meal not in service.periods:
        labels = "、".join(option.label for option in service.field("meal").options)
        raise MenuRefused("meal", TEXTS.say("menu.meal", labels=labels))
    if not 0 < len(line.dishes) <= LONGEST_DISHES:
        raise MenuRefused("dishes", TEXTS.say("menu.dishes", most=LONGEST_DISHES))
    if not 0 <= line.portions <= MOST_PORTIONS:
        raise MenuRefused("portions", TEXTS.say("menu.portions", most=MOST_PORTIONS))
    if len(line.kitchen) > LONGEST_KITCHEN or "|" in line.kitchen:
        raise MenuRefused("kitchen", TEXTS.say("menu.kitchen_name", most=LONGEST_KITCHEN))
    if line.price_cents is not None and not 0 <= line.price_cents <= MOST_CENTS:
        raise MenuRefused("price", TEXTS.say("menu.price", most=MOST_CENTS // 100))
    if not 0 <= line.subsidy_cents <= (line.price_cents or 0):
        raise MenuRefused("subsidy", TEXTS.say("menu.subsidy"))


def _closes_at(
    session: Session, service: Service, institution_id: int, line: MenuLine
) -> datetime | None:
    kitchen = _kitchen(session, institution_id, line.kitchen) if line.kitchen else None
    words = plain_closes(line.closes) or (kitchen.closes.get(line.meal, "") if kitchen else "")
    if not words:
        return None
    period = service.periods[line.meal]
    closes = Period(starts=period.starts, closes=words).closes_at(line.day)
    if closes > period.starts_at(line.day):
        starts = time_word(period.starts)
        raise MenuRefused("closes", TEXTS.say("menu.closes_late", said=words, starts=starts))
    return closes


def _as_line(opening: Opening) -> MenuLine:
    return MenuLine(
        opening.day,
        opening.period,
        opening.details,
        opening.capacity,
        opening.provider,
        opening.price_cents,
        opening.subsidy_cents,
        closes_words(opening),
    )


def _kitchen(session: Session, institution_id: int, name: str) -> Kitchen | None:
    return session.execute(
        select(Kitchen).where(Kitchen.institution_id == institution_id, Kitchen.name == name)
    ).scalar_one_or_none()


def spoken_meal(service: Service, opening: Opening, now: datetime) -> str:
    """Return 明天（星期二）午饭, with the kitchen where it has a name."""
    labels = {option.value: option.label for option in service.field("meal").options}
    kitchen = f"（{opening.provider}）" if opening.provider else ""
    return f"{day_word(opening.day, local_date(now))}{labels[opening.period]}{kitchen}"
