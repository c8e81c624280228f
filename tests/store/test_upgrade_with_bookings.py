"""A home with bookings in it: upgraded from the first version, every row still hangs together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from app.schema import all_tables
from store.database import Database
from store.keyring import Keyring
from store.migration import SCRIPTS, migrate
from tests.conftest import NOW

_AT = "2026-11-01 00:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def old_home(
    request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring
) -> Iterator[Database]:
    """Return a database of the first version with one booking in it."""
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
        if not script.name.startswith("0001"):
            script.unlink()
    migrate(database, home_dir=tmp_path, now=NOW, scripts=scripts)
    with database.engine.begin() as connection:
        _book(connection, keyring)
    yield database
    database.close()


def _write(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def _book(connection: Connection, keyring: Keyring) -> None:
    house = {"institution_id": 1}
    _write(
        connection, "institutions", id=1, name="东山军休所", is_demonstration=False, created_at=_AT
    )
    person = {"kind": "retiree", "name": "张建国", "salutation": "张老", "active": True}
    _write(connection, "people", id=1, created_at=_AT, **house, **person)
    lunch = {"service": "meal", "day": "2026-11-24"}
    _write(
        connection,
        "openings",
        id=1,
        period="lunch",
        capacity=10,
        taken=1,
        details="红烧肉",
        **house,
        **lunch,
    )
    _write(
        connection,
        "requests",
        id=1,
        number="餐1001",
        requester_id=1,
        beneficiary_id=1,
        permission="本人",
        status="submitted",
        version=1,
        priority=0,
        values=keyring.seal("{}"),
        summary=keyring.seal("午饭一份"),
        opening_id=1,
        places=1,
        due_at=_AT,
        idempotency_key="key",
        created_at=_AT,
        **house,
        **lunch,
    )
    _write(connection, "request_events", id=1, request_id=1, kind="submitted", at=_AT, **house)


def test_a_booking_keeps_its_place_and_its_history(old_home: Database, tmp_path: Path) -> None:
    assert migrate(old_home, home_dir=tmp_path, now=NOW)
    with old_home.engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT requests.number, openings.taken, openings.provider, request_events.kind"
                " FROM requests JOIN openings ON openings.id = requests.opening_id"
                " JOIN request_events ON request_events.request_id = requests.id"
            )
        ).one()
    assert tuple(row) == ("餐1001", 1, "", "submitted")


def test_the_database_still_holds_the_limits(old_home: Database, tmp_path: Path) -> None:
    migrate(old_home, home_dir=tmp_path, now=NOW)
    for change in (
        "UPDATE openings SET taken = capacity + 1",
        "UPDATE requests SET opening_id = 99",
        "DELETE FROM openings",
    ):
        with pytest.raises(IntegrityError), old_home.engine.begin() as connection:
            connection.execute(text(change))
