"""The verbs of a request. Each takes the caller's session, never commits, and does it all:
status, history, capacity, notices.

    waiting -> submitted --accept--> accepted --start--> in progress --complete--> completed
                   ^                    |                     |
                   +------put back------+                     +--miss--> missed

Whoever is accepted may be completed or missed at once. Until it is in progress, the staff may
decline and the person or a relative cancel it. `booking.moves.MOVES` is the whole table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from booking import capacity, entitlement, waiting
from booking.capacity import Held
from booking.errors import (
    AlreadyTaken,
    MoveNotAllowed,
    NoPlaceLeft,
    NotPermitted,
    RequestNotFound,
    ValueProblem,
)
from booking.form import TEXTS, Values, check, starts_at, summary
from booking.freeing import free, free_kept, keep
from booking.making import find_by_key, new_request
from booking.models import CancelledBy, EventKind, LinkScope, Request, RequestStatus
from booking.moves import MOVES as MOVES
from booking.moves import OPEN as OPEN
from booking.moves import TAKEN
from booking.moves import UNFINISHED as UNFINISHED
from booking.moves import move as move
from booking.notices import add_event, tell, tell_concerned, tell_step
from booking.people import OWN, permission_for, permission_on
from booking.ratings import is_time_for_stars
from booking.services import CapacityKind, Catalog, Service
from booking.staff_access import Clerk
from store.clock import local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

_Taken = TypeVar("_Taken")


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person confirmed: who asks, for whom, which service, which values.

    `because` says why, where nobody asked now but a standing order did: nobody is told then.
    """

    actor: Person
    beneficiary: Person
    service: Service
    values: Values
    account_id: int | None
    key: str
    because: str | None = None


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
    values = _checked(session, wanted, now)
    start = starts_at(service, values)
    # Whoever has had this year's is told so, not that the places are gone.
    takes_first = service.capacity is CapacityKind.PLACES and not service.once_a_year
    request = new_request(
        session,
        service=service,
        actor=wanted.actor,
        beneficiary=beneficiary,
        permission=permission,
        values=values,
        words=summary(service, values, local_date(now)),
        starts=start,
        account_id=wanted.account_id,
        key=wanted.key,
        now=now,
        made_because=wanted.because,
        hold=partial(_take_places, session, wanted, values, now) if takes_first else None,
    )
    if not takes_first:
        entitlement.use(
            session, service=service, request=request, day=date.fromisoformat(values["date"])
        )
        take(session, service=service, request=request, values=values, now=now)
    if wanted.because is None:
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


def _checked(session: Session, wanted: Submission, now: datetime) -> dict[str, str]:
    """Check the values against the day they name; only to refuse them the whole calendar is read.

    Raises:
        ValueProblem: with a sentence that offers what is open instead.
    """
    service, house = wanted.service, wanted.beneficiary.institution_id
    try:
        day = date.fromisoformat(wanted.values.get("date", ""))
        around = capacity.look_at_day(
            session, institution_id=house, service=service, day=day, now=now
        )
        return check(service, wanted.values, around)
    except (ValueProblem, ValueError):
        around = capacity.look_around(session, institution_id=house, service=service, now=now)
        return check(service, wanted.values, around)


def accept(
    session: Session, *, catalog: Catalog, request_id: int, clerk: Clerk, now: datetime
) -> Request:
    """Take the request: it is now this clerk's, and for the person it is fixed.

    Raises:
        AlreadyTaken: another clerk has it. MoveNotAllowed: it is no longer open.
        RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.assignee_id == clerk.person_id and request.status in TAKEN:
        return request
    if request.status in TAKEN and request.assignee_id is not None:
        raise AlreadyTaken(session.get_one(Person, request.assignee_id).name)
    move(session, request, RequestStatus.ACCEPTED, now=now, assignee_id=clerk.person_id)
    _record(session, request, EventKind.ACCEPTED, clerk, now, TEXTS.say("history.accepted"))
    note = capacity.said_when_fixed(session, catalog.get(request.service), request)
    tell_step(session, request, "accepted", now=now, clerk=clerk.name, note=note)
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
    move(session, request, RequestStatus.DECLINED, now=now, reason=reason, closed_at=now)
    free(session, request, now=now)
    words = TEXTS.say("history.declined", reason=reason)
    _record(session, request, EventKind.DECLINED, clerk, now, words)
    tell_step(session, request, "declined", now=now, clerk=clerk.name, reason=reason)
    return request


def start(
    session: Session, *, catalog: Catalog, request_id: int, clerk: Clerk, now: datetime
) -> Request:
    """Begin: the car has left, the meal is on its way. The person is told.

    Raises:
        MoveNotAllowed: nobody has taken it, or it is closed. RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.IN_PROGRESS:
        return request
    move(session, request, RequestStatus.IN_PROGRESS, now=now)
    _record(session, request, EventKind.STARTED, clerk, now, TEXTS.say("history.started"))
    tell_step(session, request, "started", now=now, clerk=clerk.name)
    return request


