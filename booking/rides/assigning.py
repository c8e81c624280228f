"""派车 by hand: a clerk chooses the car and the driver of one way himself."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.errors import RequestNotFound, ValueProblem
from booking.models import RequestStatus
from booking.notices import tell_concerned
from booking.requests import OPEN, for_clerk
from booking.rides import dispatch
from booking.rides.booking import need_of_request, write_given
from booking.rides.dispatch import TEXTS
from booking.rides.fleet import Crew
from booking.rides.models import Driver, Leg, LegStep, Route, Vehicle
from booking.rides.plan import Need, Stretch
from booking.rides.registry import driver_of_house, vehicle_of_house
from booking.services import Catalog
from booking.staff_access import Clerk


def assign(
    session: Session,
    *,
    catalog: Catalog,
    clerk: Clerk,
    leg_id: int,
    vehicle_id: int,
    driver_id: int | None,
    now: datetime,
) -> Leg:
    """Give one way of a ride this car and this driver; who was told of another is told again.

    Raises:
        ValueProblem: the car or the driver is not free, or does not fit; nothing is changed.
        RequestNotFound, NotPermitted.
    """
    leg = session.get(Leg, leg_id)
    if leg is None or leg.institution_id != clerk.institution_id:
        raise RequestNotFound(str(leg_id))
    request = for_clerk(session, catalog, leg.request_id, clerk)
    if leg.step is not LegStep.PLANNED or request.status not in OPEN:
        raise ValueProblem("leg", TEXTS.say("assign.begun"))
    vehicle = vehicle_of_house(session, vehicle_id, house_id=clerk.institution_id)
    driver = None
    if driver_id is not None and vehicle.kind is Route.OWN:
        driver = driver_of_house(session, driver_id, house_id=clerk.institution_id)
    before = dispatch.car_words(session, leg)
    need = need_of_request(session, catalog.get(request.service), request)
    _refuse_unfit(vehicle, driver, need)
    dispatch.hold_house(session, leg.institution_id)
    stretch = _stretch(session, leg, vehicle, now)
    dispatch.let_go(session, leg)
    _refuse_away(session, leg, vehicle, driver, stretch, need)
    leg.held_from, leg.held_until = stretch.held_from, stretch.held_until
    session.flush()
    if not dispatch.hold_leg(session, leg, vehicle.kind, Crew(vehicle, driver), None):
        raise ValueProblem("vehicle", TEXTS.say("assign.taken", car=vehicle.name))
    write_given(session, leg, request, now=now)
    car = dispatch.car_words(session, leg)
    if car != before and request.status is not RequestStatus.SUBMITTED:
        why = TEXTS.say("assign.why", clerk=clerk.name)
        tell_concerned(session, request, "car_changed", now=now, skip=0, why=why, car=car)
    return leg


def _refuse_unfit(vehicle: Vehicle, driver: Driver | None, need: Need) -> None:
    if vehicle.kind is Route.OWN and driver is None:
        raise ValueProblem("driver", TEXTS.say("assign.driver", car=vehicle.name))
    if vehicle.seats < need.passengers:
        said = TEXTS.say("assign.seats", car=vehicle.name, passengers=need.passengers)
        raise ValueProblem("vehicle", said)
    if need.wheelchair and not vehicle.takes_wheelchair:
        raise ValueProblem("vehicle", TEXTS.say("assign.wheelchair", car=vehicle.name))


def _refuse_away(
    session: Session,
    leg: Leg,
    vehicle: Vehicle,
    driver: Driver | None,
    stretch: Stretch,
    need: Need,
) -> None:
    """Hours of work are the clerk's to stretch; a car in repair and a driver on leave are not."""
    fleet = dispatch.fleet_around(session, leg.institution_id, need)
    for who in (vehicle, driver):
        if who is not None and (not who.active or fleet.is_off(who, [stretch])):
            raise ValueProblem("vehicle", TEXTS.say("assign.away", who=who.name))


def _stretch(session: Session, leg: Leg, vehicle: Vehicle, now: datetime) -> Stretch:
    """Return for how long: as planned where the same car drives both ways, else on its own."""
    others = [each for each in dispatch.legs_of(session, leg.request_id) if each.id != leg.id]
    is_same = vehicle.id == leg.vehicle_id or any(each.vehicle_id == vehicle.id for each in others)
    return dispatch.stretch_of(leg) if is_same else dispatch.alone(leg, now)
