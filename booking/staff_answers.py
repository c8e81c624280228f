"""A clerk's answer to a policy question: to the person at once, to the others once approved.

    told ----propose----> proposed ----approve----> approved
                          ^   |                        |
                          |   reject                   withdraw
                          |   v                        v
                          +-- rejected              withdrawn
                          +----------------------------+

Whoever wrote the words does not approve them, unless nobody else works in the house. The
caller puts an approved answer into the knowledge, and takes a withdrawn one out of it, in
the same transaction.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.audit import note
from booking.errors import (
    AlreadyTaken,
    MoveNotAllowed,
    NotPermitted,
    OwnAnswer,
    RequestNotFound,
    ValueProblem,
)
from booking.form import TEXTS
from booking.models import (
    AnswerState,
    EventKind,
    Request,
    RequestStatus,
    Staff,
    StaffAnswer,
    StaffRole,
)
from booking.notices import add_event, tell_step
from booking.people import normal_phone
from booking.requests import OPEN, for_clerk, move
from booking.services import POLICY, Catalog
from booking.staff_access import Clerk
from store.clock import local_date
from store.identity import Person

LONGEST_ANSWER = 500
LONGEST_QUESTION = 100
LONGEST_REASON = 200
_CAN_BE_PROPOSED = (AnswerState.TOLD, AnswerState.REJECTED, AnswerState.WITHDRAWN)
_DIGITS = re.compile(r"(?<!\d)\d{11,18}[xX]?(?![\dxX])")


@dataclass(frozen=True, slots=True)
class Reply:
    """What a clerk writes.

    Attributes:
        text: the answer.
        question: the question as others would ask it.
        ends_on: the last day on which the answer holds; None without end.
        for_others: whether others of the house are to find it.
    """

    text: str
    question: str = ""
    ends_on: date | None = None
    for_others: bool = False


def answer_question(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    reply: Reply,
    now: datetime,
) -> StaffAnswer:
    """Answer an open question: the person is told, the request is done.

    The same words pressed twice are one answer.

    Raises:
        ValueProblem: something is missing, too long, or would tell others about the person.
        AlreadyTaken: another clerk is at it (the head may answer all the same).
        MoveNotAllowed, RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.service != POLICY:
        raise NotPermitted(request.service)
    _check(session, request, reply, now)
    known = _answer_of(session, request.id)
    if known is not None and known.author_id == clerk.person_id and known.text == reply.text:
        return known
    _take(session, request, clerk, now)
    move(session, request, RequestStatus.COMPLETED, now=now)
    request.closed_at = now
    answer = StaffAnswer(
        institution_id=request.institution_id,
        request_id=request.id,
        question=reply.question or request.summary,
        text=reply.text,
        state=AnswerState.TOLD,
        ends_on=reply.ends_on,
        author_id=clerk.person_id,
        written_at=now,
    )
    session.add(answer)
    _write(session, request, EventKind.ANSWERED, clerk, "answered", now, text=reply.text)
    tell_step(session, request, "answered", now=now, clerk=clerk.name, text=reply.text)
    if reply.for_others:
        answer.state = AnswerState.PROPOSED
        _write(session, request, EventKind.REVIEWED, clerk, "proposed", now)
    session.flush()
    return answer


