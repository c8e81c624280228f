"""Joining a waiting list where every place is taken."""

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import capacity, entitlement, freeing, waiting
from booking.errors import AlreadyUsed, NoPlaceLeft
from booking.form import (
    Around,
    Places,
    Values,
    check,
    closing_of,
    places_wanted,
    starts_at,
    summary,
)
from booking.making import find_by_key, new_request
from booking.models import LinkScope, Opening, Request, RequestStatus
from booking.notices import tell_concerned
from booking.people import permission_for
from booking.place_models import WaitingEntry
from booking.requests import Submission, submit
from booking.services import CapacityKind, Service
from store.identity import Person

# More than anybody books at once.
_ROOM = 9999


def join(session: Session, wanted: Submission, *, now: datetime) -> Request:
    """Put someone on the list of a full opening; where a place is left after all, book it.

    The same key again, or the same person for the same opening, is the same request.

    Raises:
        ValueProblem, NoPlaceLeft (nothing there to wait for), AlreadyUsed, NotPermitted:
            nothing was made; the caller must roll its savepoint back.
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
    values = check(service, wanted.values, with_room(service, wanted.values, around))
    opening = _lock(session, service, beneficiary.institution_id, values)
    if (waits := _waits(session, opening, beneficiary)) is not None:
        return waits
    if places_wanted(service, values) > opening.capacity:
        raise NoPlaceLeft(service.id)
    if not is_gathering(service, values, now) and _has_room(session, opening, values, service, now):
        return submit(session, replace(wanted, values=values), now=now)
    _may_still_use(session, service, beneficiary, values)
    start = starts_at(service, values)
    request = new_request(
        session,
        service=service,
        actor=wanted.actor,
        beneficiary=beneficiary,
        permission=permission,
        values=values,
        words=summary(service, values, around.today),
        due_at=start,
        starts=start,
        account_id=wanted.account_id,
        key=wanted.key,
        now=now,
        status=RequestStatus.WAITING,
    )
    line_up(session, service, request, opening, rank_of(session, service, beneficiary, start), now)
    actor = wanted.actor
    tell_concerned(session, request, "waits", now=now, skip=actor.id, actor=actor.name)
    return request


def is_gathering(service: Service, values: Values, now: datetime) -> bool:
    """Tell whether everybody only lines up so far, and places go round in turn later."""
    opens_at = service.turn.opens_at(starts_at(service, values))
    return opens_at is not None and now < opens_at


def full_openings(service: Service, values: Values, around: Around) -> list[Places]:
    """Return the openings that the values name as far as they go, and that are only full."""
    if service.capacity is not CapacityKind.PLACES or "date" not in values:
        return []
    wanted = int(values.get(service.places_field, "1"))
    return [
        each
        for each in around.openings
        if _is_named(service, values, each)
        and each.left < wanted
        and (closing := closing_of(service, each)) is not None
        and around.now < closing
    ]


def with_room(service: Service, values: Values, around: Around) -> Around:
    """Return the surroundings with room in the opening waited for, so that the rest is checked."""
    openings = tuple(
        replace(each, left=_ROOM) if _is_named(service, values, each) else each
        for each in around.openings
    )
    return replace(around, openings=openings)


def _is_named(service: Service, values: Values, opening: Places) -> bool:
    return (
        opening.day.isoformat() == values.get("date")
        and values.get(service.period_field) in {None, opening.period}
        and values.get(service.provider_field) in {None, "", opening.provider}
    )


def rank_of(session: Session, service: Service, person: Person, start: datetime) -> int:
    """Return where someone ranks by the service's own rule; higher goes first."""
    rank = service.turn.of_flags(person.care_flags or ())
    if not service.turn.not_last_year:
        return rank
    last_year = start.year - 1
    had = session.execute(
        select(Request.id)
        .where(
            Request.beneficiary_id == person.id,
            Request.service == service.id,
            Request.status == RequestStatus.COMPLETED,
            Request.day >= date(last_year, 1, 1),
            Request.day <= date(last_year, 12, 31),
        )
        .limit(1)
    ).first()
    return rank + (0 if had else service.turn.not_last_year)


def _has_room(
    session: Session, opening: Opening, values: Values, service: Service, now: datetime
) -> bool:
    """Tell whether a place is left after all, once what is only kept for an undo gives way."""
    freeing.free_kept(
        session,
        institution_id=opening.institution_id,
        service=service.id,
        now=now,
        opening_id=opening.id,
    )
    session.refresh(opening)
    return opening.taken + places_wanted(service, values) <= opening.capacity


def _lock(session: Session, service: Service, institution_id: int, values: Values) -> Opening:
    opening = capacity.opening_for(
        session, institution_id=institution_id, service=service, values=values
    )
    if opening is None:
        raise NoPlaceLeft(service.id)
    waiting.lock(session, opening.id)
    return opening


def _waits(session: Session, opening: Opening, beneficiary: Person) -> Request | None:
    return session.execute(
        select(Request)
        .join(WaitingEntry, WaitingEntry.request_id == Request.id)
        .where(WaitingEntry.opening_id == opening.id, WaitingEntry.beneficiary_id == beneficiary.id)
    ).scalar_one_or_none()


def _may_still_use(session: Session, service: Service, person: Person, values: Values) -> None:
    """Refuse the list to whom the year's use is already given.

    Raises:
        AlreadyUsed: it is; names the request that holds it.
    """
    if not service.once_a_year:
        return
    year = int(values["date"][:4])
    number = entitlement.holder(session, service=service, person_id=person.id, year=year)
    if number is not None:
        raise AlreadyUsed(number)


def line_up(
    session: Session,
    service: Service,
    request: Request,
    opening: Opening,
    rank: int,
    now: datetime,
) -> None:
    """Write a request onto the list of an opening, with all that handing a place on needs."""
    period = service.periods[opening.period]
    session.add(
        WaitingEntry(
            request_id=request.id,
            institution_id=request.institution_id,
            opening_id=opening.id,
            beneficiary_id=request.beneficiary_id,
            places=places_wanted(service, request.values),
            rank=rank,
            since=now,
            opens_at=service.turn.opens_at(period.starts_at(opening.day)),
            closes_at=opening.closes_at or period.closes_at(opening.day),
            accept_minutes=service.accept_within_minutes,
            offer_minutes=service.offer_hours * 60,
            uses_year=service.once_a_year,
        )
    )
    session.flush()
