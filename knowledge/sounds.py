"""How words sound: a word typed by ear is heard as the one that was meant.

Readings are those of pypinyin's dictionaries, without tones, and with the sounds folded that
many speakers do not tell apart (zh and z, n and l, ing and in).
"""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product

import rjieba

# Rare readings of a character would make strangers sound alike.
_READINGS = 2
_LONGEST = 6
_FOLDED = (("zh", "z"), ("ch", "c"), ("sh", "s"))
# Characters that stand well by themselves: never one half of a word typed by ear.
_PARTICLES = frozenset(
    "的地得了着过吗呢吧啊是在有没不无也都还又再就才只很太和与跟给对把被让从到向往离比为因"
    "我你他她它您咱这那哪谁几多少个一二三四五六七八九十上下里外前后去来说问想要能会做看吃用好事点"
)


@cache
def readings(character: str) -> tuple[str, ...]:
    """Return how a character may be read, most usual first; () for anything but Chinese."""
    # Imported where it is first needed, and without its phrases, which take most of its time
    # and memory: only single characters are read here.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin.pinyin_dict import pinyin_dict

    given = pinyin_dict.get(ord(character), "")
    return tuple(dict.fromkeys(_plain(each) for each in given.split(",")[:_READINGS] if each))


def sounds(text: str) -> Iterator[tuple[str, ...]]:
    """Yield every way to read a short text; nothing when it is not all Chinese."""
    yield from product(*(readings(character) for character in text))


class Heard:
    """Known words, found again by how they sound."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take the words worth finding: those of one character say too little."""
        self._by_sound: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.longest = 0
        for word in dict.fromkeys(words):
            if 1 < len(word) <= _LONGEST and all(readings(character) for character in word):
                self.longest = max(self.longest, len(word))
                for sound in sounds(word):
                    self._by_sound[sound].append(word)

    def respelled(self, text: str) -> str:
        """Return a folded text with what was written by ear put right (体捡, 疗样).

        A word typed by ear falls apart into single characters when it is looked up. It keeps
        half of its characters or more, and differs in none that stands well by itself.
        """
        alone = _alone(text)
        at = 0
        put_right: list[str] = []
        while at < len(text):
            found = self._meant(text, at, alone)
            put_right.append(found or text[at])
            at += len(found) or 1
        return "".join(put_right)

    def _meant(self, text: str, at: int, alone: Sequence[bool]) -> str:
        """Return the word meant by what begins here, "" where it stands for itself."""
        for length in range(min(self.longest, len(text) - at), 1, -1):
            if not any(alone[at : at + length]):
                continue
            for sound in sounds(text[at : at + length]):
                for word in self._by_sound.get(sound, ()):
                    differing = [p for p, mine in enumerate(word, at) if text[p] != mine]
                    may_differ = all(alone[p] and text[p] not in _PARTICLES for p in differing)
                    if 0 < len(differing) <= length / 2 and may_differ:
                        return word
        return ""


def _alone(text: str) -> list[bool]:
    """Tell for each character whether no dictionary word of two or more takes it in."""
    return [len(word) == 1 for word in rjieba.cut(text, False) for _ in word]


def _plain(syllable: str) -> str:
    """Return a syllable without its tone, with the sounds folded that are often mixed up."""
    letters = unicodedata.normalize("NFD", syllable.strip())
    plain = "".join(c for c in letters if not unicodedata.combining(c) or c == "\u0308")
    for said, folded in _FOLDED:
        plain = plain.replace(said, folded)
    if plain.endswith(("ing", "eng")):
        plain = plain[:-1]
    return f"l{plain[1:]}" if plain.startswith("n") else plain
