"""The migrated schema is the models' schema, on both databases; old code refuses a newer one."""

import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import delete, select, text

from app.schema import all_tables
from store.database import Database
from store.errors import DatabaseNewer, KeyWrong
from store.home import HomeFact
from store.identity import Institution
from store.keyring import Keyring
from store.migration import SCRIPTS, migrate
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


LATER = """
revision = "9999"
down_revision = "{head}"

import sqlalchemy as sa
from alembic import op


def upgrade() -> None:
    op.add_column("institutions", sa.Column("motto", sa.String(20)))
"""


def _later_scripts(folder: Path) -> Path:
    """Return the scripts of a version of this program that is still to come."""
    scripts = Path(shutil.copytree(SCRIPTS, folder / "scripts"))
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    (scripts / "versions" / "9999_later.py").write_text(LATER.format(head=head))
    return scripts


def test_an_upgrade_leaves_a_backup_that_the_older_code_opens(
    database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    with database.begin() as session:
        session.add(Institution(name="东山军休所", created_at=NOW))
    assert migrate(database, home_dir=tmp_path, now=NOW, scripts=_later_scripts(tmp_path))
    with database.read() as session:
        assert session.execute(text("SELECT name, motto FROM institutions")).all() == [
            ("东山军休所", None)
        ]
    with pytest.raises(DatabaseNewer, match="9999"):
        migrate(database, home_dir=tmp_path, now=NOW)
    (backup,) = (tmp_path / "backups").iterdir()
    restored = Database(f"sqlite:///{backup}", keyring)
    assert migrate(restored, home_dir=tmp_path, now=NOW) is False
    with restored.read() as session:
        assert session.scalars(select(Institution.name)).all() == ["东山军休所"]
    restored.close()


def test_of_several_that_start_together_one_migrates(
    either_database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    scripts = _later_scripts(tmp_path)
    url = either_database.engine.url.render_as_string(hide_password=False)
    databases = [Database(url, keyring) for _ in range(4)]
    start = threading.Barrier(len(databases))

    def one(database: Database) -> bool:
        start.wait()
        return migrate(database, home_dir=tmp_path, now=NOW, scripts=scripts)

    with ThreadPoolExecutor(len(databases)) as pool:
        assert sorted(pool.map(one, databases)) == [False, False, False, True]
    for database in databases:
        database.close()


def test_a_start_that_ended_before_the_key_was_proved_is_made_up_for(
    database: Database, tmp_path: Path
) -> None:
    with database.begin() as session:
        session.execute(delete(HomeFact))
    migrate(database, home_dir=tmp_path, now=NOW)
    other = Database(str(database.engine.url), Keyring([Fernet.generate_key()]))
    with pytest.raises(KeyWrong):
        migrate(other, home_dir=tmp_path, now=NOW)
    other.close()


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
