"""The commands that keep a home safe: a backup, its restoring, the move to another database."""

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.home import DATABASE_FILE, KEY_FILE, HomeBroken, open_home
from app.opening import open_prepared
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.schema import all_tables
from app.settings import Settings, read_settings
from app.system import Base, own_home
from store import leases
from store.backups import Manifest, make_backup, read_manifest
from store.backups import restore as restore_into
from store.clock import local, system_clock
from store.copying import move as copy_into
from store.database import Database
from store.errors import DatabaseInUse, KeyMissing
from store.keyring import Keyring, load_keyring


def backup(options: argparse.Namespace) -> int:
    """Write a backup, beside a running server too."""
    base = open_prepared(options)
    with closing(base.home.database) as database:
        now = base.clock()
        target = options.to or _new_name(base.home.path / "backups", now)
        if target.exists():
            raise CommandRefused(SAY.say("keeping.exists", path=target))
        target.parent.mkdir(parents=True, exist_ok=True)
        manifest = make_backup(database, target, now=now)
    _say_counts("keeping.backed_up", manifest, path=target)
    return 0


def restore(options: argparse.Namespace) -> int:
    """Write a backup into a home that has no data yet, and bring it up to this program."""
    all_tables()
    settings = read_settings(home=options.home)
    manifest = read_manifest(options.file)
    keyring = _key_for(settings, manifest)
    try:
        if settings.database_url is None:
            _restore_file(options.file, settings.home.absolute() / DATABASE_FILE, keyring)
        else:
            with closing(Database(settings.database_url, keyring)) as database:
                restore_into(options.file, database)
    except SQLAlchemyError as error:
        raise HomeBroken(SAY.say("keeping.unreachable", reason=_reason(error))) from error
    open_home(settings, clock=system_clock, tell=tell_operator).database.close()
    _say_counts("keeping.restored", manifest, made_at=_moment(manifest))
    return 0


def move(options: argparse.Namespace) -> int:
    """Carry everything into an empty PostgreSQL; the database that was left is put aside."""
    base = open_prepared(options)
    to = read_settings(home=base.home.path, database_url=options.to).database_url
    assert to is not None  # noqa: S101 - it was just given.
    source = base.home.database
    with closing(source), at_rest(base):
        try:
            with closing(Database(to, source.keyring)) as target:
                moved = copy_into(source, target)
        except SQLAlchemyError as error:
            raise HomeBroken(SAY.say("keeping.unreachable", reason=_reason(error))) from error
        source.close()
        if source.is_sqlite:
            _put_aside(base.home.path / DATABASE_FILE, base.clock())
    rows = sum(content.rows for content in moved.values())
    tell_operator(SAY.say("keeping.moved", tables=len(moved), rows=rows))
    return 0


@contextmanager
def at_rest(base: Base) -> Iterator[None]:
    """Have the database to oneself.

    Raises:
        HomeOwned, DatabaseInUse: a server or a worker is at work on it.
    """
    with own_home(base):
        if not base.home.database.is_sqlite:
            with base.home.database.read() as session:
                held = leases.held(session, now=base.clock())
            if held:
                raise DatabaseInUse(SAY.say("keeping.at_work"))
        yield


def _key_for(settings: Settings, manifest: Manifest) -> Keyring:
    try:
        return load_keyring(
            key=settings.key.get_secret_value() if settings.key else None,
            key_file=settings.home.absolute() / KEY_FILE,
            may_create=False,
        )
    except KeyMissing as error:
        keys = "、".join(manifest.keys)
        path = settings.home.absolute() / KEY_FILE
        raise KeyMissing(SAY.say("keeping.no_key", keys=keys, path=path)) from error


def _restore_file(backup_file: Path, target: Path, keyring: Keyring) -> None:
    """Restore beside the place and put it there when it is whole."""
    if target.exists():
        raise DatabaseInUse(SAY.say("keeping.has_data", path=target))
    draft = target.with_name(f"{target.name}.restoring")
    _remove(draft)
    try:
        with closing(Database(f"sqlite:///{draft}", keyring)) as database:
            restore_into(backup_file, database)
        draft.rename(target)
    finally:
        _remove(draft)


def _remove(file: Path) -> None:
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _put_aside(file: Path, now: datetime) -> None:
    """Let nobody go on with the old database by mistake."""
    file.rename(file.with_name(f"{file.name}.moved-{local(now):%Y%m%d-%H%M%S}"))


def _new_name(folder: Path, now: datetime) -> Path:
    return folder / f"junxiu-{local(now):%Y%m%d-%H%M%S}.zip"


def _moment(manifest: Manifest) -> str:
    return f"{local(datetime.fromisoformat(manifest.made_at)):%Y-%m-%d %H:%M}"


def _say_counts(key: str, manifest: Manifest, **more: object) -> None:
    keys = "、".join(manifest.keys)
    counted = {"tables": len(manifest.tables), "rows": manifest.rows, "keys": keys}
    tell_operator(SAY.say(key, **counted, **more))


def _reason(error: SQLAlchemyError) -> str:
    return str(getattr(error, "orig", None) or error).strip().split("\n")[0]
