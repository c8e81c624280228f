"""The words that a line in plain words is held against the clauses by: `words.toml`."""

import enum
import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.rule_files import RuleFile

WORDS_FILE = Path(__file__).with_name("words.toml")


class Kind(enum.StrEnum):
    """What a word of the word file is."""

    NEUTRAL = "neutral"
    NEGATED = "negated"
    EXCUSED = "excused"
    PERMITTED = "permitted"
    REQUIRED = "required"
    WISHED = "wished"
    LIMITED = "limited"
    AT_MOST = "at_most"
    AT_LEAST = "at_least"
    CONDITIONAL = "conditional"
    DEFINITE = "definite"
    FORBIDDEN = "forbidden"
    PLAIN = "plain"


DENYING = frozenset({Kind.NEGATED, Kind.EXCUSED})
NARROWING = DENYING | {Kind.WISHED, Kind.LIMITED}
BOUNDING = frozenset({Kind.AT_MOST, Kind.AT_LEAST})
MODAL = NARROWING | BOUNDING | {Kind.PERMITTED, Kind.REQUIRED}


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the file, and where it stands in a text."""

    kind: Kind
    text: str
    start: int
    end: int


class LineWords:
    """The loaded file."""

    def __init__(self, path: Path = WORDS_FILE) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        self._kinds: dict[str, Kind] = {}
        for number, table in enumerate(file.tables("words", frozenset({"kind", "words"}))):
            line = file.line_of("words", number)
            if table.get("kind") not in set(Kind):
                raise file.wrong(line, f"“kind”只能是 {'、'.join(Kind)}。")
            for word in file.words(table, "words", line):
                if word in self._kinds:
                    raise file.wrong(line, f"“{word}”已经写过了。")
                self._kinds[word] = Kind(table["kind"])
        longest_first = sorted(self._kinds, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest_first)))

    def find(self, text: str) -> list[Word]:
        """Return the words in a text, the longest at each place."""
        return [
            Word(self._kinds[match.group()], match.group(), match.start(), match.end())
            for match in self._any.finditer(text)
        ]
