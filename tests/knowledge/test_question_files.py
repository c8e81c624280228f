"""Questions in a file, answers in a file."""

import json
from pathlib import Path

import pytest

from knowledge.answering import Answering
from knowledge.errors import LineWrong
from knowledge.question_files import answer_file, spoken_answer
from tests.conftest import NOW


def test_one_line_for_each_line_in_order(notice: Answering, tmp_path: Path) -> None:
    asked = [
        {"id": "2", "question": "一年能做几回体检"},
        {"id": "1", "question": "", "kind": "anything"},
        {"id": "2", "question": "a\u2028b\ud800"},
    ]
    questions = tmp_path / "q.jsonl"
    questions.write_text("\n".join(json.dumps(row) for row in asked), encoding="utf-8")
    answers = tmp_path / "a.jsonl"
    count = answer_file(notice, questions, answers, institution_id=None, now=NOW)
    rows = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert count == 3
    assert [row["id"] for row in rows] == ["2", "1", "2"]
    assert set(rows[0]) == {"id", "status", "text", "citations", "seconds"}
    assert set(rows[0]["citations"][0]) == {"document", "heading", "quote"}
    assert rows[0]["status"] == "answered"
    assert rows[0]["seconds"] > 0


@pytest.mark.parametrize(
    "line", ["", "[]", '{"id": 1, "question": "x"}', '{"id": "1"}', "{", '"x"', "[" * 9999]
)
def test_a_line_that_is_no_question_stops_with_its_number(
    notice: Answering, tmp_path: Path, line: str
) -> None:
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "1", "question": "你好"}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(LineWrong) as caught:
        answer_file(notice, questions, tmp_path / "a.jsonl", institution_id=None, now=NOW)
    assert caught.value.line == 2


def test_a_terminal_shows_where_each_quote_stands(notice: Answering) -> None:
    answer = notice.answer("到部队医院看病排队能不能优先", institution_id=None, now=NOW)
    shown = spoken_answer(answer)
    for citation in answer.citations:
        assert citation.quote in shown
        assert citation.heading in shown
