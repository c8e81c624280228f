"""How long a ride holds a car. Pure: a need and the rules in, stretches of time out.

    together   the car takes him, waits, and brings him back
    apart      the car takes him and comes home; whichever car is free fetches him later

Cars are held in whole half hours, so that two rides can never overlap by a few minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.rides.models import Direction
from booking.rides.places import Place
from booking.rides.rules import RideRules
from store.clock import local

BLOCK = timedelta(minutes=30)
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Need:
    """What one ride needs: when, how far, how many seats, a place for the wheelchair."""

    start: datetime
    travel: timedelta
    waiting: timedelta
    comes_back: bool
    passengers: int
    wheelchair: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """One leg in time: picked up, there, and from when until when the car is held."""

    direction: Direction
    starts_at: datetime
    arrives_at: datetime
    held_from: datetime
    held_until: datetime

    @property
    def blocks(self) -> list[datetime]:
        """The half hours it holds, by their first instants."""
        count = (self.held_until - self.held_from) // BLOCK
        return [self.held_from + BLOCK * index for index in range(count)]


def need_of(values: Mapping[str, str], place: Place, start: datetime) -> Need:
    """Return what the form's values ask for; companions are counted in `passengers`."""
    return Need(
        start=start,
        travel=timedelta(minutes=place.travel_minutes),
        waiting=timedelta(minutes=place.waiting_minutes),
        comes_back=values.get("return_trip") == "yes",
        passengers=int(values.get("passengers", "1")),
        wheelchair=values.get("wheelchair") == "yes",
    )


def ways(need: Need, rules: RideRules) -> list[tuple[tuple[Stretch, ...], bool]]:
    """Return the plans worth trying, best first; True marks those that one car must do whole."""
    if not need.comes_back:
        return [((_there(need, rules),), True)]
    apart = (_there(need, rules), _fetch(need, rules))
    together = _together(need, rules)
    if need.waiting <= timedelta(minutes=rules.wait_at_most_minutes):
        return [(together, True), (apart, False)]
    return [(apart, False), (together, True)]


def pick_up_again(need: Need) -> datetime:
    """Return when he is fetched, as a time that can be said: the next quarter of an hour."""
    return up(need.start + need.travel + need.waiting, _QUARTER)


def _there(need: Need, rules: RideRules) -> Stretch:
    margin = timedelta(minutes=rules.margin_minutes)
    return Stretch(
        Direction.OUT,
        need.start,
        need.start + need.travel,
        down(need.start),
        up(need.start + 2 * need.travel + margin, BLOCK),
    )


def _fetch(need: Need, rules: RideRules) -> Stretch:
    margin, at = timedelta(minutes=rules.margin_minutes), pick_up_again(need)
    home = at + need.travel
    return Stretch(Direction.BACK, at, home, down(at - need.travel), up(home + margin, BLOCK))


def _together(need: Need, rules: RideRules) -> tuple[Stretch, Stretch]:
    margin, at = timedelta(minutes=rules.margin_minutes), pick_up_again(need)
    turn, home = max(down(at), down(need.start) + BLOCK), at + need.travel
    there = need.start + need.travel
    end = max(up(home + margin, BLOCK), turn + BLOCK)
    return (
        Stretch(Direction.OUT, need.start, there, down(need.start), turn),
        Stretch(Direction.BACK, at, home, turn, end),
    )


def down(at: datetime) -> datetime:
    """Return the half hour in which an instant of Shanghai lies."""
    past = timedelta(minutes=local(at).minute % 30, seconds=at.second, microseconds=at.microsecond)
    return at - past


def up(at: datetime, to: timedelta) -> datetime:
    """Return the next instant that is whole: a quarter or half of an hour."""
    whole = int(to.total_seconds() // 60)
    past = timedelta(
        minutes=local(at).minute % whole, seconds=at.second, microseconds=at.microsecond
    )
    return at + to - past if past else at
