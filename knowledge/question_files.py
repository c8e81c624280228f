"""Questions in a file, answers in a file: one JSON object a line, in order."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from knowledge.answering import Answering
from knowledge.answers import Answer
from knowledge.errors import LineWrong


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """One line of a question file; `line` is the whole object, for what else it carries."""

    id: str
    question: str
    line: dict[str, Any]


def read_questions(path: Path) -> list[FileQuestion]:
    """Read every line of a question file.

    Raises:
        LineWrong: a line is not an object with an `id` and a `question`.
    """
    return [_question(number, line) for number, line in _lines(path)]


def answer_file(
    answering: Answering,
    questions: Path,
    answers: Path,
    *,
    institution_id: int | None,
    now: datetime,
) -> int:
    """Answer each line into a line of `answers`, as it goes; return how many.

    Raises:
        LineWrong: a line is not such an object; the lines before it are written.
    """
    count = 0
    # A lone surrogate in an id has no UTF-8; written with a backslash it is JSON's own escape.
    with answers.open("w", encoding="utf-8", errors="backslashreplace") as out:
        for number, line in _lines(questions):
            asked = _question(number, line)
            answer = answering.answer(asked.question, institution_id=institution_id, now=now)
            out.write(json.dumps(answer_line(asked.id, answer), ensure_ascii=False) + "\n")
            count += 1
    return count


def answer_line(question_id: str, answer: Answer) -> dict[str, Any]:
    """Return the answer as the object that stands in an answer file."""
    return {
        "id": question_id,
        "status": answer.status.value,
        "text": answer.text,
        "citations": [
            {"document": c.document, "heading": c.heading, "quote": c.quote}
            for c in answer.citations
        ],
        "seconds": round(answer.seconds, 6),
    }


def spoken_answer(answer: Answer) -> str:
    """Return an answer for a terminal: the text, then each quote with where it stands."""
    lines = [answer.text]
    for citation in answer.citations:
        lines += ["", f"“{citation.quote}”", f"    —— 《{citation.title}》，{citation.heading}"]
    return "\n".join(lines)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    # Only a line feed ends a line: other separators may stand inside a JSON text.
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        yield from enumerate(file, start=1)


def _question(number: int, line: str) -> FileQuestion:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineWrong(number, "不是 JSON。") from error
    if not isinstance(row, dict):
        raise LineWrong(number, "应当是一个对象 {…}。")
    question_id, question = row.get("id"), row.get("question")
    if not isinstance(question_id, str) or not isinstance(question, str):
        raise LineWrong(number, "要有文字的 id 和 question。")
    return FileQuestion(question_id, question, row)
