"""The database: one engine, two ways in. `begin()` writes as one unit of work, `read()` reads."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from store.keyring import Keyring
from store.types import KEYRING_ATTRIBUTE

BUSY_TIMEOUT_SECONDS = 15
ASKED_WHEN_IDLE_SECONDS = 1.0
_IDLE_SINCE = "junxiu_idle_since"
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
    engine = create_engine(parsed, hide_parameters=True)
    _ask_the_idle(engine)
    return engine


def _ask_the_idle(engine: Engine) -> None:
    """Ask a connection that has lain idle whether it still lives, before it is used again.

    Asking each time, as `pool_pre_ping` does, costs every booking three trips to the server.
    """

    def lies_down(_driver: Any, record: ConnectionPoolEntry) -> None:
        record.info[_IDLE_SINCE] = time.monotonic()

    def gets_up(driver: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        idle_since = record.info.get(_IDLE_SINCE)
        if idle_since is None or time.monotonic() - idle_since < ASKED_WHEN_IDLE_SECONDS:
            return
        try:
            engine.dialect.do_ping(driver)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool then opens another one instead.
            raise DisconnectionError(str(error)) from error

    event.listen(engine, "checkin", lies_down)
    event.listen(engine, "checkout", gets_up)


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
