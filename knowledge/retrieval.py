"""Finding the passages a question is about, and how likely each is the one that answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Vector
from knowledge.evidence import (
    Evidence,
    Known,
    Numbers,
    Places,
    Wanted,
    evidence,
    speaks_of,
    wanted_by,
)
from knowledge.index import Quotable, ScopeIndex
from knowledge.question import Question
from knowledge.weights import AllWeights, read_weights

# How many are looked at closely: the nearest in meaning, and the most alike in words.
_NEAREST = 20
# So many passages of documents out of force are looked past.
_MOST_SILENT = 400
_MOST_ALIKE = 60
# What a sentence says often stands in the one beside it, and of what place or people it is said
# only in the document as a whole. These choose what is looked at, not what is shown.
_NEIGHBOUR = 0.5
_DOCUMENT = 1.5
_OFFICIAL = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer: how likely it is, and what of the question it speaks of.

    Attributes:
        place: in `index`.
        score: e to the power of it is how likely it answers, beside the others.
        cosine: how near it is in meaning.
        topics: places in the question's topics.
        helped: whether it has official words for what was said beside the topics.
        own_words: the share of the unexplained words that stand in it.
        holds: whether it holds the kind of thing asked for.
        document: how well its whole document knows the question.
    """

    index: ScopeIndex
    place: int
    score: float
    cosine: float
    topics: frozenset[int]
    helped: bool
    own_words: float
    holds: bool
    document: Known

    @property
    def passage(self) -> Quotable:
        """Return the passage."""
        return self.index.passages[self.place]


@dataclass(frozen=True, slots=True)
class Found:
    """The passages of one index that are looked at closely, and their evidence."""

    index: ScopeIndex
    places: Places
    evidence: Evidence


def retrieve(
    question: Question, vector: Vector, indexes: list[ScopeIndex], *, today: date
) -> list[Candidate]:
    """Return the candidates best first, those that are not in force today among them."""
    found = search(question, vector, indexes, today=today)
    return ranked(question, found, read_weights())


def ranked(question: Question, found: Sequence[Found], weights: AllWeights) -> list[Candidate]:
    """Weigh the evidence; best first."""
    candidates = [
        _candidate(question, one, at, score)
        for one in found
        for at, score in enumerate(_scores(question, one.evidence, weights).tolist())
    ]
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _scores(question: Question, found: Evidence, weights: AllWeights) -> Numbers:
    scores = weights.ranking.of(found.columns)
    if question.is_explained:
        scores = weights.explained.of({**found.columns, "ranking": scores})
    return scores


def search(
    question: Question, vector: Vector, indexes: Sequence[ScopeIndex], *, today: date
) -> list[Found]:
    """Return what is looked at closely in each index, with its evidence."""
    searched = [index for index in indexes if index.passages]
    wanted = wanted_by(question, searched)
    return [_search(question, wanted, vector, index, today=today) for index in searched]


def _search(
    question: Question, wanted: Wanted, vector: Vector, index: ScopeIndex, *, today: date
) -> Found:
    standing = index.standing(today)
    chosen = _nearest(vector, index, standing) | _most_alike(question, index, standing)
    places = np.array(sorted(chosen), dtype=np.intp)
    return Found(index, places, evidence(question, wanted, vector, index, places))


def _nearest(vector: Vector, index: ScopeIndex, standing: NDArray[np.bool_]) -> set[int]:
    """Return the places nearest in meaning: so many in force, and those out of force nearer yet."""
    silent = min(int((~standing).sum()), _MOST_SILENT)
    near = index.near(vector, _NEAREST + silent)
    nearest = sorted(near, key=lambda place: -near[place])
    in_force = [at for at, place in enumerate(nearest) if standing[place]]
    return set(nearest[: in_force[_NEAREST - 1] + 1] if len(in_force) >= _NEAREST else nearest)


def _most_alike(question: Question, index: ScopeIndex, standing: NDArray[np.bool_]) -> set[int]:
    """Return the places whose words, with those beside them and the document's, are most alike."""
    words = index.matching(question.text)
    if question.official_words:
        words = words + _OFFICIAL * index.matching(question.official_words)
    alike = words + _DOCUMENT * index.about(question.text)
    same = index.rows[1:] == index.rows[:-1]
    alike[:-1] += _NEIGHBOUR * words[1:] * same
    alike[1:] += _NEIGHBOUR * words[:-1] * same
    # What is not in force says what has changed; it must not crowd out what is.
    in_force, silent = np.flatnonzero(standing), np.flatnonzero(~standing)
    return _best(alike, in_force, _MOST_ALIKE) | _best(alike, silent, _NEAREST)


def _best(scores: NDArray[np.float32], places: Places, count: int) -> set[int]:
    if len(places) > count:
        places = places[np.argpartition(-scores[places], count)[:count]]
    return set(places.tolist())


def _candidate(question: Question, found: Found, at: int, score: float) -> Candidate:
    measured, place = found.evidence, int(found.places[at])
    passage = found.index.passages[place]
    text = f"{passage.context} {passage.words}"
    own = question.own_words
    spoken_of = [n for n, topic in enumerate(question.topics) if speaks_of(topic, text)]
    return Candidate(
        index=found.index,
        place=place,
        score=score,
        cosine=float(measured.cosines[at]),
        topics=frozenset(spoken_of),
        helped=any(m.stands_in(passage.words) for m in question.reading.meanings if m.helps),
        own_words=len([pair for pair in own if pair in text]) / len(own) if own else 0.0,
        holds=bool(measured.holds[at]),
        document=measured.documents[at],
    )
