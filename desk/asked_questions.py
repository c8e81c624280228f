"""问过的问题: what people asked and how it ended; a question is put into the house's own set.

Every clerk of the house may read it: a policy question is everybody's. It does not say who asked,
and shows no number that is somebody's.
"""

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, HTTPException, Path, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import ColumnElement, String, cast, exists, literal, select
from sqlalchemy.orm import Session

from booking.models import AuditRow
from booking.models import Request as StaffRequest
from booking.staff_access import Clerk, DeskVisit
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path, is_htmx
from desk.pages import Notice, house_page, notice_response
from desk.wording import TEXTS
from knowledge.answers import AnswerStatus
from knowledge.evaluation.own_set import (
    LONGEST_GOLD,
    Keeping,
    NotKept,
    drop_question,
    keep_question,
)
from knowledge.evaluation.sets import Kind
from knowledge.models import QuestionLogRow
from knowledge.passage_search import FoundPassage, find_passages, passages_in_force
from knowledge.question_log import AskedQuestion, asked_question, asked_questions

router = APIRouter()

CURRENT = "questions"
ON_A_PAGE = 30
LONGEST_SEARCH = 300
# A question that was handed to staff is a request with this key and the row's number.
_HANDED_OVER = "policy:"
_NOT_FOUND = 404

LogId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class Ended(enum.StrEnum):
    """How the questions ended that are shown."""

    ALL = "all"
    NOT_ANSWERED = "not_answered"
    PARTIAL = "partial"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"


_STATUSES = {
    Ended.NOT_ANSWERED: frozenset(AnswerStatus) - {AnswerStatus.ANSWERED, AnswerStatus.PARTIAL},
    Ended.PARTIAL: frozenset({AnswerStatus.PARTIAL}),
    Ended.ANSWERED: frozenset({AnswerStatus.ANSWERED}),
}


