"""Documents on the command line: read in with what staff say of them, listed, put away."""

import json
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from app.command_line import SOURCES
from booking.models import AuditRow
from knowledge.models import Document, Passage, PassageVector, SourceKind
from store.identity import Institution
from tests.conftest import NOW
from tests.journeys.running import Junxiu, open_database

OLD = "锅炉房值班办法\n第一条 锅炉房值班电话是62001234。\n第二条 值班员每两小时巡查一次。\n"
NEW = OLD.replace("62001234", "62005678") + "第三条 《锅炉房值班办法》同时废止。\n"
QUESTION = "锅炉房值班电话是多少"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home that is still to be made."""
    return tmp_path / "home"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Return a document as a file."""
    file = tmp_path / "old.txt"
    file.write_text(OLD, encoding="utf-8")
    return file


def _asked(junxiu: Junxiu, home: Path, *words: str) -> str:
    return str(json.loads(junxiu("ask", QUESTION, "--json", "--home", str(home), *words))["text"])


def test_what_staff_say_of_a_document_is_kept(junxiu: Junxiu, home: Path, old: Path) -> None:
    junxiu(
        *(
            "ingest",
            str(old),
            "--home",
            str(home),
            "--source",
            "官方解读",
            "--issuer",
            "东山军休所",
        ),
        *("--number", "军休发〔2026〕3号", "--issued", "2026-01-02", "--region", "东山市"),
        *("--from", "2026-01-05", "--until", "2027-01-01"),
    )
    listed = junxiu("documents", "--home", str(home), "--now", "2026-11-23T09:00+08:00")
    assert listed.splitlines() == [
        "全国的文件（1份）",
        "old.txt　锅炉房值班办法　第1版　官方解读　军休发〔2026〕3号　现行，到2027-01-01为止",
    ]
    shown = junxiu("documents", "show", "old.txt", "--home", str(home))
    for words in (
        "东山军休所",
        "东山市",
        "2026-01-02",
        "2026-01-05",
        "2　第一条",
        "1　【锅炉房值班办法】",
    ):
        assert words in shown
    database = open_database(home)
    with database.read() as session:
        document = session.scalars(select(Document)).one()
        assert (document.source, document.issued_on) == (
            SourceKind.INTERPRETATION,
            date(2026, 1, 2),
        )
    database.close()


def test_it_answers_on_its_days_only(junxiu: Junxiu, home: Path, old: Path) -> None:
    junxiu(
        *("ingest", str(old), "--home", str(home)),
        *("--from", "2026-12-01", "--until", "2026-12-31", "--now", "2026-11-23T09:00+08:00"),
    )
    for day, answers in (
        ("2026-11-30T23:59+08:00", False),
        ("2026-12-01T00:00+08:00", True),
        ("2026-12-31T23:59+08:00", True),
        ("2027-01-01T00:00+08:00", False),
    ):
        assert ("62001234" in _asked(junxiu, home, "--now", day)) is answers, day


def test_withdraw_restore_remove(junxiu: Junxiu, home: Path, old: Path) -> None:
    there = ("--home", str(home))
    junxiu("ingest", str(old), *there)
    assert "62001234" in _asked(junxiu, home)
    assert "撤回了" in junxiu("documents", "withdraw", "old.txt", *there)
    assert "62001234" not in _asked(junxiu, home)
    assert "已经撤回" in junxiu("documents", "withdraw", "old.txt", *there, exit_code=1)
    assert "已经撤回" in junxiu("documents", *there)
    assert "没有变化1份" in junxiu("ingest", str(old), *there)
    assert "62001234" not in _asked(junxiu, home)
    assert "恢复了" in junxiu("documents", "restore", "old.txt", *there)
    assert "62001234" in _asked(junxiu, home)
    assert "删掉了" in junxiu("documents", "remove", "old.txt", *there)
    database = open_database(home)
    with database.read() as session:
        for table in (Document, Passage, PassageVector):
            assert session.scalars(select(table)).all() == []
        acts = [(row.act, row.about) for row in session.scalars(select(AuditRow))]
    database.close()
    about = "old.txt 《锅炉房值班办法》"
    assert acts == [(f"{act} document", about) for act in ("withdraw", "restore", "remove")]
    assert "没有编号" in junxiu("documents", "show", "old.txt", *there, exit_code=1)


def test_a_successor_is_said_to_have_taken_the_place(
    junxiu: Junxiu, home: Path, old: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.txt"
    new.write_text(NEW, encoding="utf-8")
    there = ("--home", str(home))
    junxiu("ingest", str(old), *there)
    said = junxiu("ingest", str(new), *there, "--issuer", "东山军休所")
    assert "《锅炉房值班办法》不再回答" in said
    listed = junxiu("documents", *there)
    assert "old.txt　锅炉房值班办法　第1版　政策文件　已经由《锅炉房值班办法》代替" in listed
    assert "没有编号" in junxiu("ingest", str(new), *there, "--replaces", "none.txt", exit_code=1)


def test_house_documents_stay_in_the_house(junxiu: Junxiu, home: Path, old: Path) -> None:
    there = ("--home", str(home))
    said = junxiu("ingest", str(old), *there, "--house", "东山军休所", exit_code=1)
    assert "没有叫“东山军休所”的军休所" in said
    database = open_database(home)
    with database.begin() as session:
        session.add_all(
            Institution(name=name, created_at=NOW) for name in ("东山军休所", "西山军休所")
        )
    database.close()
    for house in ("东山军休所", "西山军休所"):
        junxiu("ingest", str(old), *there, "--house", house)
    assert "62001234" not in _asked(junxiu, home)
    several = junxiu("documents", "remove", "old.txt", *there, exit_code=1)
    assert "--house" in several
    junxiu("documents", "remove", "old.txt", *there, "--house", "西山军休所")
    listed = junxiu("documents", *there)
    assert "东山军休所（1份）\nold.txt　锅炉房值班办法　第1版　本所信息　现行" in listed
    assert "西山军休所（0份）" in listed
    assert junxiu("documents", *there, "--house", "西山军休所") == "西山军休所（0份）\n"


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("documents", "delete", "old.txt"), 2, "写法不对"),
        (("documents", "withdraw"), 2, "写法不对"),
        (("documents", "show", "other.txt"), 1, "没有编号是“other.txt”的文件"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    junxiu: Junxiu, home: Path, old: Path, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    assert "junxiu init" in junxiu("documents", "--home", str(home), exit_code=1)
    junxiu("ingest", str(old), "--home", str(home))
    printed = junxiu(*words, "--home", str(home), exit_code=exit_code)
    assert said in printed
    assert printed.count("\n") == 1


def test_one_number_for_one_document(junxiu: Junxiu, home: Path, old: Path) -> None:
    folder = old.parent
    (folder / "more.txt").write_text("别的事\n别的事照旧办。", encoding="utf-8")
    words = ("ingest", str(old), str(folder / "more.txt"), "--home", str(home))
    assert "只能给一份" in junxiu(*words, "--number", "军休发〔2026〕3号", exit_code=1)
    assert "前面" in junxiu(*words, "--from", "2026-12-02", "--until", "2026-12-01", exit_code=1)
    assert "新增2份" in junxiu(*words, "--issuer", "东山军休所")


def test_the_kinds_offered_are_the_kinds_there_are() -> None:
    assert set(SOURCES) == set(SourceKind) - {SourceKind.STAFF_ANSWER}


def test_a_day_that_is_none_is_refused(junxiu: Junxiu, old: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        junxiu("ingest", str(old), "--from", "明天")
    assert stopped.value.code == 2
