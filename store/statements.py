"""Statements that both databases have, each with a construct of its own.

What every booking does is said with statements that are built once, at import, and take
`bindparam`s: building one anew costs as much as running it.
"""

from functools import cache
from typing import cast

from sqlalchemy import Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from store.base import Base


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
    key = session.connection().execute(_insert(table), values).inserted_primary_key
    return int(key[0]) if key is not None else 0


@cache
def _insert(table: type[Base]) -> Insert:
    return insert(cast(Table, table.__table__))
