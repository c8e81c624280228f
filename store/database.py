"""The database: one engine, two ways in. `begin()` writes as one unit of work, `read()` reads."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

from store.keyring import Keyring
from store.types import KEYRING_ATTRIBUTE

BUSY_TIMEOUT_SECONDS = 15
_WRITES = "junxiu_writes"


class Database:
    """An open database. Verbs take a Session from it and never commit themselves."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        """Open `url` (SQLite file or PostgreSQL through psycopg); nothing is created yet."""
        self.keyring = keyring
        self.engine = _open_engine(url)
        setattr(self.engine.dialect, KEYRING_ATTRIBUTE, keyring)
        self._writing = self.engine.execution_options(**{_WRITES: True})

    @property
    def is_sqlite(self) -> bool:
        """Tell the embedded database from the server."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """One unit of work: commits at the end, rolls back on any error.

        SQLite takes its write lock at once (BEGIN IMMEDIATE), so that a read followed by a
        write waits for its turn instead of failing.
        """
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only look at the database; whatever is changed in it is thrown away."""
        # Closing rolls back and leaves what was loaded readable.
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _open_engine(url: str) -> Engine:
    # Parameters are personal data: no error message may carry them into a log.
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed, connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, hide_parameters=True
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(parsed, pool_pre_ping=True, hide_parameters=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin_sqlite` decides how they begin.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
