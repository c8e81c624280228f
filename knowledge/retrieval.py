"""Finding the passages a question is about: near in meaning, alike in words, on the subject."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from knowledge.asked import Asked
from knowledge.embedding import Vector
from knowledge.index import Quotable, ScopeIndex
from knowledge.lexicon import Topic
from knowledge.question import Question

_CANDIDATES = 32
# Cosines of this model lie close together: a tenth between the best and the last is a lot.
_MEANING_WEIGHT = 12.0
_WORDS_WEIGHT = 0.5
_OFFICIAL_WEIGHT = 0.7
_TOPIC_WEIGHT = 1.0
_HELP_WEIGHT = 0.25
_HELD_WEIGHT = 0.4
_RHETORICAL = 1.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer: its score, and what of the question it speaks of."""

    passage: Quotable
    score: float
    cosine: float
    topics: frozenset[int]  # Places in the question's topics.
    helped: bool  # Whether it has official words for what was said beside the topics.
    own_words: float  # The share of the unexplained words that stand in it.
    holds: bool


def retrieve(
    question: Question, vector: Vector, indexes: list[ScopeIndex], *, today: date
) -> list[Candidate]:
    """Return the candidates in force today, best first."""
    found = [candidate for index in indexes for candidate in _from(question, vector, index)]
    in_force = [c for c in found if c.passage.ends_on is None or c.passage.ends_on >= today]
    return sorted(in_force, key=lambda candidate: -candidate.score)


def _from(question: Question, vector: Vector, index: ScopeIndex) -> list[Candidate]:
    if not index.passages:
        return []
    near = index.near(vector, _CANDIDATES)
    words = index.matching(question.text)
    words = words + _OFFICIAL_WEIGHT * index.matching(question.official_words)
    best_cosine = max(near.values(), default=1.0)
    least_cosine = min(near.values(), default=0.0)
    most = float(words.max()) or 1.0
    places = set(near) | {int(at) for at in np.argsort(-words)[:_CANDIDATES]}
    return [
        _judge(
            question,
            index.passages[at],
            cosine=near.get(at, least_cosine),
            base=_MEANING_WEIGHT * (near.get(at, least_cosine) - best_cosine)
            + _WORDS_WEIGHT * float(words[at]) / most,
        )
        for at in places
    ]


def _judge(question: Question, passage: Quotable, *, cosine: float, base: float) -> Candidate:
    text = f"{passage.context} {passage.words}"
    topics = frozenset(
        number for number, topic in enumerate(question.topics) if speaks_of(topic, text)
    )
    helping = [m for m in question.reading.meanings if m.helps]
    helped = sum(m.stands_in(passage.words) for m in helping) / max(1, len(helping))
    own = question.own_words
    own_words = len([pair for pair in own if pair in text]) / len(own) if own else 0.0
    holds = holds_what_is_asked(question, passage.words)
    score = (
        base
        + _TOPIC_WEIGHT * len(topics) / max(1, len(question.topics))
        + (_HELP_WEIGHT if question.subjects else _TOPIC_WEIGHT) * helped
        + _HELD_WEIGHT * holds
        - _RHETORICAL * passage.words.endswith("?")
    )
    return Candidate(passage, score, cosine, topics, helped > 0, own_words, holds)


def speaks_of(topic: Topic, text: str) -> bool:
    """Tell whether a folded text speaks of a topic in one of its meanings."""
    return any(meaning.stands_in(text) for meaning in topic)


def holds_what_is_asked(question: Question, words: str) -> bool:
    """Tell whether the text holds every kind of thing asked for, said of the subject.

    Where a question has a subject, the number or name must stand in a clause that speaks of
    it: `1次` of a checkup answers nothing about a ride in the same sentence.
    """
    return all(_held(asked, question.subjects, words) for asked in question.asked)


def _held(asked: Asked, subjects: tuple[Topic, ...], words: str) -> bool:
    clauses = asked.held_by(words)
    if not clauses or not subjects or asked.answer is None:
        return bool(clauses)
    return any(speaks_of(topic, clause) for topic in subjects for clause in clauses)
