"""Characters made comparable: simplified, half width, lower case; and their bigrams."""

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_SPACE = re.compile(r"\s+")
_NOT_WORDS = re.compile(r"[^\w]+")
LONGEST_QUESTION = 300


def simplified(text: str) -> str:
    """Return `text` with each traditional character as its simplified one, none more or less."""
    return text.translate(_simplified_characters())


@cache
def _simplified_characters() -> dict[int, str]:
    # One by one: what a character becomes must not depend on what stands beside it.
    traditional = [chr(code) for code in (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000))]
    converted = OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    return {
        ord(given): plain
        for given, plain in zip(traditional, converted, strict=True)
        if given != plain and len(plain) == 1
    }


def comparable(text: str) -> str:
    """Return `text` folded for comparison: simplified, NFKC, lower case, single spaces."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", simplified(text)).lower()).strip()


def spoken(question: str) -> str:
    """Return a question ready to be understood: folded, and no longer than anyone asks."""
    readable = "".join(
        character
        for character in question[: 4 * LONGEST_QUESTION]
        if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    )
    return comparable(readable)[:LONGEST_QUESTION]


def bigrams(text: str) -> list[str]:
    """Return the overlapping pairs of characters of each unbroken run.

    Chinese needs no dictionary this way, and a number stays together with its unit.
    """
    pairs: list[str] = []
    for run in _NOT_WORDS.split(comparable(text)):
        pairs += [run[at : at + 2] for at in range(len(run) - 1)] or ([run] if run else [])
    return pairs
