"""The log of questions people asked: encrypted words, how it ended, on what, how long."""

from datetime import datetime

from sqlalchemy.orm import Session

from knowledge.answers import Answer
from knowledge.models import QuestionLogRow


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
        passage_ids=[citation.passage_id for citation in answer.citations],
        seconds=answer.seconds,
    )
    session.add(row)
    session.flush()
    return row
