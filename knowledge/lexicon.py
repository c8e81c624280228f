"""What people say and what documents write: `lexicon.toml`, which anyone may correct."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from knowledge.rule_files import RuleFile
from knowledge.sounds import Heard
from knowledge.words import comparable

_GAP = "…"
_WIDEST_GAP = 4
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
        words = self.official if self.helps else (*self.official, *self.said)
        return any(word in text for word in words)


Topic = tuple[Meaning, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a question says, word by word.

    `topics` is what a quote must speak of: of each topic, one of the meanings its word may
    have. `elsewhere` are words of other worlds, `rest` the words nobody explained, `tail` those
    of them that come after everything that was explained: in Chinese, what is asked about.
    """

    meanings: tuple[Meaning, ...]
    topics: tuple[Topic, ...]
    elsewhere: tuple[str, ...]
    rest: tuple[str, ...]
    tail: tuple[str, ...]

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

    @property
    def said(self) -> frozenset[str]:
        """Return everything people say, folded."""
        return frozenset(word for meaning in self.meanings for word in meaning.said)

    def heard(self, question: str) -> str:
        """Return a folded question with the words that were typed by ear put right (体捡, 疗样)."""
        return self._by_ear.respelled(question)

    def read(self, question: str) -> Reading:
        """Take a folded question apart: the longest known words first, from the left."""
        found: list[Topic] = []
        elsewhere: list[str] = []
        rest: list[str] = []
        at = explained = 0
        for match in self._pattern.finditer(question):
            rest += _runs(question[at : match.start()])
            word = match.group()
            if word in self._elsewhere:
                elsewhere.append(word)
            elif word in self._by_word or word not in self._plain:
                found += self._topics_of(word)
                explained = len(rest)
            at = match.end()
        rest += _runs(question[at:])
        meanings = tuple(dict.fromkeys(m for topic in found for m in topic))
        return Reading(
            meanings, _required(found), tuple(elsewhere), tuple(rest), tuple(rest[explained:])
        )

    def _topics_of(self, word: str) -> list[Topic]:
        """Return what a known word means; one that only helps lends what stands inside it."""
        whole = self._by_word.get(word) or self._by_gap(word)
        if any(not meaning.helps for meaning in whole):
            return [whole]
        return [whole, *self._inside.get(word, ())]

    def _by_gap(self, word: str) -> Topic:
        return next(topic for pattern, topic in self._gaps if pattern.fullmatch(word))

    @cached_property
    def _inside(self) -> dict[str, list[Topic]]:
        official = {word: None for m in self.meanings for word in m.official if len(word) > 1}
        inside = {
            word: [self._by_word[part] for part in official if part != word and part in word]
            for word in official
        }
        return {word: topics for word, topics in inside.items() if topics}

    @cached_property
    def _by_word(self) -> dict[str, Topic]:
        found: dict[str, Topic] = {}
        for meaning in self.meanings:
            for word in dict.fromkeys((*meaning.official, *meaning.said)):
                found[word] = (*found.get(word, ()), meaning)
        return found

    @cached_property
    def _by_ear(self) -> Heard:
        return Heard(word for word in self._by_word if _GAP not in word)

    @cached_property
    def _gaps(self) -> list[tuple[re.Pattern[str], Topic]]:
        return [
            (re.compile(_as_pattern(word)), topic)
            for word, topic in self._by_word.items()
            if _GAP in word
        ]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = {*self._by_word, *self._elsewhere, *self._plain}
        longest_first = sorted(words, key=lambda word: (-len(word), word))
        return re.compile("|".join(_as_pattern(word) for word in longest_first))

    @staticmethod
    def _meaning(file: RuleFile, number: int, table: dict[str, object]) -> Meaning:
        line = file.line_of("meaning", number)
        official = file.words(table, "official", line)
        if not official:
            raise file.wrong(line, "缺少“official”（文件里的写法）。")
        return Meaning(
            number=number,
            official=tuple(comparable(word) for word in official),
            said=tuple(_folded(word) for word in file.words(table, "said", line)),
            background=file.flag(table, "background", line),
            helps=file.flag(table, "helps", line),
        )

    @staticmethod
    def _list(file: RuleFile, name: str) -> frozenset[str]:
        table = file.tree.get(name)
        if not isinstance(table, dict):
            raise file.wrong(1, f"没有 [{name}]。")
        return frozenset(comparable(word) for word in file.words(table, "words", 1))


def _folded(word: str) -> str:
    """Fold a word but keep its gaps, which folding would turn into three dots."""
    return _GAP.join(comparable(part) for part in word.split(_GAP))


def _as_pattern(word: str) -> str:
    """Return a pattern for a word; `…` in it stands for a few characters in between."""
    return f".{{0,{_WIDEST_GAP}}}?".join(re.escape(part) for part in word.split(_GAP))


def _required(found: list[Topic]) -> tuple[Topic, ...]:
    """Return the topics a quote must speak of: background only when there is nothing else."""
    needed = [tuple(m for m in topic if not m.helps) for topic in found]
    wanted = [topic for topic in needed if topic]
    proper = [topic for topic in wanted if not all(m.background for m in topic)]
    return tuple(dict.fromkeys(proper or wanted))


def _runs(text: str) -> list[str]:
    """Return the runs of letters in what is left between two known words."""
    return [run for run in re.split(r"[^\w]+", text) if run]
