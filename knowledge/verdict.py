"""Whether the documents answer a question: wholly, in part, or not at all.

Being near in meaning is not enough. The best passage must speak of everything the question
names, and hold the kind of thing it asks for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from knowledge.answers import AnswerStatus
from knowledge.question import Question
from knowledge.retrieval import Candidate
from knowledge.weights import AllWeights, read_weights
from knowledge.words import bigrams

NOTHING_ASKED = "nothing_asked"

_OWN_WORDS_NEEDED = 0.5
# What has nothing to do with the documents stays below this (measured on both sides).
_NEAR = 0.848
# Of many things named in one breath, one may be said elsewhere.
_MANY_TOPICS = 3
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the question ends, and on which passages."""

    status: AnswerStatus
    support: tuple[Candidate, ...] = ()
    reason: str = ""
    confidence: float = 0.0


def judge(
    question: Question, candidates: Sequence[Candidate], weights: AllWeights | None = None
) -> Verdict:
    """Decide on the candidates, best first; with the weights of the file unless others are given."""
    if not any(character.isalnum() for character in question.text):
        return Verdict(AnswerStatus.OUT_OF_SCOPE, reason=NOTHING_ASKED)
    if not candidates:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    weights = weights or read_weights()
    verdict = _decide(question, candidates, weights)
    return replace(verdict, confidence=_confidence(question, candidates, verdict, weights))


def _decide(question: Question, candidates: Sequence[Candidate], weights: AllWeights) -> Verdict:
    if _is_of_another_world(question, candidates[0]):
        known = question.reading.has_topic
        status = AnswerStatus.NOT_IN_DOCUMENTS if known else AnswerStatus.OUT_OF_SCOPE
        return Verdict(status, reason=status.value)
    if max(c.cosine for c in candidates) < _NEAR:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    if question.is_explained and (question.topics or not question.own_words):
        return _by_the_word_file(question, candidates, weights)
    return _by_its_own_words(question, candidates, weights)


def _is_of_another_world(question: Question, best: Candidate) -> bool:
    """Tell whether it has a word of another world that the nearest document does not have."""
    document = best.index.document_words(best.place)
    return any(word not in document for word in question.reading.elsewhere)


def _by_the_word_file(
    question: Question, candidates: Sequence[Candidate], weights: AllWeights
) -> Verdict:
    """Decide on a question whose words are known: every topic must be there, and what is asked."""
    known = known_to_answer(question, candidates)
    if known and candidates[0].document.own_words_in_use >= _OWN_WORDS_NEEDED:
        return Verdict(AnswerStatus.ANSWERED, _support(question, candidates, known, weights))
    return _short_of_an_answer(tuple(c for c in candidates if question.subjects and c.topics))


def known_to_answer(
    question: Question, candidates: Sequence[Candidate]
) -> frozenset[tuple[int, int]]:
    """Return which candidates (index and place) meet all that the word file asks of an answer."""
    spoken_of = frozenset(place for c in candidates for place in c.topics)
    return frozenset((id(c.index), c.place) for c in candidates if _answers(question, c, spoken_of))


def _support(
    question: Question,
    candidates: Sequence[Candidate],
    known: frozenset[tuple[int, int]],
    weights: AllWeights,
) -> tuple[Candidate, ...]:
    """Return what is known to answer, and what knows the question's own words far better.

    A word of the word file may mean something else in a document about another matter.
    """
    if not question.own_words:
        return tuple(c for c in candidates if (id(c.index), c.place) in known)
    lifted = [
        replace(c, score=c.score + weights.known_to_answer * ((id(c.index), c.place) in known))
        for c in candidates
    ]
    return tuple(sorted(lifted, key=lambda c: -c.score))


def _by_its_own_words(
    question: Question, candidates: Sequence[Candidate], weights: AllWeights
) -> Verdict:
    """Decide on a question of words the word file does not know."""
    certainty = weights.answering.of_one(backing(question, candidates))
    shown = " ".join(candidate.passage.words for candidate in candidates[:_SHOWN])
    holds = all(asked.held_by(shown) for asked in question.asked)
    if holds and certainty >= weights.answers_from:
        return Verdict(AnswerStatus.ANSWERED, tuple(candidates))
    return _short_of_an_answer(tuple(candidates) if certainty >= weights.shown_from else ())


def backing(question: Question, candidates: Sequence[Candidate]) -> dict[str, float]:
    """Measure how well the best document knows the question, and how far it leads the others.

    `few` grows where there are few documents: one of two easily leads, and knows less.
    """
    best = candidates[0]
    others = [c for c in candidates if c.passage.document_id != best.passage.document_id]
    next_best = max((c.document.about for c in others), default=best.document.about)
    odds = np.exp([c.score - best.score for c in candidates])
    indexes = {id(c.index): c.index for c in candidates}
    few = sum(index.document_count for index in indexes.values()) ** -0.5
    return {
        "about": best.document.about,
        "lead": best.document.about - next_best,
        "own_words": best.document.own_words,
        "first_half": best.document.first_half,
        "chance": float(1 / odds.sum()),
        "nearest": max(c.cosine for c in candidates),
        "length": float(len(set(bigrams(question.text)))),
        "few": few,
        "few_about": few * best.document.about,
        "few_own_words": few * best.document.own_words,
    }


def _confidence(
    question: Question, candidates: Sequence[Candidate], verdict: Verdict, weights: AllWeights
) -> float:
    """Order answers by how well the best document knows the question; no probability.

    What the word file answers comes before what it leaves open.
    """
    certainty = weights.answering.of_one(backing(question, candidates))
    sure = 1 / (1 + math.exp(-(certainty - weights.answers_from)))
    if question.is_explained:
        return (float(verdict.status is AnswerStatus.ANSWERED) + sure) / 2
    return sure


def _short_of_an_answer(part: tuple[Candidate, ...]) -> Verdict:
    if not part:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    return Verdict(AnswerStatus.PARTIAL, part)


def _asks_beyond(question: Question, candidate: Candidate) -> bool:
    """Tell whether a question whether something is so is about a thing the passage never names."""
    if not (question.is_yes_or_no or question.asks_for_help):
        return False
    words = candidate.passage.words
    pairs_of_each = [bigrams(run) for run in question.reading.tail if len(run) > 1]
    return any(not any(pair in words for pair in pairs) for pairs in pairs_of_each)


def _answers(question: Question, candidate: Candidate, spoken_of: frozenset[int]) -> bool:
    if not candidate.holds or _asks_beyond(question, candidate):
        return False
    if question.subjects:
        missing = frozenset(range(len(question.topics))) - candidate.topics
        many = len(question.topics) >= _MANY_TOPICS or question.asks_for_help
        return bool(candidate.topics) and len(missing) <= many and missing <= spoken_of
    # Nothing in it is a topic of the word file: its own words must be there, or the
    # documents' words for them, or the kind of thing it asks for.
    return (
        candidate.own_words >= _OWN_WORDS_NEEDED
        or candidate.helped
        or (bool(candidate.topics) and not question.rest and question.asks_something_definite)
    )
