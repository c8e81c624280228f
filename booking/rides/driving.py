"""On the road: what the driver says of a leg, through the link of his day.

    出发了 -> 接到了 -> 送到了        没等到人 instead of 接到了

The first way out begins the request, the last way home completes it. Every mark may come twice
or late; what stands already is said again and nobody is told twice. A step that was forgotten
is taken with the one after it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking.day_words import plain_day_word, time_word
from booking.errors import RequestNotFound
from booking.making import find_by_key, new_request
from booking.models import EventKind, Request, RequestStatus
from booking.moves import move
from booking.notices import add_event, tell_step
from booking.ratings import is_time_for_stars
from booking.rides import dispatch
from booking.rides.dispatch import TEXTS
from booking.rides.models import Direction, Driver, Leg, LegStep
from booking.services import HUMAN, Catalog
from store.clock import local, local_date
from store.identity import Person

_ORDER = {
    LegStep.PLANNED: 0,
    LegStep.SET_OUT: 1,
    LegStep.PICKED_UP: 2,
    LegStep.NOT_MET: 2,
    LegStep.ARRIVED: 3,
}
_UNDER_WAY = (RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Reported:
    """What was saved: the sentence for the driver, and how far the leg is now."""

    said: str
    step: LegStep


def report(
    session: Session,
    *,
    catalog: Catalog,
    driver_id: int,
    leg_id: int,
    step: LegStep,
    now: datetime,
) -> Reported:
    """Write down how far a leg has come, and tell those who wait.

    Raises:
        RequestNotFound: no leg of this driver.
    """
    leg = session.get(Leg, leg_id, populate_existing=True)
    if leg is None or leg.driver_id != driver_id or step not in _ORDER:
        raise RequestNotFound(str(leg_id))
    request = session.get_one(Request, leg.request_id, populate_existing=True)
    day = local_date(leg.starts_at)
    if local_date(now) < day:
        said = TEXTS.say("driver.not_today", day=plain_day_word(day, local_date(now)))
        return Reported(said, leg.step)
    if leg.step is step or _ORDER.get(leg.step, 9) >= _ORDER[step]:
        return Reported(TEXTS.say(f"driver.is_{leg.step.value}"), leg.step)
    if request.status not in _UNDER_WAY:
        key = "driver.not_fixed" if request.status is RequestStatus.SUBMITTED else "driver.closed"
        return Reported(TEXTS.say(key), leg.step)
    if not _advance(session, leg, step, now):
        return Reported(TEXTS.say(f"driver.is_{leg.step.value}"), leg.step)
    driver = session.get_one(Driver, driver_id)
    _note(session, request, leg, driver, now)
    match step:
        case LegStep.SET_OUT:
            _set_out(session, request, leg, driver, now)
        case LegStep.PICKED_UP:
            _begin(session, request, now)
            tell_step(session, request, "picked_up", now=now, **_words(session, leg, driver))
        case LegStep.ARRIVED:
            _arrive(session, catalog, request, leg, driver, now)
        case _:
            _not_met(session, catalog, request, leg, driver, now)
    return Reported(TEXTS.say(f"driver.is_{leg.step.value}"), leg.step)


def _advance(session: Session, leg: Leg, step: LegStep, now: datetime) -> bool:
    """Take the step unless someone has taken one since the leg was read."""
    taken = session.execute(
        update(Leg)
        .where(Leg.id == leg.id, Leg.step == leg.step)
        .values(step=step, step_at=now)
        .returning(Leg.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(leg)
    return taken is not None


def _note(session: Session, request: Request, leg: Leg, driver: Driver, now: datetime) -> None:
    text = TEXTS.say(
        f"history.{leg.step.value}",
        way=TEXTS.say(f"leg.{leg.direction.value}"),
        driver=driver.name,
    )
    begins = leg.step is LegStep.SET_OUT and request.status is RequestStatus.ACCEPTED
    kind = EventKind.STARTED if begins else EventKind.MESSAGE
    add_event(session, request, kind, now=now, text=text)


def _begin(session: Session, request: Request, now: datetime) -> None:
    if request.status is RequestStatus.ACCEPTED:
        move(session, request, RequestStatus.IN_PROGRESS, now=now)


def _set_out(session: Session, request: Request, leg: Leg, driver: Driver, now: datetime) -> None:
    _begin(session, request, now)
    step = "car_set_out" if leg.direction is Direction.OUT else "car_comes_back"
    tell_step(session, request, step, now=now, **_words(session, leg, driver))


def _arrive(
    session: Session, catalog: Catalog, request: Request, leg: Leg, driver: Driver, now: datetime
) -> None:
    _begin(session, request, now)
    back = _way_back(session, leg)
    if back is not None:
        fetched = time_word(local(back.starts_at).time())
        words = _words(session, back, driver) | {"time": fetched}
        tell_step(session, request, "car_arrived", now=now, **words)
        return
    dispatch.free_rest(session, request.id, now=now)
    move(session, request, RequestStatus.COMPLETED, now=now, closed_at=now)
    done = TEXTS.say("history.completed")
    add_event(session, request, EventKind.COMPLETED, now=now, text=done)
    asks = is_time_for_stars(session, catalog.get(request.service), request, now=now)
    tell_step(session, request, "completed" if asks else "done", now=now)


def _not_met(
    session: Session, catalog: Catalog, request: Request, leg: Leg, driver: Driver, now: datetime
) -> None:
    """Nobody came to the car: on the way out it ends there; on the way back he must be found."""
    if leg.direction is Direction.OUT:
        reason = TEXTS.say("driver.reason_not_met")
        dispatch.free_rest(session, request.id, now=now)
        move(session, request, RequestStatus.MISSED, now=now, reason=reason, closed_at=now)
        missed = TEXTS.say("history.missed")
        add_event(session, request, EventKind.MISSED, now=now, text=missed)
        tell_step(session, request, "missed", now=now, reason=reason)
        return
    tell_step(session, request, "not_fetched", now=now, **_words(session, leg, driver))
    place = str(request.values.get("destination", ""))
    words = TEXTS.say("driver.not_fetched", place=place, driver=driver.name)
    call_staff(session, catalog, request, words, key=f"not fetched {leg.id}", now=now)


def call_staff(
    session: Session, catalog: Catalog, request: Request, words: str, *, key: str, now: datetime
) -> None:
    """Put a call about a ride into the staff's queue, to be taken at once; one for each key."""
    if find_by_key(session, key) is not None:
        return
    person = session.get_one(Person, request.beneficiary_id)
    call = new_request(
        session,
        service=catalog.get(HUMAN),
        actor=person,
        beneficiary=person,
        permission=TEXTS.say("driver.permission"),
        values={"words": words},
        words=words,
        due_at=now,
        starts=None,
        account_id=None,
        key=key,
        now=now,
        made_because=TEXTS.say("history.called", number=request.number),
    )
    call.follows_id = request.id
    call.look_at = now


def _way_back(session: Session, leg: Leg) -> Leg | None:
    if leg.direction is Direction.BACK:
        return None
    legs = dispatch.legs_of(session, leg.request_id)
    return next((each for each in legs if each.direction is Direction.BACK), None)


def _words(session: Session, leg: Leg, driver: Driver) -> dict[str, str]:
    return {"car": dispatch.car_words(session, leg), "driver": driver.name}
