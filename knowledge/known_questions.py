"""Questions people are known to ask of a document, and whether it answers them.

A file beside the document: one {"set", "kind", "question"[, "gold"]} a line, `kind` being
answerable, unanswerable (the document speaks of the subject, not of what is asked) or offtopic;
`gold` are the words that answer; `set` names those that were written together. A new question is held against the nearest of them, so that what a
careful person decided about one question helps with the next that is like it.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.embedding import Vector
from knowledge.errors import FileWrong
from knowledge.kept_vectors import Embed, keep_vectors, missing, vectors_of
from knowledge.leaning import Leaning
from knowledge.words import comparable

ANSWERABLE, UNANSWERABLE, OFFTOPIC = KINDS = ("answerable", "unanswerable", "offtopic")

_SHORTEST_GOLD = 12
_VOTERS = 12
_VOTE_WIDTH = 0.1


@dataclass(frozen=True, slots=True)
class KnownQuestion:
    """One line of the file."""

    question: str
    kind: str
    gold: tuple[str, ...]
    set: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a question stands to the known ones.

    `leaning` is how far it leans to each of KINDS, about 1 to its own and -1 to the others;
    `gold` are the words that answered the nearest answerable ones, with their share.
    """

    leaning: tuple[float, ...]
    gold: tuple[tuple[str, float], ...]


class KnownQuestions:
    """The loaded file."""

    def __init__(self, path: Path, *, document: str, embed: Embed) -> None:
        """Read and check `path`; the vectors are kept in an npz file beside it.

        Args:
            document: the external id of the national document the questions are about.

        Raises:
            FileWrong: names the file and the line.
        """
        self.document = document
        self.lines = read_known_questions(path)
        self.rows = vectors_of(vectors_file(path), [each.question for each in self.lines], embed)
        self.sides = np.asarray([KINDS.index(each.kind) for each in self.lines])
        self._leaning = Leaning(self.rows, self.sides, len(KINDS))

    def likeness(self, vector: Vector, *, without: Sequence[int] = ()) -> Likeness:
        """Hold the embedding of a question against the known ones.

        Args:
            without: numbers of lines that lend no words, to measure as if they were not known.
        """
        alike = self._leaning.likeness(vector)
        leaning = tuple(float(share) for share in self._leaning.towards(alike))
        alike[self.sides != KINDS.index(ANSWERABLE)] = -1.0
        alike[list(without)] = -1.0
        voters = np.argsort(-alike)[:_VOTERS]
        shares = np.exp((alike[voters] - alike[voters[0]]) / _VOTE_WIDTH)
        shares /= shares.sum()
        gold: dict[str, float] = defaultdict(float)
        for line, share in zip(voters, shares, strict=True):
            for words in self.lines[line].gold:
                gold[words] += float(share)
        return Likeness(leaning, tuple(gold.items()))


def vectors_file(path: Path) -> Path:
    """Return where the vectors of a file of known questions are kept."""
    return path.with_suffix(".npz")


def keep_known_vectors(path: Path, embed: Embed) -> None:
    """Write the vectors of every question beside the file."""
    questions = [each.question for each in read_known_questions(path)]
    keep_vectors(vectors_file(path), questions, embed)


def without_vector(path: Path) -> list[str]:
    """Return the questions whose vector is not kept beside the file."""
    return missing(vectors_file(path), [each.question for each in read_known_questions(path)])


def read_known_questions(path: Path) -> list[KnownQuestion]:
    """Read a file of known questions.

    Raises:
        FileWrong: names the file and the line.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_known(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _known(path: Path, number: int, line: str) -> KnownQuestion:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise FileWrong(path, number, "不是 JSON。") from error
    question = row.get("question") if isinstance(row, dict) else None
    if not isinstance(question, str) or not comparable(question):
        raise FileWrong(path, number, "要有文字的 question。")
    if row.get("kind") not in KINDS:
        raise FileWrong(path, number, f"kind 只能是 {'、'.join(KINDS)}。")
    gold = row.get("gold", [])
    if not isinstance(gold, list) or not all(isinstance(words, str) for words in gold):
        raise FileWrong(path, number, "gold 要是一列文字。")
    if bool(gold) != (row["kind"] == ANSWERABLE):
        raise FileWrong(path, number, "能答的问题要有 gold（原文里的话），别的不要有。")
    if any(len(words) < _SHORTEST_GOLD for words in gold):
        raise FileWrong(path, number, f"gold 里的话太短，至少 {_SHORTEST_GOLD} 个字。")
    return KnownQuestion(question, row["kind"], tuple(gold), str(row.get("set", "")))
