"""Rides as the verbs of a request see them: take, give back, say which car it is."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from booking.day_words import time_word
from booking.deadlines import first_look, times_of
from booking.errors import Alternative, NoPlaceLeft
from booking.models import EventKind, Request
from booking.notices import add_event
from booking.rides import dispatch
from booking.rides.dispatch import TEXTS, NoCar
from booking.rides.fleet import Fleet
from booking.rides.models import Direction, Leg, Route
from booking.rides.places import Place, place_named
from booking.rides.plan import BLOCK, Need, need_of
from booking.rides.rules import RideRules
from booking.services import Service
from booking.working_calendar import calendar_of
from store.clock import SHANGHAI, local, local_date

_ALTERNATIVES = 3
_HOSPITAL = "医院"


def take_car(
    session: Session, *, service: Service, request: Request, values: Mapping[str, str]
) -> None:
    """Give the ride its cars and write into its history which, and why not an earlier route.

    Raises:
        NoPlaceLeft: no route has a car then; says why, and at what other times there is one.
    """
    rules, house_id = rules_of(service), request.institution_id
    place = place_of(session, rules, house_id=house_id, values=values)
    need = need_of(values, place, _start(values))
    try:
        legs = dispatch.give(
            session, house_id=house_id, request_id=request.id, need=need, rules=rules
        )
    except NoCar as none:
        others = _other_times(service, none.fleet, need, earliest=request.created_at)
        raise NoPlaceLeft(service.id, others, why=none.why) from none
    for leg in legs:
        write_given(session, leg, request, now=request.created_at)
    if place.is_hospital and _HOSPITAL not in values["destination"]:
        _promise_as_to_a_hospital(session, service, request)


def write_given(session: Session, leg: Leg, request: Request, *, now: datetime) -> None:
    """Write one line of history: this way goes by that car, for such a reason."""
    way = TEXTS.say(f"leg.{leg.direction.value}")
    car = dispatch.car_words(session, leg, with_phone=False)
    text = (
        TEXTS.say("history.given_because", way=way, why=leg.why, car=car)
        if leg.why
        else TEXTS.say("history.given", way=way, car=car)
    )
    add_event(session, request, EventKind.ASSIGNED, now=now, text=text)


def place_of(
    session: Session, rules: RideRules, *, house_id: int, values: Mapping[str, str]
) -> Place:
    """Return where a ride goes."""
    words = values.get("destination", "")
    return place_named(session, rules, house_id=house_id, words=words)


def said_when_booked(session: Session, service: Service, request: Request) -> str:
    """Return what the person should hear at once: that it is not the house's own car, and why."""
    rules, said = rules_of(service), []
    for leg in dispatch.legs_of(session, request.id):
        rule = rules.rule_of(leg.route)
        if leg.route is not Route.OWN and rule is not None and rule.told and leg.why:
            car = dispatch.car_words(session, leg)
            said.append(rule.told.format(why=leg.why, car=car))
    return "".join(dict.fromkeys(said))


def said_when_fixed(session: Session, request: Request) -> str:
    """Return which car comes, and when he is fetched again."""
    legs = dispatch.legs_of(session, request.id)
    cars = [dispatch.car_words(session, leg) for leg in legs if leg.vehicle_id]
    if not legs:
        return ""
    if len(cars) != len(legs):
        return TEXTS.say("told.no_car_yet")
    if len(set(cars)) == 1:
        said = TEXTS.say("told.car", car=cars[0])
    else:
        said = TEXTS.say("told.both", out=cars[0], back=cars[-1])
    back = next((leg for leg in legs if leg.direction is Direction.BACK), None)
    if back is not None:
        said += TEXTS.say("told.fetched", time=time_word(local(back.starts_at).time()))
    return said


def need_of_request(session: Session, service: Service, request: Request) -> Need:
    """Return what a ride needs that was booked before."""
    rules, values = rules_of(service), request.values
    place = place_of(session, rules, house_id=request.institution_id, values=values)
    return need_of(values, place, _start(values))


def rules_of(service: Service) -> RideRules:
    """Return the rules of a service that takes up vehicles."""
    assert service.ride is not None  # noqa: S101 - the catalog was validated when loaded.
    return service.ride


def _promise_as_to_a_hospital(session: Session, service: Service, request: Request) -> None:
    """Hold the deadline of a hospital where only the house's list says that it is one: 301."""
    now, values = request.created_at, request.values
    spelt_out = {**values, "destination": f"{values['destination']}{_HOSPITAL}"}
    calendar = calendar_of(session, request.institution_id, now=now)
    times = times_of(service, spelt_out, starts=request.starts_at, now=now, calendar=calendar)
    request.due_at = min(request.due_at, times.due_at)
    look = first_look(service, times, now)
    request.look_at = min(request.look_at or look, look)


def _start(values: Mapping[str, str]) -> datetime:
    return datetime.fromisoformat(f"{values['date']}T{values['time']}").replace(tzinfo=SHANGHAI)


def _other_times(
    service: Service, fleet: Fleet, need: Need, *, earliest: datetime
) -> tuple[Alternative, ...]:
    """Return the nearest half hours of that day at which a car can be had."""
    rules, field = rules_of(service), service.field("time")
    earliest += timedelta(minutes=service.notice_minutes)
    day = local_date(need.start)
    midnight = datetime.combine(day, field.earliest, SHANGHAI)
    times = [midnight + BLOCK * step for step in range(48)]
    times = [
        at
        for at in times
        if at.date() == day and at.time() <= field.latest and at >= earliest and at != need.start
    ]
    found: list[Alternative] = []
    for at in sorted(times, key=lambda each: abs(each - need.start)):
        other = Need(
            at, need.travel, need.waiting, need.comes_back, need.passengers, need.wheelchair
        )
        if dispatch.choose(fleet, other, rules) is not None:
            found.append(Alternative({"time": f"{at:%H:%M}"}, time_word(at.time())))
        if len(found) == _ALTERNATIVES:
            break
    return tuple(sorted(found, key=lambda each: each.values["time"]))
