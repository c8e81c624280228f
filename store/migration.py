"""Bringing the database up to this code: one process at a time, with a backup before it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from filelock import FileLock
from sqlalchemy import Connection, create_engine, make_url, text

from store import home
from store.database import Database
from store.errors import DatabaseNewer, UpgradeBroken

SCRIPTS = Path(__file__).parent / "migrations"
_ADVISORY_LOCK = 20_261_109


def migrate(database: Database, *, home_dir: Path, now: datetime, scripts: Path = SCRIPTS) -> bool:
    """Upgrade to the newest revision in `scripts`; False when there was nothing to do.

    Takes a lock so that processes started together do not migrate together, and copies an
    existing SQLite file to `home_dir/backups` first.

    Raises:
        DatabaseNewer: the database knows a revision that this code does not.
        KeyWrong: the key does not open the database.
    """
    with _only_one(database, home_dir):
        script = ScriptDirectory(str(scripts))
        current = _current_revision(database)
        if current is not None:
            refuse_newer(current, scripts=scripts)
            _check_key(database)
        if current == script.get_current_head():
            return False
        if current is not None:
            _back_up(database, home_dir / "backups", current, now)
        _upgrade(database, scripts)
        _check_key(database)
        return True


def is_migrated(url: str) -> bool:
    """Tell whether the database at `url` was ever prepared; a missing file is not made."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return False
    engine = create_engine(parsed)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() is not None
    finally:
        engine.dispose()


def upgrade_to(connection: Connection, revision: str, *, scripts: Path = SCRIPTS) -> None:
    """Bring the schema to a revision, on the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the schema, None of a database that was never prepared."""
    return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(revision: str, *, scripts: Path = SCRIPTS) -> None:
    """Stop at a schema of a later version of this program.

    Raises:
        DatabaseNewer: this code does not know the revision.
    """
    known = {each.revision for each in ScriptDirectory(str(scripts)).walk_revisions()}
    if revision not in known:
        raise DatabaseNewer(
            f"数据库是更新的版本写的（{revision}），这个版本打不开。请先升级程序，或恢复升级前的备份。"
        )


@contextmanager
def changing_schema(database: Database) -> Iterator[Connection]:
    """One transaction in which tables are made, altered and filled.

    Raises:
        UpgradeBroken: rows would refer to nothing; everything is as it was before.
    """
    with (
        database.engine.execution_options(junxiu_writes=True).connect() as connection,
        _tables_may_be_copied(database, connection),
        connection.begin(),
    ):
        yield connection
        _check_references(database, connection)


def _upgrade(database: Database, scripts: Path) -> None:
    with changing_schema(database) as connection:
        upgrade_to(connection, "head", scripts=scripts)


@contextmanager
def _tables_may_be_copied(database: Database, connection: Connection) -> Iterator[None]:
    """Let a SQLite table that others refer to be copied and dropped, which is how it is altered.

    The switch works outside of transactions only, so the driver is spoken to directly.
    """
    if not database.is_sqlite:
        yield
        return
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - the connection is open.
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _check_references(database: Database, connection: Connection) -> None:
    if database.is_sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise UpgradeBroken(f"升级以后 {broken[0]} 里有对不上的行，没有升级，数据还是原来的。")


def _current_revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return current_revision(connection)


def _check_key(database: Database) -> None:
    """Open the sealed sentence, or leave one where a start ended before it was written."""
    with database.read() as session:
        is_sealed = home.check_key(session)
    if not is_sealed:
        with database.begin() as session:
            home.seal_proof(session)


@contextmanager
def _only_one(database: Database, home_dir: Path) -> Iterator[None]:
    if database.is_sqlite:
        with FileLock(home_dir / "migrate.lock"):
            yield
        return
    with database.engine.connect() as connection:
        _advisory(connection, "pg_advisory_lock")
        try:
            yield
        finally:
            _advisory(connection, "pg_advisory_unlock")


def _advisory(connection: Connection, function: str) -> None:
    connection.execute(text(f"SELECT {function}(:key)"), {"key": _ADVISORY_LOCK})
    connection.commit()


def _back_up(database: Database, folder: Path, revision: str, now: datetime) -> None:
    # On PostgreSQL the operator's own backups are the ones to trust; the README says so.
    if not database.is_sqlite or database.engine.url.database is None:
        return
    folder.mkdir(exist_ok=True)
    target = folder / f"{now:%Y%m%d-%H%M%S}-before-upgrade-from-{revision}.sqlite3"
    source = sqlite3.connect(database.engine.url.database)
    copy = sqlite3.connect(target)
    with copy:
        source.backup(copy)
    copy.close()
    source.close()
