"""Statements that both databases have, each with a construct of its own.

What every booking does is said with statements that are built once, at import, and take
`bindparam`s: building one anew costs as much as running it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TypeVar, cast

from sqlalchemy import Table, bindparam, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state

from store.base import Base
from store.prepared import Prepared

_Row = TypeVar("_Row", bound=Base)


def insert_into(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say ON CONFLICT, for the session's database."""
    return insert_on(session.get_bind().dialect.name, table)


def insert_on(database: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """Return the same for a database by name, to be built once and kept."""
    return sqlite.insert(table) if database == "sqlite" else postgresql.insert(table)


def write_row(session: Session, table: type[Base], /, **values: object) -> int:
    """Insert one row at once and return its id, without making an object of it.

    A fifth of the price of `session.add` with its flush, for rows that are written and not
    looked at again. Rows that it points to must have been flushed.
    """
    row = _defaults(table) | values
    inserted = _insert(table, tuple(row)).first(session, **row)
    return int(inserted[0]) if inserted is not None else 0


def write_rows(session: Session, table: type[Base], rows: Sequence[Mapping[str, object]]) -> None:
    """Insert several rows of the same columns with one statement, in their order."""
    names = tuple(rows[0])
    values = {f"{name}__{at}": row[name] for at, row in enumerate(rows) for name in names}
    _insert_several(table, names, len(rows)).rows(session, **values)


def write_object(session: Session, table: type[_Row], /, **values: object) -> _Row:
    """Insert one row at once and return it as an object of the session, unread.

    At a third of the price of `session.add` with its flush. Columns that are not given are as
    the table has them by default.
    """
    row = dict.fromkeys(_columns(table)) | _defaults(table) | values
    made = table(**row, id=write_row(session, table, **row))
    make_transient_to_detached(made)
    key = instance_state(made).key
    rolled_back = session.identity_map.get(key) if key else None
    if rolled_back is not None:
        # Its row went with a savepoint, and the database has given its id again.
        session.expunge(rolled_back)
    session.add(made)
    return made


@cache
def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(each.name for each in table.__table__.columns if not each.primary_key)


@cache
def _defaults(table: type[Base]) -> dict[str, object]:
    return {
        column.name: getattr(column.default, "arg", None)
        for column in table.__table__.columns
        if not column.primary_key and column.default is not None
    }


@cache
def _insert(table: type[Base], columns: tuple[str, ...]) -> Prepared:
    rows = cast(Table, table.__table__)
    return Prepared(insert(rows).returning(*rows.primary_key.columns), sets=columns)


@cache
def _insert_several(table: type[Base], columns: tuple[str, ...], count: int) -> Prepared:
    rows = cast(Table, table.__table__)
    values = [
        {name: bindparam(f"{name}__{at}", type_=rows.c[name].type) for name in columns}
        for at in range(count)
    ]
    return Prepared(insert(rows).values(values))
