"""Whether a line in plain words says only what the quoted clauses say.

A language model writes the line, so nothing in it is believed. It may shorten a clause and put
everyday words for small ones; it may add no number, day, name or title, turn no 不得 into 可以,
drop no 争取 or 符合条件, promise nothing and tell nobody what to do. The check knows words, not
meaning: it refuses many good lines, and a line of true words in a wrong relation may still pass.
"""

import re
from collections.abc import Sequence

from knowledge.grounding import unbacked_numbers
from knowledge.plain_line.facts import (
    definite_words_stand,
    doers_stand,
    names_stand,
    numbers_stand,
    verbatim_stands,
)
from knowledge.plain_line.fault import Fault
from knowledge.plain_line.polarity import turned_round
from knowledge.plain_line.quantities import plain_numbers, quantities
from knowledge.plain_line.words import Kind, LineWords, Word

LONGEST_LINE = 60
_SHORTEST_LINE = 6
_STRANGE = re.compile(r"[^\u4e00-\u9fffa-zA-Z0-9，。、；：《》“”（）()〔〕%.,;:—·\-]")
_CONTACT = re.compile(r"https?|www|@|\.(?:com|cn|net|org)|\d(?:[\s\-]*\d){6,}", re.IGNORECASE)
_MOST_NEW = 1 / 3
_LONGEST_NEW = 2


class PlainLines:
    """Checks lines against their clauses."""

    def __init__(self, words: LineWords) -> None:
        """Take the loaded words."""
        self._words = words

    def fault_of(self, line: str, clauses: Sequence[str]) -> Fault | None:
        """Return why a line may not be said below these clauses; None when it may."""
        if not _SHORTEST_LINE <= len(line) <= LONGEST_LINE or "。" in line[:-1]:
            return Fault.SHAPE
        if _CONTACT.search(line):
            return Fault.CONTACT
        if _STRANGE.search(line):
            return Fault.STRANGE
        said, backed = plain_numbers(line), [plain_numbers(clause) for clause in clauses]
        words, behind = self._words.find(said), "\n".join(backed)
        if any(word.kind is Kind.FORBIDDEN for word in words):
            return Fault.FORBIDDEN
        if not verbatim_stands(line, clauses):
            return Fault.VERBATIM
        if unbacked_numbers(line, quotes=clauses, question="") or not numbers_stand(said, backed):
            return Fault.NUMBER
        if not names_stand(said, words, behind):
            return Fault.NAME
        if not (definite_words_stand(said, words, backed) and doers_stand(said, backed)):
            return Fault.OTHERWISE
        if not _is_spoken_of(said, words, behind):
            return Fault.FOREIGN
        return turned_round(said, backed, self._words)


def _is_spoken_of(said: str, words: Sequence[Word], behind: str) -> bool:
    """Tell whether the line is made of what the clauses say, but for small everyday words."""
    old = [not "\u4e00" <= letter <= "\u9fff" for letter in said]
    written = old.count(False)
    for at in range(len(said) - 1):
        if said[at : at + 2] in behind:
            old[at] = old[at + 1] = True
    stretches = [(w.start, w.end) for w in words if w.kind is not Kind.DEFINITE]
    stretches += [(each.start, each.end) for each in quantities(said)]
    for start, end in stretches:
        old[start:end] = [True] * (end - start)
    drawn = "".join(" " if each else "x" for each in old)
    new = [said[slice(*match.span())] for match in re.finditer("x+", drawn)]
    return (
        all(len(run) <= _LONGEST_NEW for run in new)
        and all(len(run) == 1 or any(letter in behind for letter in run) for run in new)
        and sum(map(len, new)) <= _MOST_NEW * written
    )


def one_line(reply: str) -> str:
    """Return a model's reply without what some models wrap around a line, with a full stop."""
    text = re.sub(r"(?s)^\s*<think>.*?</think>", "", reply).strip()
    text = re.sub(r"^(?:简单说|大白话|一句话|回答|答)[:：]\s*", "", text)
    if len(text) > 1 and (text[0], text[-1]) in {("“", "”"), ('"', '"'), ("「", "」")}:
        text = text[1:-1].strip()
    text = text.translate(str.maketrans(",;!！", "，；。。"))
    return text if not text or text.endswith("。") else f"{text}。"
