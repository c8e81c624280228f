"""Reading clerks' answers: what waits for a second pair of eyes, what others find, who wrote what."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.errors import NotPermitted, RequestNotFound
from booking.models import AnswerState, Request, StaffAnswer, StaffRole
from booking.staff_access import Clerk
from booking.staff_answers import may_decide
from store.identity import Person


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One clerk's answer as staff read it; `may_decide` is the reader's."""

    id: int
    request_id: int
    number: str
    question: str
    text: str
    state: AnswerState
    author: str
    written_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    ends_on: date | None
    may_decide: bool


def answers(
    session: Session, *, clerk: Clerk, states: Collection[AnswerState], limit: int = 100
) -> list[AnswerView]:
    """Return the house's answers in these states, the last written first."""
    wanted = (
        _rows(clerk)
        .where(StaffAnswer.state.in_(states))
        .order_by(StaffAnswer.written_at.desc(), StaffAnswer.id.desc())
        .limit(limit)
    )
    return [_view(session, clerk, row) for row in session.execute(wanted)]


def every_answer(session: Session, *, clerk: Clerk, limit: int = 200) -> list[AnswerView]:
    """Return who answered what, for the head.

    Raises:
        NotPermitted: the reader is not the head.
    """
    if StaffRole.HEAD not in clerk.roles:
        raise NotPermitted("head")
    return answers(session, clerk=clerk, states=tuple(AnswerState), limit=limit)


def answer_to(session: Session, *, clerk: Clerk, request_id: int) -> AnswerView | None:
    """Return the answer to one request, if there is one."""
    row = session.execute(_rows(clerk).where(StaffAnswer.request_id == request_id)).first()
    return _view(session, clerk, row) if row is not None else None


def answer(session: Session, *, clerk: Clerk, answer_id: int) -> AnswerView:
    """Return one answer of the house.

    Raises:
        RequestNotFound: there is none.
    """
    row = session.execute(_rows(clerk).where(StaffAnswer.id == answer_id)).first()
    if row is None:
        raise RequestNotFound(str(answer_id))
    return _view(session, clerk, row)


def count_for(session: Session, clerk: Clerk) -> int:
    """Count what waits for this clerk: others' words to read, own words that were sent back."""
    wanted = or_(
        StaffAnswer.state == AnswerState.PROPOSED,
        (StaffAnswer.state == AnswerState.REJECTED) & (StaffAnswer.author_id == clerk.person_id),
    )
    rows = session.execute(
        select(StaffAnswer.state, StaffAnswer.author_id, func.count())
        .where(StaffAnswer.institution_id == clerk.institution_id, wanted)
        .group_by(StaffAnswer.state, StaffAnswer.author_id)
    )
    return sum(
        count
        for state, author_id, count in rows
        if state is AnswerState.REJECTED or may_decide(session, clerk, author_id=author_id)
    )


def _rows(clerk: Clerk) -> Select[StaffAnswer, str, str, str]:
    author, decider = aliased(Person), aliased(Person)
    return (
        select(StaffAnswer, Request.number, author.name, decider.name)
        .join(Request, Request.id == StaffAnswer.request_id)
        .join(author, author.id == StaffAnswer.author_id)
        .outerjoin(decider, decider.id == StaffAnswer.decided_by_id)
        .where(StaffAnswer.institution_id == clerk.institution_id)
    )


def _view(session: Session, clerk: Clerk, row: Any) -> AnswerView:
    answer, number, author, decider = row
    return AnswerView(
        id=answer.id,
        request_id=answer.request_id,
        number=number,
        question=answer.question,
        text=answer.text,
        state=answer.state,
        author=author,
        written_at=answer.written_at,
        decided_by=decider,
        decided_at=answer.decided_at,
        reason=answer.reason,
        ends_on=answer.ends_on,
        may_decide=may_decide(session, clerk, author_id=answer.author_id),
    )
