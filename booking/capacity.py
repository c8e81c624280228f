"""Places and vehicles: what is left, taking it, giving it back. The database holds the limit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from booking.day_words import day_word
from booking.errors import Alternative, NoPlaceLeft
from booking.form import (
    Around,
    Places,
    Values,
    is_open,
    opening_label,
    places_wanted,
)
from booking.models import Opening, Request
from booking.place_models import KeptPlace
from booking.rides import booking as ride_booking
from booking.rides import dispatch
from booking.rides.booking import take_car
from booking.rides.models import Destination
from booking.services import CapacityKind, Service
from store.clock import local_date
from store.prepared import Prepared

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
_OPENINGS_OF_DAYS = Prepared(_OPENINGS)
# What is only kept in case a cancelling is undone can be had.
_OPENINGS_AND_KEPT = Prepared(
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
_TAKE = Prepared(
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
_HOLDS = Prepared(
    update(Request)
    .where(Request.id == bindparam("of_request"))
    .values(opening_id=bindparam("opening"), places=bindparam("wanted"))
)


@dataclass(frozen=True, slots=True)
class Held:
    """The places of an opening that were taken."""

    opening_id: int | None = None
    places: int = 0


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
    statement: Prepared = _OPENINGS_OF_DAYS,
) -> tuple[Places, ...]:
    found = statement.rows(
        session, institution_id=institution_id, service=service.id, first=first, last=last
    )
    return tuple(Places(*row) for row in found)


def take(session: Session, *, service: Service, request: Request, values: Values) -> None:
    """Take what the booking needs, on the caller's transaction.

    Raises:
        NoPlaceLeft: nothing is left; carries alternatives.
    """
    if service.capacity is CapacityKind.PLACES:
        house, made = request.institution_id, request.created_at
        held = take_places(session, service=service, institution_id=house, values=values, now=made)
        _HOLDS.rows(session, of_request=request.id, opening=held.opening_id, wanted=held.places)
        # The row holds it already: nothing is left to be written when the session is flushed.
        set_committed_value(request, "opening_id", held.opening_id)
        set_committed_value(request, "places", held.places)
    elif service.capacity is CapacityKind.VEHICLE:
        take_car(session, service=service, request=request, values=values)


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
        return
    dispatch.free(session, request.id)


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


def give_back_rest(session: Session, service: Service, request: Request, *, now: datetime) -> None:
    """Free what a request that is over holds from now on: the car that need not fetch anyone."""
    if service.capacity is CapacityKind.VEHICLE:
        dispatch.free_rest(session, request.id, now=now)


def said_when_booked(session: Session, service: Service, request: Request) -> str:
    """Return what the person should know at once of the place he got; often nothing."""
    if service.capacity is CapacityKind.VEHICLE:
        return ride_booking.said_when_booked(session, service, request)
    return ""


def said_when_fixed(session: Session, service: Service, request: Request) -> str:
    """Return what is added to 定好了: which car comes."""
    if service.capacity is CapacityKind.VEHICLE:
        return ride_booking.said_when_fixed(session, request)
    return ""


def take_places(
    session: Session, *, service: Service, institution_id: int, values: Values, now: datetime
) -> Held:
    """Take the places of an opening that the values name, for a request not written yet.

    Raises:
        NoPlaceLeft: nothing is left; carries alternatives.
    """
    wanted = places_wanted(service, values)
    place = {
        "of_house": institution_id,
        "of_service": service.id,
        "on_day": date.fromisoformat(values["date"]),
        "in_period": values[service.period_field],
        "by_provider": values.get(service.provider_field, ""),
        "wanted": wanted,
    }
    taken = _TAKE.first(session, **place)
    if taken is None:
        others = _other_openings(session, service, institution_id, values, now)
        raise NoPlaceLeft(service.id, others)
    return Held(taken[0], wanted)


def _other_openings(
    session: Session, service: Service, institution_id: int, values: Values, now: datetime
) -> tuple[Alternative, ...]:
    around = look_around(session, institution_id=institution_id, service=service, now=now)
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
