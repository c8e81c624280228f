"""Places and vehicles: what is left, taking it, giving it back. The database holds the limit."""

from datetime import date, datetime, timedelta

from sqlalchemy import Executable, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from booking.day_words import day_word, time_word
from booking.errors import Alternative, NoPlaceLeft
from booking.form import (
    Around,
    Places,
    Values,
    is_open,
    opening_label,
    places_wanted,
    starts_at,
)
from booking.models import Destination, Opening, Request, Vehicle, VehicleBlock
from booking.place_models import KeptPlace
from booking.services import CapacityKind, Service
from store.clock import SHANGHAI, local, local_date

BLOCK = timedelta(minutes=30)
_ALTERNATIVES = 3
_OPENINGS = (
    select(
        Opening.day,
        Opening.period,
        Opening.capacity - Opening.taken,
        Opening.details,
        Opening.provider,
        Opening.closes_at,
    )
    .where(
        Opening.institution_id == bindparam("institution_id"),
        Opening.service == bindparam("service"),
        Opening.day >= bindparam("first"),
        Opening.day <= bindparam("last"),
    )
    .order_by(Opening.day, Opening.id)
)
_KEPT = (
    select(Request.opening_id, func.sum(Request.places).label("places"))
    .join(KeptPlace, KeptPlace.request_id == Request.id)
    .where(
        KeptPlace.institution_id == bindparam("institution_id"),
        KeptPlace.service == bindparam("service"),
    )
    .group_by(Request.opening_id)
    .subquery()
)
# What is only kept in case a cancelling is undone can be had.
_OPENINGS_AND_KEPT = (
    _OPENINGS.with_only_columns(
        Opening.day,
        Opening.period,
        Opening.capacity - Opening.taken + func.coalesce(_KEPT.c.places, 0),
        Opening.details,
        Opening.provider,
        Opening.closes_at,
    )
    .select_from(Opening)
    .outerjoin(_KEPT, _KEPT.c.opening_id == Opening.id)
)
_TAKE = (
    update(Opening)
    .where(
        Opening.institution_id == bindparam("of_house"),
        Opening.service == bindparam("of_service"),
        Opening.day == bindparam("on_day"),
        Opening.period == bindparam("in_period"),
        Opening.provider == bindparam("by_provider"),
        Opening.taken + bindparam("wanted", type_=Opening.taken.type) <= Opening.capacity,
    )
    .values(taken=Opening.taken + bindparam("wanted", type_=Opening.taken.type))
    .returning(Opening.id)
)
_HOLDS = (
    update(Request)
    .where(Request.id == bindparam("of_request"))
    .values(opening_id=bindparam("opening"), places=bindparam("wanted"))
)


def look_around(
    session: Session, *, institution_id: int, service: Service, now: datetime
) -> Around:
    """Read what the form of `service` must know: openings left and usual destinations."""
    today = local_date(now)
    openings: tuple[Places, ...] = ()
    destinations: tuple[str, ...] = ()
    if service.capacity is CapacityKind.PLACES:
        last = today + timedelta(days=service.most_days_ahead)
        statement = _OPENINGS_AND_KEPT
        openings = _openings(session, institution_id, service, today, last, statement)
    if service.has_field("destination"):
        destinations = tuple(
            session.execute(
                select(Destination.name)
                .where(Destination.institution_id == institution_id)
                .order_by(Destination.position)
            ).scalars()
        )
    return Around(now=now, openings=openings, destinations=destinations)


def look_at_day(
    session: Session, *, institution_id: int, service: Service, day: date, now: datetime
) -> Around:
    """Read only what tells whether one day's value can be: enough for the form to say yes."""
    openings: tuple[Places, ...] = ()
    if service.capacity is CapacityKind.PLACES and day >= local_date(now):
        openings = _openings(session, institution_id, service, day, day)
    return Around(now=now, openings=openings)


def _openings(
    session: Session,
    institution_id: int,
    service: Service,
    first: date,
    last: date,
    statement: Executable = _OPENINGS,
) -> tuple[Places, ...]:
    asked = {
        "institution_id": institution_id,
        "service": service.id,
        "first": first,
        "last": last,
    }
    return tuple(Places(*row) for row in session.connection().execute(statement, asked))


def take(session: Session, *, service: Service, request: Request, values: Values) -> None:
    """Take what the booking needs, on the caller's transaction.

    Raises:
        NoPlaceLeft: nothing is left; carries alternatives.
    """
    if service.capacity is CapacityKind.PLACES:
        _take_places(session, service, request, values)
    elif service.capacity is CapacityKind.VEHICLE:
        _take_vehicle(session, service, request, values)


def give_back(session: Session, request: Request) -> None:
    """Free whatever the request holds."""
    if request.opening_id is not None:
        session.execute(
            update(Opening)
            .where(Opening.id == request.opening_id)
            .values(taken=Opening.taken - request.places)
        )
        request.opening_id = None
        request.places = 0
    session.execute(delete(VehicleBlock).where(VehicleBlock.request_id == request.id))


def opening_for(
    session: Session, *, institution_id: int, service: Service, values: Values
) -> Opening | None:
    """Return the opening that the values name, None where there is none."""
    return session.execute(
        select(Opening).where(
            Opening.institution_id == institution_id,
            Opening.service == service.id,
            Opening.day == date.fromisoformat(values["date"]),
            Opening.period == values[service.period_field],
            Opening.provider == values.get(service.provider_field, ""),
        )
    ).scalar_one_or_none()