@router.get("/questions")
def show(
    request: Request,
    desk: TheDesk,
    visit: Visitor,
    ended: Ended = Ended.ALL,
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """Show what was asked, newest first."""
    now, clerk = desk.clock(), visit.clerk
    with desk.database.read() as session:
        rows = asked_questions(
            session,
            institution_id=clerk.institution_id,
            ended=_STATUSES.get(ended),
            only=_is_handed_over(clerk) if ended is Ended.HANDED_OVER else None,
            skip=(page - 1) * ON_A_PAGE,
            limit=ON_A_PAGE + 1,
        )
        return house_page(
            request,
            desk,
            session,
            visit,
            "questions.html",
            title=TEXTS.say("questions.title"),
            now=now,
            current=CURRENT,
            rows=rows[:ON_A_PAGE],
            handed_over=_handed_over(session, clerk, rows),
            ended=ended,
            choices=list(Ended),
            page=page,
            has_more=len(rows) > ON_A_PAGE,
        )


@router.get("/questions/{log_id}")
def show_one(request: Request, desk: TheDesk, visit: Visitor, log_id: LogId) -> HTMLResponse:
    """Show one question, and what could be right for it: the passages that have its words."""
    return _one(request, desk, visit, log_id)


@router.post("/questions/{log_id}/find")
def find(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    log_id: LogId,
    find: Annotated[str, Form(max_length=LONGEST_SEARCH)] = "",
) -> HTMLResponse:
    """Look for passages with other words; posted, because words in an address end up in logs."""
    return _one(request, desk, visit, log_id, find)


@router.post("/questions/{log_id}/keep")
def keep(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    log_id: LogId,
    expected: Annotated[Literal["answerable", "unanswerable", "offtopic"], Form()],
    gold: Annotated[str, Form()] = "",
    passage: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
) -> HTMLResponse:
    """收进题库: with a passage or pasted words that answer it, or as one that has no answer."""
    now, clerk = desk.clock(), visit.clerk
    try:
        with desk.database.begin() as session:
            row = _row(session, clerk, log_id)
            keep_question(
                session,
                Keeping(log_id, row.words, Kind(expected), gold, passage),
                institution_id=clerk.institution_id,
                added_by_id=clerk.person_id,
                now=now,
            )
            _note(session, clerk, "question_kept", log_id, now)
        notice = Notice(TEXTS.say(f"kept.{expected}"), good=True)
    except NotKept as why:
        notice = Notice(TEXTS.say(f"not_kept.{why.reason}"), good=False)
    back = f"{base_path(request)}/questions/{log_id}"
    return notice_response(request, desk, notice, back=back, changed=True)


@router.post("/questions/{log_id}/drop")
def drop(request: Request, desk: TheDesk, visit: Acting, log_id: LogId) -> HTMLResponse:
    """拿出题库: it may then be put in anew."""
    clerk = visit.clerk
    with desk.database.begin() as session:
        _row(session, clerk, log_id)
        if drop_question(session, institution_id=clerk.institution_id, log_id=log_id):
            _note(session, clerk, "question_dropped", log_id, desk.clock())
    notice = Notice(TEXTS.say("kept.dropped"), good=True)
    back = f"{base_path(request)}/questions/{log_id}"
    return notice_response(request, desk, notice, back=back, changed=True)


def _one(
    request: Request, desk: Desk, visit: DeskVisit, log_id: int, find: str = ""
) -> HTMLResponse:
    now, clerk = desk.clock(), visit.clerk
    with desk.database.read() as session:
        row = _row(session, clerk, log_id)
        words = find.strip() or row.words
        return house_page(
            request,
            desk,
            session,
            visit,
            "question.html",
            title=TEXTS.say("questions.one"),
            now=now,
            current=CURRENT,
            row=row,
            is_handed_over=bool(_handed_over(session, clerk, [row])),
            words=words,
            # The live part is fetched again and again, and has none of them.
            passages=()
            if is_htmx(request) and not find
            else _passages(session, clerk, row, find.strip(), now),
            longest_search=LONGEST_SEARCH,
            longest_gold=LONGEST_GOLD,
        )


def _passages(
    session: Session, clerk: Clerk, row: AskedQuestion, find: str, now: datetime
) -> list[FoundPassage]:
    """Return what could answer a question: what was quoted then, unless other words are given."""
    house = clerk.institution_id
    quoted = passages_in_force(session, list(row.quotes), institution_id=house, now=now)
    found = find_passages(session, find or row.words, institution_id=house, now=now)
    return list(dict.fromkeys([*quoted, *found] if not find else found))


def _row(session: Session, clerk: Clerk, log_id: int) -> AskedQuestion:
    row = asked_question(session, log_id, institution_id=clerk.institution_id)
    if row is None:
        raise HTTPException(_NOT_FOUND)
    return row


def _is_handed_over(clerk: Clerk) -> ColumnElement[bool]:
    key = literal(_HANDED_OVER) + cast(QuestionLogRow.id, String)
    return exists().where(
        StaffRequest.institution_id == clerk.institution_id, StaffRequest.idempotency_key == key
    )


def _handed_over(session: Session, clerk: Clerk, rows: Sequence[AskedQuestion]) -> frozenset[int]:
    """Return the numbers of those that were handed to staff."""
    if not rows:
        return frozenset()
    keys = {f"{_HANDED_OVER}{row.id}": row.id for row in rows}
    found = session.scalars(
        select(StaffRequest.idempotency_key).where(
            StaffRequest.institution_id == clerk.institution_id,
            StaffRequest.idempotency_key.in_(keys),
        )
    )
    return frozenset(keys[key] for key in found)


def _note(session: Session, clerk: Clerk, act: str, log_id: int, now: datetime) -> None:
    session.add(
        AuditRow(
            institution_id=clerk.institution_id,
            at=now,
            actor=f"staff {clerk.staff_id}",
            act=act,
            subject_person_id=None,
            permission=f"staff of the house, question {log_id}",
        )
    )
