"""What one round cooks and whom it goes to: both sheets are read from the same stops."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.meals.models import Diet
from booking.models import Opening, Request, RequestStatus
from booking.services import Service
from store.identity import Person

MEAL = "meal"
# What is cooked and driven; what was cancelled or declined holds no place and is on no sheet.
ON_THE_SHEET = (
    RequestStatus.SUBMITTED,
    RequestStatus.ACCEPTED,
    RequestStatus.IN_PROGRESS,
    RequestStatus.COMPLETED,
    RequestStatus.MISSED,
)
_SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Round:
    """One meal of one kitchen on one day, which is cooked and driven together."""

    day: date
    meal: str
    kitchen: str

    @property
    def about(self) -> str:
        """What a link says of it."""
        return f"{self.meal}{_SEPARATOR}{self.kitchen}"


@dataclass(frozen=True, slots=True)
class RoundCount:
    """A round with how many portions and stops it has, and what is on the table."""

    round: Round
    portions: int
    stops: int
    capacity: int
    dishes: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One door of a round: the request behind it and what goes there."""

    request_id: int
    number: str
    status: RequestStatus
    person_id: int
    name: str
    address: str | None
    phone: str | None
    diet: str
    portions: int
    avoids: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True, slots=True)
class KitchenLine:
    """So many portions of one kind; `avoids` are what must not be in them."""

    diet: str
    avoids: tuple[str, ...]
    portions: int


def round_of(about: str, day: date) -> Round:
    """Return the round that a link is about."""
    meal, _, kitchen = about.partition(_SEPARATOR)
    return Round(day, meal, kitchen)


def rounds_of(
    session: Session, service: Service, *, institution_id: int, day: date
) -> list[RoundCount]:
    """Return the rounds of a day that someone has booked, in the order of the meals."""
    rows = session.execute(
        select(Opening, func.sum(Request.places), func.count(Request.id))
        .join(Request, Request.opening_id == Opening.id)
        .where(
            Opening.institution_id == institution_id,
            Opening.service == service.id,
            Opening.day == day,
            Request.status.in_(ON_THE_SHEET),
        )
        .group_by(Opening.id)
    ).all()
    meals = list(service.periods)
    found = [
        RoundCount(
            Round(day, opening.period, opening.provider),
            int(portions),
            int(stops),
            opening.capacity,
            opening.details,
        )
        for opening, portions, stops in rows
    ]
    return sorted(found, key=lambda each: (meals.index(each.round.meal), each.round.kitchen))


def stops_of(
    session: Session, service: Service, *, institution_id: int, round_: Round
) -> list[Stop]:
    """Return the doors of a round, by address; requests of one person stand beside each other."""
    rows = session.execute(
        select(Request, Person, Diet)
        .join(Opening, Request.opening_id == Opening.id)
        .join(Person, Person.id == Request.beneficiary_id)
        .outerjoin(Diet, Diet.person_id == Person.id)
        .where(
            Opening.institution_id == institution_id,
            Opening.service == service.id,
            Opening.day == round_.day,
            Opening.period == round_.meal,
            Opening.provider == round_.kitchen,
            Request.status.in_(ON_THE_SHEET),
        )
    ).all()
    labels = {option.value: option.label for option in service.field("diet").options}
    stops = [_stop(request, person, diet, labels) for request, person, diet in rows]
    return sorted(stops, key=lambda each: (each.address or "", each.name, each.request_id))


def kitchen_lines(stops: list[Stop]) -> list[KitchenLine]:
    """Return what is to be cooked: portions by diet, and apart what must not contain something."""
    counted = Counter[tuple[str, tuple[str, ...]]]()
    for stop in stops:
        counted[stop.diet, stop.avoids] += stop.portions
    lines = [KitchenLine(diet, avoids, count) for (diet, avoids), count in counted.items()]
    return sorted(lines, key=lambda each: (each.diet, bool(each.avoids), each.avoids))


def _stop(request: Request, person: Person, diet: Diet | None, labels: dict[str, str]) -> Stop:
    words = diet.words.get("avoids", []) if diet else []
    return Stop(
        request_id=request.id,
        number=request.number,
        status=request.status,
        person_id=person.id,
        name=person.name,
        address=person.address,
        phone=person.phone,
        diet=labels.get(request.values.get("diet", ""), ""),
        portions=request.places,
        avoids=tuple(str(each) for each in words) if isinstance(words, list) else (),
        reason=request.reason,
    )
