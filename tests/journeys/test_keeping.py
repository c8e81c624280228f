"""A home is backed up beside its server, restored elsewhere, and moved to PostgreSQL."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, make_url, select, text

from store.database import Database
from store.identity import Person
from store.keyring import Keyring, load_keyring
from tests.journeys.running import Junxiu, RunningServer, WebVisitor, open_database


def _people(home: Path) -> list[tuple[str, str | None]]:
    database = open_database(home)
    with database.read() as session:
        found = session.execute(select(Person.name, Person.phone).order_by(Person.id)).all()
    database.close()
    return [(name, phone) for name, phone in found]


def test_a_backup_made_beside_the_server_is_restored_elsewhere(
    start_server: Callable[..., RunningServer], junxiu: Junxiu, tmp_path: Path
) -> None:
    server = start_server()
    said = junxiu("backup", "--home", str(server.home))
    assert "密钥不在备份里" in said
    (backup,) = (server.home / "backups").glob("junxiu-*.zip")
    assert str(backup) in said
    assert "没有盖掉" in junxiu(
        "backup", "--home", str(server.home), "--to", str(backup), exit_code=1
    )
    new = tmp_path / "new"
    new.mkdir()
    refused = junxiu("restore", str(backup), "--home", str(new), exit_code=1)
    assert "指纹" in refused
    assert str(new / "key") in refused
    assert not list(new.iterdir())
    shutil.copy(server.home / "key", new / "key")
    assert "逐行核对过" in junxiu("restore", str(backup), "--home", str(new))
    assert _people(new) == _people(server.home)
    assert "已经有数据" in junxiu("restore", str(backup), "--home", str(new), exit_code=1)
    assert sorted(each.name for each in new.glob("junxiu.sqlite3*")) == ["junxiu.sqlite3"]
    server.stop()
    other = RunningServer(new).start()
    try:
        visitor = WebVisitor(other.address)
        visitor.open()
    finally:
        assert other.stop() == 0


def test_another_key_restores_nothing(new_home: Callable[[], Path], junxiu: Junxiu) -> None:
    home = new_home()
    junxiu("backup", "--home", str(home), "--to", str(home / "b.zip"))
    new = home.parent / "new"
    junxiu("init", *_new_house(new), said="a-long-password\n")
    (new / "junxiu.sqlite3").unlink()
    refused = junxiu("restore", str(home / "b.zip"), "--home", str(new), exit_code=1)
    assert "放回当时的密钥" in refused
    assert not (new / "junxiu.sqlite3").exists()


def _new_house(home: Path) -> list[str]:
    words = ["--home", str(home), "--institution", "西山军休所", "--name", "老刘"]
    return [*words, "--login", "liu"]


def test_a_file_that_is_no_backup_is_said_to_be_none(junxiu: Junxiu, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("不是备份")
    refused = junxiu("restore", str(tmp_path / "b.zip"), "--home", str(tmp_path), exit_code=1)
    assert "不是完整的备份文件" in refused


@pytest.fixture
def outgrown(postgresql_server: str) -> str:
    """Return the URL of an empty PostgreSQL database."""
    server = make_url(postgresql_server)
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS outgrown WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE outgrown"))
    engine.dispose()
    url = server.set(database="outgrown").render_as_string(hide_password=False)
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def test_a_house_that_outgrew_its_file_moves(
    start_server: Callable[..., RunningServer],
    junxiu: Junxiu,
    outgrown: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = start_server()
    home = str(server.home)
    assert "先停掉它" in junxiu("move", "--home", home, "--to", outgrown, exit_code=1)
    server.stop()
    before = _people(server.home)
    assert "逐行核对过" in junxiu("move", "--home", home, "--to", outgrown)
    assert not (server.home / "junxiu.sqlite3").exists()
    assert len(list(server.home.glob("junxiu.sqlite3.moved-*"))) == 1
    # Without the setting nothing starts anew by mistake.
    assert "还没有准备" in junxiu("people", "--home", home, exit_code=1)
    monkeypatch.setenv("JUNXIU_DATABASE_URL", outgrown)
    assert "张建国" in junxiu("people", "--home", home)
    url = outgrown.replace("postgresql://", "postgresql+psycopg://", 1)
    database = Database(url, _key_of(server.home))
    with database.read() as session:
        found = session.execute(select(Person.name, Person.phone).order_by(Person.id)).all()
        assert [tuple(each) for each in found] == before
        assert session.scalar(select(func.count(Person.id))) == len(before)
    database.close()
    assert "绑定码" in junxiu("people", "add", "赵六", "--home", home)


def _key_of(home: Path) -> Keyring:
    return load_keyring(key=None, key_file=home / "key", may_create=False)


def test_the_key_is_replaced_and_everybody_stays_known(
    start_server: Callable[..., RunningServer], junxiu: Junxiu
) -> None:
    server = start_server()
    home = str(server.home)
    people = _people(server.home)
    visitor = WebVisitor(server.address)
    visitor.open()
    zhang = 1
    visitor.become(zhang)
    assert "先停掉它" in junxiu("keys", "rotate", "--home", home, exit_code=1)
    server.stop()
    old = (server.home / "key").read_bytes()
    before = junxiu("keys", "--home", home)
    said = junxiu("keys", "rotate", "--home", home)
    assert "换好了" in said
    assert old.strip() not in (server.home / "key").read_bytes()
    (kept,) = server.home.glob("key.old-*")
    assert kept.read_bytes() == old
    assert junxiu("keys", "--home", home) != before
    assert _people(server.home) == people
    server.start()
    # The same browser is still the same person.
    assert visitor.types("我的预约")
    server.stop()


def test_a_person_s_data_is_handed_over_and_erased(
    new_home: Callable[[], Path], junxiu: Junxiu, tmp_path: Path
) -> None:
    home = str(new_home())
    target = tmp_path / "张建国.zip"
    assert "交给本人" in junxiu("person", "export", "张建国", "--to", str(target), "--home", home)
    with zipfile.ZipFile(target) as archive:
        assert "张建国" in archive.read("people.json").decode()
    assert target.stat().st_mode & 0o077 == 0
    assert "--yes" in junxiu("person", "erase", "张建国", "--home", home, exit_code=1)
    assert "删除了" in junxiu("person", "erase", "张建国", "--yes", "--home", home)
    assert "名册上没有" in junxiu(
        "person", "export", "张建国", "--to", str(tmp_path / "b.zip"), "--home", home, exit_code=1
    )
