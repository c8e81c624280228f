"""Runs are kept in the home without a word anybody asked, and compared question by question."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from knowledge.answers import Answer, AnswerStatus
from knowledge.evaluation.evaluating import Outcome, Report, Tally
from knowledge.evaluation.risk_coverage import Point, risk_coverage
from knowledge.evaluation.runs import Runs
from knowledge.evaluation.scoring import score
from knowledge.evaluation.sets import Score, SetQuestion
from store.keyring import Keyring
from tests.conftest import NOW
from tests.knowledge.evaluation.made import GOLD, OTHER, answer, asked, quote

RIGHT, SECOND = answer(quote()), answer(quote(OTHER), quote())
REFUSED = answer(status=AnswerStatus.NOT_IN_DOCUMENTS)


@pytest.fixture
def runs(tmp_path: Path, keyring: Keyring) -> Runs:
    return Runs(tmp_path, keyring)


def report(*pairs: tuple[SetQuestion, Answer], name: str = "题.jsonl") -> Report:
    """Return the report of some answers."""
    outcomes = tuple(Outcome(q, a, score(q, a)) for q, a in pairs)
    tallies = (Tally(Score.ANSWERABLE, 1, len(pairs)),)
    return Report(name, outcomes, tallies, {}, risk_coverage([]), Point(0, 0), (), 0.01)


def test_the_first_run_has_nothing_beside_it(runs: Runs) -> None:
    assert runs.compare(report((asked(), RIGHT))) is None


def test_what_got_better_and_worse_is_found_by_question(runs: Runs) -> None:
    one, two, three = (asked(id=key, question=key) for key in ("一", "二", "三"))
    runs.keep(report((one, RIGHT), (two, SECOND), (three, REFUSED)), at=NOW)
    compared = runs.compare(report((three, RIGHT), (one, REFUSED), (two, SECOND)))
    assert compared is not None
    assert (compared.before_at, compared.shared) == (NOW, 3)
    (better,), (worse,) = compared.better, compared.worse
    assert better.outcome.asked is three
    assert (better.before.status, better.before.quote) == ("not_in_documents", "")
    assert better.scores == (Score.ANSWERABLE, Score.FIRST)
    assert worse.outcome.asked is one
    assert (worse.before.status, worse.before.quote) == ("answered", GOLD)


def test_one_score_of_a_question_may_turn_alone(runs: Runs) -> None:
    runs.keep(report((asked(), RIGHT)), at=NOW)
    compared = runs.compare(report((asked(), SECOND)))
    assert compared is not None
    assert [change.scores for change in compared.worse] == [(Score.FIRST,)]
    assert compared.better == ()


def test_the_last_run_of_the_same_set_is_the_one(runs: Runs) -> None:
    runs.keep(report((asked(), RIGHT)), at=NOW + timedelta(hours=1))
    runs.keep(report((asked(), REFUSED)), at=NOW)
    runs.keep(report((asked(), REFUSED), name="other.jsonl"), at=NOW + timedelta(hours=2))
    compared = runs.compare(report((asked(), REFUSED)))
    assert compared is not None
    assert len(compared.worse) == 1


def test_another_question_under_the_same_number_is_another(runs: Runs) -> None:
    runs.keep(report((asked(), RIGHT)), at=NOW)
    for changed in (
        asked(question="体检在哪"),
        asked(gold=(OTHER,)),
        asked(must_include=("1次",)),
        asked(id="2"),
    ):
        assert runs.compare(report((changed, REFUSED))) is None


def test_a_set_of_the_same_name_does_not_hide_the_run_before(runs: Runs) -> None:
    runs.keep(report((asked(), RIGHT)), at=NOW)
    runs.keep(report((asked(question="别的"), RIGHT)), at=NOW + timedelta(hours=1))
    compared = runs.compare(report((asked(), RIGHT)))
    assert compared is not None
    assert compared.before_at == NOW


def test_a_score_only_one_run_has_turned_nothing(runs: Runs) -> None:
    first = report((asked(), RIGHT))
    runs.keep(first, at=NOW)
    (outcome,) = first.outcomes
    again = replace(outcome, scores={**outcome.scores, Score.WITHOUT_DOCUMENT: False})
    compared = runs.compare(replace(first, outcomes=(again,)))
    assert compared is not None
    assert (compared.better, compared.worse) == ((), ())


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"questions": []}', '{"questions": {"a": 1}}'])
def test_a_file_that_is_no_run_is_passed_over(runs: Runs, broken: str) -> None:
    kept = runs.keep(report((asked(), RIGHT)), at=NOW)
    kept.with_name("99990101T000000.000000Z.json").write_text(broken, encoding="utf-8")
    compared = runs.compare(report((asked(), RIGHT)))
    assert compared is not None
    assert compared.before_at == NOW


def test_a_run_holds_no_question_and_nothing_half_written(runs: Runs) -> None:
    asking = asked(question="我叫张建国，能体检几次", id="\ud800")
    kept = runs.keep(report((asking, RIGHT)), at=NOW)
    written = kept.read_text(encoding="ascii")
    assert json.loads(written)["tallies"] == {"answerable": {"right": 1, "asked": 1}}
    assert "张建国" not in json.dumps(json.loads(written), ensure_ascii=False)
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]
    assert kept.parent.name == "题.jsonl"
