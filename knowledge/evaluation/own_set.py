"""The house's own question set: questions of its log, each with what staff say is right for it.

What would be right is a stretch of a document in force, word for word; or that the documents do
not say it; or that it is none of our business.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from knowledge.errors import KnowledgeError
from knowledge.evaluation.sets import Kind, QuestionSet, SetQuestion
from knowledge.grounding import is_exact
from knowledge.masking import Masking, without_numbers
from knowledge.models import EvaluationQuestion, QuestionLogRow
from knowledge.passage_search import passages_in_force, texts_in_force
from store.statements import insert_into

OWN_SET = "own"
LONGEST_QUESTION = 300
LONGEST_GOLD = 1000
# Less than this stands in any text by chance.
SHORTEST_GOLD = 4


class NotKept(KnowledgeError):
    """A question cannot be put into the set; `reason` is one of a closed set of words."""

    REASONS = ("not_there", "no_question", "too_long", "no_gold", "not_in_force", "known")

    def __init__(self, reason: str) -> None:
        """Take one of the reasons."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a clerk says of a question of the log.

    Attributes:
        question: the words to ask.
        expected: answerable, unanswerable or offtopic.
        gold, passage_id: for an answerable one, words of a document in force, or a passage of it.
    """

    log_id: int
    question: str
    expected: Kind
    gold: str = ""
    passage_id: int | None = None


def keep_question(
    session: Session,
    keeping: Keeping,
    *,
    institution_id: int,
    added_by_id: int,
    now: datetime,
) -> int:
    """Put a question of the house's log into the house's set; return its number there.

    Raises:
        NotKept: not a question of this house, kept already, without words, or its words stand
            in no document in force.
    """
    _check_log(session, keeping.log_id, institution_id)
    question = without_numbers(keeping.question).strip()
    if not question:
        raise NotKept("no_question")
    if len(question) > LONGEST_QUESTION:
        raise NotKept("too_long")
    gold = [_gold(session, keeping, institution_id, now)] if _needs_gold(keeping) else []
    added = session.execute(
        insert_into(session, EvaluationQuestion)
        .values(
            institution_id=institution_id,
            question=question,
            expected=keeping.expected.value,
            gold=gold,
            log_id=keeping.log_id,
            added_by_id=added_by_id,
            added_at=now,
        )
        .on_conflict_do_nothing(index_elements=["log_id"])
        .returning(EvaluationQuestion.id)
    ).scalar_one_or_none()
    if added is None:
        raise NotKept("known")
    return int(added)


def drop_question(session: Session, *, institution_id: int, log_id: int) -> bool:
    """Take a question out of the house's set; tell whether it was there."""
    gone = session.execute(
        delete(EvaluationQuestion)
        .where(
            EvaluationQuestion.log_id == log_id,
            EvaluationQuestion.institution_id == institution_id,
        )
        .returning(EvaluationQuestion.id)
    ).scalar_one_or_none()
    return gone is not None


def own_set(session: Session, institution_id: int) -> QuestionSet:
    """Return the house's set; it may be empty."""
    rows = session.scalars(
        select(EvaluationQuestion)
        .where(EvaluationQuestion.institution_id == institution_id)
        .order_by(EvaluationQuestion.id)
    )
    return QuestionSet(OWN_SET, tuple(_question(row) for row in rows))


def ungrounded(
    session: Session, questions: QuestionSet, *, institution_id: int, now: datetime
) -> tuple[SetQuestion, ...]:
    """Return the answerable questions whose words no document in force has any more."""
    texts = list(texts_in_force(session, institution_id=institution_id, now=now))
    return tuple(
        question
        for question in questions.questions
        if question.kind is Kind.ANSWERABLE and not _stands(question.gold, texts)
    )


def exported_lines(
    questions: QuestionSet, masking: Masking, *, names: Collection[str]
) -> list[dict[str, object]]:
    """Return the set as the lines of a file, without what may point to a person.

    Args:
        questions: the house's own.
        masking: what takes personal data out; it leaves the words a right quote has.
        names: the people of the house, as they are called in full.
    """
    return [
        {
            "id": question.id,
            "kind": question.kind.value,
            "question": masking.mask(question.question, question.gold, names=names).question,
            **({"gold": list(question.gold)} if question.gold else {}),
        }
        for question in questions.questions
    ]


def _check_log(session: Session, log_id: int, institution_id: int) -> None:
    row = session.get(QuestionLogRow, log_id)
    if row is None or row.institution_id != institution_id:
        raise NotKept("not_there")


def _needs_gold(keeping: Keeping) -> bool:
    return keeping.expected is Kind.ANSWERABLE


def _gold(session: Session, keeping: Keeping, institution_id: int, now: datetime) -> str:
    if keeping.passage_id is None:
        return _verbatim(session, keeping, institution_id, now)
    found = passages_in_force(session, [keeping.passage_id], institution_id=institution_id, now=now)
    if not found:
        raise NotKept("not_in_force")
    return found[0].text


def _verbatim(session: Session, keeping: Keeping, institution_id: int, now: datetime) -> str:
    """Return the clerk's words as a document in force has them, white space included."""
    wanted = "".join(keeping.gold.split())
    if len(wanted) < SHORTEST_GOLD:
        raise NotKept("no_gold")
    if len(wanted) > LONGEST_GOLD:
        raise NotKept("too_long")
    pattern = re.compile(r"\s*".join(map(re.escape, wanted)))
    for text in texts_in_force(session, institution_id=institution_id, now=now):
        if found := pattern.search(text):
            return found.group()
    raise NotKept("not_in_force")


def _stands(gold: Collection[str], texts: Collection[str]) -> bool:
    return any(is_exact(words, text) for words in gold for text in texts)


def _question(row: EvaluationQuestion) -> SetQuestion:
    return SetQuestion(f"{OWN_SET}-{row.id}", row.question, Kind(row.expected), tuple(row.gold))
