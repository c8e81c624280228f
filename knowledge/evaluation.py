"""Scoring answers against a question set: counts, rates, 95 % intervals, every miss.

A set is a file of lines {"id", "question", …}. With `kind` answerable, unanswerable or
offtopic it is scored by how the question must end; with `document` and `answer` by whether
the right words of the right document are quoted first, or among the first three.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from knowledge.answering import Answering
from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.errors import LineWrong
from knowledge.grounding import is_exact, shares, unbacked_numbers
from knowledge.models import Document
from knowledge.question_files import FileQuestion
from knowledge.quoting import MOST_CHARACTERS, MOST_QUOTES
from store.database import Database

_SHARED_CHARACTERS = 12
_Z_95 = 1.959964
_RIGHT_ENDS = {
    "answerable": {AnswerStatus.ANSWERED},
    "unanswerable": {
        AnswerStatus.PARTIAL,
        AnswerStatus.NOT_IN_DOCUMENTS,
        AnswerStatus.NEEDS_STAFF,
    },
    "offtopic": {AnswerStatus.OUT_OF_SCOPE, AnswerStatus.NOT_IN_DOCUMENTS},
}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of how many."""

    name: str
    right: int
    asked: int

    @property
    def rate(self) -> float:
        """Return the share that is right."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of the rate."""
        if not self.asked:
            return (0.0, 1.0)
        spread = _Z_95**2 / self.asked
        middle = self.rate + spread / 2
        around = _Z_95 * math.sqrt((self.rate * (1 - self.rate) + spread / 4) / self.asked)
        return ((middle - around) / (1 + spread), (middle + around) / (1 + spread))


@dataclass(frozen=True, slots=True)
class Shown:
    """One question, how it ended, and what was shown."""

    kind: str
    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Report:
    """The score of a set."""

    tallies: tuple[Tally, ...]
    misses: tuple[Shown, ...]
    breaches: tuple[str, ...]
    median_seconds: float


def evaluate(
    answering: Answering,
    database: Database,
    questions: Iterable[FileQuestion],
    *,
    institution_id: int | None,
    now: datetime,
) -> Report:
    """Ask every question and score the answers.

    Raises:
        LineWrong: a line does not say what would be right.
    """
    asked = list(questions)
    for number, question in enumerate(asked, start=1):
        _check(number, question.line)
    answers = [answering.answer(q.question, institution_id=institution_id, now=now) for q in asked]
    scores = [_score(q.line, answer) for q, answer in zip(asked, answers, strict=True)]
    names = list(dict.fromkeys(name for score in scores for name in score))
    tallies = tuple(
        Tally(
            name,
            right=sum(score[name] for score in scores if name in score),
            asked=sum(name in score for score in scores),
        )
        for name in names
    )
    shown = [Shown(_kind(q.line), q.question, a) for q, a in zip(asked, answers, strict=True)]
    misses = tuple(one for one, score in zip(shown, scores, strict=True) if not all(score.values()))
    seconds = sorted(answer.seconds for answer in answers)
    return Report(
        tallies,
        misses,
        breaches=tuple(_breaches(database, shown)),
        median_seconds=seconds[len(seconds) // 2] if seconds else 0.0,
    )


def report_lines(report: Report) -> list[str]:
    """Return a report as lines for a terminal."""
    lines = [f"{'':<24}{'对':>5}{'共':>5}{'比率':>8}   95% 区间"]
    for tally in report.tallies:
        low, high = tally.interval
        lines.append(
            f"{tally.name:<24}{tally.right:>6}{tally.asked:>6}{tally.rate:>9.3f}   {low:.3f}–{high:.3f}"
        )
    lines.append(f"每问中位用时 {report.median_seconds * 1000:.1f} 毫秒")
    lines += [f"违例：{breach}" for breach in report.breaches] or ["违例：没有"]
    for miss in report.misses:
        quotes = "；".join(citation.quote for citation in miss.answer.citations)
        lines.append(f"没对 [{miss.kind}] {miss.question} → {miss.answer.status.value} {quotes}")
    return lines


def _check(number: int, line: dict[str, Any]) -> None:
    kind = _kind(line)
    if kind == "document":
        if not all(isinstance(line.get(name), str) for name in ("document", "answer")):
            raise LineWrong(number, "没有 kind 的题要有文字的 document 和 answer。")
    elif kind not in _RIGHT_ENDS:
        raise LineWrong(number, f"kind 只能是 {'、'.join(_RIGHT_ENDS)}。")


def _kind(line: dict[str, Any]) -> str:
    return str(line.get("kind", "document"))


def _score(line: dict[str, Any], answer: Answer) -> dict[str, bool]:
    """Return what this answer counts for, by the name of the tally."""
    kind = _kind(line)
    if kind == "document":
        return _score_by_document(line, answer)
    if kind != "answerable":
        return {kind: answer.status in _RIGHT_ENDS[kind]}
    gold: list[str] = line.get("gold", [])
    wanted: list[str] = line.get("must_include", [])
    hits = [_hits(citation, gold) for citation in answer.citations]
    right = (
        answer.status in _RIGHT_ENDS[kind]
        and _is_short_enough(answer)
        and any(hits)
        and (not wanted or any(words in answer.text for words in wanted))
    )
    return {kind: right, "answerable, first": right and hits[0]}


def _score_by_document(line: dict[str, Any], answer: Answer) -> dict[str, bool]:
    gold = [str(line["answer"])]
    hits = [
        citation.document == line["document"] and _hits(citation, gold)
        for citation in answer.citations
    ]
    within = _is_short_enough(answer)
    return {
        "hit@1": within and any(hits[:1]),
        "hit@3": within and any(hits[:3]),
        "answered": answer.status is AnswerStatus.ANSWERED,
    }


def _hits(citation: Citation, gold: list[str]) -> bool:
    return any(shares(citation.quote, words, characters=_SHARED_CHARACTERS) for words in gold)


def _is_short_enough(answer: Answer) -> bool:
    shown = sum(len(citation.quote) for citation in answer.citations)
    return len(answer.citations) <= MOST_QUOTES and shown <= MOST_CHARACTERS


def _breaches(database: Database, shown: list[Shown]) -> list[str]:
    found: list[str] = []
    with database.read() as session:
        for one in shown:
            for citation in one.answer.citations:
                texts = session.scalars(
                    select(Document.text).where(Document.external_id == citation.document)
                )
                if not any(is_exact(citation.quote, text) for text in texts):
                    found.append(f"“{citation.quote}”不是原文（{one.question}）")
            if one.answer.status in {AnswerStatus.ANSWERED, AnswerStatus.PARTIAL}:
                quotes = [citation.quote for citation in one.answer.citations]
                numbers = unbacked_numbers(one.answer.text, quotes=quotes, question=one.question)
                found += [f"{number}没有出处（{one.question}）" for number in numbers]
    return found
