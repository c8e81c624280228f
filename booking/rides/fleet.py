"""The cars and drivers of a house over some hours: who is free, as the database knew it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.rides.models import Driver, Route, TimeOff, Vehicle, VehicleBlock
from booking.rides.plan import BLOCK, Need, Stretch
from store.clock import local


@dataclass(frozen=True, slots=True)
class Crew:
    """A vehicle for a stretch of time, with its driver where we are the ones to give him."""

    vehicle: Vehicle
    driver: Driver | None


@dataclass(slots=True)
class Fleet:
    """Everything that may drive, and every half hour of it that is given away already."""

    vehicles: Sequence[Vehicle]
    drivers: Sequence[Driver]
    off: Sequence[TimeOff]
    taken: set[tuple[str, int, datetime]]

    def find(self, kind: Route, stretches: Sequence[Stretch], need: Need) -> Crew | None:
        """Return a car of one kind, and a driver, free for all of the stretches."""
        for vehicle in self._fitting(kind, need):
            if not self._may(vehicle, stretches):
                continue
            if kind is not Route.OWN:
                return Crew(vehicle, None)
            for driver in self._drivers_for(vehicle):
                if self._may(driver, stretches):
                    return Crew(vehicle, driver)
        return None

    def take(self, crew: Crew, stretch: Stretch) -> None:
        """Mark a stretch as given away, for whatever is looked for next."""
        for block in stretch.blocks:
            self.taken.add((_VEHICLE, crew.vehicle.id, block))
            if crew.driver is not None:
                self.taken.add((_DRIVER, crew.driver.id, block))

    def why_not(self, kind: Route, stretches: Sequence[Stretch], need: Need) -> str | None:
        """Return a key of the texts that says why no car of a kind goes; None: there is none."""
        cars = [vehicle for vehicle in self.vehicles if vehicle.kind is kind]
        if not cars:
            return None
        if not (cars := [car for car in cars if car.seats >= need.passengers]):
            return "why.seats"
        if need.wheelchair and not (cars := [car for car in cars if car.takes_wheelchair]):
            return "why.wheelchair"
        if not (cars := [car for car in cars if _is_working(car, stretches)]):
            return "why.hours"
        if not (cars := [car for car in cars if not self.is_off(car, stretches)]):
            return "why.off"
        if not any(self._is_free(car, stretches) for car in cars):
            return "why.taken"
        return "why.driver"

    def is_there_any(self) -> bool:
        """Tell whether the house has entered anything that drives."""
        return bool(self.vehicles)

    def _fitting(self, kind: Route, need: Need) -> list[Vehicle]:
        found = [
            car
            for car in self.vehicles
            if car.kind is kind
            and car.seats >= need.passengers
            and (car.takes_wheelchair or not need.wheelchair)
        ]
        # The vehicle that takes a wheelchair is kept for whoever needs it.
        return sorted(found, key=lambda car: (car.takes_wheelchair, car.seats, car.id))

    def _drivers_for(self, vehicle: Vehicle) -> list[Driver]:
        """Return the drivers, whoever knows this car best first, then those of no other car."""

        def nearness(driver: Driver) -> tuple[bool, bool, int]:
            usual = driver.usual_vehicle_id
            return usual != vehicle.id, usual is not None, driver.id

        return sorted(self.drivers, key=nearness)

    def _may(self, who: Vehicle | Driver, stretches: Sequence[Stretch]) -> bool:
        return (
            _is_working(who, stretches)
            and not self.is_off(who, stretches)
            and self._is_free(who, stretches)
        )

    def is_off(self, who: Vehicle | Driver, stretches: Iterable[Stretch]) -> bool:
        """Tell whether someone is away in any of the stretches."""
        own = [
            each
            for each in self.off
            if (each.vehicle_id if isinstance(who, Vehicle) else each.driver_id) == who.id
        ]
        return any(
            off.from_at < stretch.held_until
            and (off.until_at is None or off.until_at > stretch.held_from)
            for off in own
            for stretch in stretches
        )

    def _is_free(self, who: Vehicle | Driver, stretches: Iterable[Stretch]) -> bool:
        if isinstance(who, Vehicle) and who.kind is Route.HAILING:
            return True  # Not one car but whichever the staff hail.
        kind = _VEHICLE if isinstance(who, Vehicle) else _DRIVER
        return not any(
            (kind, who.id, block) in self.taken for each in stretches for block in each.blocks
        )


_VEHICLE, _DRIVER = "vehicle", "driver"


def load_fleet(session: Session, *, house_id: int, since: datetime, until: datetime) -> Fleet:
    """Read who drives for a house, and what of them is taken between two instants."""
    vehicles = list(
        session.execute(
            select(Vehicle).where(Vehicle.institution_id == house_id, Vehicle.active.is_(True))
        ).scalars()
    )
    drivers = session.execute(
        select(Driver).where(Driver.institution_id == house_id, Driver.active.is_(True))
    ).scalars()
    off = session.execute(
        select(TimeOff).where(
            TimeOff.institution_id == house_id,
            TimeOff.from_at < until,
            or_(TimeOff.until_at.is_(None), TimeOff.until_at > since),
        )
    ).scalars()
    blocks = session.execute(
        select(VehicleBlock.vehicle_id, VehicleBlock.driver_id, VehicleBlock.starts_at).where(
            VehicleBlock.vehicle_id.in_([vehicle.id for vehicle in vehicles]),
            VehicleBlock.starts_at >= since - BLOCK,
            VehicleBlock.starts_at < until,
        )
    )
    taken: set[tuple[str, int, datetime]] = set()
    for vehicle_id, driver_id, starts_at in blocks:
        taken.add((_VEHICLE, vehicle_id, starts_at))
        if driver_id is not None:
            taken.add((_DRIVER, driver_id, starts_at))
    return Fleet(vehicles, list(drivers), list(off), taken)


def _is_working(who: Vehicle | Driver, stretches: Iterable[Stretch]) -> bool:
    """Tell whether the whole of it lies in the hours of work, each day it touches."""
    return all(_is_working_at(who, moment) for each in stretches for moment in _edges(each))


def _edges(stretch: Stretch) -> tuple[datetime, datetime]:
    # Picking up and setting down: the way home and the margin may run over.
    return stretch.starts_at, max(stretch.arrives_at, stretch.starts_at + timedelta(minutes=1))


def _is_working_at(who: Vehicle | Driver, moment: datetime) -> bool:
    there = local(moment)
    return (
        str(there.isoweekday()) in who.days
        and who.from_time <= there.time().replace(tzinfo=None) <= who.until_time
    )
