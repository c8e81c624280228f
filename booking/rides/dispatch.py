"""派车: giving a ride a car and a driver for each of its legs, in the order the catalog sets.

The whole of a house's rides is given out by one unit of work at a time; should two ever meet
all the same, the unique half hours of `vehicle_blocks` let only one of them have the car.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.day_words import time_word
from booking.rides.fleet import Crew, Fleet, load_fleet
from booking.rides.models import Direction, Driver, Leg, LegStep, Route, Vehicle, VehicleBlock
from booking.rides.plan import BLOCK, Need, Stretch, down, up, ways
from booking.rides.rules import RideRules
from store.clock import local
from store.identity import Institution
from store.texts import Texts

TEXTS = Texts(Path(__file__).parent / "texts.toml")
_TRIES = 3
_LOOK_AROUND = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Given:
    """One leg with the car it gets, and why no route before this one would do."""

    stretch: Stretch
    route: Route
    crew: Crew
    why: str | None


class NoCar(Exception):
    """No route has a car then; `why` says so in words."""

    def __init__(self, why: str, fleet: Fleet) -> None:
        """Take the sentence, and the fleet as it was looked at."""
        super().__init__(why)
        self.why = why
        self.fleet = fleet


def hold_house(session: Session, house_id: int) -> None:
    """Let nobody else give out cars of this house until the transaction ends."""
    session.execute(
        select(Institution.id).where(Institution.id == house_id).with_for_update(key_share=True)
    ).scalar_one()


def give(
    session: Session, *, house_id: int, request_id: int, need: Need, rules: RideRules
) -> list[Leg]:
    """Hold a car and a driver for every leg of a ride, on the caller's transaction.

    Raises:
        NoCar: nothing is free then; nothing was held.
    """
    hold_house(session, house_id)
    for _ in range(_TRIES):
        fleet = fleet_around(session, house_id, need)
        chosen = choose(fleet, need, rules)
        if chosen is None:
            raise NoCar(why_none(fleet, need, rules), fleet)
        legs = _hold(session, house_id, request_id, chosen)
        if legs is not None:
            return legs
    raise NoCar(why_none(fleet, need, rules), fleet)


def choose(fleet: Fleet, need: Need, rules: RideRules) -> tuple[Given, ...] | None:
    """Return the best way to drive all of it: early routes before late ones, then few cars."""
    kinds: list[Route] = [rule.by for rule in rules.routes if rule.by is not Route.PERSON]
    best: tuple[int, tuple[tuple[Stretch, Route, Crew], ...]] | None = None
    for plan, is_one_car in ways(need, rules):
        found = (
            _by_one_car(fleet, plan, need, kinds)
            if is_one_car
            else _leg_by_leg(fleet, plan, need, kinds)
        )
        if found is not None:
            late = sum(kinds.index(route) for _, route, _ in found)
            if best is None or late < best[0]:
                best = late, found
    if best is None:
        return None
    return tuple(
        Given(stretch, route, crew, _why(fleet, stretch, need, rules, before=route))
        for stretch, route, crew in best[1]
    )


def find_one(
    fleet: Fleet, stretch: Stretch, need: Need, rules: RideRules
) -> tuple[Route, Crew] | None:
    """Return the first route that has a car for one leg."""
    for rule in rules.routes:
        crew = None
        if rule.by is not Route.PERSON:
            crew = fleet.find(rule.by, [stretch], need)
        if crew is not None:
            return rule.by, crew
    return None


def hold_leg(session: Session, leg: Leg, route: Route, crew: Crew, why: str | None) -> bool:
    """Give an existing leg a car; False when one of its half hours is gone by now."""
    stretch = stretch_of(leg)
    try:
        with session.begin_nested():
            _insert_blocks(session, leg, route, crew, stretch.blocks)
    except IntegrityError:
        return False
    leg.route, leg.why = route, why
    leg.vehicle_id = crew.vehicle.id
    leg.driver_id = crew.driver.id if crew.driver else None
    return True


def let_go(session: Session, leg: Leg, *, since: datetime | None = None) -> None:
    """Free the half hours that a leg holds, from `since` on."""
    gone = delete(VehicleBlock).where(VehicleBlock.leg_id == leg.id)
    if since is not None:
        gone = gone.where(VehicleBlock.starts_at >= since)
    session.execute(gone)


def free(session: Session, request_id: int) -> None:
    """Free everything that a ride holds, and forget the legs that nobody has begun."""
    session.execute(delete(VehicleBlock).where(VehicleBlock.request_id == request_id))
    session.execute(delete(Leg).where(Leg.request_id == request_id, Leg.step == LegStep.PLANNED))


def free_rest(session: Session, request_id: int, *, now: datetime) -> None:
    """Free what a ride that is over still holds from now on."""
    session.execute(
        delete(VehicleBlock).where(
            VehicleBlock.request_id == request_id, VehicleBlock.starts_at >= now
        )
    )


def legs_of(session: Session, request_id: int) -> list[Leg]:
    """Return the legs of a ride, the way out first."""
    return list(
        session.execute(
            select(Leg).where(Leg.request_id == request_id).order_by(Leg.starts_at, Leg.id)
        ).scalars()
    )


def alone(leg: Leg, now: datetime) -> Stretch:
    """Return a leg as another car would drive it: there, from wherever it stands, and home."""
    travel = leg.arrives_at - leg.starts_at
    comes_from = leg.starts_at if leg.direction is Direction.OUT else leg.starts_at - travel
    since = down(max(comes_from, min(now, leg.held_until)))
    until = max(leg.held_until, since + BLOCK)
    if leg.direction is Direction.OUT:
        # It held the car for waiting as well, where the same one was to bring him back.
        until = max(up(leg.arrives_at + travel, BLOCK), since + BLOCK)
    return Stretch(leg.direction, leg.starts_at, leg.arrives_at, since, until)


def stretch_of(leg: Leg) -> Stretch:
    """Return a leg in time."""
    return Stretch(leg.direction, leg.starts_at, leg.arrives_at, leg.held_from, leg.held_until)


def fleet_around(session: Session, house_id: int, need: Need) -> Fleet:
    """Return who drives on the day of a ride."""
    return load_fleet(
        session,
        house_id=house_id,
        since=need.start - _LOOK_AROUND,
        until=need.start + _LOOK_AROUND,
    )


def why_none(fleet: Fleet, need: Need, rules: RideRules) -> str:
    """Say why no car goes: the reason of the first route that has cars at all."""
    plan, _ = ways(need, rules)[0]
    return _why(fleet, plan[0], need, rules, before=Route.PERSON, first_only=True) or TEXTS.say(
        "why.none"
    )


def car_words(session: Session, leg: Leg, *, with_phone: bool = True) -> str:
    """Say which car comes, who drives it, and on what number he can be reached."""
    if leg.route is Route.HAILING:
        return TEXTS.say("car.hailing")
    vehicle = session.get(Vehicle, leg.vehicle_id) if leg.vehicle_id else None
    if vehicle is None:
        return TEXTS.say("car.none")
    driver = session.get(Driver, leg.driver_id) if leg.driver_id else None
    car, phone = vehicle.name, vehicle.phone
    if driver is not None:
        car = TEXTS.say("car.with_driver", vehicle=car, driver=driver.name)
        phone = driver.phone
    return TEXTS.say("car.with_phone", car=car, phone=phone) if phone and with_phone else car


def _by_one_car(
    fleet: Fleet, plan: Sequence[Stretch], need: Need, kinds: Sequence[Route]
) -> tuple[tuple[Stretch, Route, Crew], ...] | None:
    for kind in kinds:
        crew = fleet.find(kind, plan, need)
        if crew is not None:
            return tuple((stretch, kind, crew) for stretch in plan)
    return None


def _leg_by_leg(
    fleet: Fleet, plan: Sequence[Stretch], need: Need, kinds: Sequence[Route]
) -> tuple[tuple[Stretch, Route, Crew], ...] | None:
    left = replace(fleet, taken=set(fleet.taken))
    found: list[tuple[Stretch, Route, Crew]] = []
    for stretch in plan:
        part = _by_one_car(left, [stretch], need, kinds)
        if part is None:
            return None
        left.take(part[0][2], stretch)
        found += part
    return tuple(found)


def _why(
    fleet: Fleet,
    stretch: Stretch,
    need: Need,
    rules: RideRules,
    *,
    before: Route,
    first_only: bool = False,
) -> str | None:
    """Say why each route before this one would not do; None where it is the first."""
    said: list[str] = []
    for rule in rules.routes:
        if rule.by is before or (said and first_only):
            break
        key = fleet.why_not(rule.by, [stretch], need)
        if key is not None:
            # Who asked for the time knows it; in a history or beside another leg he does not.
            at = "" if first_only else time_word(local(stretch.starts_at).time())
            said.append(TEXTS.say(key, time=at, name=rule.name, passengers=need.passengers))
    return "，".join(said) or None


def _hold(
    session: Session, house_id: int, request_id: int, chosen: Sequence[Given]
) -> list[Leg] | None:
    try:
        with session.begin_nested():
            return [_make_leg(session, house_id, request_id, each) for each in chosen]
    except IntegrityError:
        return None


def _make_leg(session: Session, house_id: int, request_id: int, given: Given) -> Leg:
    stretch, crew = given.stretch, given.crew
    leg = Leg(
        institution_id=house_id,
        request_id=request_id,
        direction=stretch.direction,
        route=given.route,
        vehicle_id=crew.vehicle.id,
        driver_id=crew.driver.id if crew.driver else None,
        starts_at=stretch.starts_at,
        arrives_at=stretch.arrives_at,
        held_from=stretch.held_from,
        held_until=stretch.held_until,
        step=LegStep.PLANNED,
        why=given.why,
    )
    session.add(leg)
    session.flush()
    _insert_blocks(session, leg, given.route, crew, stretch.blocks)
    return leg


def _insert_blocks(
    session: Session, leg: Leg, route: Route, crew: Crew, blocks: Sequence[datetime]
) -> None:
    if route is Route.HAILING or not blocks:
        return
    rows: list[Mapping[str, object]] = [
        {
            "institution_id": leg.institution_id,
            "vehicle_id": crew.vehicle.id,
            "driver_id": crew.driver.id if crew.driver else None,
            "starts_at": block,
            "request_id": leg.request_id,
            "leg_id": leg.id,
        }
        for block in blocks
    ]
    session.execute(insert(VehicleBlock), rows)
