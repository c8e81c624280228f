"""Choosing what is shown: at most three exact quotes, at most 240 characters of them.

How likely each passage is to answer tells what is worth showing: a stretch of neighbouring
passages is as likely to hold the answer as all of them together, and every character that is
shown must be worth reading.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from knowledge.answers import Citation
from knowledge.index import Quotable
from knowledge.question import Question
from knowledge.retrieval import Candidate
from knowledge.words import bigrams, comparable

MOST_QUOTES = 3
MOST_CHARACTERS = 240
# The first quote may take two thirds of what there is, the second what is left to two thirds.
_ROOM = (160, 80, 80)
_SHORTEST = 20
# A hundred characters more must make it three in a hundred likelier that the answer is shown.
_COST_OF_A_CHARACTER = 0.0003
_UNLIKELY = 0.002
HEADING_JOINT = " › "
_PAUSE = re.compile(r"(?<=[，；：、。,;:])")


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of a document, and how likely the answer is in it.

    `start` is where its exact words begin, `passages` are the ids of those it takes in.
    """

    first: Quotable
    start: int
    quote: str
    passages: tuple[int, ...]
    chance: float

    @property
    def worth(self) -> float:
        """Return what showing it is worth, the reading taken off."""
        return self.chance - _COST_OF_A_CHARACTER * len(self.quote)


def choose_quotes(question: Question, support: Sequence[Candidate]) -> tuple[Citation, ...]:
    """Return the quotes most likely to answer, the likeliest first."""
    chances = _chances(support)
    likely = [c for c in support if chances[c.passage.passage_id] >= _UNLIKELY]
    chosen: list[_Span] = []
    shown: set[int] = set()
    left = MOST_CHARACTERS
    for most in _ROOM:
        room = min(most, left)
        if room < _SHORTEST:
            break
        spans = [
            span
            for candidate in likely
            for span in _spans(question, candidate, chances, room if chosen else left, room)
            if shown.isdisjoint(span.passages)
        ]
        best = max(spans, key=lambda span: span.worth, default=None)
        if best is None or (chosen and best.worth <= 0):
            break
        chosen.append(best)
        shown |= set(best.passages)
        left -= len(best.quote)
    return tuple(_cite(span) for span in chosen)


def _chances(support: Sequence[Candidate]) -> dict[int, float]:
    """Return how likely each passage is the one that answers, by its id; all together are 1."""
    scores = np.array([candidate.score for candidate in support])
    odds = np.exp(scores - scores.max(initial=0.0))
    passages = (candidate.passage.passage_id for candidate in support)
    return dict(zip(passages, (odds / odds.sum()).tolist(), strict=True))


def _spans(
    question: Question, candidate: Candidate, chances: dict[int, float], longest: int, room: int
) -> Iterator[_Span]:
    """Offer a passage alone, and with the passages after it as long as there is room.

    Args:
        question: what a passage that is too long is cut for.
        candidate: where it starts.
        chances: of each passage, by its id.
        longest: what a single passage may take.
        room: what several may take.
    """
    passage, place = candidate.passage, candidate.place
    chance = chances[passage.passage_id]
    if len(passage.quote) > longest:
        yield _window(question, passage, longest, chance)
        return
    text, taken = passage.tile, [passage.passage_id]
    while True:
        following = candidate.index.after(place)
        goes_on = following is not None and len((text + following.tile).strip()) <= room
        # What only leads up to a list is no answer without it.
        if not (goes_on and text.rstrip().endswith(("：", ":"))):
            start = passage.start + _margin(text)
            yield _Span(passage, start, text.strip(), tuple(taken), chance)
        if following is None or not goes_on:
            return
        text += following.tile
        taken.append(following.passage_id)
        chance += chances.get(following.passage_id, 0.0)
        place += 1


def _window(question: Question, passage: Quotable, most: int, chance: float) -> _Span:
    """Offer the part of a long passage, cut at its pauses, that is most like the question."""
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
    part = chance * (end - start) / len(passage.quote)
    return _Span(passage, at, passage.quote[start:end], (passage.passage_id,), part)


def _margin(text: str) -> int:
    return len(text) - len(text.lstrip())


def _cite(span: _Span) -> Citation:
    passage = span.first
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
