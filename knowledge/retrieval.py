"""Finding the passages a question is about: near in meaning, alike in words, on the subject."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from knowledge.asked import Asked
from knowledge.embedding import Vector
from knowledge.index import Quotable, ScopeIndex
from knowledge.lexicon import Topic
from knowledge.question import Question

_CANDIDATES = 40
# So many passages of documents out of force are looked past.
_MOST_SILENT = 400
# The weights of meaning, words, document, what is held, length and the two kinds of sentence
# that only lead up to an answer were fitted together, by five-fold cross-validation, on public
# questions about other notices (339 of them), then adjusted by hand on the same questions, so
# figures on those are optimistic; the others say how much a word of the word file is worth.
# Cosines of this model lie close together: a tenth between the best and the last is a lot.
_MEANING_WEIGHT = 11.0
_WORDS_WEIGHT = 1.5
_DOCUMENT_WEIGHT = 1.8
_HELD_WEIGHT = 0.5
_LENGTH_WEIGHT = 0.36
_LONG = 160
_RHETORICAL = 1.0
_LEADS_IN = 0.7
_LOOKS_BACK = ("这些", "这一", "上述", "以上")
_OFFICIAL_WEIGHT = 0.5
_TOPIC_WEIGHT = 0.8
_HELP_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer: its score, and what of the question it speaks of."""

    index: ScopeIndex
    place: int
    score: float
    cosine: float
    topics: frozenset[int]  # Places in the question's topics.
    helped: bool  # Whether it has official words for what was said beside the topics.
    own_words: float  # The share of the unexplained words that stand in it.
    holds: bool

    @property
    def passage(self) -> Quotable:
        """Return the passage."""
        return self.index.passages[self.place]


@dataclass(frozen=True, slots=True)
class _Found:
    """What an index gave for a question: scores by place, not yet comparable."""

    index: ScopeIndex
    near: dict[int, float]
    words: NDArray[np.float32]
    about: NDArray[np.float32]
    standing: NDArray[np.bool_]


def retrieve(
    question: Question, vector: Vector, indexes: list[ScopeIndex], *, today: date
) -> list[Candidate]:
    """Return the candidates best first, those that are not in force today among them."""
    found = [_search(question, vector, index, today) for index in indexes if index.passages]
    # One scale for all scopes, so that a weak match in a house's few papers stays weak.
    best_cosine = max((max(f.near.values(), default=0.0) for f in found), default=0.0)
    most_words = max((float(f.words.max()) for f in found), default=0.0) or 1.0
    most_about = max((float(f.about.max()) for f in found), default=0.0) or 1.0
    candidates: list[Candidate] = []
    for one in found:
        least_cosine = min(one.near.values(), default=best_cosine)
        lexical = _WORDS_WEIGHT * one.words / most_words + _DOCUMENT_WEIGHT * one.about / most_about
        # What is not in force says what has changed; it must not crowd out what is.
        best = np.argsort(-lexical)[:_CANDIDATES], np.argsort(-lexical * one.standing)[:_CANDIDATES]
        for place in set(one.near) | {int(at) for at in np.concatenate(best)}:
            cosine = one.near.get(place, least_cosine)
            base = _MEANING_WEIGHT * (cosine - best_cosine) + float(lexical[place])
            candidates.append(_judge(question, one.index, place, cosine=cosine, base=base))
    return sorted(candidates, key=lambda candidate: -candidate.score)


def _search(question: Question, vector: Vector, index: ScopeIndex, today: date) -> _Found:
    standing = index.standing(today)
    silent = min(int((~standing).sum()), _MOST_SILENT)
    words = index.matching(question.text)
    words = words + _OFFICIAL_WEIGHT * index.matching(question.official_words)
    near = index.near(vector, _CANDIDATES + silent)
    return _Found(index, near, words, index.about(question.text), standing)


def _judge(
    question: Question, index: ScopeIndex, place: int, *, cosine: float, base: float
) -> Candidate:
    passage = index.passages[place]
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
        + _LENGTH_WEIGHT * min(len(passage.words), _LONG) / _LONG
        - _RHETORICAL * passage.words.endswith("?")
        - _LEADS_IN * (passage.words.endswith(":") or passage.words.startswith(_LOOKS_BACK))
    )
    return Candidate(index, place, score, cosine, topics, helped > 0, own_words, holds)


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
