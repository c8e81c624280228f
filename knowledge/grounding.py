"""Whether what is said rests on what is quoted."""

import re
from collections.abc import Iterable

_WHITE = re.compile(r"\s+")
_ARABIC_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def is_exact(quote: str, document: str) -> bool:
    """Tell whether a quote stands in the document letter by letter, white space aside."""
    return bool(_bare(quote)) and _bare(quote) in _bare(document)


def unbacked_numbers(text: str, *, quotes: Iterable[str], question: str) -> list[str]:
    """Return the Arabic numbers of a text that are in no quote and not in the question."""
    backed = {number for source in (question, *quotes) for number in _ARABIC_NUMBER.findall(source)}
    return [number for number in _ARABIC_NUMBER.findall(text) if number not in backed]


def shares(quote: str, gold: str, *, characters: int) -> bool:
    """Tell whether they share that many consecutive characters (all of a shorter `gold`)."""
    wanted = gold.strip()
    length = min(characters, len(wanted))
    return length > 0 and any(
        wanted[at : at + length] in quote for at in range(len(wanted) - length + 1)
    )


def _bare(text: str) -> str:
    return _WHITE.sub("", text)
