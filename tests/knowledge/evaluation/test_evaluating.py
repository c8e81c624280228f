"""A whole set asked of the notice: tallies, misses, breaches; and our own hold their bars."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.notice import NOTICE_BARS, OWN_SETS
from knowledge.answering import Answering
from knowledge.answers import Answer
from knowledge.evaluation.evaluating import Report, Tally, evaluate
from knowledge.evaluation.report import report_lines
from knowledge.evaluation.risk_coverage import Point
from knowledge.evaluation.sets import Kind, QuestionSet, Score, SetQuestion, read_set
from store.database import Database
from tests.conftest import NOW
from tests.knowledge.evaluation.made import GOLD, answer, asked, quote

_SHARED = Path(__file__).parents[4] / "shared" / "eval" / "qa_dev.jsonl"


def _report(notice: Answering, database: Database, questions: QuestionSet) -> Report:
    return evaluate(notice, database, questions, institution_id=None, now=NOW)


def _assert_bars(notice: Answering, database: Database, file: Path) -> None:
    report = _report(notice, database, replace(read_set(file), bars=NOTICE_BARS))
    assert report.holds, "\n".join(report_lines(report, None))


@pytest.mark.parametrize(
    "file", sorted(OWN_SETS.glob("questions_*.jsonl")), ids=lambda file: file.stem
)
def test_our_own_questions_hold_the_bars(
    notice: Answering, notice_database: Database, file: Path
) -> None:
    _assert_bars(notice, notice_database, file)


def test_the_development_set_holds_the_bars(notice: Answering, notice_database: Database) -> None:
    if not _SHARED.exists():
        pytest.skip("the development questions are not here")
    _assert_bars(notice, notice_database, _SHARED)


class Scripted(Answering):
    """Gives the answers it was told to, by question; a real one needs a model and an index."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self._answers = answers

    def answer(self, question: str, **_others: object) -> Answer:
        """Return what was told for this question."""
        return self._answers[question]


def evaluated(
    database: Database, *pairs: tuple[SetQuestion, Answer], bars: dict[Score, float] | None = None
) -> Report:
    """Return the report of questions answered so."""
    questions = tuple(question for question, _answer in pairs)
    scripted = Scripted({question.question: made for question, made in pairs})
    return _report(scripted, database, QuestionSet("made.jsonl", questions, bars or {}))


def test_each_score_counts_the_questions_it_is_of(notice_database: Database) -> None:
    report = evaluated(
        notice_database,
        (asked(question="一"), answer(quote())),
        (asked(question="二"), answer()),
        (asked(Kind.OFFTOPIC, question="三"), answer()),
        (asked(Kind.DOCUMENT, question="四"), answer(quote())),
    )
    assert [(t.name, t.right, t.asked) for t in report.tallies] == [
        (Score.ANSWERABLE, 1, 2),
        (Score.FIRST, 1, 2),
        (Score.OFFTOPIC, 0, 1),
        (Score.HIT_1, 1, 1),
        (Score.HIT_3, 1, 1),
        (Score.ANSWERED, 1, 1),
    ]
    assert [one.missed for one in report.outcomes] == [
        (),
        (Score.ANSWERABLE, Score.FIRST),
        (Score.OFFTOPIC,),
        (),
    ]
    # All four ended in `answered`, two of them with nothing right.
    assert report.working_point == Point(1.0, 0.5)


@pytest.mark.parametrize(("bar", "holds"), [(0.5, True), (0.51, False)])
def test_a_bar_is_held_at_its_rate(notice_database: Database, bar: float, *, holds: bool) -> None:
    report = evaluated(
        notice_database,
        (asked(question="一"), answer(quote())),
        (asked(question="二"), answer()),
        bars={Score.ANSWERABLE: bar},
    )
    assert report.holds is holds
    assert report.bars_missed == (() if holds else (Score.ANSWERABLE,))


def test_a_bar_on_what_was_not_asked_is_not_missed(notice_database: Database) -> None:
    report = evaluated(
        notice_database,
        (asked(Kind.DOCUMENT), answer(quote())),
        bars={Score.WITHOUT_DOCUMENT: 0.65},
    )
    assert report.holds


def test_one_breach_is_enough(notice_database: Database) -> None:
    report = evaluated(notice_database, (asked(), answer(quote(), text=f"{GOLD}另外2次")))
    assert report.tallies[0].rate == 1.0
    assert report.breaches == ("数字2没有出处（1 每年能体检几次）",)
    assert not report.holds


def test_an_inexact_quote_is_a_breach(notice_database: Database) -> None:
    wrong = answer(quote("规定军休干部每年健康体检9次。"))
    report = evaluated(notice_database, (asked(), wrong))
    assert any("不是原文" in breach for breach in report.breaches)


def test_progress_is_told(notice: Answering, notice_database: Database) -> None:
    told: list[tuple[int, int]] = []
    evaluate(
        notice,
        notice_database,
        QuestionSet("two", (asked(Kind.DOCUMENT), asked(Kind.OFFTOPIC, question="下不下雨"))),
        institution_id=None,
        now=NOW,
        without_documents=True,
        progress=lambda done, steps: told.append((done, steps)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_wilsons_interval() -> None:
    low, high = Tally(Score.ANSWERABLE, right=34, asked=36).interval
    assert (round(low, 3), round(high, 3)) == (0.819, 0.985)


def test_real_answers_are_surer_than_real_refusals(notice: Answering) -> None:
    def sure(question: str) -> float:
        return notice.answer(question, institution_id=None, now=NOW).confidence

    answered = [sure(question) for question in ("每年能体检几次", "看病能不能优先")]
    refused = [sure(question) for question in ("红烧肉怎么做", "涨工资的钱啥时候补发")]
    assert 1.0 >= min(answered) > max(refused) >= 0.0
