"""Statements that every booking runs: compiled once for a database, then sent as they are.

SQLAlchemy's own way to run a statement, with its caches, events and row objects, costs more than
all the rest of a verb when it is done a dozen times. A `Prepared` is written like any statement of
it and keeps the types of its columns (encryption, instants, enums), but goes to the driver
directly, in the session's own transaction. It takes no lists (`expanding` parameters).
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Select, Update
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

_ATTRIBUTE = "junxiu_prepared"
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete
_Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Sent:
    """A statement as one database is sent it.

    Attributes:
        names: of the parameters by position; empty where the driver takes them by name.
        fixed: parameters that are part of the statement.
        takes: by the key of each parameter its name in the SQL and how its value is bound.
        gives: how each column is read; None as it comes.
    """

    sql: str
    names: Sequence[str]
    fixed: dict[str, Any]
    takes: dict[str, tuple[str, _Process | None]]
    gives: tuple[_Process | None, ...]

    def parameters(self, values: dict[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        bound = self.fixed.copy()
        for key, value in values.items():
            name, process = self.takes[key]
            bound[name] = value if process is None else process(value)
        return [bound[name] for name in self.names] if self.names else bound

    def read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """Return a row's values as the types of its columns give them."""
        return tuple(
            [
                value if process is None else process(value)
                for process, value in zip(self.gives, row, strict=True)
            ]
        )


class Prepared:
    """One statement, compiled at its first use on each database."""

    def __init__(
        self, statement: Statement | Callable[[str], Statement], sets: Collection[str] = ()
    ) -> None:
        """Take the statement, or what makes it for a database by name.

        `sets` are the columns an INSERT or UPDATE is given values for, beside its bindparams.
        """
        self._statement = statement
        self._sets = sorted(sets) or None

    def rows(self, session: Session, /, **values: object) -> list[tuple[Any, ...]]:
        """Run it and return its rows; what waits in the session is written first.

        Raises:
            sqlalchemy.exc.DBAPIError: as SQLAlchemy's own, with the connection given up when it
                is lost.
        """
        session.flush()
        connection = session.connection()
        sent = self._sent(connection.dialect)
        parameters = sent.parameters(values)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(sent.sql, parameters)
            found: Iterable[Sequence[Any]] = cursor.fetchall() if sent.gives else ()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _said_as_usual(connection, sent.sql, error) from error
        finally:
            cursor.close()
        return [sent.read(row) for row in found]

    def first(self, session: Session, /, **values: object) -> tuple[Any, ...] | None:
        """Run it and return its first row, None where there is none."""
        found = self.rows(session, **values)
        return found[0] if found else None

    def _sent(self, dialect: Dialect) -> _Sent:
        # Kept by the dialect: the key that columns are sealed with is the dialect's as well.
        known: dict[Prepared, _Sent] | None = getattr(dialect, _ATTRIBUTE, None)
        if known is None:
            known = {}
            setattr(dialect, _ATTRIBUTE, known)
        sent = known.get(self)
        if sent is None:
            sent = known[self] = self._compile(dialect)
        return sent

    def _compile(self, dialect: Dialect) -> _Sent:
        statement = self._statement
        if callable(statement):
            statement = statement(dialect.name)
        compiled: Any = statement.compile(dialect=dialect, column_keys=self._sets)
        binds = {
            name: (bind, _bind_processor(bind.type, dialect))
            for name, bind in compiled.binds.items()
        }
        fixed = {
            name: process(bind.effective_value) if process else bind.effective_value
            for name, (bind, process) in binds.items()
            if not bind.required
        }
        takes = {bind.key: (name, process) for name, (bind, process) in binds.items()}
        gives = tuple(
            _result_processor(column.type, dialect) for column in statement.exported_columns
        )
        names = tuple(compiled.positiontup) if compiled.positional else ()
        return _Sent(str(compiled), names, fixed, takes, gives)


def _bind_processor(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _result_processor(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _said_as_usual(connection: Connection, sql: str, error: Exception) -> Exception:
    """Return the error that SQLAlchemy raises for a driver's, which is what callers know."""
    dialect = connection.dialect
    # Parameters are personal data: no error message may carry them into a log.
    usual = DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
    )
    if dialect.is_disconnect(error, connection.connection.dbapi_connection, None):  # type: ignore[arg-type]
        connection.invalidate(error)
    return usual
