"""Sent is not seen: a notice that matters and is not heard of becomes a line for the clerk to call."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from booking.duty.models import CallLine, CallState, Stay, StayKind
from booking.duty.rules import RULES
from booking.errors import RequestNotFound
from booking.form import TEXTS
from booking.models import EventKind, Request, RequestEvent, RequestStatus
from booking.staff_access import Clerk
from store.identity import Account, Person
from store.outbox import MAILBOX_CHANNELS, OutboxRow, OutboxStatus
from store.statements import write_row

OPEN_STATES = (CallState.TO_CALL, CallState.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class ToCall:
    """One line of the call list, as a clerk reads it."""

    id: int
    who: str
    phone: str | None
    why: str
    number: str | None
    request_id: int | None
    told_at: datetime
    was_sent: bool
    tries: int
    last_try: datetime | None


def watch(
    session: Session,
    *,
    person_id: int,
    request: Request,
    step: str,
    outbox_id: int | None,
    now: datetime,
) -> None:
    """Watch over a notice that matters; without a message, it is to be telephoned at once."""
    write_row(
        session,
        CallLine,
        institution_id=request.institution_id,
        person_id=person_id,
        request_id=request.id,
        outbox_id=outbox_id,
        why=TEXTS.say(f"call_list.{step}", summary=request.summary),
        state=CallState.WATCHED if outbox_id is not None else CallState.TO_CALL,
        told_at=now,
        call_after=_call_after(request, now),
        tries=0,
    )


def bounced(
    session: Session, *, person_id: int, request: Request, outbox_id: int, now: datetime
) -> None:
    """Put someone on the list at once: a message about his request did not reach him."""
    line = session.scalars(select(CallLine).where(CallLine.outbox_id == outbox_id)).first()
    if line is None:
        write_row(
            session,
            CallLine,
            institution_id=request.institution_id,
            person_id=person_id,
            request_id=request.id,
            outbox_id=outbox_id,
            why=TEXTS.say("call_list.bounced", summary=request.summary),
            state=CallState.TO_CALL,
            told_at=now,
            call_after=now,
            tries=0,
        )
    elif line.state is CallState.WATCHED:
        line.state, line.call_after = CallState.TO_CALL, now


def _call_after(request: Request, now: datetime) -> datetime:
    """Return until when it should be seen: sooner where the service itself is near."""
    usual = now + timedelta(minutes=RULES.told.see_within_minutes)
    if request.starts_at is None:
        return usual
    before = request.starts_at - timedelta(minutes=RULES.told.see_before_minutes)
    return min(usual, max(before, now + timedelta(minutes=RULES.told.see_at_least_minutes)))


def review(session: Session, *, now: datetime, limit: int = 200) -> int:
    """Decide about the notices whose time is over: heard of, or to be telephoned; how many."""
    newer = aliased(CallLine)
    is_superseded = (
        select(newer.id)
        .where(
            newer.person_id == CallLine.person_id,
            newer.request_id == CallLine.request_id,
            newer.id > CallLine.id,
        )
        .exists()
    )
    has_answered = (
        select(Account.id)
        .where(Account.person_id == CallLine.person_id, Account.last_used_at > CallLine.told_at)
        .exists()
    )
    was_fetched = (
        select(OutboxRow.id)
        .where(
            OutboxRow.id == CallLine.outbox_id,
            OutboxRow.channel.in_(MAILBOX_CHANNELS),
            OutboxRow.status == OutboxStatus.SENT,
        )
        .exists()
    )
    is_over = (
        select(Request.id)
        .where(Request.id == CallLine.request_id, Request.status == RequestStatus.COMPLETED)
        .exists()
    )
    rows = session.execute(
        select(CallLine.id, or_(is_superseded, has_answered, was_fetched, is_over))
        .where(CallLine.state == CallState.WATCHED, CallLine.call_after <= now)
        .order_by(CallLine.call_after)
        .limit(limit)
    ).all()
    for state, is_heard in ((CallState.SEEN, True), (CallState.TO_CALL, False)):
        ids = [line_id for line_id, heard in rows if bool(heard) is is_heard]
        if ids:
            session.execute(
                update(CallLine)
                .where(CallLine.id.in_(ids), CallLine.state == CallState.WATCHED)
                .values(state=state)
                .execution_options(synchronize_session=False)
            )
            if state is CallState.TO_CALL:
                _note_unseen(session, ids, now)
    return len(rows)


def _note_unseen(session: Session, ids: list[int], now: datetime) -> None:
    """Write into each request's history that someone has to telephone."""
    rows = session.execute(
        select(CallLine.request_id, CallLine.institution_id, Person.name)
        .join(Person, Person.id == CallLine.person_id)
        .where(CallLine.id.in_(ids), CallLine.request_id.is_not(None))
    )
    for request_id, institution_id, name in rows.all():
        session.add(
            RequestEvent(
                institution_id=institution_id,
                request_id=request_id,
                kind=EventKind.NOT_REACHED,
                at=now,
                text=TEXTS.say("call_list.unseen", who=name),
            )
        )


