"""Reading the queues: what a clerk may see, in the order in which it should be worked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from booking.errors import NotPermitted, RequestNotFound
from booking.form import card_lines
from booking.models import (
    EventKind,
    Link,
    LinkScope,
    Rating,
    Request,
    RequestEvent,
    RequestStatus,
)
from booking.moves import TAKEN
from booking.requests import MOVES, OPEN, UNFINISHED
from booking.rides.sheet import LegView, legs_for_staff
from booking.services import EMERGENCY, FACT_UPKEEP, POLICY, RINGING, Catalog, Service
from booking.staff_access import Clerk
from booking.waiting import Turn, turn_of
from store.clock import local_date
from store.identity import Person


@dataclass(frozen=True, slots=True)
class QueueCount:
    """One queue in the clerk's menu."""

    service: str
    name: str
    waiting: int
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One request in a queue."""

    id: int
    number: str
    service: str
    who: str
    asked_by: str | None
    phone: str | None
    address: str | None
    summary: str
    status: RequestStatus
    priority_reason: str | None
    created_at: datetime
    due_at: datetime
    starts_at: datetime | None
    assignee: str | None
    assignee_id: int | None
    routed_to: str | None
    routed_to_id: int | None
    is_late: bool
    fulfil_by: datetime | None
    is_overdue: bool
    version: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line of a request's history."""

    at: datetime
    kind: EventKind
    who: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class RequestView:
    """Everything a clerk sees of one request."""

    row: QueueRow
    service_name: str
    permission: str
    care_flags: tuple[str, ...]
    health_note: str | None
    lines: tuple[tuple[str, str], ...]
    legs: tuple[LegView, ...]
    reason: str | None
    stars: int | None
    history: tuple[HistoryLine, ...]
    moves: frozenset[RequestStatus]
    fact_id: int | None


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """One of a person's own or linked requests, as the conversation shows it."""

    id: int
    number: str
    service: str
    service_name: str
    who: str | None
    summary: str
    status: RequestStatus
    assignee: str | None
    starts_at: datetime | None
    can_cancel: bool
    position: int = 0
    is_offered: bool = False


def visible_services(catalog: Catalog, clerk: Clerk) -> tuple[Service, ...]:
    """Return the queues this clerk works, in order."""
    return tuple(s for s in catalog.services if clerk.may_work(s.queue_role))


def counts(session: Session, *, catalog: Catalog, clerk: Clerk, now: datetime) -> list[QueueCount]:
    """Return each visible queue with what waits, what is open and what is late."""
    # The rows are open ones; a question is late until it is answered, whoever has taken it.
    not_done = or_(Request.status == RequestStatus.SUBMITTED, Request.service == POLICY)
    late = func.count().filter(not_done, Request.due_at < now)
    waiting = func.count().filter(Request.status == RequestStatus.SUBMITTED)
    rows = session.execute(
        select(Request.service, waiting, func.count(), late)
        .where(
            Request.institution_id == clerk.institution_id,
            Request.status.in_(OPEN),
            # As the index of what is not closed says it: years of closed ones are not looked at.
            Request.closed_at.is_(None),
        )
        .group_by(Request.service)
    )
    found = {service: (int(w), int(o), int(n)) for service, w, o, n in rows}
    return [
        QueueCount(service.id, service.name, *found.get(service.id, (0, 0, 0)))
        for service in visible_services(catalog, clerk)
    ]


def queue(
    session: Session,
    *,
    catalog: Catalog,
    clerk: Clerk,
    service: str,
    now: datetime,
    closed: bool = False,
    only: Collection[RequestStatus] = (),
    limit: int = 200,
) -> list[QueueRow]:
    """Return the open requests of one queue, most urgent first; or the last closed ones.

    `only` narrows either to some statuses.

    Raises:
        RequestNotFound: no such queue. NotPermitted: not this clerk's.
    """
    _check_queue(catalog, clerk, service)
    wanted = _rows(clerk.institution_id).where(Request.service == service)
    if closed:
        wanted = wanted.where(Request.status.not_in(UNFINISHED)).order_by(Request.closed_at.desc())
    else:
        wanted = wanted.where(Request.status.in_(OPEN), Request.closed_at.is_(None)).order_by(
            Request.priority.desc(), Request.due_at, Request.id
        )
    if only:
        wanted = wanted.where(Request.status.in_(only))
    return [_row(found, now) for found in session.execute(wanted.limit(limit))]


