"""Whether the documents answer a question: wholly, in part, or not at all.

Being near in meaning is not enough. The best passage must speak of everything the question
names, and hold the kind of thing it asks for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from knowledge.answers import AnswerStatus
from knowledge.question import Question
from knowledge.retrieval import Candidate
from knowledge.words import bigrams

NOTHING_ASKED = "nothing_asked"

_OWN_WORDS_NEEDED = 0.5
# What has nothing to do with the documents stays below this (measured on both sides).
_NEAR = 0.848
# Of many things named in one breath, one may be said elsewhere.
_MANY_TOPICS = 3
# How much the share of a question's own words in the document counts, and the lead over the
# next document; at this sum one in ten of the answerable is lost, seven in ten others stopped.
_HELD = 2.84
_LEAD = 1.61
_ENOUGH = 2.35
_SHOWN = 5
_ANSWERS = 0.5
_CLEAR_LEAD = 2.0
_LEAD_WHEN_ALONE = 0.5
_ON_THE_SUBJECT = 1.9


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the question ends, on which passages, what is missing, and how sure that is (0 to 1)."""

    status: AnswerStatus
    support: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""
    confidence: float = 0.0


def judge(question: Question, candidates: Sequence[Candidate]) -> Verdict:
    """Decide on the candidates, best first."""
    if not any(character.isalnum() for character in question.text):
        return Verdict(AnswerStatus.OUT_OF_SCOPE, reason=NOTHING_ASKED)
    if not candidates:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    return replace(_decide(question, candidates), confidence=_confidence(question, candidates))


def _decide(question: Question, candidates: Sequence[Candidate]) -> Verdict:
    if _is_of_another_world(question, candidates[0]):
        known = question.reading.has_topic
        status = AnswerStatus.NOT_IN_DOCUMENTS if known else AnswerStatus.OUT_OF_SCOPE
        return Verdict(status, reason=status.value)
    if question.is_explained:
        return _by_the_word_file(question, candidates)
    return _by_its_own_words(question, candidates)


def _is_of_another_world(question: Question, best: Candidate) -> bool:
    """Tell whether it has a word of another world that the nearest document does not have."""
    document = best.index.document_words(best.place)
    return any(word not in document for word in question.reading.elsewhere)


def _by_the_word_file(question: Question, candidates: Sequence[Candidate]) -> Verdict:
    """Decide on a question whose words are known: every topic must be there, and what is asked."""
    if max(c.cosine for c in candidates) < _NEAR:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    spoken_of = frozenset(place for c in candidates for place in c.topics)
    whole = tuple(c for c in candidates if _answers(question, c, spoken_of))
    if whole:
        return Verdict(AnswerStatus.ANSWERED, _also_near(question, candidates, whole))
    part = tuple(c for c in candidates if question.subjects and c.topics)
    return _short_of_an_answer(question, part)


def _also_near(
    question: Question, candidates: Sequence[Candidate], whole: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    """Let in passages that know the question's own words far better than those that answer.

    A word of the word file may mean something else in a document about another matter.
    """
    if not question.own_words:
        return whole
    answers = {(id(c.index), c.place) for c in whole}
    return tuple(
        sorted(
            candidates,
            key=lambda c: -c.score - _ANSWERS * ((id(c.index), c.place) in answers),
        )
    )


def _by_its_own_words(question: Question, candidates: Sequence[Candidate]) -> Verdict:
    """Decide on a question of words the word file does not know."""
    backing = _backing(question, candidates)
    shown = " ".join(candidate.passage.words for candidate in candidates[:_SHOWN])
    holds = all(asked.held_by(shown) for asked in question.asked)
    if holds and backing >= _ENOUGH:
        return Verdict(AnswerStatus.ANSWERED, tuple(candidates))
    part = tuple(candidates) if backing >= _ON_THE_SUBJECT else ()
    return _short_of_an_answer(question, part)


def _backing(question: Question, candidates: Sequence[Candidate]) -> float:
    """Measure how well the best document knows the question's own words, the rare ones first.

    The weights were fitted on public questions about other notices, asked once with and once
    without the document that answers them, and adjusted by hand on the same questions: figures
    on those are optimistic.
    """
    best = candidates[0]
    others = (c for c in candidates if c.passage.document_id != best.passage.document_id)
    lead = next((min(best.score - c.score, _CLEAR_LEAD) for c in others), _LEAD_WHEN_ALONE)
    return _HELD * best.index.share_held(question.own_words, best.place) + _LEAD * lead


def _confidence(question: Question, candidates: Sequence[Candidate]) -> float:
    """Order answers by how well what was found covers the question; no probability.

    What the word file knows counts by the topics the best passages speak of, the rest by how
    well the best document knows the question's own words; both only where what is asked is held.
    """
    best = candidates[:_SHOWN]
    spoken = max(len(c.topics) for c in best) / max(1, len(question.topics))
    held = any(c.holds for c in best)
    backing = _backing(question, candidates) / _ENOUGH
    sure = spoken if question.is_explained else backing
    return 1 / (1 + math.exp(3.0 - 2.0 * sure - 0.5 * backing - 1.5 * held))


def _short_of_an_answer(question: Question, part: tuple[Candidate, ...]) -> Verdict:
    if not part:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    missing = tuple(asked.name for asked in question.asked if asked.answer is not None)
    return Verdict(AnswerStatus.PARTIAL, part, missing)


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
