"""Backups and moves: what comes out is what went in, on either database; half of it never."""

import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, make_url, select, text

from booking.models import Link, Request, RequestEvent
from booking.requests import Submission, submit
from booking.services import load_catalog
from knowledge.models import PassageVector
from store import outbox
from store.backups import make_backup, read_manifest, restore
from store.copying import move, standing_still
from store.database import Database
from store.errors import BackupBroken, CopyDiffers, DatabaseInUse, DatabaseNewer, KeyWrong
from store.identity import Account, Person
from store.keyring import Keyring
from store.messages import Message
from store.migration import is_migrated, migrate
from store.outbox import Lane, OutboxRow
from store.tables import content_of, tables_of
from tests.conftest import NOW
from tests.houses import House, make_account, make_house

LUNCH = {"date": "2026-11-24", "meal": "lunch", "diet": "normal", "portions": "1"}
Empty = Callable[[Keyring], Database]


@pytest.fixture
def full(either_database: Database) -> Database:
    """Return a database with a house, a booking, and an outbox whose last row is gone."""
    with either_database.begin() as session:
        house = make_house(session, NOW)
        account = make_account(session, NOW, person_id=house.min)
        _book(session, house, account)
        session.add(PassageVector(embedder="文", content_hash="b", vector=b"\x00\xff"))
        session.add(PassageVector(embedder="A", content_hash="a", vector=b"\x01"))
        last = outbox.put(
            session, account=account, message=Message("再见"), lane=Lane.REPLY, now=NOW
        )
        session.flush()
        session.execute(text("DELETE FROM outbox WHERE id = :id"), {"id": last})
    return either_database


def _book(session: object, house: House, account: Account) -> None:
    zhang = session.get_one(Person, house.zhang)  # type: ignore[attr-defined]
    wanted = Submission(
        actor=zhang,
        beneficiary=zhang,
        service=load_catalog().get("meal"),
        values=LUNCH,
        account_id=account.id,
        key="k1",
    )
    submit(session, wanted, now=NOW)  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Empty]:
    """Return a function that opens an empty database, of either kind."""
    opened: list[Database] = []
    url = f"sqlite:///{tmp_path / 'second.sqlite3'}"
    if request.param == "postgresql":
        server = make_url(request.getfixturevalue("postgresql_server"))
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP DATABASE IF EXISTS second WITH (FORCE)"))
            connection.execute(text("CREATE DATABASE second"))
        engine.dispose()
        url = server.set(database="second").render_as_string(hide_password=False)

    def open_it(keyring: Keyring) -> Database:
        opened.append(Database(url, keyring))
        return opened[-1]

    yield open_it
    for each in opened:
        each.close()


def _contents(database: Database) -> dict[str, object]:
    with standing_still(database) as connection:
        return {table.name: content_of(connection, table) for table in tables_of(connection)}


def test_a_backup_comes_back_whole(
    full: Database, empty: Empty, keyring: Keyring, tmp_path: Path
) -> None:
    manifest = make_backup(full, tmp_path / "b.zip", now=NOW)
    second = empty(keyring)
    restore(tmp_path / "b.zip", second)
    assert migrate(second, home_dir=tmp_path, now=NOW) is False
    assert _contents(second) == _contents(full) == manifest.tables
    _goes_on(second)


def test_a_move_carries_everything(full: Database, empty: Empty, keyring: Keyring) -> None:
    second = empty(keyring)
    move(full, second)
    assert _contents(second) == _contents(full)
    _goes_on(second)


def _goes_on(database: Database) -> None:
    """Personal data opens, and new rows never take an id that was given before."""
    with database.begin() as session:
        zhang = session.execute(select(Person).where(Person.name == "张建国")).scalar_one()
        assert zhang.phone == "13900000001"
        assert session.execute(select(Request.summary)).scalar_one().startswith("11月24日")
        assert session.execute(select(Link.scopes)).scalar_one() == [
            "view",
            "book",
            "cancel",
            "be_told",
        ]
        assert session.execute(select(RequestEvent.at)).scalar_one() == NOW
        account = session.execute(select(Account)).scalar_one()
        told = session.execute(select(OutboxRow.id)).scalar_one()
        new = outbox.put(
            session, account=account, message=Message("你好"), lane=Lane.REPLY, now=NOW
        )
        assert new == told + 2
        fresh = Person(
            institution_id=zhang.institution_id,
            kind=zhang.kind,
            name="新人",
            salutation="新人",
            created_at=NOW,
        )
        session.add(fresh)
        session.flush()