def pressing(
    session: Session, *, catalog: Catalog, clerk: Clerk, now: datetime, limit: int = 40
) -> list[QueueRow]:
    """Return what is late in the clerk's queues, or soon will be: to be accepted, or to be done."""
    services = {
        service.id: service
        for service in visible_services(catalog, clerk)
        if service.id not in {EMERGENCY, FACT_UPKEEP}
    }
    horizon = now + max(
        (timedelta(minutes=each.deadlines.remind_before_minutes) for each in services.values()),
        default=timedelta(),
    )
    found = session.execute(
        _rows(clerk.institution_id)
        .where(
            Request.closed_at.is_(None),
            Request.service.in_(services),
            or_(
                and_(Request.status == RequestStatus.SUBMITTED, Request.due_at <= horizon),
                and_(Request.status.in_(TAKEN), Request.fulfil_by <= horizon),
            ),
        )
        .order_by(Request.priority.desc(), Request.due_at)
        .limit(limit)
    )
    rows = [_row(each, now) for each in found]
    return [row for row in rows if _presses(row, services[row.service], now)]


def _presses(row: QueueRow, service: Service, now: datetime) -> bool:
    is_waiting = row.status is RequestStatus.SUBMITTED
    deadline = row.due_at if is_waiting else row.fulfil_by
    before = timedelta(minutes=service.deadlines.remind_before_minutes)
    return deadline is not None and deadline - before <= now


def unseen_emergencies(session: Session, clerk: Clerk, *, now: datetime) -> list[QueueRow]:
    """Return what rings in the house: danger and doors that stayed shut, untaken ones first."""
    wanted = (
        _rows(clerk.institution_id)
        .where(Request.service.in_(RINGING), Request.status.in_(OPEN))
        .order_by(Request.status.desc(), Request.id)
    )
    return [_row(found, now) for found in session.execute(wanted)]


def open_request(
    session: Session, *, catalog: Catalog, clerk: Clerk, request_id: int, now: datetime
) -> RequestView:
    """Return one request with person, form and history.

    Raises:
        RequestNotFound: not of this house. NotPermitted: not of this clerk's queues.
    """
    found = session.execute(_rows(clerk.institution_id).where(Request.id == request_id)).first()
    if found is None:
        raise RequestNotFound(str(request_id))
    request: Request = found[0]
    beneficiary: Person = found[1]
    service = catalog.get(request.service)
    if not clerk.may_work(service.queue_role):
        raise NotPermitted(request.service)
    return RequestView(
        row=_row(found, now),
        service_name=service.name,
        permission=request.permission,
        care_flags=tuple(beneficiary.care_flags or ()),
        health_note=beneficiary.health_note,
        lines=_lines(service, request, now),
        legs=legs_for_staff(session, request.id),
        reason=request.reason,
        stars=session.execute(
            select(Rating.stars).where(Rating.request_id == request.id)
        ).scalar_one_or_none(),
        history=_history(session, request.id),
        moves=_moves_of_staff(request.status),
        fact_id=int(request.values["fact"]) if service.id == FACT_UPKEEP else None,
    )


def revision(session: Session, institution_id: int) -> int:
    """Return a number that grows with every event of the house."""
    return (
        session.execute(
            select(func.max(RequestEvent.id)).where(RequestEvent.institution_id == institution_id)
        ).scalar_one()
        or 0
    )


def own_requests(
    session: Session, *, catalog: Catalog, person: Person, now: datetime, limit: int = 10
) -> list[OwnRequest]:
    """Return a person's open requests, and those of linked retirees he may view, soonest first."""
    links = session.execute(
        select(Link).where(Link.family_id == person.id, Link.revoked_at.is_(None))
    ).scalars()
    viewed = {person.id}
    cancellable = {person.id}
    for link in links:
        viewed |= {link.retiree_id} if LinkScope.VIEW in link.scopes else set()
        cancellable |= {link.retiree_id} if LinkScope.CANCEL in link.scopes else set()
    wanted = (
        _rows(person.institution_id)
        .where(
            or_(Request.beneficiary_id.in_(viewed), Request.requester_id == person.id),
            Request.status.in_(UNFINISHED),
        )
        .order_by(Request.starts_at, Request.id)
        .limit(limit)
    )
    return [
        OwnRequest(
            id=request.id,
            number=request.number,
            service=request.service,
            service_name=catalog.get(request.service).name,
            who=None if beneficiary.id == person.id else beneficiary.name,
            summary=request.summary,
            status=request.status,
            assignee=assignee.name if assignee else None,
            starts_at=request.starts_at,
            can_cancel=(request.beneficiary_id in cancellable or request.requester_id == person.id)
            and (request.starts_at is None or request.starts_at > now)
            and catalog.get(request.service).bookable,
            position=turn.position if turn else 0,
            is_offered=turn is not None and turn.offered_until is not None,
        )
        for request, beneficiary, assignee, turn in (
            (*found, _turn(session, found[0])) for found in _found(session, wanted)
        )
    ]


