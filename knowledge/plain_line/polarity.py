"""Whether a line allows, denies, requires, limits and conditions what the clauses do, no more.

A line is taken apart at its commas, and so are the clauses. Each segment is held against those
it shares its words with.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.plain_line.facts import SEGMENT
from knowledge.plain_line.fault import Fault
from knowledge.plain_line.words import BOUNDING, DENYING, MODAL, NARROWING, Kind, LineWords
from knowledge.words import bigrams

_SENTENCE = re.compile(r"[^。;!?\n]+")
# A segment that ends so leads on to what it is a condition of: 年满60岁的，可以…
_OF_WHOM = ("的", "者")
_LEADS_ON = (*_OF_WHOM, "后", "时", "前", "外", "下", "内", "意", "准")
_FOR_WHOM = ("对", "凡", "除")
_PROVISO = ("但", "须", "需", "应", "必须", "仅", "限")
# How much of what the closest clause shares another must share to be meant as well; how much of
# what a denial speaks of must stand in clauses that deny.
_TOUCHED = 0.3
_OF_THE_SAME = 0.5
_MEANT = 0.3


@dataclass(frozen=True, slots=True)
class _Segment:
    """What stands between two commas.

    `pairs` are its bigrams without those of modal words, `denied` the two characters after each
    negation, `deniable` all the bigrams it may deny; a condition may stand in the segment before.
    """

    pairs: frozenset[str]
    modal: frozenset[Kind]
    denied: frozenset[str]
    deniable: frozenset[str]
    has_condition: bool
    leads_on: bool


def turned_round(said: str, backed: Sequence[str], words: LineWords) -> Fault | None:
    """Return whether a line turns its clauses round, or speaks of something else."""
    line, behind = _segments(said, words), [s for c in backed for s in _segments(c, words)]
    kept = frozenset(kind for segment in line for kind in segment.modal)
    is_conditional = bool(kept & BOUNDING) or any(each.has_condition for each in line)
    for segment in line:
        closest = _near(segment, behind, 1.0)
        if not closest:
            return Fault.FOREIGN
        if not (_modal_words_stand(segment, behind, kept) and _denials_stand(segment, behind)):
            return Fault.POLARITY
        if any(each.has_condition for each in closest) and not is_conditional:
            return Fault.CONDITION
    return None


def _modal_words_stand(
    segment: _Segment, behind: Sequence[_Segment], kept: frozenset[Kind]
) -> bool:
    """Tell whether nothing is allowed, required or limited that was not, and all that was is.

    `kept` are the modal words of the whole line: 挂号可以优先，跟同职级一样.
    """
    touched, closest = _near(segment, behind, _TOUCHED), _near(segment, behind, 1.0)
    added = segment.modal - {kind for each in touched for kind in each.modal}
    needed = frozenset(kind for each in closest for kind in each.modal - BOUNDING)
    if segment.leads_on:
        needed &= NARROWING
    dropped = (needed | _narrowing(segment, behind)) - kept
    bounded = any(each.modal & BOUNDING <= kept for each in closest)
    return bounded and not added and not dropped


def _segments(text: str, words: LineWords) -> list[_Segment]:
    found: list[_Segment] = []
    for sentence in _SENTENCE.findall(text):
        parts = SEGMENT.findall(sentence)
        found += [_segment(parts, at, words) for at in range(len(parts))]
    return found


def _segment(parts: Sequence[str], at: int, words: LineWords) -> _Segment:
    text = parts[at]
    modal = [word for word in words.find(text) if word.kind in MODAL]
    content = list(text)
    for word in modal:
        content[word.start : word.end] = " " * (word.end - word.start)
    # What a word denies goes on to the next modal word.
    runs = "".join(content).split(" ")
    ends = [text[word.end :] for word in modal if word.kind in DENYING]
    return _Segment(
        pairs=frozenset(pair for run in runs for pair in _pairs(run)),
        modal=frozenset(word.kind for word in modal),
        denied=frozenset(rest[:2] for rest in ends),
        deniable=frozenset(
            pair
            for rest in ends
            for run in runs
            if run and rest.startswith(run)
            for pair in _pairs(run)
        ),
        has_condition=_is_conditional(parts, at, words),
        leads_on=text.endswith(_LEADS_ON),
    )


def _is_conditional(parts: Sequence[str], at: int, words: LineWords) -> bool:
    """Tell whether it holds under a condition: in it, right before it, or as a proviso after."""
    previous = parts[at - 1] if at else ""
    if previous.startswith(_FOR_WHOM):
        return True
    before = [previous] if previous.endswith(_LEADS_ON) else []
    after = [text for text in parts[at + 1 : at + 2] if text.startswith(_PROVISO)]
    conditions = [parts[at], *before, *after]
    return any(
        text.endswith(_OF_WHOM) or any(w.kind is Kind.CONDITIONAL for w in words.find(text))
        for text in conditions
    )


def _pairs(text: str) -> list[str]:
    return [pair for pair in bigrams(text) if len(pair) == 2]


def _near(segment: _Segment, behind: Sequence[_Segment], share: float) -> list[_Segment]:
    """Return the clause segments that share nearly as much with a segment as the closest does.

    What stands in many of them tells less: 军休干部 is everywhere.
    """
    often = Counter(pair for each in behind for pair in each.pairs)
    shared = [sum(1 / often[pair] for pair in segment.pairs & each.pairs) for each in behind]
    most = max(shared, default=0.0)
    return [s for s, much in zip(behind, shared, strict=True) if most and much >= share * most]


def _narrowing(segment: _Segment, behind: Sequence[_Segment]) -> frozenset[Kind]:
    """Return what narrows the clauses that alone say a good part of what a segment says."""
    often = Counter(pair for each in behind for pair in each.pairs)
    known = sum(pair in often for pair in segment.pairs)
    meant = [
        each
        for each in behind
        if sum(often[pair] == 1 for pair in segment.pairs & each.pairs) >= max(2, _MEANT * known)
    ]
    return frozenset(kind for each in meant for kind in each.modal & NARROWING)


def _denials_stand(segment: _Segment, behind: Sequence[_Segment]) -> bool:
    """Tell whether a segment denies what the clauses deny, only that, and of the same thing."""
    denied = frozenset(pair for each in behind for pair in each.denied)
    deniable = frozenset(pair for each in behind for pair in each.deniable)
    known = frozenset(pair for each in behind for pair in each.pairs)
    free = frozenset(pair for each in behind for pair in each.pairs - each.denied)
    begins = frozenset(pair[:1] for pair in denied)
    if any(pair in segment.pairs and pair not in segment.denied for pair in denied - free):
        return False
    if not segment.denied:
        return True
    of_it = frozenset(pair for each in behind if each.denied for pair in each.pairs)
    spoken_of = segment.pairs & known
    return len(spoken_of & of_it) >= _OF_THE_SAME * len(spoken_of) and all(
        pair in deniable if pair in known else pair[:1] in begins for pair in segment.denied
    )
