"""What the operator relies on: starts, stops, refusals, several processes, logs, limits."""

import contextlib
import json
import re
import shutil
import signal
import sqlite3
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import create_engine, text

from booking.people import demonstration_people
from bot.frames import Frames
from store.identity import Conversation
from tests.fakes.telegram_server import TelegramServer
from tests.journeys.running import (
    ROOT,
    Junxiu,
    RunningServer,
    WebVisitor,
    free_port,
    open_database,
    run_command,
    start_command,
)

NewHome = Callable[[], Path]
StartServer = Callable[..., RunningServer]

STAGES = ("正在准备", "数据库已准备好", "示范军休所准备好了", "正在读入", "通知读好了", "按 Ctrl-C")


def _dump(home: Path) -> list[str]:
    """Return everything a home holds but its leases, which only say who was at work last."""
    with contextlib.closing(sqlite3.connect(home / "junxiu.sqlite3")) as database:
        return [line for line in database.iterdump() if 'INSERT INTO "leases"' not in line]


def _count(home: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(home / "junxiu.sqlite3")) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def _read_until(process: "subprocess.Popen[str]", words: str) -> str:
    """Read what a process says until it says `words`."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(said)


def test_a_second_start_says_where_it_is_and_changes_nothing(start_server: StartServer) -> None:
    server = start_server()
    assert server.stop() == 0
    before, log = _dump(server.home), server.log.read_text(encoding="utf-8")
    server.start()
    assert server.stop(signal.SIGTERM) == 0
    assert _dump(server.home) == before
    assert not (server.home / "backups").exists()
    again = server.log.read_text(encoding="utf-8").removeprefix(log)
    assert f"{server.address}/chat" in again
    assert f"{server.address}/desk" in again
    for login, password in server.log_ins().items():
        assert login in again
        assert password in again
    assert "正在" not in again


def test_killed_while_preparing_it_goes_on_at_the_next_start(tmp_path: Path) -> None:
    home = tmp_path / "var"
    # Each start is killed as soon as it says one stage; stages already done are not said again.
    for stage in (*STAGES[:2], STAGES[3], STAGES[4]):
        words = ("serve", "--demo", "--home", str(home))
        with start_command(*words, JUNXIU_PORT=str(free_port())) as process:
            said = _read_until(process, stage)
            process.kill()
        assert "Traceback" not in said
    server = RunningServer(home).start()
    assert server.desk_answers("suozhang", server.log_ins()["suozhang"]) == 200
    visitor = WebVisitor(server.address)
    visitor.open()
    assert "1次" in str(visitor.types("每年能体检几次"))
    assert server.stop() == 0
    assert _count(home, "institutions") == 1
    assert _count(home, "documents WHERE kind = 'text'") == 1
    assert _count(home, "home_facts WHERE proof IS NOT NULL") == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_while_preparing_it_leaves_without_a_trace(
    tmp_path: Path, number: signal.Signals
) -> None:
    words = ("serve", "--demo", "--home", str(tmp_path / "var"))
    with start_command(*words, JUNXIU_PORT=str(free_port())) as process:
        _read_until(process, "正在读入")
        process.send_signal(number)
        rest, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert rest.splitlines() == ["停好了。"]


def test_it_stops_with_pages_open(start_server: StartServer) -> None:
    server = start_server()
    visitor = WebVisitor(server.address)
    visitor.open()
    visitor.types("你好")
    request = urllib.request.Request(f"{server.address}/chat/stream")
    visitor.jar.add_cookie_header(request)
    with urllib.request.urlopen(request, timeout=20) as stream:
        assert stream.status == 200
        assert server.stop(seconds=10) == 0
        with contextlib.suppress(OSError):
            stream.read()
    assert "ERROR" not in server.log.read_text(encoding="utf-8")


WRONG_KEY = Fernet.generate_key().decode()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("JUNXIU_PORT", "abc"),
        ("JUNXIU_HOST", "192.0.2.1"),
        ("JUNXIU_KEY", "abc"),
        pytest.param("JUNXIU_KEY", WRONG_KEY, id="another key"),
        ("JUNXIU_TELEGRAM_TOKEN", "abc"),
        ("JUNXIU_PUBLIC_URL", "garbage"),
        ("JUNXIU_DATABASE_URL", "garbage"),
        ("JUNXIU_DATABASE_URL", "postgresql://someone:hidden@127.0.0.1:9/junxiu"),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_sentence(
    junxiu: Junxiu, new_home: NewHome, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv("JUNXIU_PORT", str(free_port()))
    monkeypatch.setenv(setting, value)
    said = junxiu("serve", "--home", str(new_home()), exit_code=1)
    assert setting in said
    assert said.count("\n") == 1
    assert value not in said or len(value) < 10 or setting == "JUNXIU_HOST"
    assert "hidden" not in said


def test_a_token_that_telegram_refuses_stops_the_start(
    junxiu: Junxiu, new_home: NewHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = "123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    monkeypatch.setenv("JUNXIU_PORT", str(free_port()))
    monkeypatch.setenv("JUNXIU_TELEGRAM_TOKEN", wrong)
    with TelegramServer() as telegram:
        monkeypatch.setenv("JUNXIU_TELEGRAM_API_URL", telegram.url)
        said = junxiu("serve", "--home", str(new_home()), exit_code=1)
    assert "JUNXIU_TELEGRAM_TOKEN" in said
    assert wrong not in said
    assert said.count("\n") == 1


def test_a_port_in_use_is_named(
    junxiu: Junxiu, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_server()
    monkeypatch.setenv("JUNXIU_PORT", str(server.port))
    said = junxiu("serve", "--home", str(server.home), exit_code=1)
    assert "JUNXIU_PORT" in said
    assert str(server.port) in said
    # Another port does not help: the home has one owner.
    monkeypatch.setenv("JUNXIU_PORT", str(free_port()))
    for words in (["serve"], ["serve", "--demo"], ["worker"]):
        assert str(server.home) in junxiu(*words, "--home", str(server.home), exit_code=1)
    assert server.desk_answers("nobody", "nothing") == 401


def test_a_home_that_cannot_be_used_is_named(
    junxiu: Junxiu, new_home: NewHome, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for home in (file, file / "below"):
        said = junxiu("serve", "--demo", "--home", str(home), exit_code=1)
        assert str(home) in said
        assert "JUNXIU_HOME" in said
    home = new_home()
    key = (home / "key").read_bytes()
    (home / "key").unlink()
    assert "JUNXIU_KEY" in junxiu("people", "--home", str(home), exit_code=1)
    (home / "key").write_bytes(b"")
    assert "JUNXIU_KEY" in junxiu("people", "--home", str(home), exit_code=1)
    (home / "key").write_bytes(key)
    with contextlib.closing(sqlite3.connect(home / "junxiu.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "9999" in junxiu("people", "--home", str(home), exit_code=1)
    (home / "junxiu.sqlite3").write_bytes(b"no database at all" * 1000)
    assert "backups" in junxiu("people", "--home", str(home), exit_code=1)


def test_a_broken_file_of_words_is_named(tmp_path: Path) -> None:
    root = tmp_path / "program"
    for package in ("app", "bot", "booking", "desk", "ingestion", "knowledge", "store"):
        shutil.copytree(ROOT / package, root / package)
    for broken in (
        "app/texts.toml",
        "booking/catalog/meal.toml",
        "bot/understanding/words.toml",
        "knowledge/lexicon.toml",
    ):
        whole = (root / broken).read_bytes()
        (root / broken).write_bytes(whole + b"\nmeal = \n")
        words = ("ask", "体检", "--home", str(tmp_path / "home"))
        said = run_command(*words, exit_code=1, root=root)
        assert Path(broken).name in said.splitlines()[-1]
        assert "Traceback" not in said
        (root / broken).write_bytes(whole)


def _a_worker(home: Path, **environment: str) -> "subprocess.Popen[str]":
    process = start_command("worker", "--home", str(home), **environment)
    _read_until(process, "按 Ctrl-C")
    return process


def _end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_web_and_worker_apart_on_one_home(new_home: NewHome) -> None:
    web = RunningServer(new_home())
    web.words = ("web",)
    web.start()
    worker = _a_worker(web.home)
    visitor = WebVisitor(web.address)
    visitor.open()
    assert "1次" in str(visitor.types("每年能体检几次"))
    assert "正由另一个进程使用" in run_command("worker", "--home", str(web.home), exit_code=1)
    _end(worker)
    assert web.stop() == 0


@pytest.fixture
def empty_postgresql(postgresql_server: str) -> Iterator[str]:
    engine = create_engine(postgresql_server)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    yield postgresql_server
    engine.dispose()


def test_web_and_two_workers_on_postgresql(empty_postgresql: str, tmp_path: Path) -> None:
    home, database = tmp_path / "home", {"JUNXIU_DATABASE_URL": empty_postgresql}
    administrator = ("--institution", "东山军休所", "--name", "刘所长", "--login", "liu")
    said = run_command(
        "init", *administrator, "--home", str(home), said="long enough\n", environment=database
    )
    assert "准备好了" in said
    web = RunningServer(home, **database)
    web.words = ("web",)
    web.start()
    workers = [_a_worker(home, **database) for _ in range(2)]
    assert web.desk_answers("liu", "long enough") == 200
    for _ in range(2):
        visitor = WebVisitor(web.address)
        visitor.open()
        assert "1次" in str(visitor.types("每年能体检几次"))
        # Whichever of them is left answers.
        if len(workers) > 1:
            _end(workers.pop())
    _end(workers.pop())
    assert web.stop() == 0
    # A machine that does not have the key makes none of its own.
    elsewhere = tmp_path / "elsewhere"
    said = run_command("people", "--home", str(elsewhere), exit_code=1, environment=database)
    assert "JUNXIU_KEY" in said
    assert not (elsewhere / "key").exists()


def test_the_log_is_json_with_turns_and_without_people(start_server: StartServer) -> None:
    server = start_server(JUNXIU_LOG_LEVEL="DEBUG")
    visitor = WebVisitor(server.address)
    visitor.open()
    database = open_database(server.home)
    with database.read() as session:
        person = next(p for p in demonstration_people(session) if p.name == "张建国")
    visitor.become(person.id)
    said = ("我的电话是13812345678请回", "我胸口疼得厉害", "每年能体检几次", "想订后天中午的软饭")
    for words in said:
        visitor.types(words)
    # A conversation that cannot be read any more: each turn fails, and the message is set aside.
    with database.begin() as session:
        conversation = session.query(Conversation).filter_by(person_id=person.id).one()
        conversation.frames = {"stack": "李秀英的血糖"}
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        Frames.from_data({"stack": "李秀英的血糖"})
    visitor.types("幸福里1号楼的灯坏了")
    database.close()
    server.desk_answers("canyin", "a wrong password")
    monitoring = _get(server, "/metrics") + _get(server, "/healthz")
    assert server.stop() == 0
    log = server.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {"a turn is done", "a turn failed on attempt 1"} <= {line["message"] for line in lines}
    assert all(line["turn_id"] for line in lines if line["part"] == "bot.turn")
    logged = monitoring + "".join(line for line in log.splitlines() if line.startswith("{"))
    people = ("张建国", "张老", "李秀英", "血糖", "canyin", "a wrong password")
    for words in (*said, *people, "13812345678", "幸福里", "胸口", "软饭", "灯"):
        assert words not in logged
    assert not re.search(r"(?<!\d)1\d{10}(?!\d)", "".join(line["message"] for line in lines))


def _get(server: RunningServer, path: str) -> str:
    with urllib.request.urlopen(f"{server.address}{path}", timeout=20) as answer:
        return str(answer.read().decode())


def test_health_and_metrics_tell_of_a_message_nobody_answers(new_home: NewHome) -> None:
    web = RunningServer(new_home())
    web.words = ("web",)
    web.start()
    assert json.loads(_get(web, "/healthz"))["ok"] is True
    visitor = WebVisitor(web.address)
    visitor.open()
    visitor.leaves("有人吗")
    metrics = _get(web, "/metrics")
    assert "junxiu_inbox_waiting 1.0" in metrics
    for name in ("inbox_oldest_seconds", "outbox_oldest_seconds", "inbox_set_aside"):
        assert f"junxiu_{name}" in metrics
    assert re.search(r"junxiu_disk_free_bytes [1-9]", metrics)
    with contextlib.closing(sqlite3.connect(web.home / "junxiu.sqlite3")) as database, database:
        database.execute("UPDATE inbox SET received_at = datetime('now', '-1 hour')")
    with pytest.raises(urllib.error.HTTPError) as unwell:
        _get(web, "/healthz")
    assert unwell.value.code == 503
    unwell.value.close()
    assert web.stop() == 0


def _flood(visitor: WebVisitor) -> None:
    for _ in range(40):
        visitor.leaves("你好")


def test_messages_log_ins_and_codes_are_limited(start_server: StartServer) -> None:
    server = start_server()
    visitor = WebVisitor(server.address)
    visitor.open()
    codes = [str(visitor.types(f"1-00000{number}")) for number in range(6)]
    assert ["一个小时" in answer for answer in codes] == [False] * 5 + [True]
    with pytest.raises(AssertionError, match="429"):
        _flood(visitor)
    other = WebVisitor(server.address)
    other.open()
    assert other.types("你好")
    tries = [server.desk_answers("canyin", "a wrong one") for _ in range(7)]
    assert tries[0] == 401
    assert tries[-1] == 429
    assert server.stop() == 0
