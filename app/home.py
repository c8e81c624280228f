"""The home: one folder with the database, the key, the search index and the backups."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.saying import SAY
from app.schema import all_tables
from app.settings import Settings
from store.clock import Clock
from store.database import Database
from store.keyring import load_keyring
from store.migration import is_migrated, migrate

DATABASE_FILE = "junxiu.sqlite3"
KEY_FILE = "key"
OWNER_LOCK = "owner.lock"

Tell = Callable[[str], None]


class HomeBroken(Exception):
    """The folder or the database cannot be used; the message names the folder or setting."""


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


def open_home(settings: Settings, *, clock: Clock, tell: Tell) -> Home:
    """Open the home, making folder, key and database on first use and migrating later ones.

    Raises:
        KeyMissing, KeyWrong, DatabaseNewer: with a sentence for the operator.
        HomeBroken: the folder cannot be made or written, or the database cannot be reached.
    """
    all_tables()
    path = settings.home.absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
        return _open(settings, path, clock=clock, tell=tell)
    except OSError as error:
        raise HomeBroken(
            SAY.say("home.unusable", path=path, reason=error.strerror or error)
        ) from error
    except ModuleNotFoundError as error:
        raise HomeBroken(SAY.say("home.no_driver")) from error
    except SQLAlchemyError as error:
        raise HomeBroken(_unreachable(settings, path, error)) from error


def _open(settings: Settings, path: Path, *, clock: Clock, tell: Tell) -> Home:
    url = settings.database_url or f"sqlite:///{path / DATABASE_FILE}"
    keyring = load_keyring(
        key=settings.key.get_secret_value() if settings.key else None,
        key_file=path / KEY_FILE,
        may_create=not is_migrated(url),
    )
    database = Database(url, keyring)
    if migrate(database, home_dir=path, now=clock()):
        tell(SAY.say("home.migrated"))
    return Home(path, database)


def _unreachable(settings: Settings, path: Path, error: SQLAlchemyError) -> str:
    """Say which database; the driver's own first line says why, and never has the password."""
    reason = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    if settings.database_url is None:
        return SAY.say("home.broken_database", path=path / DATABASE_FILE, reason=reason)
    return SAY.say("home.unreachable", reason=reason)