def vehicle_of(session: Session, request_id: int) -> Vehicle | None:
    """Return the vehicle that a ride holds."""
    return session.execute(
        select(Vehicle)
        .join(VehicleBlock, VehicleBlock.vehicle_id == Vehicle.id)
        .where(VehicleBlock.request_id == request_id)
        .limit(1)
    ).scalar_one_or_none()


def _take_places(session: Session, service: Service, request: Request, values: Values) -> None:
    wanted = places_wanted(service, values)
    place = {
        "of_house": request.institution_id,
        "of_service": service.id,
        "on_day": date.fromisoformat(values["date"]),
        "in_period": values[service.period_field],
        "by_provider": values.get(service.provider_field, ""),
        "wanted": wanted,
    }
    connection = session.connection()
    opening_id = connection.execute(_TAKE, place).scalar_one_or_none()
    if opening_id is None:
        raise NoPlaceLeft(service.id, _other_openings(session, service, request, values))
    held = {"of_request": request.id, "opening": opening_id, "wanted": wanted}
    connection.execute(_HOLDS, held)
    # The row holds it already: nothing is left to be written when the session is flushed.
    set_committed_value(request, "opening_id", opening_id)
    set_committed_value(request, "places", wanted)


def _other_openings(
    session: Session, service: Service, request: Request, values: Values
) -> tuple[Alternative, ...]:
    now = request.created_at
    around = look_around(session, institution_id=request.institution_id, service=service, now=now)
    wanted = places_wanted(service, values)
    labels = {option.value: option.label for option in service.field(service.period_field).options}
    asked = date.fromisoformat(values["date"])
    fitting = [opening for opening in around.openings if is_open(service, opening, wanted, now)]
    fitting.sort(key=lambda opening: (abs((opening.day - asked).days), opening.day))
    return tuple(
        Alternative(
            _values_of(service, opening),
            day_word(opening.day, around.today) + opening_label(opening, labels[opening.period]),
        )
        for opening in fitting[:_ALTERNATIVES]
    )


def _values_of(service: Service, opening: Places) -> dict[str, str]:
    values = {"date": opening.day.isoformat(), service.period_field: opening.period}
    return {**values, service.provider_field: opening.provider} if opening.provider else values


def _take_vehicle(session: Session, service: Service, request: Request, values: Values) -> None:
    blocks = _blocks(service, values, starts_at(service, values))
    for vehicle in _fitting_vehicles(session, request.institution_id, values):
        if _is_free(session, vehicle, blocks) and _hold(session, vehicle, blocks, request):
            return
    raise NoPlaceLeft(service.id, _other_times(session, service, request, values))


def _blocks(service: Service, values: Values, start: datetime) -> list[datetime]:
    minutes = (
        service.return_minutes if values.get("return_trip") == "yes" else service.one_way_minutes
    )
    # A ride at 08:10 holds the vehicle from 08:00, so that half-hour blocks never overlap.
    first = start.replace(minute=start.minute // 30 * 30, second=0, microsecond=0)
    end = start + timedelta(minutes=minutes)
    count = -(-(end - first) // BLOCK)
    return [first + BLOCK * index for index in range(count)]


def _fitting_vehicles(session: Session, institution_id: int, values: Values) -> list[Vehicle]:
    query = select(Vehicle).where(
        Vehicle.institution_id == institution_id,
        Vehicle.active.is_(True),
        Vehicle.seats >= int(values.get("passengers", "1")),
    )
    if values.get("wheelchair") == "yes":
        query = query.where(Vehicle.takes_wheelchair.is_(True))
    # The vehicle that takes a wheelchair is kept for whoever needs it.
    query = query.order_by(Vehicle.takes_wheelchair, Vehicle.seats, Vehicle.id)
    return list(session.execute(query).scalars())


def _is_free(session: Session, vehicle: Vehicle, blocks: list[datetime]) -> bool:
    held = session.execute(
        select(VehicleBlock.id)
        .where(VehicleBlock.vehicle_id == vehicle.id, VehicleBlock.starts_at.in_(blocks))
        .limit(1)
    ).first()
    return held is None


def _hold(session: Session, vehicle: Vehicle, blocks: list[datetime], request: Request) -> bool:
    rows = [
        {
            "institution_id": request.institution_id,
            "vehicle_id": vehicle.id,
            "starts_at": block,
            "request_id": request.id,
        }
        for block in blocks
    ]
    try:
        with session.begin_nested():
            session.execute(insert(VehicleBlock), rows)
    except IntegrityError:
        # Someone took one of these half hours between the look and the insert.
        return False
    return True


def _other_times(
    session: Session, service: Service, request: Request, values: Values
) -> tuple[Alternative, ...]:
    asked = starts_at(service, values)
    field = service.field("time")
    earliest = request.created_at + timedelta(minutes=service.notice_minutes)
    vehicles = _fitting_vehicles(session, request.institution_id, values)
    found: list[Alternative] = []
    candidates = [
        datetime.combine(asked.date(), field.earliest, SHANGHAI) + BLOCK * step
        for step in range(48)
    ]
    candidates = [
        at
        for at in candidates
        if at.date() == asked.date() and at.time() <= field.latest and at >= earliest
    ]
    for at in sorted(candidates, key=lambda each: abs(each - asked)):
        blocks = _blocks(service, values, at)
        if any(_is_free(session, vehicle, blocks) for vehicle in vehicles):
            found.append(Alternative({"time": f"{at:%H:%M}"}, time_word(local(at).time())))
        if len(found) == _ALTERNATIVES:
            break
    return tuple(sorted(found, key=lambda each: each.values["time"]))
