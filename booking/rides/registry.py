"""Entering what a house drives with: vehicles, drivers, usual destinations. Checked, in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking.errors import RequestNotFound, ValueProblem
from booking.rides.dispatch import TEXTS
from booking.rides.models import EVERY_DAY, Destination, Driver, Route, TimeOff, Vehicle

LONGEST_NAME = 60
MOST_SEATS = 60
_LONGEST_MINUTES = 600
_PHONE = re.compile(r"[0-9+\-（）() ]{3,30}")
_Worker = TypeVar("_Worker", Vehicle, Driver)
_Kept = TypeVar("_Kept", Vehicle, Driver, Destination)
_BETWEEN = re.compile(r"[、，,；;\s]+")


@dataclass(frozen=True, slots=True)
class Hours:
    """On which days (1 is Monday) and between which times of the day someone works."""

    days: str = EVERY_DAY
    from_time: time = time(0, 0)
    until_time: time = time(23, 59)


@dataclass(frozen=True, slots=True)
class VehicleWords:
    """A vehicle as it was typed in."""

    name: str
    seats: int
    kind: Route = Route.OWN
    takes_wheelchair: bool = False
    phone: str = ""
    hours: Hours = Hours()


@dataclass(frozen=True, slots=True)
class DriverWords:
    """A driver as he was typed in."""

    name: str
    phone: str = ""
    usual_vehicle_id: int | None = None
    hours: Hours = Hours()


@dataclass(frozen=True, slots=True)
class DestinationWords:
    """A destination as it was typed in; minutes are None where nobody knows them."""

    name: str
    aliases: str = ""
    address: str = ""
    travel_minutes: int | None = None
    waiting_minutes: int | None = None
    is_hospital: bool = False


def save_vehicle(
    session: Session, words: VehicleWords, *, house_id: int, vehicle_id: int | None = None
) -> Vehicle:
    """Enter a vehicle, or change one; rides that it has already stay with it.

    Raises:
        ValueProblem: what is wrong and what to do. RequestNotFound: not this house's.
    """
    name = _name(session, Vehicle, words.name, house_id, vehicle_id)
    if not 1 <= words.seats <= MOST_SEATS:
        raise ValueProblem("seats", TEXTS.say("form.seats", most=MOST_SEATS))
    if words.kind is Route.PERSON:
        raise ValueProblem("kind", TEXTS.say("form.kind"))
    row = _own(session, Vehicle, vehicle_id, house_id) if vehicle_id else Vehicle()
    row.institution_id, row.name, row.kind = house_id, name, words.kind
    row.seats, row.takes_wheelchair = words.seats, words.takes_wheelchair
    row.phone = _phone(words.phone)
    return _save(session, row, words.hours)


def save_driver(
    session: Session, words: DriverWords, *, house_id: int, driver_id: int | None = None
) -> Driver:
    """Enter a driver, or change one.

    Raises:
        ValueProblem: what is wrong and what to do. RequestNotFound: not this house's.
    """
    name = _name(session, Driver, words.name, house_id, driver_id)
    if words.usual_vehicle_id is not None:
        _own(session, Vehicle, words.usual_vehicle_id, house_id)
    row = _own(session, Driver, driver_id, house_id) if driver_id else Driver()
    row.institution_id, row.name, row.phone = house_id, name, _phone(words.phone)
    row.usual_vehicle_id = words.usual_vehicle_id
    return _save(session, row, words.hours)


def save_destination(
    session: Session, words: DestinationWords, *, house_id: int, destination_id: int | None = None
) -> Destination:
    """Enter a destination, or change one; its names must mean it alone.

    Raises:
        ValueProblem: what is wrong and what to do. RequestNotFound: not this house's.
    """
    name = _one_line(words.name)
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueProblem("name", TEXTS.say("form.name", most=LONGEST_NAME))
    aliases = [each for each in _BETWEEN.split(words.aliases) if each and each != name]
    _refuse_taken_names(session, [name, *aliases], house_id, destination_id)
    for field, minutes in (("travel", words.travel_minutes), ("waiting", words.waiting_minutes)):
        least = 5 if field == "travel" else 0
        if minutes is not None and not least <= minutes <= _LONGEST_MINUTES:
            said = TEXTS.say(f"form.{field}", least=least, most=_LONGEST_MINUTES)
            raise ValueProblem(f"{field}_minutes", said)
    row = _own(session, Destination, destination_id, house_id) if destination_id else Destination()
    if destination_id is None:
        last = session.scalar(
            select(func.max(Destination.position)).where(Destination.institution_id == house_id)
        )
        row.position = (last if last is not None else -1) + 1
    row.institution_id, row.name, row.aliases = house_id, name, list(dict.fromkeys(aliases))
    row.address, row.is_hospital = _one_line(words.address)[:200], words.is_hospital
    row.travel_minutes, row.waiting_minutes = words.travel_minutes, words.waiting_minutes
    session.add(row)
    session.flush()
    return row


def remove_destination(session: Session, destination_id: int, *, house_id: int) -> None:
    """Forget a destination; rides to it stay as they are.

    Raises:
        RequestNotFound: not this house's.
    """
    session.delete(_own(session, Destination, destination_id, house_id))
    session.flush()


def vehicle_of_house(session: Session, vehicle_id: int, *, house_id: int) -> Vehicle:
    """Return a vehicle of the house. Raises RequestNotFound."""
    return _own(session, Vehicle, vehicle_id, house_id)


def driver_of_house(session: Session, driver_id: int, *, house_id: int) -> Driver:
    """Return a driver of the house. Raises RequestNotFound."""
    return _own(session, Driver, driver_id, house_id)


def destination_of_house(session: Session, destination_id: int, *, house_id: int) -> Destination:
    """Return a destination of the house. Raises RequestNotFound."""
    return _own(session, Destination, destination_id, house_id)


def vehicles_of(session: Session, house_id: int) -> list[Vehicle]:
    """Return the vehicles in use, in the order in which they are given out."""
    order = {Route.OWN: 0, Route.PARTNER: 1, Route.HAILING: 2}
    rows = session.scalars(
        select(Vehicle).where(Vehicle.institution_id == house_id, Vehicle.active.is_(True))
    )
    return sorted(rows, key=lambda row: (order.get(row.kind, 9), row.id))


def drivers_of(session: Session, house_id: int) -> list[Driver]:
    """Return the drivers of a house."""
    return list(
        session.scalars(
            select(Driver)
            .where(Driver.institution_id == house_id, Driver.active.is_(True))
            .order_by(Driver.id)
        )
    )


def destinations_of(session: Session, house_id: int) -> list[Destination]:
    """Return the usual destinations in the order of their buttons."""
    return list(
        session.scalars(
            select(Destination)
            .where(Destination.institution_id == house_id)
            .order_by(Destination.position, Destination.id)
        )
    )


def time_off_of(session: Session, house_id: int, *, now: datetime) -> list[TimeOff]:
    """Return what is away now or will be."""
    rows = session.scalars(
        select(TimeOff).where(TimeOff.institution_id == house_id).order_by(TimeOff.from_at)
    )
    return [row for row in rows if row.until_at is None or row.until_at > now]


def _save(session: Session, row: _Worker, hours: Hours) -> _Worker:
    days = "".join(sorted(set(hours.days) & set(EVERY_DAY)))
    if not days:
        raise ValueProblem("days", TEXTS.say("form.days"))
    if hours.from_time >= hours.until_time:
        raise ValueProblem("until_time", TEXTS.say("form.hours"))
    row.days, row.from_time, row.until_time = days, hours.from_time, hours.until_time
    row.active = True
    session.add(row)
    session.flush()
    return row


def _name(
    session: Session, kind: type[Vehicle] | type[Driver], said: str, house_id: int, own: int | None
) -> str:
    name = _one_line(said)
    if not 0 < len(name) <= LONGEST_NAME:
        raise ValueProblem("name", TEXTS.say("form.name", most=LONGEST_NAME))
    same = session.scalars(
        select(kind.id).where(
            kind.institution_id == house_id,
            kind.name == name,
            kind.active.is_(True),
            kind.id != (own or 0),
        )
    ).first()
    if same is not None:
        raise ValueProblem("name", TEXTS.say("form.same_name", name=name))
    return name


def _refuse_taken_names(
    session: Session, names: Sequence[str], house_id: int, own: int | None
) -> None:
    for row in destinations_of(session, house_id):
        taken = {row.name, *row.aliases} & set(names)
        if row.id != own and taken:
            said = TEXTS.say("form.taken_name", name=sorted(taken)[0], other=row.name)
            raise ValueProblem("aliases", said)


def _own(session: Session, kind: type[_Kept], row_id: int, house_id: int) -> _Kept:
    row = session.get(kind, row_id)
    if row is None or row.institution_id != house_id:
        raise RequestNotFound(str(row_id))
    return row


def _phone(said: str) -> str | None:
    phone = said.strip()
    if phone and not _PHONE.fullmatch(phone):
        raise ValueProblem("phone", TEXTS.say("form.phone"))
    return phone or None


def _one_line(said: str) -> str:
    return " ".join(said.split())
