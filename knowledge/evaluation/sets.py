"""Question sets: what is asked, what would be right, and the bars a set holds answers to.

A set is a file of JSON objects, one a line. With `kind` answerable, unanswerable or offtopic a
question is scored by how it must end; with `document` and `answer` by whether the right words
of the right document are quoted. The first line may be {"bars": {"answerable": 0.95, …}}: the
least rate of each score.
"""

import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from knowledge.errors import SetWrong


class Kind(enum.StrEnum):
    """How a question is scored."""

    ANSWERABLE = "answerable"
    UNANSWERABLE = "unanswerable"
    OFFTOPIC = "offtopic"
    DOCUMENT = "document"


class Score(enum.StrEnum):
    """What is counted, by the name a report and a set's bars use."""

    ANSWERABLE = "answerable"
    FIRST = "answerable, first"
    UNANSWERABLE = "unanswerable"
    OFFTOPIC = "offtopic"
    HIT_1 = "hit@1"
    HIT_3 = "hit@3"
    ANSWERED = "answered"
    WITHOUT_DOCUMENT = "without document"


SCORES_OF: Mapping[Kind, tuple[Score, ...]] = {
    Kind.ANSWERABLE: (Score.ANSWERABLE, Score.FIRST),
    Kind.UNANSWERABLE: (Score.UNANSWERABLE,),
    Kind.OFFTOPIC: (Score.OFFTOPIC,),
    Kind.DOCUMENT: (Score.HIT_1, Score.HIT_3, Score.ANSWERED, Score.WITHOUT_DOCUMENT),
}
# A line without `kind` is of the other shape, so that name is none of theirs.
_KINDS_IN_FILES = (Kind.ANSWERABLE, Kind.UNANSWERABLE, Kind.OFFTOPIC)


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """One question and what would be right for it.

    Attributes:
        gold: words of which a right quote shares a stretch.
        must_include: words of which one must stand in what the person reads; may be empty.
        document: the id of the document that must be quoted, where the set says so.
    """

    id: str
    question: str
    kind: Kind
    gold: tuple[str, ...] = ()
    must_include: tuple[str, ...] = ()
    document: str | None = None


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A named set of questions with its bars."""

    name: str
    questions: tuple[SetQuestion, ...]
    bars: Mapping[Score, float] = field(default_factory=dict)


def read_set(path: Path) -> QuestionSet:
    """Read and check a question set.

    Raises:
        SetWrong: names the file, the line and what is wrong with it.
    """
    lines = _objects(path)
    bars_line, bars = (lines[0][0], lines.pop(0)[1]) if _holds_bars(lines) else (1, {})
    questions = tuple(_Line(path, number, row).question() for number, row in lines)
    if not questions:
        raise SetWrong(path, bars_line, "里面一道题也没有。")
    return QuestionSet(path.name, questions, _Line(path, bars_line, bars).bars(questions))


def _objects(path: Path) -> list[tuple[int, dict[str, Any]]]:
    found: list[tuple[int, dict[str, Any]]] = []
    # Only a line feed ends a line: other separators may stand inside a JSON text.
    for number, raw in enumerate(path.read_bytes().split(b"\n"), start=1):
        try:
            line = raw.decode("utf-8-sig").strip()
            row = json.loads(line) if line else None
        except UnicodeDecodeError as error:
            raise SetWrong(path, number, "不是 UTF-8 文字，请另存为 UTF-8。") from error
        except (ValueError, RecursionError) as error:
            raise SetWrong(path, number, "不是 JSON。") from error
        if row is None and not line:
            continue
        if not isinstance(row, dict):
            raise SetWrong(path, number, "应当是一个对象 {…}。")
        found.append((number, row))
    return found


def _holds_bars(lines: list[tuple[int, dict[str, Any]]]) -> bool:
    return bool(lines) and "bars" in lines[0][1]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a set, with where it stands for whoever has to put it right."""

    path: Path
    number: int
    row: dict[str, Any]

    def question(self) -> SetQuestion:
        kind = self._kind()
        if kind is Kind.DOCUMENT:
            return SetQuestion(
                self._words("id"),
                self._words("question", may_be_blank=True),
                kind,
                gold=(self._words("answer"),),
                document=self._words("document"),
            )
        gold = self._list("gold") if kind is Kind.ANSWERABLE else ()
        if kind is Kind.ANSWERABLE and not gold:
            self._wrong("能回答的题（answerable）要在 gold 里写明依据的原文。")
        return SetQuestion(
            self._words("id"),
            self._words("question", may_be_blank=True),
            kind,
            gold=gold,
            must_include=self._list("must_include"),
        )

    def bars(self, questions: tuple[SetQuestion, ...]) -> dict[Score, float]:
        """Return the bars this line sets; each must be of a score these questions have."""
        bars = self.row.get("bars", {})
        if not isinstance(bars, dict) or self.row.keys() - {"bars"}:
            self._wrong('这一行只能写 bars，如 {"bars": {"answerable": 0.95}}。')
        counted = {score for question in questions for score in SCORES_OF[question.kind]}
        found: dict[Score, float] = {}
        for name, bar in bars.items():
            if name not in counted:
                self._wrong(
                    f"bars 里的“{name}”这套题里没有；可以写的是：{'、'.join(sorted(counted))}。"
                )
            if isinstance(bar, bool) or not isinstance(bar, int | float) or not 0 <= bar <= 1:
                self._wrong(f"bars 里“{name}”的数要在 0 和 1 之间。")
            found[Score(name)] = float(bar)
        return found

    def _kind(self) -> Kind:
        kind = self.row.get("kind")
        if kind is None and "kind" not in self.row:
            return Kind.DOCUMENT
        if kind not in _KINDS_IN_FILES:
            self._wrong(
                f"kind 只能是 {'、'.join(_KINDS_IN_FILES)}；没有 kind 的题要有 document 和 answer。"
            )
        return Kind(kind)

    def _words(self, key: str, *, may_be_blank: bool = False) -> str:
        words = self.row.get(key)
        if not isinstance(words, str) or not (may_be_blank or words.strip()):
            self._wrong(f"要有文字的 {key}。")
        return words

    def _list(self, key: str) -> tuple[str, ...]:
        words = self.row.get(key, [])
        if not isinstance(words, list) or not all(isinstance(w, str) and w.strip() for w in words):
            self._wrong(f'{key} 要写成一列文字，如 ["…"]，不能有空的。')
        return tuple(words)

    def _wrong(self, reason: str) -> NoReturn:
        raise SetWrong(self.path, self.number, reason)
