"""The home: one folder with the database, the key, the search index and the backups."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.schema import all_tables
from app.settings import Settings
from store.clock import Clock
from store.database import Database
from store.keyring import load_keyring
from store.migration import migrate

DATABASE_FILE = "junxiu.sqlite3"
OWNER_LOCK = "owner.lock"

Progress = Callable[[str], None]


class HomeNotPrepared(Exception):
    """The home has no database yet; the message says which command prepares it."""


@dataclass(frozen=True, slots=True)
class Home:
    """An open home."""

    path: Path
    database: Database

    @property
    def owner_lock(self) -> Path:
        """The lock of the one process that owns the search index of this home."""
        return self.path / OWNER_LOCK


def is_prepared(settings: Settings) -> bool:
    """Tell whether the home has a database already; a server's database is asked elsewhere."""
    return settings.database_url is not None or (settings.home / DATABASE_FILE).exists()


def open_home(settings: Settings, *, clock: Clock, progress: Progress) -> Home:
    """Open the home, making folder, key and database on first use and migrating later ones.

    Raises:
        KeyMissing, KeyWrong, DatabaseNewer: with a sentence for the operator.
        HomeNotPrepared: the folder cannot be made.
    """
    all_tables()
    path = settings.home.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HomeNotPrepared(
            f"数据目录 {path} 建不了（{error.strerror}）。请换一个 --home 或 JUNXIU_HOME。"
        ) from error
    is_new = not is_prepared(settings) or (
        settings.database_url is not None and not (path / "key").exists()
    )
    keyring = load_keyring(
        key=settings.key.get_secret_value() if settings.key else None,
        key_file=path / "key",
        may_create=is_new,
    )
    url = settings.database_url or f"sqlite:///{path / DATABASE_FILE}"
    database = Database(url, keyring)
    if migrate(database, home_dir=path, now=clock()):
        progress("数据库已准备好。")
    return Home(path, database)
