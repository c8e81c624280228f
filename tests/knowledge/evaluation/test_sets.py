"""What a set must look like, and the sentence that says what is wrong with one."""

import json
from pathlib import Path
from typing import Any

import pytest

from knowledge.errors import SetWrong
from knowledge.evaluation.sets import Kind, QuestionSet, Score, SetQuestion, read_set

ANSWERABLE = {"id": "1", "kind": "answerable", "question": "几次", "gold": ["每年1次"]}
DOCUMENT = {"id": "2", "question": "几次", "document": "notice", "answer": "每年1次"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "题.jsonl"


def read(file: Path, *rows: Any) -> QuestionSet:
    """Write rows into a file and read it as a set."""
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_set(file)


def test_both_shapes_are_read(file: Path) -> None:
    questions = read(
        file,
        {**ANSWERABLE, "must_include": ["1次"]},
        {"id": "3", "kind": "offtopic", "question": ""},
        DOCUMENT,
    )
    assert questions == QuestionSet(
        "题.jsonl",
        (
            SetQuestion("1", "几次", Kind.ANSWERABLE, ("每年1次",), ("1次",)),
            SetQuestion("3", "", Kind.OFFTOPIC),
            SetQuestion("2", "几次", Kind.DOCUMENT, ("每年1次",), (), "notice"),
        ),
    )


def test_the_first_line_may_set_bars(file: Path) -> None:
    bars = {"answerable": 0.95, "answerable, first": 1, "without document": 0.65}
    questions = read(file, {"bars": bars}, ANSWERABLE, DOCUMENT)
    assert questions.bars == {
        Score.ANSWERABLE: 0.95,
        Score.FIRST: 1.0,
        Score.WITHOUT_DOCUMENT: 0.65,
    }
    assert len(questions.questions) == 2


def test_what_an_editor_leaves_behind_is_no_question(file: Path) -> None:
    lines = [b"\xef\xbb\xbf" + json.dumps(ANSWERABLE).encode(), b"", b"  \r", b""]
    file.write_bytes(b"\n".join(lines))
    assert len(read_set(file).questions) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([], "对象"),
        ({"id": 1, **{k: v for k, v in DOCUMENT.items() if k != "id"}}, "id"),
        ({**DOCUMENT, "question": None}, "question"),
        ({**DOCUMENT, "answer": " "}, "answer"),
        ({"id": "1", "question": "几次"}, "answer"),
        ({**ANSWERABLE, "kind": "hard"}, "kind"),
        ({**ANSWERABLE, "kind": "document"}, "kind"),
        ({**ANSWERABLE, "kind": None}, "kind"),
        ({**ANSWERABLE, "gold": []}, "gold"),
        ({**ANSWERABLE, "gold": "每年1次"}, "gold"),
        ({**ANSWERABLE, "gold": [""]}, "gold"),
        ({**ANSWERABLE, "must_include": [1]}, "must_include"),
    ],
)
def test_a_wrong_line_is_named_with_its_file(file: Path, row: Any, reason: str) -> None:
    with pytest.raises(SetWrong) as wrong:
        read(file, ANSWERABLE, row)
    assert str(wrong.value).startswith("题.jsonl 第2行：")
    assert reason in str(wrong.value)


@pytest.mark.parametrize(
    ("bars", "reason"),
    [
        ([0.95], "bars"),
        ({"answerable": 1.5}, "0 和 1"),
        ({"answerable": True}, "0 和 1"),
        ({"answerable": "0.95"}, "0 和 1"),
        ({"answerabel": 0.95}, "answerabel"),
        # No question here is scored on it: it would be held by nobody.
        ({"hit@1": 0.66}, "hit@1"),
    ],
)
def test_a_bar_that_cannot_be_held_is_refused(file: Path, bars: Any, reason: str) -> None:
    with pytest.raises(SetWrong, match="第1行") as wrong:
        read(file, {"bars": bars}, ANSWERABLE)
    assert reason in str(wrong.value)


@pytest.mark.parametrize("rows", [(), ({"bars": {}},)])
def test_a_set_without_questions_is_none(file: Path, rows: tuple[Any, ...]) -> None:
    with pytest.raises(SetWrong, match="一道题也没有"):
        read(file, *rows)


def test_bars_stand_alone_and_first(file: Path) -> None:
    with pytest.raises(SetWrong, match="第1行"):
        read(file, {"bars": {}, **ANSWERABLE}, ANSWERABLE)
    with pytest.raises(SetWrong, match="第2行"):
        read(file, ANSWERABLE, {"bars": {"answerable": 0.9}})


@pytest.mark.parametrize("line", [b"{", b"[" * 100_000, "每年".encode("gb18030")])
def test_what_is_no_json_is_named(file: Path, line: bytes) -> None:
    file.write_bytes(json.dumps(ANSWERABLE).encode() + b"\n" + line)
    with pytest.raises(SetWrong, match="第2行"):
        read_set(file)
