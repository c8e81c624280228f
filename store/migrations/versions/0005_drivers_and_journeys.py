"""Drivers, working hours of vehicles, journeys that belong together"""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0005"
down_revision = "0004"

_ROUTES = ("own", "partner", "hailing", "person")
_STEPS = ("planned", "set_out", "picked_up", "arrived", "not_met", "called_off")
_BLOCK = timedelta(minutes=30)


def upgrade() -> None:
    """Apply."""
    _grow_vehicles()
    _create_drivers()
    _create_time_off()
    _create_legs()
    with op.batch_alter_table("vehicle_blocks") as blocks:
        blocks.add_column(sa.Column("driver_id", _big(), nullable=True))
        blocks.add_column(sa.Column("leg_id", _big(), nullable=True))
        blocks.create_foreign_key(
            op.f("fk_vehicle_blocks_driver_id"), "drivers", ["driver_id"], ["id"]
        )
        blocks.create_foreign_key(op.f("fk_vehicle_blocks_leg_id"), "ride_legs", ["leg_id"], ["id"])
        blocks.create_unique_constraint(
            op.f("uq_vehicle_blocks_driver_id_starts_at"), ["driver_id", "starts_at"]
        )
        blocks.create_index(op.f("ix_vehicle_blocks_leg_id"), ["leg_id"])
    _grow_destinations()
    _carry_over(op.get_bind())
    # The names are people now. No table is made anew for it: rows of others point to this one.
    op.drop_column("vehicles", "driver")


def _big() -> Any:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> Any:
    return store.types.UtcDateTime(timezone=True)


def _enum(name: str, values: tuple[str, ...]) -> Any:
    return sa.Enum(*values, name=name, native_enum=False, length=24)


def _hours() -> list[Any]:
    return [
        sa.Column("days", sa.String(length=7), nullable=False, server_default="1234567"),
        sa.Column("from_time", sa.Time(), nullable=False, server_default="00:00:00"),
        sa.Column("until_time", sa.Time(), nullable=False, server_default="23:59:00"),
    ]


def _grow_vehicles() -> None:
    op.add_column(
        "vehicles",
        sa.Column("kind", _enum("route", _ROUTES), nullable=False, server_default="own"),
    )
    for column in _hours():
        op.add_column("vehicles", column)
    op.add_column("vehicles", sa.Column("phone", store.types.EncryptedText(), nullable=True))