def _found(
    session: Session, wanted: Select[Request, Person, Person, Person, Person]
) -> list[tuple[Request, Person, Person | None]]:
    rows = session.execute(wanted).all()
    return [(request, beneficiary, assignee) for request, beneficiary, _, assignee, _ in rows]


def _turn(session: Session, request: Request) -> Turn | None:
    if request.status is not RequestStatus.WAITING:
        return None
    return turn_of(session, request.id)


def _rows(institution_id: int) -> Select[Request, Person, Person, Person, Person]:
    beneficiary, requester, assignee = aliased(Person), aliased(Person), aliased(Person)
    routed_to = aliased(Person)
    return (
        select(Request, beneficiary, requester, assignee, routed_to)
        .join(beneficiary, beneficiary.id == Request.beneficiary_id)
        .join(requester, requester.id == Request.requester_id)
        .outerjoin(assignee, assignee.id == Request.assignee_id)
        .outerjoin(routed_to, routed_to.id == Request.routed_to_id)
        .where(Request.institution_id == institution_id)
    )


def _row(found: Any, now: datetime) -> QueueRow:
    request: Request = found[0]
    beneficiary: Person = found[1]
    requester: Person = found[2]
    assignee: Person | None = found[3]
    return QueueRow(
        id=request.id,
        number=request.number,
        service=request.service,
        who=beneficiary.name,
        asked_by=requester.name if requester.id != beneficiary.id else None,
        phone=beneficiary.phone or requester.phone,
        address=beneficiary.address,
        summary=request.summary,
        status=request.status,
        priority_reason=request.priority_reason,
        created_at=request.created_at,
        due_at=request.due_at,
        starts_at=request.starts_at,
        assignee=assignee.name if assignee else None,
        assignee_id=request.assignee_id,
        routed_to=found[4].name if found[4] else None,
        routed_to_id=request.routed_to_id,
        is_late=_is_waited_for(request) and request.due_at < now,
        fulfil_by=request.fulfil_by,
        is_overdue=request.status in TAKEN
        and request.fulfil_by is not None
        and request.fulfil_by < now,
        version=request.version,
    )


def _moves_of_staff(status: RequestStatus) -> frozenset[RequestStatus]:
    """Return where a clerk may move it; who waits for a place is moved by the place."""
    not_theirs = {RequestStatus.CANCELLED, RequestStatus.WAITING}
    moves = {to for to, starts in MOVES.items() if status in starts} - not_theirs
    if status is not RequestStatus.ACCEPTED:
        moves -= {RequestStatus.SUBMITTED}
    return frozenset(moves)


def _is_waited_for(request: Request) -> bool:
    """Tell whether `due_at` still stands: until accepted, and for a question until answered."""
    if request.service == POLICY:
        return request.status in OPEN
    return request.status is RequestStatus.SUBMITTED


def _lines(service: Service, request: Request, now: datetime) -> tuple[tuple[str, str], ...]:
    words = str(request.values.get("words", ""))
    if service.id == POLICY:
        lines = (
            ("问的话", words),
            ("连着前面看", str(request.values.get("understood_as", ""))),
            ("助手当时答", str(request.values.get("answer", ""))),
        )
        return tuple(line for line in lines if line[1])
    if not service.bookable:
        label = "要看的事" if service.id == FACT_UPKEEP else "说的话"
        return ((label, words),)
    return tuple(card_lines(service, request.values, local_date(now)))


def _history(session: Session, request_id: int) -> tuple[HistoryLine, ...]:
    rows = session.execute(
        select(RequestEvent, Person.name)
        .outerjoin(Person, Person.id == RequestEvent.actor_id)
        .where(RequestEvent.request_id == request_id)
        .order_by(RequestEvent.id)
    )
    return tuple(HistoryLine(event.at, event.kind, name, event.text) for event, name in rows)


def _check_queue(catalog: Catalog, clerk: Clerk, service: str) -> None:
    try:
        found = catalog.get(service)
    except KeyError as error:
        raise RequestNotFound(service) from error
    if not clerk.may_work(found.queue_role):
        raise NotPermitted(service)
