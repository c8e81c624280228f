"""Characters made comparable: full width to half width, upper to lower case, bigrams."""

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_NOT_WORDS = re.compile(r"[^\w]+")
LONGEST_QUESTION = 300


def comparable(text: str) -> str:
    """Return `text` folded for comparison: NFKC, lower case, single spaces."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text).lower()).strip()


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
