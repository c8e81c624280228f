"""Whether the documents answer a question: wholly, in part, or not at all.

Being near in meaning is not enough. The best passage must speak of everything the question
names, and hold the kind of thing it asks for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.answers import AnswerStatus
from knowledge.question import Question
from knowledge.retrieval import Candidate

_OWN_WORDS_NEEDED = 0.5
# What has nothing to do with the documents stays below this (measured on both sides).
_NEAR = 0.848
# Of many things named in one breath, one may be said elsewhere.
_MANY_TOPICS = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the question ends, on which passages, and what is missing."""

    status: AnswerStatus
    support: tuple[Candidate, ...] = ()
    missing: tuple[str, ...] = ()
    reason: str = ""


def judge(question: Question, candidates: Sequence[Candidate]) -> Verdict:
    """Decide on the candidates, best first."""
    if not any(character.isalnum() for character in question.text):
        return Verdict(AnswerStatus.OUT_OF_SCOPE, reason="nothing_asked")
    if question.reading.elsewhere and not question.reading.has_topic:
        return Verdict(AnswerStatus.OUT_OF_SCOPE, reason="out_of_scope")
    spoken_of = frozenset(place for c in candidates for place in c.topics)
    near = max((c.cosine for c in candidates), default=0.0) >= _NEAR
    whole = [c for c in candidates if near and _answers(question, c, spoken_of)]
    if whole and not question.reading.elsewhere:
        return Verdict(AnswerStatus.ANSWERED, tuple(whole))
    part = [c for c in candidates if _is_on_the_subject(question, c)]
    if not part or question.reading.elsewhere:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    if question.is_personal and question.asks_something_definite:
        return Verdict(AnswerStatus.NEEDS_STAFF, reason="needs_staff")
    missing = tuple(asked.name for asked in question.asked if asked.answer is not None)
    return Verdict(AnswerStatus.PARTIAL, tuple(part), missing)


def _answers(question: Question, candidate: Candidate, spoken_of: frozenset[int]) -> bool:
    if not candidate.holds:
        return False
    if question.subjects:
        missing = frozenset(range(len(question.topics))) - candidate.topics
        may_miss = 1 if len(question.topics) >= _MANY_TOPICS or question.asks_for_help else 0
        return bool(candidate.topics) and len(missing) <= may_miss and missing <= spoken_of
    # Nothing in it is a topic of the word file: its own words must be there, or the
    # documents' words for them, or the kind of thing it asks for.
    return (
        candidate.own_words >= _OWN_WORDS_NEEDED
        or candidate.helped
        or (bool(candidate.topics) and not question.rest and question.asks_something_definite)
    )


def _is_on_the_subject(question: Question, candidate: Candidate) -> bool:
    return bool(question.subjects) and bool(candidate.topics)
