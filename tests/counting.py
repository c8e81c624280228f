"""What is sent to a database, counted at its driver."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg
from sqlalchemy import event

from store.database import Database


@dataclass
class Counted:
    """What was sent to the database."""

    statements: list[str] = field(default_factory=list)
    commits: int = 0


@contextmanager
def counting(database: Database) -> Iterator[Counted]:
    """Count commits, and statements at the driver, without BEGIN and COMMIT.

    Rows that are sent together with one statement count one by one on SQLite.
    """
    counted = Counted()

    def sent(statement: str) -> None:
        if not statement.startswith(("BEGIN", "COMMIT")):
            counted.statements.append(statement)

    class Cursor(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **more: Any) -> Self:
            sent(query)
            return super().execute(query, *given, **more)

    def opened(connection: Any, *_: object) -> None:
        if database.is_sqlite:
            connection.set_trace_callback(sent)
        else:
            connection.cursor_factory = Cursor

    def closed(connection: Any, *_: object) -> None:
        if database.is_sqlite:
            connection.set_trace_callback(None)
        else:
            connection.cursor_factory = psycopg.Cursor

    def committed(_connection: object) -> None:
        counted.commits += 1

    listeners: dict[str, Callable[..., None]] = {
        "checkout": opened,
        "checkin": closed,
        "commit": committed,
    }
    for name, listener in listeners.items():
        event.listen(database.engine, name, listener)
    yield counted
    for name, listener in listeners.items():
        event.remove(database.engine, name, listener)
