"""Whether a question is about the asker's own case, which stands in no document: `personal.toml`.

What he draws, what became of his application, what his checkup found: nothing may be guessed
there, so it is decided before any document is looked at.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.rule_files import RuleFile
from knowledge.words import spoken

PERSONAL_FILE = Path(__file__).with_name("personal.toml")
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


class PersonalQuestions:
    """The loaded file."""

    def __init__(self, path: Path = PERSONAL_FILE) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        self._groups = _groups(file)
        bookings = file.tree.get("bookings", {})
        self._bookings = tuple(
            self._pattern(file, 1, words) for words in file.words(bookings, "says", 1)
        )
        tables = file.tables("personal", frozenset({"name", *_KEYS}))
        self._ways = tuple(self._way(file, number, table) for number, table in enumerate(tables))

    def asks(self, question: str) -> bool:
        """Tell whether the question is about the asker's own case, and no booking of his."""
        folded = spoken(question)
        if _any(self._bookings, folded):
            return False
        return any(way.asked_by(folded) for way in self._ways)

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