def test_a_backup_names_its_key_and_does_not_hold_it(
    full: Database, keyring: Keyring, tmp_path: Path
) -> None:
    key = Fernet.generate_key()
    other = Database(full.engine.url.render_as_string(hide_password=False), Keyring([key]))
    make_backup(other, tmp_path / "b.zip", now=NOW)
    other.close()
    assert read_manifest(tmp_path / "b.zip").keys == Keyring([key]).fingerprints
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert key not in everything
    assert b"13900000001" not in everything
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.glob("b.zip*")] == ["b.zip"]


def test_another_key_is_refused(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    make_backup(database, tmp_path / "b.zip", now=NOW)
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}", Keyring([Fernet.generate_key()]))
    with pytest.raises(KeyWrong, match=keyring.fingerprints[0]):
        restore(tmp_path / "b.zip", other)
    other.close()
    assert not is_migrated(f"sqlite:///{tmp_path / 'other.sqlite3'}")


def test_a_newer_schema_is_refused(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    make_backup(database, tmp_path / "b.zip", now=NOW)
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}", keyring)
    with pytest.raises(DatabaseNewer, match="9999"):
        restore(tmp_path / "b.zip", other)
    other.close()


def test_a_database_with_data_is_left_alone(
    full: Database, keyring: Keyring, tmp_path: Path
) -> None:
    make_backup(full, tmp_path / "b.zip", now=NOW)
    before = _contents(full)
    with pytest.raises(DatabaseInUse):
        restore(tmp_path / "b.zip", full)
    with pytest.raises(DatabaseInUse):
        move(full, full)
    assert _contents(full) == before


def _damage(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    whole = path.with_suffix(".whole")
    shutil.move(path, whole)
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            data = change(name, old.read(name))
            if data is not None:
                new.writestr(name, data)


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (lambda name, data: data if "people" not in name else data.split(b"\n", 1)[1], CopyDiffers),
        (lambda name, data: data.replace("张建国".encode(), "张建军".encode()), CopyDiffers),
        (lambda name, data: None if "people" in name else data, BackupBroken),
        (lambda name, data: None if "manifest" in name else data, BackupBroken),
        (lambda name, data: b"[[" if "people" in name else data, BackupBroken),
        (lambda name, data: b"{}" if "manifest" in name else data, BackupBroken),
    ],
)
def test_a_damaged_backup_leaves_nothing_behind(
    change: Callable[[str, bytes], bytes | None],
    refusal: type[Exception],
    full: Database,
    empty: Empty,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    make_backup(full, tmp_path / "b.zip", now=NOW)
    _damage(tmp_path / "b.zip", change)
    second = empty(keyring)
    with pytest.raises(refusal):
        restore(tmp_path / "b.zip", second)
    with standing_still(second) as connection:
        assert tables_of(connection) == []


@pytest.mark.parametrize("words", [b"", b"no zip", b"PK\x03\x04half"])
def test_what_is_no_backup_is_said_to_be_none(words: bytes, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(words)
    with pytest.raises(BackupBroken, match="不是完整的备份"):
        read_manifest(tmp_path / "b.zip")
    with pytest.raises(BackupBroken, match="读不了"):
        read_manifest(tmp_path / "absent.zip")


def test_a_backup_is_of_one_moment_while_others_write(
    full: Database, keyring: Keyring, tmp_path: Path
) -> None:
    """Two rows that are always written together are both in it, or neither."""
    with full.begin() as session:
        account_id = session.execute(select(Account.id)).scalar_one()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with full.begin() as session:
                account = session.get_one(Account, account_id)
                for lane in (Lane.REPLY, Lane.STEP):
                    outbox.put(
                        session, account=account, message=Message("成对"), lane=lane, now=NOW
                    )

    writer = threading.Thread(target=write)
    writer.start()
    rows = []
    for number in range(3):
        path = tmp_path / f"b{number}.zip"
        rows.append(make_backup(full, path, now=NOW).tables["outbox"].rows)
        with zipfile.ZipFile(path) as archive:
            manifest = json.loads(archive.read("manifest.json"))
            lines = archive.read("tables/outbox.jsonl").splitlines()
        assert manifest["tables"]["outbox"]["rows"] == len(lines)
    stop.set()
    writer.join()
    # One row was there before.
    assert all(count % 2 == 1 for count in rows), rows
    assert rows == sorted(rows)
    assert rows[-1] > rows[0]
