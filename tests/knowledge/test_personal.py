"""Whether a question is about the asker's own case: sentences written before the rules, and after."""

import json
from pathlib import Path

import pytest

from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.errors import FileWrong
from knowledge.personal import PersonalQuestions
from tests.conftest import NOW

DATA = Path(__file__).parent / "data"
NOTICE_QUESTIONS = Path(__file__).parents[2] / "ingestion/bundled/notice_questions.jsonl"
PERSONAL = PersonalQuestions()

# Sets written after the rules, one after the other; the rules learnt from what each had missed.
LATER = ("personal_later", "personal_third", "personal_fourth")
LEAST_HEARD = 0.85


def questions(name: str, *, personal: bool) -> list[str]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [row["question"] for row in map(json.loads, lines) if row["personal"] is personal]


@pytest.mark.parametrize("question", questions("personal", personal=True))
def test_a_personal_question_is_heard(question: str) -> None:
    assert PERSONAL.asks(question)


@pytest.mark.parametrize("name", ["personal", *LATER])
def test_no_lookalike_is_taken_for_personal(name: str) -> None:
    assert [each for each in questions(name, personal=False) if PERSONAL.asks(each)] == []


@pytest.mark.parametrize("name", LATER)
def test_most_of_a_later_set_is_heard(name: str) -> None:
    asked = questions(name, personal=True)
    assert sum(map(PERSONAL.asks, asked)) / len(asked) >= LEAST_HEARD


def test_no_question_the_notice_answers_is_taken_for_personal() -> None:
    lines = NOTICE_QUESTIONS.read_text("utf-8").splitlines()
    answerable = [row["question"] for row in map(json.loads, lines) if row["kind"] == "answerable"]
    assert len(answerable) > 1_000
    assert [each for each in answerable if PERSONAL.asks(each)] == []


def test_a_personal_question_gets_no_quote_and_no_guess(notice: Answering) -> None:
    answer = notice.answer("我一个月能领多少钱", institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.NEEDS_STAFF
    assert answer.citations == ()
    assert "工作人员" in answer.text


def test_no_lookalike_ends_as_personal(notice: Answering) -> None:
    ends = {
        question: notice.answer(question, institution_id=None, now=NOW).status
        for question in questions("personal", personal=False)
    }
    assert AnswerStatus.NEEDS_STAFF not in ends.values()
    assert ends["我每年能体检几次"] is AnswerStatus.ANSWERED


@pytest.mark.parametrize("question", ["我的快递到哪儿了", "我的手机怎么没信号了", "我" * 5_000])
def test_what_is_one_s_own_but_not_the_house_s(question: str) -> None:
    assert not PERSONAL.asks(question)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ('[[personal]]\nname = "a"\nasks = ["{nobody}领多少"]\n', 1, "nobody"),
        ('[[personal]]\nname = "a"\nasks = ["("]\n', 1, "("),
        ('[[personal]]\nname = "a"\n', 1, "asks"),
        ('[words]\nown = ["{kin}"]\n[[personal]]\nname = "a"\nasks = ["{own}"]\n', 1, "kin"),
        ('[[personal]]\nname = "a"\nasks = ["我"]\n\n[[personal]]\nother = "b"\n', 5, "other"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, line: int, what: str) -> None:
    file = tmp_path / "personal.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FileWrong, match=f"第{line}行") as wrong:
        PersonalQuestions(file)
    assert what in str(wrong.value)
