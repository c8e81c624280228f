"""The migrated schema is the models' schema, on both databases; old code refuses a newer one."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from cryptography.fernet import Fernet
from sqlalchemy import text

from app.schema import all_tables
from store.database import Database
from store.errors import DatabaseNewer, KeyWrong
from store.keyring import Keyring
from store.migration import migrate
from tests.conftest import NOW


def test_migrations_and_models_agree(either_database: Database) -> None:
    with either_database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, all_tables()) == []


def test_a_second_migration_changes_nothing(database: Database, tmp_path: Path) -> None:
    assert migrate(database, home_dir=tmp_path, now=NOW) is False
    assert not (tmp_path / "backups").exists()


def test_a_newer_database_is_refused(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseNewer, match="9999"):
        migrate(database, home_dir=tmp_path, now=NOW)


def test_another_key_is_refused(database: Database, tmp_path: Path) -> None:
    other = Database(str(database.engine.url), Keyring([Fernet.generate_key()]))
    with pytest.raises(KeyWrong):
        migrate(other, home_dir=tmp_path, now=NOW)
    other.close()


def test_sqlite_runs_in_wal_with_full_sync(database: Database) -> None:
    with database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA synchronous")).scalar() == 2
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_row_ids_are_never_used_again(database: Database) -> None:
    """A reader of a mailbox remembers the last id: a reused one would hide a message."""
    path = database.engine.url.database
    assert path is not None
    with sqlite3.connect(path) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        ).fetchall()
    assert {"inbox", "outbox", "request_events"} <= {name for (name,) in found}
