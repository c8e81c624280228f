"""Scores: counts, intervals, misses; and the questions of our own hold their bars."""

from pathlib import Path
from typing import Any

import pytest

from knowledge.answering import Answering
from knowledge.evaluation import Report, Tally, evaluate, report_lines
from knowledge.question_files import FileQuestion, read_questions
from store.database import Database
from tests.conftest import NOW

_DATA = Path(__file__).with_name("data")
_SHARED = Path(__file__).parents[3] / "shared" / "eval" / "qa_dev.jsonl"
_BARS = {
    "answerable": 0.95,
    "answerable, first": 0.88,
    "unanswerable": 0.90,
    "offtopic": 0.97,
}


def _report(notice: Answering, database: Database, path: Path) -> Report:
    return evaluate(notice, database, read_questions(path), institution_id=None, now=NOW)


def _assert_bars(report: Report) -> None:
    shown = "\n".join(report_lines(report))
    assert report.breaches == (), shown
    for tally in report.tallies:
        assert tally.rate >= _BARS[tally.name], shown


@pytest.mark.parametrize(
    "path", sorted(_DATA.glob("questions_*.jsonl")), ids=lambda path: path.stem
)
def test_our_own_questions_hold_the_bars(
    notice: Answering, notice_database: Database, path: Path
) -> None:
    _assert_bars(_report(notice, notice_database, path))


def test_the_development_set_holds_the_bars(notice: Answering, notice_database: Database) -> None:
    if not _SHARED.exists():
        pytest.skip("the development questions are not here")
    _assert_bars(_report(notice, notice_database, _SHARED))


def test_a_miss_is_listed_with_what_was_shown(notice: Answering, notice_database: Database) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": "1",
            "kind": "answerable",
            "question": "一年能做几回体检",
            "gold": ["每年体检两次，一次不落地做"],
        },
        {"id": "2", "kind": "offtopic", "question": "明天下不下雨"},
    ]
    questions = [FileQuestion(row["id"], row["question"], row) for row in rows]
    report = evaluate(notice, notice_database, questions, institution_id=None, now=NOW)
    assert [(t.name, t.right, t.asked) for t in report.tallies] == [
        ("answerable", 0, 1),
        ("answerable, first", 0, 1),
        ("offtopic", 1, 1),
    ]
    assert [miss.question for miss in report.misses] == ["一年能做几回体检"]
    assert "1次" in report_lines(report)[-1]


def test_wilsons_interval() -> None:
    low, high = Tally("x", right=34, asked=36).interval
    assert (round(low, 3), round(high, 3)) == (0.819, 0.985)
