"""What people say and what documents write: `lexicon.toml`, which anyone may correct."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from knowledge.rule_files import RuleFile
from knowledge.words import comparable

LEXICON_FILE = Path(__file__).with_name("lexicon.toml")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing, as documents write it and as people say it (both folded).

    `background`: nearly every document speaks of it, so it counts only when a question speaks
    of nothing else. `helps`: it helps to find, but need not stand in the quote.
    """

    number: int
    official: tuple[str, ...]
    said: tuple[str, ...]
    background: bool
    helps: bool

    def stands_in(self, text: str) -> bool:
        """Tell whether a folded text speaks of it."""
        return any(word in text for word in self.official) or (
            not self.helps and any(word in text for word in self.said)
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question says, word by word: meanings, and the words nobody explained."""

    meanings: tuple[Meaning, ...]
    elsewhere: tuple[str, ...]
    rest: tuple[str, ...]

    @property
    def topics(self) -> tuple[Meaning, ...]:
        """Return the meanings a quote must speak of."""
        wanted = tuple(m for m in self.meanings if not m.helps)
        return tuple(m for m in wanted if not m.background) or wanted

    @property
    def has_topic(self) -> bool:
        """Tell whether anything in it is more than background."""
        return any(not m.background for m in self.meanings)


class Lexicon:
    """The loaded file."""

    def __init__(self, path: Path = LEXICON_FILE) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        allowed = frozenset({"official", "said", "background", "helps"})
        self.meanings = tuple(
            self._meaning(file, number, table)
            for number, table in enumerate(file.tables("meaning", allowed))
        )
        self._elsewhere = self._list(file, "elsewhere")
        self._plain = self._list(file, "plain")

    def read(self, question: str) -> Reading:
        """Take a folded question apart: the longest known words first, from the left."""
        numbers: list[int] = []
        elsewhere: list[str] = []
        rest: list[str] = []
        at = 0
        for match in self._pattern.finditer(question):
            rest += _runs(question[at : match.start()])
            word = match.group()
            numbers += [n for n in self._by_word.get(word, ()) if n not in numbers]
            if word in self._elsewhere:
                elsewhere.append(word)
            at = match.end()
        rest += _runs(question[at:])
        return Reading(tuple(self.meanings[n] for n in numbers), tuple(elsewhere), tuple(rest))

    @cached_property
    def _by_word(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, tuple[int, ...]] = {}
        for meaning in self.meanings:
            for word in {*meaning.official, *meaning.said}:
                found[word] = (*found.get(word, ()), meaning.number)
        return found

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = {*self._by_word, *self._elsewhere, *self._plain}
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        return re.compile("|".join(re.escape(word) for word in longest_first))

    @staticmethod
    def _meaning(file: RuleFile, number: int, table: dict[str, object]) -> Meaning:
        line = file.line_of("meaning", number)
        official = file.words(table, "official", line)
        if not official:
            raise file.wrong(line, "缺少“official”（文件里的写法）。")
        return Meaning(
            number=number,
            official=tuple(comparable(word) for word in official),
            said=tuple(comparable(word) for word in file.words(table, "said", line)),
            background=file.flag(table, "background", line),
            helps=file.flag(table, "helps", line),
        )

    @staticmethod
    def _list(file: RuleFile, name: str) -> frozenset[str]:
        table = file.tree.get(name)
        if not isinstance(table, dict):
            raise file.wrong(1, f"没有 [{name}]。")
        return frozenset(comparable(word) for word in file.words(table, "words", 1))


def _runs(text: str) -> list[str]:
    """Return the runs of letters in what is left between two known words."""
    return [run for run in re.split(r"[^\w]+", text) if run]
