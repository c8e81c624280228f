"""Known questions: the bundled file is whole, a wrong line is named, a new question leans right."""

import json
from pathlib import Path

import pytest

from ingestion.pipeline import BUNDLED_NOTICE, KNOWN_QUESTIONS, NOTICE_ID
from knowledge.embedding import Embedder
from knowledge.errors import FileWrong
from knowledge.experience import load_experience
from knowledge.kept_vectors import missing
from knowledge.known_questions import (
    KINDS,
    KnownQuestions,
    keep_known_vectors,
    read_known_questions,
    vectors_file,
)


@pytest.fixture(scope="module")
def known(embedder: Embedder) -> KnownQuestions:
    return KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector)


def test_every_known_answer_stands_in_the_notice_and_no_question_twice() -> None:
    text = BUNDLED_NOTICE.read_text(encoding="utf-8")
    lines = read_known_questions(KNOWN_QUESTIONS)
    assert [words for each in lines for words in each.gold if words not in text] == []
    assert len({each.question for each in lines}) == len(lines)
    assert {each.kind for each in lines} == set(KINDS)


def test_every_known_question_has_its_vector() -> None:
    questions = [each.question for each in read_known_questions(KNOWN_QUESTIONS)]
    assert missing(vectors_file(KNOWN_QUESTIONS), questions) == []


def test_no_question_of_a_test_set_is_known() -> None:
    known = {each.question for each in read_known_questions(KNOWN_QUESTIONS)}
    for path in Path(__file__).with_name("data").glob("questions_*.jsonl"):
        asked = [json.loads(line)["question"] for line in path.read_text("utf-8").splitlines()]
        assert [question for question in asked if question in known] == []


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("一年里头查几次身子骨", "answerable"),
        ("那个查身体的医院叫啥名", "unanswerable"),
        ("晚上炖排骨放什么料", "offtopic"),
    ],
)
def test_a_new_question_leans_to_its_kind(
    known: KnownQuestions, embedder: Embedder, question: str, kind: str
) -> None:
    leaning = known.likeness(embedder.query_vector(question)).leaning
    assert KINDS[leaning.index(max(leaning))] == kind


def test_the_words_that_answered_like_questions_are_lent(
    known: KnownQuestions, embedder: Embedder
) -> None:
    gold = dict(known.likeness(embedder.query_vector("一年里头查几次身子骨")).gold)
    assert "健康体检" in max(gold, key=lambda words: gold[words])


_LINE = {
    "set": "x",
    "kind": "answerable",
    "question": "几次",
    "gold": ["每年组织军休干部进行1次健康体检"],
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "maybe"}, "kind"),
        ({"question": " "}, "question"),
        ({"gold": []}, "gold"),
        ({"gold": "x"}, "gold"),
        ({"gold": ["太短"]}, "太短"),
        ({"kind": "offtopic"}, "gold"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [_LINE, {**_LINE, **change}]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    with pytest.raises(FileWrong, match=f"第2行.*{said}"):
        read_known_questions(path)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text("体检几次\n", "utf-8")
    with pytest.raises(FileWrong, match="第1行"):
        read_known_questions(path)


def test_staff_can_add_a_question(tmp_path: Path, embedder: Embedder) -> None:
    path = tmp_path / "questions.jsonl"
    rows = [_LINE, {"set": "x", "kind": "offtopic", "question": "下雨吗"}]
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    keep_known_vectors(path, embedder.query_vector)
    known = KnownQuestions(path, document=NOTICE_ID, embed=embedder.query_vector)
    leaning = known.likeness(embedder.query_vector("有几次")).leaning
    assert leaning[0] > leaning[2]


def test_broken_weights_are_named(tmp_path: Path) -> None:
    path = tmp_path / "experience.toml"
    path.write_text("threshold = 0.5\nconstant = 1\n[weights]\nholds = 'x'\n", "utf-8")
    with pytest.raises(FileWrong, match="权重"):
        load_experience(path)