def _still_open(institution_id: int) -> tuple[ColumnElement[bool], ...]:
    """Nobody is rung up about who has died; what is over need not be told any more."""
    died = select(Stay.id).where(
        Stay.ended_at.is_(None),
        Stay.kind == StayKind.DIED,
        or_(Stay.person_id == CallLine.person_id, Stay.person_id == Request.beneficiary_id),
    )
    return (
        CallLine.institution_id == institution_id,
        CallLine.state.in_(OPEN_STATES),
        or_(Request.id.is_(None), Request.status != RequestStatus.COMPLETED),
        ~died.exists(),
    )


def count_to_call(session: Session, *, institution_id: int) -> int:
    """Return how many the house has to telephone."""
    return session.execute(
        select(func.count())
        .select_from(CallLine)
        .outerjoin(Request, Request.id == CallLine.request_id)
        .where(*_still_open(institution_id))
    ).scalar_one()


def to_call(session: Session, *, institution_id: int, limit: int = 200) -> list[ToCall]:
    """Return whom the house has to telephone, the longest waiting first."""
    rows = session.execute(
        select(CallLine, Person, Request.number)
        .join(Person, Person.id == CallLine.person_id)
        .outerjoin(Request, Request.id == CallLine.request_id)
        .where(*_still_open(institution_id))
        .order_by(CallLine.told_at)
        .limit(limit)
    )
    return [
        ToCall(
            id=line.id,
            who=person.name,
            phone=person.phone,
            why=line.why,
            number=number,
            request_id=line.request_id,
            told_at=line.told_at,
            was_sent=line.outbox_id is not None,
            tries=line.tries,
            last_try=line.called_at,
        )
        for line, person, number in rows
    ]


def called(
    session: Session, *, clerk: Clerk, line_id: int, reached: bool, now: datetime
) -> CallLine:
    """Tick a line: he was told, or nobody answered and it stays. A second tick changes nothing.

    Raises:
        RequestNotFound: no line of this house.
    """
    line = session.get(CallLine, line_id, populate_existing=True)
    if line is None or line.institution_id != clerk.institution_id:
        raise RequestNotFound(str(line_id))
    if line.state not in OPEN_STATES:
        return line
    line.state = CallState.CALLED if reached else CallState.NO_ANSWER
    line.tries += 1
    line.called_by_id, line.called_at = clerk.person_id, now
    if line.request_id is not None:
        who = session.get_one(Person, line.person_id).name
        key = "call_list.told" if reached else "call_list.no_answer"
        session.add(
            RequestEvent(
                institution_id=line.institution_id,
                request_id=line.request_id,
                kind=EventKind.MESSAGE if reached else EventKind.NOT_REACHED,
                at=now,
                actor_id=clerk.person_id,
                text=TEXTS.say(key, who=who),
            )
        )
    return line