def propose(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    reply: Reply,
    now: datetime,
) -> StaffAnswer:
    """Word an answer that others do not find for them, and put it before a second pair of eyes.

    The person is not told again. Whoever words it last is its author.

    Raises:
        ValueProblem, MoveNotAllowed (it waits or is in force already), RequestNotFound,
        NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    answer = _answer_of(session, request.id)
    if answer is None:
        raise RequestNotFound(str(request_id))
    _check(session, request, reply, now)
    _step(
        session,
        answer,
        _CAN_BE_PROPOSED,
        AnswerState.PROPOSED,
        question=reply.question,
        text=reply.text,
        ends_on=reply.ends_on,
        author_id=clerk.person_id,
        written_at=now,
        reason=None,
    )
    _write(session, request, EventKind.REVIEWED, clerk, "proposed", now)
    return answer


def may_propose(state: AnswerState) -> bool:
    """Tell whether an answer in this state may be worded for others."""
    return state in _CAN_BE_PROPOSED


def waiting_answer(session: Session, *, clerk: Clerk, answer_id: int) -> StaffAnswer:
    """Return a proposed answer that this clerk may decide on.

    Raises:
        RequestNotFound: not of this house. MoveNotAllowed: it does not wait. OwnAnswer.
    """
    answer = _of_house(session, clerk, answer_id)
    if answer.state is not AnswerState.PROPOSED:
        raise MoveNotAllowed(answer.state.value)
    if not may_decide(session, clerk, author_id=answer.author_id):
        raise OwnAnswer(str(answer_id))
    return answer


def approve(
    session: Session,
    *,
    clerk: Clerk,
    answer_id: int,
    written_at: datetime,
    document_id: int,
    now: datetime,
) -> StaffAnswer:
    """Let an answer into the knowledge as `document_id`.

    Args:
        written_at: of the words that were read; other words since then are not approved.

    Raises:
        RequestNotFound, MoveNotAllowed, OwnAnswer: as `waiting_answer`.
    """
    answer = waiting_answer(session, clerk=clerk, answer_id=answer_id)
    if answer.written_at != written_at:
        raise MoveNotAllowed(answer.state.value)
    _decide(session, answer, AnswerState.PROPOSED, AnswerState.APPROVED, clerk, now)
    answer.document_id = document_id
    _record(session, answer, clerk, "approved", now)
    return answer


def reject(
    session: Session, *, clerk: Clerk, answer_id: int, reason: str, now: datetime
) -> StaffAnswer:
    """Keep an answer from others, and say why; its author may word it anew.

    Raises:
        ValueProblem: no reason. RequestNotFound, MoveNotAllowed, OwnAnswer.
    """
    _check_reason(reason)
    answer = waiting_answer(session, clerk=clerk, answer_id=answer_id)
    _decide(session, answer, AnswerState.PROPOSED, AnswerState.REJECTED, clerk, now, reason)
    _record(session, answer, clerk, "rejected", now, reason)
    return answer


def withdraw(
    session: Session, *, clerk: Clerk, answer_id: int, reason: str, now: datetime
) -> StaffAnswer:
    """Take an approved answer back; anyone of the staff who sees that it is wrong may.

    Raises:
        ValueProblem: no reason. RequestNotFound, MoveNotAllowed.
    """
    _check_reason(reason)
    answer = _of_house(session, clerk, answer_id)
    _decide(session, answer, AnswerState.APPROVED, AnswerState.WITHDRAWN, clerk, now, reason)
    _record(session, answer, clerk, "withdrawn", now, reason)
    return answer


def may_decide(session: Session, clerk: Clerk, *, author_id: int) -> bool:
    """Tell whether a clerk may approve what `author_id` wrote."""
    return author_id != clerk.person_id or not _has_colleagues(session, clerk)


def _has_colleagues(session: Session, clerk: Clerk) -> bool:
    others = session.execute(
        select(func.count())
        .select_from(Staff)
        .join(Person, Person.id == Staff.person_id)
        .where(
            Staff.institution_id == clerk.institution_id,
            Staff.person_id != clerk.person_id,
            Staff.active.is_(True),
            Person.active.is_(True),
        )
    ).scalar_one()
    return others > 0


def _take(session: Session, request: Request, clerk: Clerk, now: datetime) -> None:
    """Make the request the clerk's before it is answered; the head may step in."""
    if request.status is RequestStatus.SUBMITTED:
        move(session, request, RequestStatus.ACCEPTED, now=now)
    elif request.status not in OPEN:
        raise MoveNotAllowed(request.status.value)
    elif request.assignee_id not in {None, clerk.person_id} and StaffRole.HEAD not in clerk.roles:
        raise AlreadyTaken(session.get_one(Person, request.assignee_id).name)
    request.assignee_id = clerk.person_id