def miss(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    reason: str,
    now: datetime,
) -> Request:
    """Close the request as not come about: nobody opened, he did not come. The person is told.

    Raises:
        ValueError: no reason. MoveNotAllowed, RequestNotFound, NotPermitted.
    """
    reason = reason.strip()
    if not reason:
        raise ValueError("a reason is needed")
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.MISSED:
        return request
    move(session, request, RequestStatus.MISSED, now=now, reason=reason, closed_at=now)
    entitlement.free_missed(session, request)
    capacity.give_back_rest(session, catalog.get(request.service), request, now=now)
    words = TEXTS.say("history.missed", reason=reason)
    _record(session, request, EventKind.MISSED, clerk, now, words)
    tell_step(session, request, "missed", now=now, clerk=clerk.name, reason=reason)
    return request


def put_back(
    session: Session,
    *,
    catalog: Catalog,
    request_id: int,
    clerk: Clerk,
    reason: str,
    now: datetime,
) -> Request:
    """Give an accepted request back to its queue, for someone else to take.

    The person keeps his place and is not told: for him nothing has changed yet.

    Raises:
        ValueError: no reason. MoveNotAllowed, RequestNotFound, NotPermitted.
    """
    reason = reason.strip()
    if not reason:
        raise ValueError("a reason is needed")
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.SUBMITTED:
        return request
    if request.status is not RequestStatus.ACCEPTED:
        raise MoveNotAllowed(request.status.value)
    move(session, request, RequestStatus.SUBMITTED, now=now, assignee_id=None)
    words = TEXTS.say("history.put_back", reason=reason)
    _record(session, request, EventKind.PUT_BACK, clerk, now, words)
    return request


def complete(
    session: Session, *, catalog: Catalog, request_id: int, clerk: Clerk, now: datetime
) -> Request:
    """Close the request as done; the person is asked for stars, where that is not too often.

    Raises:
        MoveNotAllowed: it was never accepted, or is closed. RequestNotFound, NotPermitted.
    """
    request = for_clerk(session, catalog, request_id, clerk)
    if request.status is RequestStatus.COMPLETED:
        return request
    move(session, request, RequestStatus.COMPLETED, now=now, closed_at=now)
    capacity.give_back_rest(session, catalog.get(request.service), request, now=now)
    _record(session, request, EventKind.COMPLETED, clerk, now, TEXTS.say("history.completed"))
    asks = is_time_for_stars(session, catalog.get(request.service), request, now=now)
    tell_step(session, request, "completed" if asks else "done", now=now, clerk=clerk.name)
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

    Its place is kept for a while, see `booking.undoing`, unless someone waits for it.

    Raises:
        RequestNotFound: not his to see, or the link does not allow cancelling.
        MoveNotAllowed: it is closed already, or has begun.
    """
    request = session.get(Request, request_id)
    permission = permission_on(session, actor=actor, request=request, scope=LinkScope.CANCEL)
    assert request is not None  # noqa: S101 - there is a permission only on what there is.
    if request.status is RequestStatus.CANCELLED:
        return request
    if request.starts_at is not None and request.starts_at <= now:
        raise MoveNotAllowed("started")
    if request.status is RequestStatus.WAITING:
        waiting.lock_list(session, request.id)
    by = CancelledBy.PERSON if permission == OWN else CancelledBy.FAMILY
    move(session, request, RequestStatus.CANCELLED, now=now, closed_at=now, cancelled_by=by)
    keep(session, request, now=now)
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


def take(
    session: Session, *, service: Service, request: Request, values: Values, now: datetime
) -> None:
    """Take what the booking needs; what is kept only in case a cancelling is undone gives way.

    Raises:
        NoPlaceLeft: nothing is left; carries alternatives.
    """
    taking = partial(capacity.take, session, service=service, request=request, values=values)
    _or_what_is_kept(session, taking, service, request.institution_id, now)


def _take_places(session: Session, wanted: Submission, values: Values, now: datetime) -> Held:
    service, house = wanted.service, wanted.beneficiary.institution_id
    taking = partial(
        capacity.take_places,
        session,
        service=service,
        institution_id=house,
        values=values,
        now=now,
    )
    return _or_what_is_kept(session, taking, service, house, now)


def _or_what_is_kept(
    session: Session, taking: Callable[[], _Taken], service: Service, house: int, now: datetime
) -> _Taken:
    try:
        return taking()
    except NoPlaceLeft:
        if not free_kept(session, institution_id=house, service=service.id, now=now):
            raise
        return taking()


def _record(
    session: Session,
    request: Request,
    kind: EventKind,
    clerk: Clerk,
    now: datetime,
    text: str,
) -> None:
    add_event(session, request, kind, now=now, actor_id=clerk.person_id, text=text)
