"""Every table of a database as it stands there, read and written raw, whatever its revision.

Rows travel as lists of plain JSON values, in the order of the table's column names, ordered by
primary key: instants as UTC text, bytes as base64. What is encrypted stays so, no key is needed.
Both databases give the same text for the same row, and sort text differently, so that a table's
checksum is the sum of those of its lines, in whatever order.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, select, text
from sqlalchemy import types as sql

REVISIONS = "alembic_version"
_BATCH = 500
_SUM_BITS = 256


@dataclass(frozen=True, slots=True)
class Content:
    """How much a table holds: rows, the sum of their lines' SHA-256, the last id it has given."""

    rows: int
    checksum: str
    last_id: int | None


class Reading:
    """Lines read from a table, counted and summed up on the way."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Take the lines of one table."""
        self._lines = lines
        self._sum = 0
        self.rows = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._sum += int.from_bytes(hashlib.sha256(line.encode()).digest())
            self.rows += 1
            yield line

    @property
    def checksum(self) -> str:
        """The sum of what was read so far, in hex."""
        return f"{self._sum % 2**_SUM_BITS:064x}"


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables as the database has them, those that others point to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    tables = [table for table in metadata.sorted_tables if table.name != REVISIONS]
    for column in (column for table in tables for column in table.columns):
        if isinstance(column.type, JSON):
            # Nothing stays nothing, and does not become the JSON word null.
            column.type.none_as_null = True
    return tables


def lines_of(connection: Connection, table: Table) -> Iterator[str]:
    """Yield each row of a table as one line of JSON."""
    columns = _columns(table)
    streamed = connection.execution_options(yield_per=_BATCH)
    for row in streamed.execute(select(*columns).order_by(*table.primary_key)):
        yield json.dumps([_plain(value) for value in row], ensure_ascii=False, sort_keys=True)


def write_lines(connection: Connection, table: Table, lines: Iterable[str]) -> None:
    """Insert the rows of `lines_of`."""
    columns = _columns(table)
    names = [column.name for column in columns]
    readers = [_reader(column.type, connection.dialect.name) for column in columns]
    waiting = iter(lines)
    while batch := list(islice(waiting, _BATCH)):
        rows = [
            {
                name: None if value is None else read(value)
                for name, read, value in zip(names, readers, json.loads(line), strict=True)
            }
            for line in batch
        ]
        connection.execute(table.insert(), rows)


def content_of(connection: Connection, table: Table) -> Content:
    """Count and sum up what a table holds now."""
    reading = Reading(lines_of(connection, table))
    for _ in reading:
        pass
    return Content(reading.rows, reading.checksum, last_id(connection, table))


def last_id(connection: Connection, table: Table) -> int | None:
    """Return the last id a table has given, of rows that are gone too; None without ids."""
    if not _counts_ids(table):
        return None
    highest = connection.scalar(select(func.max(table.c.id))) or 0
    if connection.dialect.name == "sqlite":
        if not connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name='sqlite_sequence'")):
            return int(highest)
        given = connection.scalar(
            text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name}
        )
    else:
        given = connection.scalar(
            text("SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass)"),
            {"name": table.name},
        )
    return max(int(highest), int(given or 0))


def go_on_after(connection: Connection, table: Table, given: int | None) -> None:
    """Let a table's next id be the one after `given`, so that no id is ever given twice."""
    if not given or not _counts_ids(table):
        return
    if connection.dialect.name == "sqlite":
        sql_of_table = connection.scalar(
            text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
            {"name": table.name},
        )
        if "AUTOINCREMENT" in str(sql_of_table).upper():
            named = {"name": table.name, "given": given}
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), named)
            connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :given)"), named)
        return
    connection.execute(
        text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :given)"),
        {"name": table.name, "given": given},
    )


def _counts_ids(table: Table) -> bool:
    return [column.name for column in table.primary_key] == ["id"] and isinstance(
        table.c.id.type, sql.Integer
    )


def _columns(table: Table) -> list[Column[Any]]:
    return sorted(table.columns, key=lambda column: column.name)


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return aware.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case bytes() | memoryview():
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _reader(kind: object, database: str) -> Callable[[Any], Any]:
    """Return what makes a column's value out of its JSON value again."""
    match kind:
        case sql.DateTime():
            return _naive_instant if database == "sqlite" else datetime.fromisoformat
        case sql.Date():
            return date.fromisoformat
        case sql.Time():
            return time.fromisoformat
        case sql.LargeBinary():
            return base64.b64decode
        case _:
            return _as_it_is


def _naive_instant(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=None)


def _as_it_is(value: Any) -> Any:
    return value
