"""The log of questions people asked: encrypted words, how it ended, what was said, on what, how long.

Staff of the house read it to see what the assistant could not answer. They are not told who
asked, and numbers that are somebody's are hidden.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from knowledge.answers import Answer, AnswerStatus
from knowledge.masking import without_numbers
from knowledge.models import EvaluationQuestion, Passage, QuestionLogRow


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question of the log as staff read it.

    Attributes:
        words: without numbers that are somebody's.
        quotes: the passages the answer rested on, by id, as far as they are still there.
        expected: what is right for it in the house's question set, None while it is not in it.
        gold: the words a right quote shares, where it is in the set and can be answered.
    """

    id: int
    asked_at: datetime
    words: str
    status: AnswerStatus
    quotes: Mapping[int, str]
    expected: str | None
    gold: tuple[str, ...]


def log_question(
    session: Session,
    *,
    question: str,
    answer: Answer,
    now: datetime,
    institution_id: int | None,
    account_id: int | None,
    person_id: int | None,
) -> QuestionLogRow:
    """Write one row in the caller's unit of work."""
    row = QuestionLogRow(
        institution_id=institution_id,
        account_id=account_id,
        person_id=person_id,
        asked_at=now,
        question=question,
        status=answer.status,
        understood_as=answer.understood_as or None,
        answer=answer.text,
        passage_ids=[citation.passage_id for citation in answer.citations],
        seconds=answer.seconds,
    )
    session.add(row)
    session.flush()
    return row


def asked_questions(
    session: Session,
    *,
    institution_id: int,
    ended: Collection[AnswerStatus] | None = None,
    only: ColumnElement[bool] | None = None,
    skip: int = 0,
    limit: int = 50,
) -> list[AskedQuestion]:
    """Return a house's questions, the newest first.

    Args:
        ended: how they ended; None takes all.
        only: a further condition on the log's rows.
        skip, limit: from which place on, and how many at most.
    """
    wanted = _of_house(institution_id)
    if ended is not None:
        wanted = wanted.where(QuestionLogRow.status.in_(ended))
    if only is not None:
        wanted = wanted.where(only)
    newest = wanted.order_by(QuestionLogRow.asked_at.desc(), QuestionLogRow.id.desc())
    return _read(session, newest.offset(skip).limit(limit))


def asked_question(session: Session, log_id: int, *, institution_id: int) -> AskedQuestion | None:
    """Return one question of a house's log, None when it is not there."""
    found = _read(session, _of_house(institution_id).where(QuestionLogRow.id == log_id))
    return found[0] if found else None


def _of_house(institution_id: int) -> Select[QuestionLogRow, EvaluationQuestion]:
    return (
        select(QuestionLogRow, EvaluationQuestion)
        .outerjoin(EvaluationQuestion, EvaluationQuestion.log_id == QuestionLogRow.id)
        .where(QuestionLogRow.institution_id == institution_id)
    )


def _read(
    session: Session, wanted: Select[QuestionLogRow, EvaluationQuestion]
) -> list[AskedQuestion]:
    rows = session.execute(wanted).all()
    texts = _texts(session, [passage for row, _kept in rows for passage in row.passage_ids])
    return [
        AskedQuestion(
            id=row.id,
            asked_at=row.asked_at,
            words=without_numbers(row.question),
            status=row.status,
            quotes={at: texts[at] for at in row.passage_ids if at in texts},
            expected=kept.expected if kept else None,
            gold=tuple(kept.gold) if kept else (),
        )
        for row, kept in rows
    ]


def _texts(session: Session, passages: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        select(Passage.id, Passage.text).where(Passage.id.in_(sorted(set(passages))))
    )
    return {row.id: row.text.strip() for row in rows}
