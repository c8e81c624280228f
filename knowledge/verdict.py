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
    whole = [c for c in candidates if _answers(question, c)]
    if whole and not question.reading.elsewhere:
        return Verdict(AnswerStatus.ANSWERED, tuple(whole))
    part = [c for c in candidates if _is_on_the_subject(question, c)]
    if not part:
        return Verdict(AnswerStatus.NOT_IN_DOCUMENTS, reason="not_in_documents")
    if question.is_personal and question.asked and question.asked[0].answer is not None:
        return Verdict(AnswerStatus.NEEDS_STAFF, reason="needs_staff")
    missing = tuple(asked.name for asked in question.asked if asked.answer is not None)
    return Verdict(AnswerStatus.PARTIAL, tuple(part), missing)


def _answers(question: Question, candidate: Candidate) -> bool:
    if len(candidate.topics) < len(question.topics):
        return False
    if not question.topics and candidate.own_words < _OWN_WORDS_NEEDED:
        return False
    return candidate.holds


def _is_on_the_subject(question: Question, candidate: Candidate) -> bool:
    wanted = {m.number for m in question.topics if not m.background}
    return bool(candidate.topics & wanted)
