"""The words of a house's own matters: `house_words.toml`, which anyone may correct.

The kinds of things asked of a house stand in `house_asked.toml`, read by `knowledge.asked`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from knowledge.rule_files import RuleFile
from knowledge.words import comparable

HOUSE_WORDS_FILE = Path(__file__).with_name("house_words.toml")
HOUSE_ASKED_FILE = Path(__file__).with_name("house_asked.toml")
_NOT_LETTERS = re.compile(r"[^\w]+")


@dataclass(frozen=True, slots=True)
class _When:
    """A special day: how it is asked about, and how a text speaks of it."""

    asks: re.Pattern[str]
    told: re.Pattern[str]


class HouseWords:
    """The loaded file; `unlike` are questions that have nothing to do with one another."""

    def __init__(self, path: Path = HOUSE_WORDS_FILE) -> None:
        """Read and check `path`.

        Raises:
            FileWrong: names the file and the line.
        """
        file = RuleFile(path)
        self._same = _same(file)
        self._whens = _whens(file)
        plain = _list(file, "plain")
        self._documents = _list(file, "documents")
        self.unlike = sorted(_list(file, "unlike"))
        longest_first = sorted({*self._same, *plain}, key=lambda word: (-len(word), word))
        self._known = re.compile("|".join(re.escape(word) for word in longest_first))

    def content(self, text: str) -> frozenset[str]:
        """Return what a text is about: one name for words of one meaning, bigrams of the rest.

        The name of a known word carries a mark, so that no bigram is taken for it.
        """
        folded, found, at = comparable(text), set[str](), 0
        for match in self._known.finditer(folded):
            found |= _pairs(folded[at : match.start()])
            if (name := self._same.get(match.group())) is not None:
                found.add(f"={name}")
            at = match.end()
        return frozenset(found | _pairs(folded[at:]))

    def leaves_out(self, question: str, text: str) -> bool:
        """Tell whether a folded question is about a special day that a folded text is silent on."""
        return any(
            when.asks.search(question) and not when.told.search(text) for when in self._whens
        )

    def is_about_a_document(self, question: str, text: str) -> bool:
        """Tell whether a folded question names a document that a folded text does not."""
        return any(word in question and word not in text for word in self._documents)


def _same(file: RuleFile) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, table in enumerate(file.tables("same", frozenset({"words"}))):
        line = file.line_of("same", number)
        words = [comparable(word) for word in file.words(table, "words", line)]
        if len(words) < 2:
            raise file.wrong(line, "“words”里要有两个以上的词。")
        for word in words:
            if word in found:
                raise file.wrong(line, f"“{word}”已经写在别的一行里了。")
            found[word] = words[0]
    return found


def _whens(file: RuleFile) -> tuple[_When, ...]:
    found: list[_When] = []
    for number, table in enumerate(file.tables("when", frozenset({"asks", "told"}))):
        line = file.line_of("when", number)
        patterns: list[re.Pattern[str]] = []
        for key in ("asks", "told"):
            try:
                patterns.append(re.compile(str(table[key])))
            except KeyError as error:
                raise file.wrong(line, f"缺少“{key}”。") from error
            except re.error as error:
                raise file.wrong(line, f"“{key}”不是能用的写法（{error}）。") from error
        found.append(_When(*patterns))
    return tuple(found)


def _list(file: RuleFile, name: str) -> frozenset[str]:
    table = file.tree.get(name)
    if not isinstance(table, dict):
        raise file.wrong(1, f"没有 [{name}]。")
    return frozenset(comparable(word) for word in file.words(table, "words", 1))


def _pairs(text: str) -> set[str]:
    pairs: set[str] = set()
    for run in filter(None, _NOT_LETTERS.split(text)):
        pairs |= {run[at : at + 2] for at in range(len(run) - 1)} or {run}
    return pairs
