"""The verbs of a request. Each takes the caller's session, never commits, and does it all:
status, history, capacity, notices.

    submitted --accept--> accepted --complete--> completed
        |  \\                 |
        |   decline           +--decline--> declined
        +--cancel (by the person or a relative)--> cancelled, also from accepted
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from booking import capacity, entitlement
from booking.errors import AlreadyTaken, MoveNotAllowed, NotPermitted, RequestNotFound
from booking.form import TEXTS, Values, check, starts_at, summary
from booking.making import find_by_key, new_request
from booking.models import EventKind, LinkScope, Request, RequestStatus
from booking.notices import add_event, tell, tell_concerned, tell_step
from booking.people import permission_for
from booking.services import Catalog, Service
from booking.staff_access import Clerk
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

OPEN = (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED)
MOVES: dict[RequestStatus, tuple[RequestStatus, ...]] = {
    RequestStatus.ACCEPTED: (RequestStatus.SUBMITTED,),
    RequestStatus.COMPLETED: (RequestStatus.ACCEPTED,),
    RequestStatus.DECLINED: OPEN,
    RequestStatus.CANCELLED: OPEN,
}


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person confirmed: who asks, for whom, which service, which values."""

    actor: Person
    beneficiary: Person
    service: Service
    values: Values
    account_id: int
    key: str


def submit(session: Session, wanted: Submission, *, now: datetime) -> Request:
    """Make the request: number, capacity, history, notices to the others concerned.

    The same key again returns the request made the first time. The one who asked is
    answered by the conversation itself.

    Raises:
        ValueProblem, NoPlaceLeft, AlreadyUsed, NotPermitted: nothing was made; the caller
            must roll its savepoint back.
    """
    known = find_by_key(session, wanted.key)
    if known is not None:
        return known
    service, beneficiary = wanted.service, wanted.beneficiary
    permission = permission_for(
        session, actor=wanted.actor, beneficiary=beneficiary, scope=LinkScope.BOOK
    )
    around = capacity.look_around(
        session, institution_id=beneficiary.institution_id, service=service, now=now
    )
    values = check(service, wanted.values, around)
    start = starts_at(service, values)
    due = min(now + timedelta(minutes=service.accept_within_minutes), start)
    request = new_request(
        session,
        service=service,
        actor=wanted.actor,
        beneficiary=beneficiary,
        permission=permission,
        values=values,
        words=summary(service, values, around.today),
        due_at=due,
        starts=start,
        account_id=wanted.account_id,
        key=wanted.key,
        now=now,
    )
    entitlement.use(
        session, service=service, request=request, day=date.fromisoformat(values["date"])
    )
    capacity.take(session, service=service, request=request, values=values)
    tell_concerned(
        session,
        request,
        "booked",
        now=now,
        skip=wanted.actor.id,
        actor=wanted.actor.name,
        service=service.name,
    )
    return request


def accept(
    session: Session, *, catalog: Catalog, request_id: int, clerk: Clerk, now: datetime
) -> Request:
    """Take the request: it is now this clerk's, and for the person it is fixed.

    Raises:
        AlreadyTaken: another clerk has it. MoveNotAllowed: it is no longer open.
        RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.assignee_id == clerk.person_id and request.status is RequestStatus.ACCEPTED:
        return request
    if request.status is RequestStatus.ACCEPTED and request.assignee_id is not None:
        raise AlreadyTaken(session.get_one(Person, request.assignee_id).name)
    move(session, request, RequestStatus.ACCEPTED)
    request.assignee_id = clerk.person_id
    _record(session, request, EventKind.ACCEPTED, clerk, now, TEXTS.say("history.accepted"))
    tell_step(session, request, "accepted", now=now, clerk=clerk.name)
    return request


def decline(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    reason: str,
    now: datetime,
) -> Request:
    """Send the request back with a reason; its place is free again, and the person is told.

    Raises:
        ValueError: no reason. MoveNotAllowed, RequestNotFound, NotPermitted.
    """
    reason = reason.strip()
    if not reason:
        raise ValueError("a reason is needed")
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.DECLINED:
        return request
    move(session, request, RequestStatus.DECLINED)
    request.reason = reason
    request.closed_at = now
    _free(session, request)
    words = TEXTS.say("history.declined", reason=reason)
    _record(session, request, EventKind.DECLINED, clerk, now, words)
    tell_step(session, request, "declined", now=now, clerk=clerk.name, reason=reason)
    return request


def complete(
    session: Session, *, catalog: Catalog, request_id: int, clerk: Clerk, now: datetime
) -> Request:
    """Close the request as done; the person is asked for one to five stars.

    Raises:
        MoveNotAllowed: it was never accepted, or is closed. RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.COMPLETED:
        return request
    move(session, request, RequestStatus.COMPLETED)
    request.closed_at = now
    _record(session, request, EventKind.COMPLETED, clerk, now, TEXTS.say("history.completed"))
    tell_step(session, request, "completed", now=now, clerk=clerk.name)
    return request


