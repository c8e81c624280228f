"""Whether a question is about the asker's own case, which stands in no document: `personal.toml`.

What he draws, what became of his application, what his checkup found: nothing may be guessed
there, so it is decided before any document is looked at. Where no way to ask of the file fits,
examples may tell: `personal_examples.jsonl`, one {"question", "personal"} a line.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from knowledge.embedding import Vector
from knowledge.errors import FileWrong
from knowledge.kept_vectors import Embed, vectors_of
from knowledge.leaning import Leaning
from knowledge.rule_files import RuleFile
from knowledge.words import spoken

PERSONAL_FILE = Path(__file__).with_name("personal.toml")
EXAMPLES_FILE = Path(__file__).with_name("personal_examples.jsonl")
# Leaving out one example at a time, nothing else leans so far to the personal ones that also
# speaks of what the file lists; on sentences written afterwards neither did anything.
LEANS_ENOUGH = 0.2
_KEYS = ("asks", "about", "unless")
_GROUP = re.compile(r"\{([a-z]+)\}")
# Folded text has half-width punctuation; the file is written as people write.
_FOLDED = str.maketrans("，？！：；", ",?!:;")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to ask: what must be spoken of besides, and what shows that it is none."""

    asks: tuple[re.Pattern[str], ...]
    about: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def asked_by(self, question: str) -> bool:
        if self.about and not _any(self.about, question):
            return False
        return _any(self.asks, question) and not _any(self.unless, question)


class PersonalExamples:
    """Questions about one's own case, and others."""

    def __init__(self, embed: Embed, path: Path = EXAMPLES_FILE) -> None:
        """Read `path`; the vectors are kept in an npz file beside it.

        Raises:
            FileWrong: names the file and the line.
        """
        self.lines = read_examples(path)
        rows = vectors_of(vectors_file(path), [question for question, _ in self.lines], embed)
        self.sides = np.asarray([0 if is_personal else 1 for _, is_personal in self.lines])
        self.leaning = Leaning(rows, self.sides, 2)

    def leans(self, vector: Vector) -> float:
        """Return how far a question leans to the personal ones: about 1, or -1."""
        return float(self.leaning.towards(self.leaning.likeness(vector))[0])


def read_examples(path: Path = EXAMPLES_FILE) -> list[tuple[str, bool]]:
    """Return the questions, each with whether it is personal.

    Raises:
        FileWrong: names the file and the line.
    """
    found: list[tuple[str, bool]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            question, is_personal = row["question"], row["personal"]
        except (ValueError, KeyError, TypeError) as error:
            raise FileWrong(path, number, "要有 question 和 personal。") from error
        if not isinstance(question, str) or not isinstance(is_personal, bool):
            raise FileWrong(path, number, "question 要是文字，personal 要是 true 或 false。")
        found.append((question, is_personal))
    return found


def vectors_file(path: Path = EXAMPLES_FILE) -> Path:
    """Return where the vectors of the examples are kept."""
    return path.with_suffix(".npz")


class PersonalQuestions:
    """The loaded file; with `examples`, what sounds like them counts as well."""

    def __init__(
        self, path: Path = PERSONAL_FILE, *, examples: PersonalExamples | None = None
    ) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        self._examples = examples
        file = RuleFile(path)
        self._groups = _groups(file)
        bookings = file.tree.get("bookings", {})
        self._bookings = tuple(
            self._pattern(file, 1, words) for words in file.words(bookings, "says", 1)
        )
        likeness = file.tree.get("likeness", {})
        self._about, self._unless = (
            tuple(self._pattern(file, 1, words) for words in file.words(likeness, key, 1))
            for key in ("about", "unless")
        )
        tables = file.tables("personal", frozenset({"name", *_KEYS}))
        self._ways = tuple(self._way(file, number, table) for number, table in enumerate(tables))

    def asks(self, question: str, vector: Callable[[], Vector] | None = None) -> bool:
        """Tell whether the question is about the asker's own case, and no booking of his.

        `vector` gives its embedding, where it is needed to hold it against the examples.
        """
        folded = spoken(question)
        if _any(self._bookings, folded):
            return False
        if any(way.asked_by(folded) for way in self._ways):
            return True
        return vector is not None and self._sounds_so(folded, vector)

    def could_sound_so(self, folded: str) -> bool:
        """Tell whether a folded question speaks of what examples may tell about at all."""
        return _any(self._about, folded) and not _any(self._unless, folded)

    def _sounds_so(self, folded: str, vector: Callable[[], Vector]) -> bool:
        if self._examples is None or not self.could_sound_so(folded):
            return False
        return self._examples.leans(vector()) >= LEANS_ENOUGH

    def _way(self, file: RuleFile, number: int, table: dict[str, object]) -> _Way:
        line = file.line_of("personal", number)
        asks, about, unless = (
            tuple(self._pattern(file, line, words) for words in file.words(table, key, line))
            for key in _KEYS
        )
        if not asks:
            raise file.wrong(line, "这一种问法里还没有“asks”。")
        return _Way(asks, about, unless)

    def _pattern(self, file: RuleFile, line: int, words: str) -> re.Pattern[str]:
        """Write the groups out in a pattern, and make sure that it can be used."""
        try:
            written = _written_out(words, self._groups)
            return re.compile(written.translate(_FOLDED), re.IGNORECASE)
        except KeyError as error:
            raise file.wrong(line, f"[words] 里没有“{error.args[0]}”这组词。") from error
        except re.error as error:
            raise file.wrong(line, f"“{words}”不是能用的写法（{error}）。") from error


def _any(patterns: tuple[re.Pattern[str], ...], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def _groups(file: RuleFile) -> dict[str, str]:
    """Return each group of words as one pattern; a group may name those above it."""
    groups: dict[str, str] = {}
    table = file.tree.get("words", {})
    for name in table:
        try:
            ways = [_written_out(words, groups) for words in file.words(table, name, 1)]
        except KeyError as error:
            raise file.wrong(1, f"“{name}”上面没有“{error.args[0]}”这组词。") from error
        groups[name] = f"(?:{'|'.join(ways)})"
    return groups


def _written_out(words: str, groups: dict[str, str]) -> str:
    return _GROUP.sub(lambda found: groups[found.group(1)], words)
