"""The month's meals of each person: what was delivered, what it cost, what the house paid of it.

Money is whole cents throughout. A meal is charged when it was delivered; what was missed or is
not closed yet is counted beside it, so that nothing is left out without anybody noticing.
"""

import calendar
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.meals.sheets import MEAL, ON_THE_SHEET
from booking.models import Opening, Request, RequestStatus
from booking.services import Service
from store.identity import Person


@dataclass(frozen=True, slots=True)
class Charge:
    """One delivered meal; cents are for all its portions together."""

    day: date
    meal: str
    kitchen: str
    number: str
    portions: int
    price_cents: int
    subsidy_cents: int

    @property
    def own_cents(self) -> int:
        """What the person pays himself."""
        return self.price_cents - self.subsidy_cents


@dataclass(frozen=True, slots=True)
class PersonMonth:
    """One person's month."""

    person_id: int
    name: str
    charges: tuple[Charge, ...]
    missed: int
    not_closed: int
    without_price: int

    @property
    def portions(self) -> int:
        """How many portions were delivered."""
        return sum(each.portions for each in self.charges)

    @property
    def price_cents(self) -> int:
        """What they cost in all."""
        return sum(each.price_cents for each in self.charges)

    @property
    def subsidy_cents(self) -> int:
        """What of it the house pays."""
        return sum(each.subsidy_cents for each in self.charges)

    @property
    def own_cents(self) -> int:
        """What the person pays."""
        return self.price_cents - self.subsidy_cents


def statement(
    session: Session, service: Service, *, institution_id: int, year: int, month: int
) -> list[PersonMonth]:
    """Return the month of everyone who had a meal booked in it, by name."""
    first = date(year, month, 1)
    last = date(year, month, calendar.monthrange(year, month)[1])
    rows = session.execute(
        select(Request, Opening, Person)
        .join(Opening, Opening.id == Request.opening_id)
        .join(Person, Person.id == Request.beneficiary_id)
        .where(
            Request.institution_id == institution_id,
            Request.service == MEAL,
            Request.day >= first,
            Request.day <= last,
            Request.status.in_(ON_THE_SHEET),
        )
    ).all()
    labels = {option.value: option.label for option in service.field("meal").options}
    meals = list(service.periods)
    of_person: dict[int, list[tuple[Request, Opening, Person]]] = defaultdict(list)
    for request, opening, person in rows:
        of_person[person.id].append((request, opening, person))
    found = []
    for person_id, own in of_person.items():
        own.sort(key=lambda row: (row[1].day, meals.index(row[1].period), row[0].id))
        statuses = [request.status for request, _, _ in own]
        delivered = [row for row in own if row[0].status is RequestStatus.COMPLETED]
        found.append(
            PersonMonth(
                person_id=person_id,
                name=own[0][2].name,
                charges=tuple(_charge(request, o, labels) for request, o, _ in delivered),
                missed=statuses.count(RequestStatus.MISSED),
                not_closed=len(own) - len(delivered) - statuses.count(RequestStatus.MISSED),
                without_price=sum(o.price_cents is None for _, o, _ in delivered),
            )
        )
    return sorted(found, key=lambda each: (each.name, each.person_id))


def _charge(request: Request, opening: Opening, labels: dict[str, str]) -> Charge:
    return Charge(
        day=opening.day,
        meal=labels[opening.period],
        kitchen=opening.provider,
        number=request.number,
        portions=request.places,
        price_cents=(opening.price_cents or 0) * request.places,
        subsidy_cents=opening.subsidy_cents * request.places,
    )
