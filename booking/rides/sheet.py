"""What the staff and the drivers read: the legs of a ride, and a day's work."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from booking.models import Request, RequestStatus
from booking.rides import dispatch
from booking.rides.booking import place_of, rules_of
from booking.rides.dispatch import TEXTS
from booking.rides.models import Direction, Driver, Leg, LegStep, Route
from booking.services import Service
from store.clock import SHANGHAI
from store.identity import Person

RIDE = "ride"
_ON_THE_SHEET = (
    RequestStatus.SUBMITTED,
    RequestStatus.ACCEPTED,
    RequestStatus.IN_PROGRESS,
    RequestStatus.COMPLETED,
    RequestStatus.MISSED,
)


@dataclass(frozen=True, slots=True)
class LegView:
    """One way of a ride as staff see it: when, by which car, how far it has come."""

    id: int
    way: str
    starts_at: datetime
    arrives_at: datetime
    car: str
    route: Route
    why: str | None
    step: LegStep
    vehicle_id: int | None
    driver_id: int | None


@dataclass(frozen=True, slots=True)
class Stop:
    """One leg on a driver's sheet: whom to fetch when and where, and where to."""

    leg_id: int
    request_id: int
    number: str
    way: str
    starts_at: datetime
    from_where: str
    to_where: str
    name: str
    phone: str | None
    passengers: int
    wheelchair: bool
    car: str
    route: Route
    driver_id: int | None
    step: LegStep
    status: RequestStatus


@dataclass(frozen=True, slots=True)
class DriverDay:
    """What one driver drives on a day; without a driver what others drive."""

    driver: Driver | None
    stops: tuple[Stop, ...]


def legs_for_staff(session: Session, request_id: int) -> tuple[LegView, ...]:
    """Return the legs of a request, none where it is no ride."""
    return tuple(
        LegView(
            id=leg.id,
            way=TEXTS.say(f"leg.{leg.direction.value}"),
            starts_at=leg.starts_at,
            arrives_at=leg.arrives_at,
            car=dispatch.car_words(session, leg),
            route=leg.route,
            why=leg.why,
            step=leg.step,
            vehicle_id=leg.vehicle_id,
            driver_id=leg.driver_id,
        )
        for leg in dispatch.legs_of(session, request_id)
    )


def day_sheet(session: Session, service: Service, *, house_id: int, day: date) -> list[DriverDay]:
    """Return the legs of a day by driver, those that nobody of ours drives last."""
    stops = _stops(session, service, house_id, day)
    drivers = session.scalars(
        select(Driver)
        .where(Driver.institution_id == house_id)
        .order_by(Driver.active.desc(), Driver.id)
    )
    days = [
        DriverDay(driver, tuple(each for each in stops if each.driver_id == driver.id))
        for driver in drivers
    ]
    others = DriverDay(None, tuple(each for each in stops if each.driver_id is None))
    return [each for each in (*days, others) if each.stops]


def stops_of_driver(
    session: Session, service: Service, *, house_id: int, driver_id: int, day: date
) -> list[Stop]:
    """Return what one driver drives on a day."""
    stops = _stops(session, service, house_id, day)
    return [each for each in stops if each.driver_id == driver_id]


def _stops(session: Session, service: Service, house_id: int, day: date) -> list[Stop]:
    since = datetime.combine(day, time(), SHANGHAI)
    requester = aliased(Person)
    rows = session.execute(
        select(Leg, Request, Person, requester)
        .join(Request, Request.id == Leg.request_id)
        .join(Person, Person.id == Request.beneficiary_id)
        .join(requester, requester.id == Request.requester_id)
        .where(
            Leg.institution_id == house_id,
            Leg.starts_at >= since,
            Leg.starts_at < since + timedelta(days=1),
            Request.status.in_(_ON_THE_SHEET),
        )
        .order_by(Leg.starts_at, Leg.id)
    )
    return [_stop(session, service, *row) for row in rows]


def _stop(
    session: Session, service: Service, leg: Leg, request: Request, person: Person, asked: Person
) -> Stop:
    values = request.values
    place = place_of(session, rules_of(service), house_id=leg.institution_id, values=values)
    home = person.address or TEXTS.say("sheet.no_address")
    there = f"{place.name}（{place.address}）" if place.address else place.name
    is_out = leg.direction is Direction.OUT
    return Stop(
        leg_id=leg.id,
        request_id=request.id,
        number=request.number,
        way=TEXTS.say(f"leg.{leg.direction.value}"),
        starts_at=leg.starts_at,
        from_where=home if is_out else there,
        to_where=there if is_out else home,
        name=person.name,
        phone=person.phone or asked.phone,
        passengers=int(values.get("passengers", "1")),
        wheelchair=values.get("wheelchair") == "yes",
        car=dispatch.car_words(session, leg),
        route=leg.route,
        driver_id=leg.driver_id,
        step=leg.step,
        status=request.status,
    )
