"""Choosing what is shown: at most three exact quotes, at most 240 characters of them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.answers import Citation
from knowledge.index import Quotable
from knowledge.question import Question
from knowledge.retrieval import Candidate, speaks_of
from knowledge.words import bigrams, comparable

MOST_QUOTES = 3
MOST_CHARACTERS = 240
# How far the first and the second quote may go on into the sentences after them; the last has
# what is left. Measured: wider firsts find more at once, and leave less for the others.
_ROOM = (140, 70, MOST_CHARACTERS)
_SHORTEST = 20
_WORTH_ADDING = 1.5
HEADING_JOINT = " › "
_PAUSE = re.compile(r"(?<=[，；：、。,;:])")


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of a document: where it starts, its exact words, the passages it takes in."""

    start: int
    quote: str
    passages: tuple[int, ...]


def choose_quotes(question: Question, support: Sequence[Candidate]) -> tuple[Citation, ...]:
    """Return the quotes of the best passages, the one that answers first."""
    chosen: list[Citation] = []
    shown: set[int] = set()
    left = MOST_CHARACTERS
    for candidate in support:
        passage = candidate.passage
        if len(chosen) == MOST_QUOTES or candidate.score < support[0].score - _WORTH_ADDING:
            break
        room = min(_ROOM[len(chosen)], left)
        if room < _SHORTEST:
            break
        if passage.passage_id in shown:
            continue
        longest = room if chosen else left
        if len(passage.quote) > longest:
            span = _window(question, passage, longest)
        else:
            span = _going_on(question, candidate, room)
        chosen.append(_cite(passage, span))
        shown |= set(span.passages)
        left -= len(span.quote)
    return tuple(chosen)


def _going_on(question: Question, candidate: Candidate, room: int) -> _Span:
    """Quote a passage, and what follows it as long as the answer may still be coming."""
    passage = candidate.passage
    text, taken, place = passage.tile, [passage.passage_id], candidate.place
    says_all = _says_all(question, candidate)
    while following := candidate.index.after(place):
        leads_in = text.rstrip().endswith(("：", ":"))
        if (says_all and not leads_in) or len((text + following.tile).strip()) > room:
            break
        text += following.tile
        taken.append(following.passage_id)
        place += 1
    return _Span(passage.start + _margin(text), text.strip(), tuple(taken))


def _says_all(question: Question, candidate: Candidate) -> bool:
    """Tell whether a passage holds the definite thing asked for, or all that is named."""
    if not question.is_explained:
        return False
    if question.asks_something_definite:
        return candidate.holds
    words = candidate.passage.words
    named = bool(question.subjects) and all(speaks_of(t, words) for t in question.subjects)
    return named and (not question.own_words or candidate.own_words == 1.0)


def _window(question: Question, passage: Quotable, most: int) -> _Span:
    """Quote the part of a long passage, cut at its pauses, that is most like the question."""
    wanted = set(bigrams(f"{question.text} {question.official_words}"))
    pauses = [match.end() for match in _PAUSE.finditer(passage.quote)]
    cuts = sorted({0, len(passage.quote), *pauses})
    # From each pause as far as there is room: nothing is gained by stopping earlier.
    reach = {start: cuts[bisect_right(cuts, start + most) - 1] for start in cuts}
    windows = [(start, end) for start, end in reach.items() if end > start] or [(0, most)]

    def likeness(window: tuple[int, int]) -> tuple[float, int]:
        words = comparable(passage.quote[slice(*window)])
        return (sum(pair in words for pair in wanted), window[1] - window[0])

    start, end = max(windows, key=likeness)
    at = passage.start + _margin(passage.tile) + start
    return _Span(at, passage.quote[start:end], (passage.passage_id,))


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip())


def _cite(passage: Quotable, span: _Span) -> Citation:
    path = (passage.source.value, passage.heading)
    return Citation(
        document=passage.document,
        title=passage.title,
        source=passage.source.value,
        heading=HEADING_JOINT.join(part for part in path if part),
        quote=span.quote,
        passage_id=passage.passage_id,
        start=span.start,
        end=span.start + len(span.quote),
        number=passage.number,
        dated_on=passage.dated_on,
    )
