"""Whether a question is about the asker's own case: sentences written before the rules, and after."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.errors import FileWrong
from knowledge.kept_vectors import missing
from knowledge.known_questions import KnownQuestions
from knowledge.personal import (
    LEANS_ENOUGH,
    PersonalExamples,
    PersonalQuestions,
    read_examples,
    vectors_file,
)
from knowledge.words import spoken
from tests.conftest import NOW

DATA = Path(__file__).parent / "data"
NOTICE_QUESTIONS = Path(__file__).parents[2] / "ingestion/bundled/notice_questions.jsonl"
PERSONAL = PersonalQuestions()

# Sets written after the rules, one after the other; the rules learnt from what each had missed.
LATER = ("personal_later", "personal_third", "personal_fourth")
LEAST_HEARD = 0.85
# Of a set nobody learnt from; the ways to ask of the file alone hear 23 of its 40.
LEAST_HEARD_UNSEEN = 0.75


@pytest.fixture(scope="module")
def examples(embedder: Embedder) -> PersonalExamples:
    return PersonalExamples(embedder.query_vector)


@pytest.fixture(scope="module")
def asks(embedder: Embedder, examples: PersonalExamples) -> Callable[[str], bool]:
    personal = PersonalQuestions(examples=examples)
    return lambda text: personal.asks(text, lambda: embedder.query_vector(text))


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


def test_every_example_has_its_vector() -> None:
    assert missing(vectors_file(), [question for question, _ in read_examples()]) == []


def test_no_example_of_the_others_would_be_taken_for_personal(examples: PersonalExamples) -> None:
    leans = examples.leaning.of_examples()[:, 0]
    assert [
        question
        for (question, is_personal), lean in zip(examples.lines, leans, strict=True)
        if not is_personal and lean >= LEANS_ENOUGH and PERSONAL.could_sound_so(spoken(question))
    ] == []


def test_wordings_nobody_learnt_from_are_heard_by_their_likeness(
    asks: Callable[[str], bool],
) -> None:
    asked = questions("personal_fifth", personal=True)
    assert sum(map(asks, asked)) / len(asked) >= LEAST_HEARD_UNSEEN
    assert [each for each in questions("personal_fifth", personal=False) if asks(each)] == []


def test_what_the_notice_answers_sounds_like_no_case_of_ones_own(
    examples: PersonalExamples, embedder: Embedder
) -> None:
    known = KnownQuestions(NOTICE_QUESTIONS, document="notice", embed=embedder.query_vector)
    personal = PersonalQuestions(examples=examples)
    taken = [
        line.question
        for line, row in zip(known.lines, known.rows, strict=True)
        if line.kind == "answerable" and personal.asks(line.question, partial(np.asarray, row))
    ]
    assert taken == []


@pytest.mark.parametrize(
    "line", ["不是JSON", '{"question": "钱呢"}', '{"question": 1, "personal": true}']
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_text(f'{{"question": "我的钱呢", "personal": true}}\n{line}\n', encoding="utf-8")
    with pytest.raises(FileWrong, match="2"):
        read_examples(file)
