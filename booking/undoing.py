"""Undoing a cancelling: for ten minutes, with the place that was kept, or one that is left."""

from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking import capacity, entitlement, freeing
from booking.deadlines import first_look, times_of
from booking.errors import MoveNotAllowed
from booking.form import TEXTS, check
from booking.models import CancelledBy, EventKind, LinkScope, Request, RequestStatus
from booking.moves import move
from booking.notices import add_event, tell_concerned
from booking.people import permission_on
from booking.requests import take
from booking.services import Catalog
from booking.working_calendar import calendar_of
from store.identity import Person

_OWN = (CancelledBy.PERSON, CancelledBy.FAMILY)


def restore(
    session: Session, *, catalog: Catalog, actor: Person, request_id: int, now: datetime
) -> Request:
    """Undo a cancelling: the request waits to be accepted again, with its old place.

    Raises:
        RequestNotFound: not his. MoveNotAllowed: it was not cancelled just now.
        ValueProblem, NoPlaceLeft, AlreadyUsed: its place, its time or the year is gone by now;
            the caller must roll its savepoint back.
    """
    request = session.get(Request, request_id)
    permission = permission_on(session, actor=actor, request=request, scope=LinkScope.CANCEL)
    assert request is not None  # noqa: S101 - there is a permission only on what there is.
    if request.status is RequestStatus.SUBMITTED:
        return request
    if not _was_just_cancelled(request, now):
        raise MoveNotAllowed(request.status.value)
    service = catalog.get(request.service)
    move(session, request, RequestStatus.SUBMITTED, now=now)
    if not freeing.take_back(session, request.id):
        around = capacity.look_around(
            session, institution_id=request.institution_id, service=service, now=now
        )
        check(service, request.values, around)
        take(session, service=service, request=request, values=request.values, now=now)
    day = date.fromisoformat(request.values["date"])
    entitlement.use(session, service=service, request=request, day=day)
    request.closed_at = request.cancelled_by = request.assignee_id = None
    calendar = calendar_of(session, request.institution_id, now=now)
    times = times_of(service, request.values, starts=request.starts_at, now=now, calendar=calendar)
    request.due_at, request.fulfil_by = times.due_at, times.fulfil_by
    request.look_at = first_look(service, times, now)
    words = f"{TEXTS.say('history.restored')}（{permission}）"
    add_event(session, request, EventKind.RESTORED, now=now, actor_id=actor.id, text=words)
    tell_concerned(session, request, "restored", now=now, skip=actor.id, actor=actor.name)
    return request


def last_cancelled(session: Session, person: Person, *, now: datetime) -> int | None:
    """Return the id of what someone cancelled last, while that can still be undone."""
    return session.execute(
        select(Request.id)
        .where(
            or_(Request.beneficiary_id == person.id, Request.requester_id == person.id),
            Request.status == RequestStatus.CANCELLED,
            Request.cancelled_by.in_(_OWN),
            Request.closed_at > now - freeing.UNDO_FOR,
        )
        .order_by(Request.closed_at.desc(), Request.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def can_restore(session: Session, request: Request, *, now: datetime) -> bool:
    """Tell whether undoing is worth offering: its place is still kept."""
    return _was_just_cancelled(request, now) and freeing.is_kept(session, request.id)


def _was_just_cancelled(request: Request, now: datetime) -> bool:
    return (
        request.status is RequestStatus.CANCELLED
        and request.cancelled_by in _OWN
        and request.closed_at is not None
        and now < request.closed_at + freeing.UNDO_FOR
        and (request.starts_at is None or now < request.starts_at)
    )
