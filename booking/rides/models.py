"""Tables of the rides: vehicles, drivers, when they are away, and the legs they are held for."""

import enum
from datetime import datetime, time

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Time,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.identity import text_enum
from store.types import EncryptedText, UtcDateTime

EVERY_DAY = "1234567"


class Route(enum.StrEnum):
    """By whose car someone goes; `person` is nobody's yet: the staff arrange it by telephone."""

    OWN = "own"
    PARTNER = "partner"
    HAILING = "hailing"
    PERSON = "person"


class Direction(enum.StrEnum):
    """Which way a leg goes."""

    OUT = "out"
    BACK = "back"


class LegStep(enum.StrEnum):
    """How far a leg has come; the driver says so."""

    PLANNED = "planned"
    SET_OUT = "set_out"
    PICKED_UP = "picked_up"
    ARRIVED = "arrived"
    NOT_MET = "not_met"
    CALLED_OFF = "called_off"


class Vehicle(Base):
    """A car that people of the house ride in: its own, a partner's, or one the staff hail.

    `seats` are for passengers; it goes out on `days` (1 is Monday) between two times of the day.
    """

    __tablename__ = "vehicles"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[Route] = mapped_column(text_enum(Route), default=Route.OWN)
    seats: Mapped[int] = mapped_column(SmallInteger)
    takes_wheelchair: Mapped[bool] = mapped_column(Boolean)
    days: Mapped[str] = mapped_column(String(7), default=EVERY_DAY)
    from_time: Mapped[time] = mapped_column(Time, default=time(0, 0))
    until_time: Mapped[time] = mapped_column(Time, default=time(23, 59))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Driver(Base):
    """Someone who drives the house's own cars; `usual_vehicle_id` is the one he knows best."""

    __tablename__ = "drivers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    usual_vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"))
    days: Mapped[str] = mapped_column(String(7), default=EVERY_DAY)
    from_time: Mapped[time] = mapped_column(Time, default=time(0, 0))
    until_time: Mapped[time] = mapped_column(Time, default=time(23, 59))
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class TimeOff(Base):
    """When a vehicle is out of service, or a driver absent; open-ended where `until_at` is None."""

    __tablename__ = "ride_time_off"
    __table_args__ = (
        CheckConstraint("(vehicle_id IS NULL) <> (driver_id IS NULL)", name="of_one"),
        Index("ix_ride_time_off_institution_id_until_at", "institution_id", "until_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("drivers.id"))
    from_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Leg(Base):
    """One way of a ride: out, or back, which may be another car's.

    The person is picked up at `starts_at` and should be there at `arrives_at`; the car and its
    driver are held from `held_from` until `held_until`, the way home and a margin included.
    `why` says in words why no route before this one would do.
    """

    __tablename__ = "ride_legs"
    __table_args__ = (
        UniqueConstraint("request_id", "direction"),
        Index("ix_ride_legs_institution_id_starts_at", "institution_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    direction: Mapped[Direction] = mapped_column(text_enum(Direction))
    route: Mapped[Route] = mapped_column(text_enum(Route))
    vehicle_id: Mapped[int | None] = mapped_column(ForeignKey("vehicles.id"), index=True)
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("drivers.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrives_at: Mapped[datetime] = mapped_column(UtcDateTime)
    held_from: Mapped[datetime] = mapped_column(UtcDateTime)
    held_until: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[LegStep] = mapped_column(text_enum(LegStep), default=LegStep.PLANNED)
    step_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    why: Mapped[str | None] = mapped_column(EncryptedText)


class VehicleBlock(Base):
    """Half an hour of one vehicle and one driver given to one leg; the keys forbid overlaps.

    A partner's car brings its own driver, whom we do not hold.
    """

    __tablename__ = "vehicle_blocks"
    __table_args__ = (
        UniqueConstraint("vehicle_id", "starts_at"),
        UniqueConstraint("driver_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    vehicle_id: Mapped[int] = mapped_column(ForeignKey("vehicles.id"))
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("drivers.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), index=True)
    leg_id: Mapped[int | None] = mapped_column(ForeignKey("ride_legs.id"), index=True)


class Destination(Base):
    """A place people of the house often go to; offered as a button.

    `travel_minutes` is one way, `waiting_minutes` how long people usually are there; None is
    the catalog's own guess.
    """

    __tablename__ = "destinations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(SmallInteger)
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    address: Mapped[str] = mapped_column(String(200), default="")
    travel_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    waiting_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    is_hospital: Mapped[bool] = mapped_column(Boolean, default=False)
