"""The commands on real homes, run as the command line runs them.

Most run in this process, which spares loading the libraries for each of them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from knowledge.answers import AnswerStatus
from knowledge.evaluation.own_set import Keeping, keep_question
from knowledge.evaluation.sets import Kind
from knowledge.models import Document, QuestionLogRow
from store.identity import Institution, Person, PersonKind
from tests.conftest import NOW
from tests.journeys.running import Junxiu, RunningServer, WebVisitor, open_database

NewHome = Callable[[], Path]

RULES = "锅炉房值班规定\n\n锅炉房值班电话是62001234，值班员每两小时巡查一次。\n"


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _documents(home: Path) -> list[str]:
    database = open_database(home)
    with database.read() as session:
        found = list(session.scalars(select(Document.external_id)))
    database.close()
    return found


def test_asking_in_a_new_home_reads_the_notice_first_and_prints_only_the_answer(
    junxiu: Junxiu,
    tmp_path: Path,
) -> None:
    home = tmp_path / "new" / "home"
    printed = junxiu("ask", "每年能体检几次", "--json", "--home", str(home))
    answer = json.loads(printed)
    assert answer["status"] == "answered"
    assert "1次" in answer["text"]
    assert answer["citations"][0]["document"] == "notice"
    assert "1次" in answer["citations"][0]["quote"]
    assert answer["citations"][0]["heading"].startswith(("官方解读", "新闻报道"))
    assert _documents(home) == ["notice"]
    # There are answers here, but nobody who could log in.
    said = junxiu("serve", "--home", str(home), exit_code=1)
    assert "junxiu init" in said


def test_a_file_of_questions_gives_a_line_for_each_and_logs_none(
    junxiu: Junxiu, new_home: NewHome, tmp_path: Path
) -> None:
    home, asked, out = new_home(), tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    questions = [("q2", "每年能体检几次"), ("q1", "红烧肉怎么做"), ("\ud800", ""), ("q2", "\0")]
    asked.write_text(
        "".join(json.dumps({"id": key, "question": text}) + "\n" for key, text in questions)
    )
    junxiu("ask", "--file", str(asked), "--out", str(out), "--home", str(home))
    answers = _lines(out)
    assert [answer["id"] for answer in answers] == [key for key, _ in questions]
    assert answers[0]["status"] == "answered"
    assert answers[1]["status"] in {"out_of_scope", "not_in_documents"}
    assert all(0 < answer["seconds"] < 60 for answer in answers)
    database = open_database(home)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(QuestionLogRow)) == 0
    database.close()


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("ask", '{"id": "1"}'),
        ("ask", ""),
        ("understand", '{"id": "1", "text": 5}'),
    ],
)
def test_a_wrong_line_stops_with_its_number(
    junxiu: Junxiu, prepared_home: Path, tmp_path: Path, command: str, wrong: str
) -> None:
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    good = '{"id": "1", "question": "体检", "text": "体检"}'
    given.write_text(f"{good}\n{wrong}\n{good}\n")
    said = junxiu(
        *(command, "--file", str(given), "--out", str(out), "--home", str(prepared_home)),
        exit_code=2,
    )
    assert said.startswith("第2行")
    assert said.count("\n") == 1


def test_files_that_cannot_be_used_are_a_sentence(junxiu: Junxiu, tmp_path: Path) -> None:
    there, absent = tmp_path / "in.jsonl", tmp_path / "absent" / "x.jsonl"
    there.write_text('{"id": "1", "text": "体检"}\n')
    words = ("understand", "--file")
    assert "absent" in junxiu(*words, str(absent), "--out", str(there), exit_code=2)
    assert "--out" in junxiu(*words, str(there), "--out", str(absent), exit_code=2)
    assert "--out" in junxiu(*words, str(there), "--out", str(there), exit_code=2)
    assert _lines(there) == [{"id": "1", "text": "体检"}]


def test_what_is_said_is_understood_at_the_given_moment(junxiu: Junxiu, tmp_path: Path) -> None:
    given, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    given.write_text('{"id": "u1", "text": "后天中午给我送两份软饭"}\n', encoding="utf-8")
    junxiu(
        *("understand", "--file", str(given), "--out", str(out)),
        *("--now", "2026-11-23T09:00+08:00"),
    )
    (line,) = _lines(out)
    assert (line["id"], line["intent"]) == ("u1", "book")
    assert line["slots"]["date"] == "2026-11-25"
    assert line["slots"]["portions"] == 2


def test_an_ingested_home_holds_what_was_ingested_and_nothing_else(
    junxiu: Junxiu, tmp_path: Path
) -> None:
    home, folder = tmp_path / "home", tmp_path / "rules"
    (folder / "house").mkdir(parents=True)
    (folder / "house" / "boiler.txt").write_text(RULES, encoding="utf-8")
    said = junxiu("ingest", str(folder), "--home", str(home))
    assert "新增1份" in said
    assert _documents(home) == ["house/boiler.txt"]
    database = open_database(home)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Institution)) == 0
    database.close()
    printed = junxiu("ask", "锅炉房值班电话是多少", "--json", "--home", str(home))
    assert "62001234" in json.loads(printed)["text"]
    assert "没有变化1份" in junxiu("ingest", str(folder), "--home", str(home))


@pytest.mark.parametrize(
    ("name", "content"),
    [("torn.txt", b"\xff\x00\x81" * 50), ("empty.txt", b" \n"), ("torn.jsonl", b'{"id": 1}\n')],
)
def test_an_unreadable_document_is_named_and_nothing_is_kept(
    junxiu: Junxiu, tmp_path: Path, name: str, content: bytes
) -> None:
    good, torn, home = tmp_path / "a.txt", tmp_path / name, tmp_path / "home"
    good.write_text(RULES, encoding="utf-8")
    torn.write_bytes(content)
    said = junxiu("ingest", str(good), str(torn), "--home", str(home), exit_code=1)
    assert name in said.splitlines()[-1]
    assert "Traceback" not in said
    assert _documents(home) == []


def test_beside_a_running_server(
    junxiu: Junxiu, start_server: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = start_server()
    rules = tmp_path / "boiler.txt"
    rules.write_text(RULES, encoding="utf-8")
    visitor = WebVisitor(server.address)
    visitor.open()
    before = visitor.types("锅炉房值班电话是多少")
    assert "62001234" not in str(before)
    junxiu("ingest", str(rules), "--home", str(server.home))
    assert "62001234" in str(visitor.types("锅炉房值班电话是多少"))
    words = ("ask", "锅炉房值班电话是多少", "--home", str(server.home))
    assert "62001234" in junxiu(*words)
    assert server.stop() == 0


@pytest.fixture
def one_question() -> dict[str, Any]:
    return {
        "id": "1",
        "question": "每年能体检几次",
        "kind": "answerable",
        "gold": ["规定军休干部每年健康体检1次。"],
        "must_include": ["1次"],
    }


def _write(file: Path, *rows: object) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_a_set_of_questions_is_scored_and_compared_with_the_run_before(
    junxiu: Junxiu, new_home: NewHome, tmp_path: Path, one_question: dict[str, Any]
) -> None:
    home = ("--home", str(new_home()))
    given = _write(tmp_path / "set.jsonl", {"bars": {"answerable": 1}}, one_question)
    chart = tmp_path / "curve.png"
    said = junxiu("eval", str(given), "--chart", str(chart), *home)
    assert "以前没有打过分" in said
    assert "1.000" in said
    assert "各项要求都达到了" in said
    assert chart.read_bytes().startswith(b"\x89PNG")
    assert "变好0题，变差0题" in junxiu("eval", str(given), *home)
    harder = {"id": "2", "kind": "answerable", "question": "红烧肉怎么做", "gold": ["五花肉"]}
    given = _write(given, {"bars": {"answerable": 0.9}}, one_question, harder)
    assert junxiu("eval", str(given), *home, exit_code=1) == ""
    kept = Path(home[1]) / "evaluations" / "set.jsonl"
    assert len(list(kept.glob("*.json"))) == 3


def test_a_question_is_asked_again_without_its_document(
    junxiu: Junxiu, new_home: NewHome, tmp_path: Path, one_question: dict[str, Any]
) -> None:
    home = ("--home", str(new_home()))
    row = {"id": "1", "question": "每年能体检几次", "document": "notice", "answer": "健康体检1次"}
    given = _write(tmp_path / "set.jsonl", {"bars": {"hit@3": 1, "without document": 1}}, row)
    assert "没有量" in junxiu("eval", str(given), *home)
    said = junxiu("eval", str(given), "--without-documents", *home)
    assert "没有量" not in said
    assert "without document         1     1   1.000" in said
    given = _write(given, one_question)
    said = junxiu("eval", str(given), "--without-documents", *home, exit_code=2)
    assert "document" in said


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "哪一套题"),
        (("set.jsonl", "--own"), "哪一套题"),
        (("--own", "--export", "out.jsonl"), "哪一套题"),
        (("none.jsonl",), "none.jsonl"),
        (("set.jsonl", "--chart", "curve.jpg"), ".png"),
        (("set.jsonl", "--chart", "no/such/folder.png"), "folder.png"),
    ],
)
def test_what_cannot_be_scored_is_said_at_once(
    junxiu: Junxiu,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    one_question: dict[str, Any],
    words: tuple[str, ...],
    reason: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "set.jsonl", one_question)
    home = tmp_path / "home"
    assert reason in junxiu("eval", *words, "--home", str(home), exit_code=2)
    assert not home.exists()


def _keep_from_log(home: Path, words: str, expected: Kind, gold: str = "") -> None:
    """Log a question of 张建国's, and put it into the house's set."""
    database = open_database(home)
    with database.begin() as session:
        asker = session.scalars(select(Person).where(Person.name == "张建国")).one()
        staff = session.scalars(select(Person).where(Person.kind == PersonKind.STAFF)).first()
        assert staff is not None
        row = QuestionLogRow(
            institution_id=asker.institution_id,
            person_id=asker.id,
            asked_at=NOW,
            question=words,
            status=AnswerStatus.NOT_IN_DOCUMENTS,
            passage_ids=[],
            seconds=0.01,
        )
        session.add(row)
        session.flush()
        keep_question(
            session,
            Keeping(row.id, words, expected, gold),
            institution_id=asker.institution_id,
            added_by_id=staff.id,
            now=NOW,
        )
    database.close()


def test_the_house_s_own_set_is_scored_and_written_out(
    junxiu: Junxiu, new_home: NewHome, tmp_path: Path
) -> None:
    home, out = new_home(), tmp_path / "own.jsonl"
    words = ("eval", "--own", "--home", str(home))
    assert "题库还是空的" in junxiu(*words, exit_code=1)
    _keep_from_log(home, "张建国一年能体检几次", Kind.ANSWERABLE, "规定军休干部每年健康体检1次")
    _keep_from_log(home, "红烧肉怎么做", Kind.OFFTOPIC)
    said = junxiu(*words)
    assert "offtopic                 1     1   1.000" in said
    assert "以前没有打过分" in said
    assert "相同的2题" in junxiu(*words)
    kept = (home / "evaluations" / "own").glob("*.json")
    assert all("张建国" not in json.dumps(json.loads(run.read_text())) for run in kept)
    said = junxiu("eval", "--export", str(out), "--home", str(home))
    assert "共2题" in said
    assert _lines(out) == [
        {
            "id": "own-1",
            "kind": "answerable",
            "question": "【姓名1】一年能体检几次",
            "gold": ["规定军休干部每年健康体检1次"],
        },
        {"id": "own-2", "kind": "offtopic", "question": "红烧肉怎么做"},
    ]
    # What is written out is a set like any other.
    assert "offtopic                 1     1   1.000" in junxiu(
        "eval", str(out), "--home", str(home)
    )


def test_a_home_without_a_house_has_no_set_of_its_own(junxiu: Junxiu, tmp_path: Path) -> None:
    said = junxiu("eval", "--own", "--home", str(tmp_path / "home"), exit_code=1)
    assert "没有军休所" in said


def test_a_line_that_cannot_be_scored_stops_with_file_and_number(
    junxiu: Junxiu, tmp_path: Path, one_question: dict[str, Any]
) -> None:
    given = _write(tmp_path / "set.jsonl", one_question, one_question | {"kind": "hard"})
    said = junxiu("eval", str(given), "--home", str(tmp_path / "home"), exit_code=2)
    assert said.startswith("set.jsonl 第2行")


def test_a_real_home_from_nothing_to_the_first_binding(junxiu: Junxiu, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "real"))
    administrator = ("--institution", "东山军休所", "--name", "刘所长", "--login", "liu")
    assert "junxiu init" in junxiu("serve", *home, exit_code=1)
    assert not (tmp_path / "real").exists()
    assert "8" in junxiu("init", *administrator, *home, said="short\n", exit_code=1)
    assert "junxiu serve" in junxiu("init", *administrator, *home, said="long enough\n")
    assert "已经准备过了" in junxiu("init", *administrator, *home, said="x\n", exit_code=1)
    # A demonstration is never mixed into a real house.
    server = RunningServer(tmp_path / "real").start()
    try:
        _a_real_house_is_used(junxiu, server, home)
    finally:
        assert server.stop() == 0
    assert "示范登录" not in server.log.read_text(encoding="utf-8")


def _a_real_house_is_used(junxiu: Junxiu, server: RunningServer, home: tuple[str, str]) -> None:
    assert server.desk_answers("liu", "wrong password") == 401
    assert server.desk_answers("liu", "long enough") == 200
    assert "手机号" in junxiu("people", "add", "马援朝", "--phone", "12", *home, exit_code=1)
    him = ("people", "add", "马援朝", "--phone", "13900000001")
    assert "失能、失智、独居、空巢" in junxiu(*him, "--care", "有钱", *home, exit_code=1)
    said = junxiu(*him, "--care", "独居、空巢", *home)
    code = next(line for line in said.splitlines() if "绑定码" in line)
    code = code.split("：")[1].split("（")[0]
    family = ("people", "add", "马丽", "--kind", "family", "--of", "马援朝")
    assert "--calls" in junxiu(*family, *home, exit_code=2)
    junxiu(*family, "--calls", "我爸", *home)
    roster = junxiu("people", *home)
    assert [line.split("　") for line in roster.splitlines()] == [
        ["刘所长", "工作人员"],
        ["马援朝", "军休干部"],
        ["马丽", "家属"],
    ]
    assert "没有“王五”" in junxiu("people", "王五", *home, exit_code=1)
    visitor = WebVisitor(server.address)
    visitor.open()
    assert "马援朝" in str(visitor.types(code))
    assert visitor.types("找工作人员")
    other = WebVisitor(server.address)
    other.open()
    assert "马援朝" not in str(other.types(code))
