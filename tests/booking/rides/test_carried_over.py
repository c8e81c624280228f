"""A home from before drivers had names of their own: its cars, rides and places are kept."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from app.schema import all_tables
from booking.rides.models import Destination, Driver, Leg, Vehicle, VehicleBlock
from store.database import Database
from store.keyring import Keyring
from store.migration import SCRIPTS, migrate
from tests.conftest import NOW

_AT = "2026-11-01 00:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def old_home(
    request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring
) -> Iterator[Database]:
    """Return a database as it stood before drivers."""
    all_tables()
    url = f"sqlite:///{tmp_path / 'junxiu.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server")
    database = Database(url, keyring)
    if request.param == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    scripts = Path(shutil.copytree(SCRIPTS, tmp_path / "scripts"))
    for script in (scripts / "versions").glob("0*.py"):
        if int(script.name[:4]) > 4:
            script.unlink()
    migrate(database, home_dir=tmp_path, now=NOW, scripts=scripts)
    yield database
    database.close()


def _write(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def _fill(connection: Connection) -> None:
    """Two cars of one driver, both on the road at 08:00; a third car without a driver's name."""
    _write(connection, "institutions", id=1, name="东山", is_demonstration=False, created_at=_AT)
    _write(
        connection,
        "people",
        id=1,
        institution_id=1,
        kind="retiree",
        name="张建国",
        salutation="张老",
        active=True,
        created_at=_AT,
    )
    for number, driver in enumerate(("老马", "老马", ""), start=1):
        _write(
            connection,
            "vehicles",
            id=number,
            institution_id=1,
            name=f"{number}号车",
            driver=driver,
            seats=4,
            takes_wheelchair=False,
            active=True,
        )
        _write(
            connection,
            "requests",
            id=number,
            institution_id=1,
            service="ride",
            number=f"车{number}",
            requester_id=1,
            beneficiary_id=1,
            permission="本人",
            status="accepted",
            version=1,
            priority=0,
            values=b"",
            summary=b"",
            places=0,
            due_at=_AT,
            idempotency_key=f"k{number}",
            created_at=_AT,
        )
        for block in ("08:00:00", "08:30:00"):
            _write(
                connection,
                "vehicle_blocks",
                institution_id=1,
                vehicle_id=number,
                starts_at=f"2026-11-24 {block}",
                request_id=number,
            )
    for number, name in enumerate(("总医院", "银行")):
        _write(connection, "destinations", institution_id=1, name=name, position=number)


def test_rides_of_before_keep_their_cars(old_home: Database, tmp_path: Path) -> None:
    with old_home.engine.execution_options(junxiu_writes=True).begin() as connection:
        _fill(connection)
    migrate(old_home, home_dir=tmp_path, now=NOW)
    with old_home.read() as session:
        drivers = list(session.scalars(select(Driver)))
        legs = list(session.scalars(select(Leg).order_by(Leg.id)))
        blocks = list(session.scalars(select(VehicleBlock)))
        hospitals = dict(session.execute(select(Destination.name, Destination.is_hospital)).all())
        cars = list(session.scalars(select(Vehicle)))
    assert [each.name for each in drivers] == ["老马"]
    assert [(leg.request_id, leg.vehicle_id) for leg in legs] == [(1, 1), (2, 2), (3, 3)]
    # He cannot have driven both at once: the second is left for the staff to give someone.
    assert [leg.driver_id for leg in legs] == [drivers[0].id, None, None]
    assert {(each.request_id, each.leg_id) for each in blocks} == {
        (leg.request_id, leg.id) for leg in legs
    }
    assert len(blocks) == 6
    assert (legs[0].held_until - legs[0].held_from).total_seconds() == 3600
    assert hospitals == {"总医院": True, "银行": False}
    assert {car.days for car in cars} == {"1234567"}