def send_message(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    text: str,
    now: datetime,
) -> None:
    """Write to the person about this request; goes to the one who asked.

    Raises:
        ValueError: nothing was written. RequestNotFound, NotPermitted.
    """
    text = text.strip()
    if not text:
        raise ValueError("a message needs words")
    request = for_clerk(session, catalog, request_id, clerk)
    requester = session.get_one(Person, request.requester_id)
    _record(session, request, EventKind.MESSAGE, clerk, now, text)
    message = Message(
        TEXTS.say(
            "told.message",
            salutation=requester.salutation,
            clerk=clerk.name,
            text=text,
            number=request.number,
        )
    )
    tell(session, person=requester, message=message, lane=Lane.STEP, request=request, now=now)


def cancel(session: Session, *, actor: Person, request_id: int, now: datetime) -> Request:
    """Cancel a request of one's own, or of a linked retiree where the link allows it.

    Raises:
        RequestNotFound: not his to see. NotPermitted: the link does not allow cancelling.
        MoveNotAllowed: it is closed already, or has begun.
    """
    request = session.get(Request, request_id)
    if request is None or request.institution_id != actor.institution_id:
        raise RequestNotFound(str(request_id))
    beneficiary = session.get_one(Person, request.beneficiary_id)
    permission = _may_cancel(session, actor, request, beneficiary)
    if request.status is RequestStatus.CANCELLED:
        return request
    if request.starts_at is not None and request.starts_at <= now:
        raise MoveNotAllowed("started")
    move(session, request, RequestStatus.CANCELLED)
    request.closed_at = now
    _free(session, request)
    words = f"{TEXTS.say('history.cancelled')}（{permission}）"
    add_event(session, request, EventKind.CANCELLED, now=now, actor_id=actor.id, text=words)
    tell_concerned(session, request, "cancelled", now=now, skip=actor.id, actor=actor.name)
    return request


def for_clerk(session: Session, catalog: Catalog, request_id: int, clerk: Clerk) -> Request:
    """Return a request of the clerk's own queues.

    Raises:
        RequestNotFound: not of this house. NotPermitted: not of this clerk's queues.
    """
    request = session.get(Request, request_id, populate_existing=True)
    if request is None or request.institution_id != clerk.institution_id:
        raise RequestNotFound(str(request_id))
    if not clerk.may_work(catalog.get(request.service).queue_role):
        raise NotPermitted(request.service)
    return request


def move(session: Session, request: Request, to: RequestStatus) -> None:
    """Move a request on, unless someone else has moved it since it was read.

    Raises:
        AlreadyTaken: another clerk accepted it. MoveNotAllowed: it stands elsewhere.
    """
    moved = session.execute(
        update(Request)
        .where(
            Request.id == request.id,
            Request.version == request.version,
            Request.status.in_(MOVES[to]),
        )
        .values(status=to, version=Request.version + 1)
        .returning(Request.version)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(request)
    if moved is not None:
        return
    if (
        to is RequestStatus.ACCEPTED
        and request.status is RequestStatus.ACCEPTED
        and request.assignee_id is not None
    ):
        raise AlreadyTaken(session.get_one(Person, request.assignee_id).name)
    raise MoveNotAllowed(request.status.value)


def _free(session: Session, request: Request) -> None:
    capacity.give_back(session, request)
    entitlement.free(session, request)


def _may_cancel(session: Session, actor: Person, request: Request, beneficiary: Person) -> str:
    try:
        return permission_for(session, actor=actor, beneficiary=beneficiary, scope=LinkScope.CANCEL)
    except NotPermitted:
        if request.requester_id == actor.id:
            return "提交人"
        raise RequestNotFound(str(request.id)) from None


def _record(
    session: Session,
    request: Request,
    kind: EventKind,
    clerk: Clerk,
    now: datetime,
    text: str,
) -> None:
    add_event(session, request, kind, now=now, actor_id=clerk.person_id, text=text)
