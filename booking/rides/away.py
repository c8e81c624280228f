"""A vehicle out of service or a driver absent: every ride it touches gets another car, or the
staff are to telephone. One unit of work: either all of it stands, or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.errors import RequestNotFound, ValueProblem
from booking.models import EventKind, Request, RequestStatus
from booking.moves import move
from booking.notices import add_event, tell_concerned
from booking.rides import dispatch
from booking.rides.booking import need_of_request, rules_of, write_given
from booking.rides.dispatch import TEXTS, NoCar
from booking.rides.driving import call_staff
from booking.rides.models import Driver, Leg, LegStep, Route, TimeOff, Vehicle
from booking.services import Catalog, Service
from booking.staff_access import Clerk

LONGEST_REASON = 60
_BEFORE_THE_ROAD = (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED)
_ON_THE_WAY = (LegStep.PLANNED, LegStep.SET_OUT, LegStep.PICKED_UP)


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rides got another car, and the numbers of those that have none now."""

    moved: int
    without_car: tuple[str, ...]


def take_off(
    session: Session,
    *,
    catalog: Catalog,
    clerk: Clerk,
    who: Vehicle | Driver,
    from_at: datetime,
    until_at: datetime | None,
    reason: str,
    now: datetime,
) -> Moved:
    """Note that a vehicle or a driver is away, and give its rides in that time to others.

    Raises:
        ValueProblem: no reason, or an end before the beginning. RequestNotFound: not this house's.
    """
    reason = " ".join(reason.split())
    if who.institution_id != clerk.institution_id:
        raise RequestNotFound(str(who.id))
    if not 0 < len(reason) <= LONGEST_REASON:
        raise ValueProblem("reason", TEXTS.say("form.reason", most=LONGEST_REASON))
    if until_at is not None and until_at <= max(from_at, now):
        raise ValueProblem("until_at", TEXTS.say("form.until"))
    dispatch.hold_house(session, who.institution_id)
    session.add(
        TimeOff(
            institution_id=who.institution_id,
            vehicle_id=who.id if isinstance(who, Vehicle) else None,
            driver_id=who.id if isinstance(who, Driver) else None,
            from_at=from_at,
            until_at=until_at,
            reason=reason,
            created_at=now,
        )
    )
    session.flush()
    affected = _affected(session, who, max(from_at, now), until_at)
    why = TEXTS.say("away.why", who=who.name, reason=reason)
    return _give_anew(session, catalog, affected, why, now)


def end_time_off(
    session: Session, *, catalog: Catalog, clerk: Clerk, time_off_id: int, now: datetime
) -> Moved:
    """Note that it is back, and give a car to the rides that have none.

    Raises:
        RequestNotFound: not of this house.
    """
    row = session.get(TimeOff, time_off_id)
    if row is None or row.institution_id != clerk.institution_id:
        raise RequestNotFound(str(time_off_id))
    dispatch.hold_house(session, row.institution_id)
    if row.from_at >= now:
        session.delete(row)
    elif row.until_at is None or row.until_at > now:
        row.until_at = now
    session.flush()
    return give_cars_to_those_without(
        session, catalog=catalog, house_id=row.institution_id, now=now
    )


def give_cars_to_those_without(
    session: Session, *, catalog: Catalog, house_id: int, now: datetime
) -> Moved:
    """Look again for a car for every coming ride that has none."""
    dispatch.hold_house(session, house_id)
    waiting = session.scalars(
        select(Leg)
        .join(Request, Request.id == Leg.request_id)
        .where(
            Leg.institution_id == house_id,
            Leg.route == Route.PERSON,
            Leg.step == LegStep.PLANNED,
            Leg.starts_at > now,
            Request.status.in_((*_BEFORE_THE_ROAD, RequestStatus.IN_PROGRESS)),
        )
        .order_by(Leg.starts_at, Leg.id)
    ).all()
    return _give_anew(session, catalog, waiting, TEXTS.say("away.found"), now, leave=False)


def _affected(
    session: Session, who: Vehicle | Driver, since: datetime, until: datetime | None
) -> list[Leg]:
    held = Leg.vehicle_id if isinstance(who, Vehicle) else Leg.driver_id
    wanted = (
        select(Leg)
        .join(Request, Request.id == Leg.request_id)
        .where(
            held == who.id,
            Leg.held_until > since,
            Leg.step.in_(_ON_THE_WAY),
            Request.status.in_((*_BEFORE_THE_ROAD, RequestStatus.IN_PROGRESS)),
        )
        .order_by(Leg.starts_at, Leg.id)
    )
    if until is not None:
        wanted = wanted.where(Leg.held_from < until)
    return list(session.scalars(wanted))