def _create_drivers() -> None:
    op.create_table(
        "drivers",
        sa.Column("id", _big(), nullable=False),
        sa.Column("institution_id", _big(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("phone", store.types.EncryptedText(), nullable=True),
        sa.Column("usual_vehicle_id", _big(), nullable=True),
        *_hours(),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_drivers_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["usual_vehicle_id"], ["vehicles.id"], name=op.f("fk_drivers_usual_vehicle_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drivers")),
    )
    op.create_index(op.f("ix_drivers_institution_id"), "drivers", ["institution_id"])


def _create_time_off() -> None:
    op.create_table(
        "ride_time_off",
        sa.Column("id", _big(), nullable=False),
        sa.Column("institution_id", _big(), nullable=False),
        sa.Column("vehicle_id", _big(), nullable=True),
        sa.Column("driver_id", _big(), nullable=True),
        sa.Column("from_at", _instant(), nullable=False),
        sa.Column("until_at", _instant(), nullable=True),
        sa.Column("reason", store.types.EncryptedText(), nullable=False),
        sa.Column("created_at", _instant(), nullable=False),
        sa.CheckConstraint(
            "(vehicle_id IS NULL) <> (driver_id IS NULL)", name=op.f("ck_ride_time_off_of_one")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_ride_time_off_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_ride_time_off_vehicle_id")
        ),
        sa.ForeignKeyConstraint(
            ["driver_id"], ["drivers.id"], name=op.f("fk_ride_time_off_driver_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ride_time_off")),
    )
    op.create_index(
        "ix_ride_time_off_institution_id_until_at", "ride_time_off", ["institution_id", "until_at"]
    )


def _create_legs() -> None:
    op.create_table(
        "ride_legs",
        sa.Column("id", _big(), nullable=False),
        sa.Column("institution_id", _big(), nullable=False),
        sa.Column("request_id", _big(), nullable=False),
        sa.Column("direction", _enum("direction", ("out", "back")), nullable=False),
        sa.Column("route", _enum("route", _ROUTES), nullable=False),
        sa.Column("vehicle_id", _big(), nullable=True),
        sa.Column("driver_id", _big(), nullable=True),
        sa.Column("starts_at", _instant(), nullable=False),
        sa.Column("arrives_at", _instant(), nullable=False),
        sa.Column("held_from", _instant(), nullable=False),
        sa.Column("held_until", _instant(), nullable=False),
        sa.Column("step", _enum("legstep", _STEPS), nullable=False),
        sa.Column("step_at", _instant(), nullable=True),
        sa.Column("why", store.types.EncryptedText(), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_ride_legs_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_ride_legs_request_id")
        ),
        sa.ForeignKeyConstraint(
            ["vehicle_id"], ["vehicles.id"], name=op.f("fk_ride_legs_vehicle_id")
        ),
        sa.ForeignKeyConstraint(["driver_id"], ["drivers.id"], name=op.f("fk_ride_legs_driver_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ride_legs")),
        sa.UniqueConstraint(
            "request_id", "direction", name=op.f("uq_ride_legs_request_id_direction")
        ),
    )
    op.create_index(
        "ix_ride_legs_institution_id_starts_at", "ride_legs", ["institution_id", "starts_at"]
    )
    for column in ("vehicle_id", "driver_id"):
        op.create_index(op.f(f"ix_ride_legs_{column}"), "ride_legs", [column])


def _grow_destinations() -> None:
    for column in (
        sa.Column("aliases", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("address", sa.String(length=200), nullable=False, server_default=""),
        sa.Column("travel_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("waiting_minutes", sa.SmallInteger(), nullable=True),
        sa.Column("is_hospital", sa.Boolean(), nullable=False, server_default=sa.false()),
    ):
        op.add_column("destinations", column)


def _carry_over(connection: sa.Connection) -> None:
    """Make a driver of each name, and a leg of each ride that holds a vehicle."""
    drivers = _make_drivers(connection)
    _make_legs(connection, drivers)
    places = sa.table("destinations", sa.column("name"), sa.column("is_hospital", sa.Boolean()))
    connection.execute(
        places.update().where(places.c.name.like("%医院%")).values(is_hospital=sa.true())
    )


def _make_drivers(connection: sa.Connection) -> dict[int, int]:
    """Return the driver of each vehicle; one name in one house is one driver."""
    vehicles = sa.table(
        "vehicles", *(sa.column(name) for name in ("id", "institution_id", "driver"))
    )
    drivers = sa.table(
        "drivers",
        *(
            sa.column(name)
            for name in ("id", "institution_id", "name", "usual_vehicle_id", "days", "active")
        ),
        sa.column("from_time", sa.Time()),
        sa.column("until_time", sa.Time()),
    )
    by_name: dict[tuple[int, str], int] = {}
    of_vehicle: dict[int, int] = {}
    for vehicle_id, house, name in connection.execute(
        sa.select(vehicles).where(vehicles.c.driver != "").order_by(vehicles.c.id)
    ).all():
        if (house, name) not in by_name:
            by_name[house, name] = connection.execute(
                drivers.insert()
                .values(
                    institution_id=house,
                    name=name,
                    usual_vehicle_id=vehicle_id,
                    days="1234567",
                    from_time=time(0, 0),
                    until_time=time(23, 59),
                    active=sa.true(),
                )
                .returning(drivers.c.id)
            ).scalar_one()
        of_vehicle[vehicle_id] = by_name[house, name]
    return of_vehicle


def _make_legs(connection: sa.Connection, drivers: dict[int, int]) -> None:
    blocks = sa.table(
        "vehicle_blocks",
        *(
            sa.column(name)
            for name in ("id", "institution_id", "vehicle_id", "driver_id", "leg_id", "request_id")
        ),
        sa.column("starts_at", store.types.UtcDateTime(timezone=True)),
    )
    legs = sa.table(
        "ride_legs",
        *(
            sa.column(name)
            for name in (
                "id",
                "institution_id",
                "request_id",
                "direction",
                "route",
                "vehicle_id",
                "driver_id",
                "step",
            )
        ),
        *(
            sa.column(name, store.types.UtcDateTime(timezone=True))
            for name in ("starts_at", "arrives_at", "held_from", "held_until")
        ),
    )
    held: dict[int, list[Any]] = {}
    for row in connection.execute(sa.select(blocks).order_by(blocks.c.starts_at)).all():
        held.setdefault(row.request_id, []).append(row)
    busy: set[tuple[int, datetime]] = set()
    for request_id, rows in held.items():
        first, last = rows[0], rows[-1]
        driver = drivers.get(first.vehicle_id)
        hours = {(driver or 0, row.starts_at.astimezone(UTC)) for row in rows}
        # One name on two cars at one time was possible: he drives the first of them only.
        driver = None if hours & busy else driver
        busy |= hours if driver else set()
        leg_id = connection.execute(
            legs.insert()
            .values(
                institution_id=first.institution_id,
                request_id=request_id,
                direction="out",
                route="own",
                vehicle_id=first.vehicle_id,
                driver_id=driver,
                starts_at=first.starts_at,
                arrives_at=last.starts_at + _BLOCK,
                held_from=first.starts_at,
                held_until=last.starts_at + _BLOCK,
                step="planned",
            )
            .returning(legs.c.id)
        ).scalar_one()
        connection.execute(
            blocks.update()
            .where(blocks.c.request_id == request_id)
            .values(leg_id=leg_id, driver_id=driver)
        )