def _check(session: Session, request: Request, reply: Reply, now: datetime) -> None:
    if not reply.text or len(reply.text) > LONGEST_ANSWER:
        raise ValueProblem("text", TEXTS.say("reply.text", most=LONGEST_ANSWER))
    if not reply.for_others:
        return
    if not reply.question or len(reply.question) > LONGEST_QUESTION:
        raise ValueProblem("question", TEXTS.say("reply.question", most=LONGEST_QUESTION))
    if reply.ends_on is not None and reply.ends_on < local_date(now):
        raise ValueProblem("ends_on", TEXTS.say("reply.past"))
    told = _tells_of(session, request, f"{reply.question}\n{reply.text}")
    if told is not None:
        raise ValueProblem("text", TEXTS.say("reply.personal", what=told))


def _tells_of(session: Session, request: Request, words: str) -> str | None:
    """Return what in words for everybody would tell who asked: name, address, numbers."""
    for person_id in {request.requester_id, request.beneficiary_id}:
        person = session.get_one(Person, person_id)
        for own in (person.name, person.address):
            if own and own in words:
                return own
    for found in _DIGITS.finditer(words):
        # Numbers as long as a landline's with its area code are the house's to tell.
        if normal_phone(found.group()) is not None or len(found.group()) >= 15:
            return found.group()
    return None


def _check_reason(reason: str) -> None:
    if not reason or len(reason) > LONGEST_REASON:
        raise ValueProblem("reason", TEXTS.say("reply.reason", most=LONGEST_REASON))


def _answer_of(session: Session, request_id: int) -> StaffAnswer | None:
    return session.execute(
        select(StaffAnswer).where(StaffAnswer.request_id == request_id)
    ).scalar_one_or_none()


def _of_house(session: Session, clerk: Clerk, answer_id: int) -> StaffAnswer:
    answer = session.get(StaffAnswer, answer_id, populate_existing=True)
    if answer is None or answer.institution_id != clerk.institution_id:
        raise RequestNotFound(str(answer_id))
    return answer


def _decide(
    session: Session,
    answer: StaffAnswer,
    start: AnswerState,
    to: AnswerState,
    clerk: Clerk,
    now: datetime,
    reason: str | None = None,
) -> None:
    _step(
        session,
        answer,
        (start,),
        to,
        decided_by_id=clerk.person_id,
        decided_at=now,
        reason=reason,
    )


def _step(
    session: Session,
    answer: StaffAnswer,
    starts: tuple[AnswerState, ...],
    to: AnswerState,
    **values: object,
) -> None:
    """Move an answer on, unless someone else has moved it since it was read."""
    moved = session.execute(
        update(StaffAnswer)
        .where(
            StaffAnswer.id == answer.id,
            StaffAnswer.state.in_(starts),
            StaffAnswer.written_at == answer.written_at,
        )
        .values(state=to, **values)
        .returning(StaffAnswer.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(answer)
    if moved is None:
        raise MoveNotAllowed(answer.state.value)


def _record(
    session: Session,
    answer: StaffAnswer,
    clerk: Clerk,
    step: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Write what was decided into the request's history and into the audit."""
    request = session.get_one(Request, answer.request_id)
    _write(session, request, EventKind.REVIEWED, clerk, f"answer_{step}", now, reason=reason)
    is_own = answer.author_id == clerk.person_id
    note(
        session,
        institution_id=answer.institution_id,
        actor=f"staff {clerk.staff_id}",
        act=f"answer {step}",
        permission="the only staff" if is_own and step == "approved" else "staff",
        now=now,
        subject_id=request.requester_id,
        about=request.number,
    )


def _write(
    session: Session,
    request: Request,
    kind: EventKind,
    clerk: Clerk,
    step: str,
    now: datetime,
    **words: str,
) -> None:
    text = TEXTS.say(f"history.{step}", **words)
    add_event(session, request, kind, now=now, actor_id=clerk.person_id, text=text)
