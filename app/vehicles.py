"""The `vehicles`, `drivers` and `destinations` commands: what a house drives with, and where to."""

import argparse
from collections.abc import Callable

from sqlalchemy.orm import Session

from app.opening import institution_named, institution_of, open_prepared
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from booking.day_words import weekdays_word
from booking.errors import ValueProblem
from booking.rides import registry
from booking.rides.away import give_cars_to_those_without
from booking.rides.models import EVERY_DAY, Destination, Driver, Route, Vehicle
from booking.rides.registry import DestinationWords, DriverWords, Hours, VehicleWords

ADD = "add"


def vehicles(options: argparse.Namespace) -> int:
    """List the vehicles, or enter one."""

    def save(session: Session, house_id: int, name: str) -> None:
        words = VehicleWords(
            name=name,
            seats=options.seats,
            kind=Route(options.kind),
            takes_wheelchair=options.wheelchair,
            phone=options.phone or "",
            hours=_hours(options),
        )
        registry.save_vehicle(session, words, house_id=house_id)

    def lines(session: Session, house_id: int) -> list[str]:
        return [_vehicle_line(row) for row in registry.vehicles_of(session, house_id)]

    return _run(options, "vehicles", save, lines)


def drivers(options: argparse.Namespace) -> int:
    """List the drivers, or enter one."""

    def save(session: Session, house_id: int, name: str) -> None:
        car = None
        if options.vehicle:
            known = {row.name: row.id for row in registry.vehicles_of(session, house_id)}
            if (car := known.get(options.vehicle)) is None:
                said = SAY.say("drivers.no_vehicle", name=options.vehicle)
                raise CommandRefused(said)
        words = DriverWords(name, options.phone or "", car, _hours(options))
        registry.save_driver(session, words, house_id=house_id)

    def lines(session: Session, house_id: int) -> list[str]:
        names = {row.id: row.name for row in registry.vehicles_of(session, house_id)}
        return [_driver_line(row, names) for row in registry.drivers_of(session, house_id)]

    return _run(options, "drivers", save, lines)


def destinations(options: argparse.Namespace) -> int:
    """List the usual destinations, or enter one."""

    def save(session: Session, house_id: int, name: str) -> None:
        words = DestinationWords(
            name=name,
            aliases=options.aliases or "",
            address=options.address or "",
            travel_minutes=options.minutes,
            waiting_minutes=options.waiting,
            is_hospital=options.hospital,
        )
        registry.save_destination(session, words, house_id=house_id)

    def lines(session: Session, house_id: int) -> list[str]:
        return [_place_line(row) for row in registry.destinations_of(session, house_id)]

    return _run(options, "destinations", save, lines)


def _run(
    options: argparse.Namespace,
    what: str,
    save: Callable[[Session, int, str], None],
    lines: Callable[[Session, int], list[str]],
) -> int:
    words: list[str] = options.words
    if words and (words[0] != ADD or len(words) != 2):
        raise CommandRefused(SAY.say(f"{what}.words"), exit_code=2)
    base = open_prepared(options)
    if words:
        _enter(base, options, words[1], save)
        tell_operator(SAY.say("vehicles.added", name=words[1]))
    with base.home.database.read() as session:
        found = lines(session, _house(session, options))
    tell_operator("\n".join(found) or SAY.say(f"{what}.none"))
    return 0


def _enter(
    base: Base,
    options: argparse.Namespace,
    name: str,
    save: Callable[[Session, int, str], None],
) -> None:
    try:
        with base.home.database.begin() as session:
            house_id = _house(session, options)
            save(session, house_id, name)
            give_cars_to_those_without(
                session, catalog=base.catalog, house_id=house_id, now=base.clock()
            )
    except ValueProblem as problem:
        raise CommandRefused(problem.problem) from problem


def _house(session: Session, options: argparse.Namespace) -> int:
    if options.house:
        return institution_named(session, options.house).id
    house = institution_of(session)
    assert house is not None  # noqa: S101 - `open_prepared` refuses a home without one.
    return house.id


def _hours(options: argparse.Namespace) -> Hours:
    usual = Hours()
    return Hours(
        options.days or EVERY_DAY,
        options.from_time or usual.from_time,
        options.until_time or usual.until_time,
    )


def _vehicle_line(row: Vehicle) -> str:
    wheelchair = SAY.say("vehicles.wheelchair") if row.takes_wheelchair else ""
    return SAY.say(
        "vehicles.line",
        name=row.name,
        kind=SAY.say(f"vehicles.{row.kind.value}"),
        seats=row.seats,
        wheelchair=wheelchair,
        hours=_hours_words(row),
    )


def _driver_line(row: Driver, names: dict[int, str]) -> str:
    car = names.get(row.usual_vehicle_id or 0)
    usual = SAY.say("drivers.usual", car=car) if car else ""
    return SAY.say("drivers.line", name=row.name, usual=usual, hours=_hours_words(row))


def _place_line(row: Destination) -> str:
    aliases = SAY.say("destinations.aliases", aliases="、".join(row.aliases)) if row.aliases else ""
    minutes = (
        SAY.say("destinations.minutes", minutes=row.travel_minutes) if row.travel_minutes else ""
    )
    hospital = SAY.say("destinations.hospital") if row.is_hospital else ""
    return f"{row.name}{aliases}{minutes}{hospital}"


def _hours_words(row: Vehicle | Driver) -> str:
    if (row.days, row.from_time, row.until_time) == (
        EVERY_DAY,
        Hours().from_time,
        Hours().until_time,
    ):
        return SAY.say("vehicles.always")
    return SAY.say(
        "vehicles.hours",
        days=weekdays_word(row.days),
        since=f"{row.from_time:%H:%M}",
        until=f"{row.until_time:%H:%M}",
    )
