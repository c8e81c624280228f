"""From every state that a home may be in: upgraded with a row in every table, none is lost."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import JSON, Column, Connection, Table, insert, select, text
from sqlalchemy import types as sql

from app.schema import all_tables
from store.database import Database
from store.keyring import Keyring
from store.migration import SCRIPTS, changing_schema, current_revision, migrate, upgrade_to
from store.tables import tables_of
from tests.conftest import NOW

REVISIONS = sorted(each.revision for each in ScriptDirectory(str(SCRIPTS)).walk_revisions())
# A check of the table, or a word that a later upgrade reads.
FITTING: dict[str, object] = {"status": "submitted", "channel": "web"}
# Off is a vehicle or a driver, not both.
EMPTY = frozenset({"ride_time_off.driver_id"})


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[Database]:
    """Return a database without any table."""
    all_tables()
    url = f"sqlite:///{tmp_path / 'junxiu.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server")
    database = Database(url, keyring)
    if request.param == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    yield database
    database.close()


def _value(column: Column[Any], keyring: Keyring) -> object:
    if f"{column.table.name}.{column.name}" in EMPTY:
        return None
    if column.foreign_keys:
        # A row that points to its own table points to nothing yet.
        points_home = any(key.column.table is column.table for key in column.foreign_keys)
        return None if points_home else 1
    if column.name in FITTING:
        return FITTING[column.name]
    match column.type:
        case sql.Boolean():
            return True
        case sql.Integer() | sql.Float():
            return 1
        case sql.DateTime():
            return datetime(2026, 11, 1, tzinfo=UTC)
        case sql.Date():
            return date(2026, 11, 1)
        case sql.Time():
            return time(9, 0)
        case sql.LargeBinary():
            return keyring.seal("{}")
        case JSON():
            return []
        case _:
            return "x"


def _fill(connection: Connection, keyring: Keyring) -> dict[str, dict[str, object]]:
    """Write one row into every table; return them."""
    written = {}
    for table in tables_of(connection):
        row = {column.name: _value(column, keyring) for column in table.columns}
        connection.execute(insert(table), {name: _stored(table, name, row) for name in row})
        written[table.name] = row
    return written


def _stored(table: Table, name: str, row: dict[str, object]) -> object:
    value = row[name]
    is_naive = isinstance(value, datetime) and not getattr(table.c[name].type, "timezone", False)
    return value.replace(tzinfo=None) if is_naive and isinstance(value, datetime) else value


def _read(connection: Connection, table: Table, names: list[str]) -> dict[str, object]:
    found = connection.execute(select(*(table.c[name] for name in names)).limit(1)).mappings()
    row = dict(found.one())
    return {
        name: value.replace(tzinfo=UTC)
        if isinstance(value, datetime) and value.tzinfo is None
        else value
        for name, value in row.items()
    }


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_every_row_is_kept(bare: Database, keyring: Keyring, tmp_path: Path, revision: str) -> None:
    with changing_schema(bare) as connection:
        upgrade_to(connection, revision)
    with bare.engine.execution_options(junxiu_writes=True).begin() as connection:
        written = _fill(connection, keyring)
        assert current_revision(connection) == revision
    assert migrate(bare, home_dir=tmp_path, now=NOW)
    with bare.engine.connect() as connection:
        tables = {table.name: table for table in tables_of(connection)}
        assert written.keys() <= tables.keys()
        for name, row in written.items():
            columns = [each for each in row if each in tables[name].c]
            if name == "home_facts":
                # The proof of the key stands beside it by now.
                continue
            assert _read(connection, tables[name], columns) == {
                each: row[each] for each in columns
            }, name