def _give_anew(
    session: Session,
    catalog: Catalog,
    affected: Iterable[Leg],
    why: str,
    now: datetime,
    *,
    leave: bool = True,
) -> Moved:
    """Give each ride other cars; those for which there are none are left to the staff."""
    by_request: dict[int, list[Leg]] = {}
    for leg in affected:
        by_request.setdefault(leg.request_id, []).append(leg)
    moved, without = 0, []
    for request_id, legs in by_request.items():
        request = session.get_one(Request, request_id)
        service, ids = catalog.get(request.service), {leg.id for leg in legs}
        if _whole_ride(session, service, request, legs, why, now):
            moved += 1
            continue
        # What was tried and taken back may have left others in their place.
        legs = [leg for leg in dispatch.legs_of(session, request_id) if leg.id in ids]
        left = [leg for leg in legs if not _other_car(session, service, request, leg, why, now)]
        if not left:
            moved += 1
            _tell_moved(session, request, legs, why, now)
            continue
        without.append(request.number)
        if leave:
            _leave_to_staff(session, catalog, request, left, why, now)
    return Moved(moved, tuple(without))


def _whole_ride(
    session: Session, service: Service, request: Request, legs: list[Leg], why: str, now: datetime
) -> bool:
    """Plan a ride that has not begun anew: its other way may have to change with it."""
    every = dispatch.legs_of(session, request.id)
    if any(leg.step is not LegStep.PLANNED for leg in every) or len(legs) != len(every):
        return False
    try:
        with session.begin_nested():
            dispatch.free(session, request.id)
            given = dispatch.give(
                session,
                house_id=request.institution_id,
                request_id=request.id,
                need=need_of_request(session, service, request),
                rules=rules_of(service),
            )
    except NoCar:
        return False
    add_event(session, request, EventKind.ASSIGNED, now=now, text=why)
    for leg in given:
        write_given(session, leg, request, now=now)
    _tell_moved(session, request, given, why, now)
    return True


def _other_car(
    session: Session, service: Service, request: Request, leg: Leg, why: str | None, now: datetime
) -> bool:
    """Give one leg another car from now on, on its way to him already where that has begun."""
    rules, need = rules_of(service), need_of_request(session, service, request)
    dispatch.let_go(session, leg, since=now if leg.step is not LegStep.PLANNED else None)
    session.flush()
    stretch = dispatch.alone(leg, now)
    fleet = dispatch.fleet_around(session, request.institution_id, need)
    found = dispatch.find_one(fleet, stretch, need, rules)
    if found is None:
        return False
    leg.held_from, leg.held_until = stretch.held_from, stretch.held_until
    if not dispatch.hold_leg(session, leg, *found, why):
        return False
    write_given(session, leg, request, now=now)
    return True


def _leave_to_staff(
    session: Session, catalog: Catalog, request: Request, legs: list[Leg], why: str, now: datetime
) -> None:
    """No car: back to the queue and late at once, so that it is on the head's list."""
    for leg in legs:
        leg.route, leg.why = Route.PERSON, why
        leg.vehicle_id = leg.driver_id = None
    text = TEXTS.say("history.no_car", why=why)
    add_event(session, request, EventKind.PUT_BACK, now=now, text=text)
    if request.status is RequestStatus.ACCEPTED:
        move(session, request, RequestStatus.SUBMITTED, now=now, assignee_id=None)
    if request.status is RequestStatus.IN_PROGRESS:
        key = f"no car {legs[0].id} {now.isoformat()}"
        call_staff(session, catalog, request, text, key=key, now=now)
    else:
        request.due_at = request.look_at = now
    tell_concerned(session, request, "car_lost", now=now, skip=0, why=why)


def _tell_moved(
    session: Session, request: Request, legs: list[Leg], why: str, now: datetime
) -> None:
    cars = list(dict.fromkeys(dispatch.car_words(session, leg) for leg in legs))
    tell_concerned(session, request, "car_changed", now=now, skip=0, why=why, car="；".join(cars))
