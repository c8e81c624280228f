"""Copying a whole database into an empty one: from a backup, or from the other database.

The copy is one transaction: schema, rows and the last ids given, checked row by row before it is
kept. Whatever ends it before leaves the target as empty as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table, text
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.errors import CopyDiffers, DatabaseInUse
from store.migration import SCRIPTS, changing_schema, current_revision, upgrade_to
from store.tables import (
    Content,
    Reading,
    content_of,
    go_on_after,
    last_id,
    lines_of,
    tables_of,
    write_lines,
)

LinesOf = Callable[[str], Iterable[str]]


@contextmanager
def standing_still(database: Database) -> Iterator[Connection]:
    """Read the database as it is at one moment, while others go on writing."""
    connection = database.engine.connect()
    if not database.is_sqlite:
        connection = connection.execution_options(isolation_level="REPEATABLE READ")
    with connection:
        yield connection


def move(source: Database, target: Database, *, scripts: Path = SCRIPTS) -> dict[str, Content]:
    """Copy everything from one database to another, empty one; return what each table holds.

    Raises:
        DatabaseInUse: the target is not empty. CopyDiffers: nothing was kept.
    """
    with standing_still(source) as reading:
        revision = current_revision(reading)
        tables = {table.name: table for table in tables_of(reading)}
        read: dict[str, Reading] = {}

        def lines(name: str) -> Reading:
            read[name] = Reading(lines_of(reading, tables[name]))
            return read[name]

        def expected() -> dict[str, Content]:
            return {
                name: Content(each.rows, each.checksum, last_id(reading, tables[name]))
                for name, each in read.items()
            }

        return fill(target, revision or "", lines, expected, names=tables.keys(), scripts=scripts)


def fill(
    target: Database,
    revision: str,
    lines: LinesOf,
    expected: Callable[[], Mapping[str, Content]],
    *,
    names: Iterable[str],
    scripts: Path = SCRIPTS,
) -> dict[str, Content]:
    """Make the schema of a revision in an empty database and write every table's lines into it.

    Args:
        target: the empty database.
        revision: of the schema that the lines were read from.
        lines: the lines of a table by its name.
        expected: what each table must hold; asked after the last line was read.
        names: of the tables there are lines of.
        scripts: the migrations.

    Raises:
        DatabaseInUse: it is not empty. CopyDiffers: what was written is not what was expected.
    """
    with changing_schema(target) as connection:
        if current_revision(connection) is not None:
            raise DatabaseInUse("要写入的数据库里已经有数据，没有动它。请换一个空的。")
        upgrade_to(connection, revision, scripts=scripts)
        tables = {table.name: table for table in tables_of(connection)}
        if tables.keys() != set(names):
            odd = "、".join(sorted(tables.keys() ^ set(names)))
            raise CopyDiffers(f"两边的表不一样（{odd}），什么也没有写。")
        try:
            with _references_later(connection, tables.values()):
                for name, table in tables.items():
                    # What the migrations themselves wrote comes again with the lines.
                    connection.execute(table.delete())
                    write_lines(connection, table, lines(name))
        except IntegrityError as error:
            raise CopyDiffers("有的行指向不在里面的行，什么也没有写。") from error
        return _checked(connection, tables, expected())


def _checked(
    connection: Connection, tables: Mapping[str, Table], expected: Mapping[str, Content]
) -> dict[str, Content]:
    for name, table in tables.items():
        go_on_after(connection, table, expected[name].last_id)
    found = {name: content_of(connection, table) for name, table in tables.items()}
    for name, content in found.items():
        wanted = expected[name]
        if (content.rows, content.checksum) != (wanted.rows, wanted.checksum):
            raise CopyDiffers(
                f"表 {name} 抄过来对不上（应有{wanted.rows}行，抄到{content.rows}行），什么也没有写。"
            )
    return found


@contextmanager
def _references_later(connection: Connection, tables: Iterable[Table]) -> Iterator[None]:
    """Let rows point to rows that come later; at the end every reference is checked."""
    if connection.dialect.name == "sqlite":
        # `changing_schema` has them checked.
        yield
        return
    names = [
        (table.name, str(constraint.name))
        for table in tables
        for constraint in table.foreign_key_constraints
    ]
    for table, name in names:
        _alter(connection, table, name, "DEFERRABLE INITIALLY DEFERRED")
    yield
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table, name in names:
        _alter(connection, table, name, "NOT DEFERRABLE")


def _alter(connection: Connection, table: str, constraint: str, how: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote
    connection.execute(
        text(f"ALTER TABLE {quoted(table)} ALTER CONSTRAINT {quoted(constraint)} {how}")
    )
