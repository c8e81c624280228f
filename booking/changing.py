"""Changing a request that is made: the old place is held until the new one is taken."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking import capacity, entitlement, waiting
from booking.deadlines import first_look, times_of
from booking.errors import MoveNotAllowed, TooLateToChange
from booking.form import (
    TEXTS,
    Around,
    card_lines,
    check,
    complete_values,
    places_wanted,
    starts_at,
    summary,
)
from booking.models import EventKind, LinkScope, Opening, Request, RequestStatus
from booking.notices import add_event, tell, tell_concerned
from booking.people import permission_on
from booking.requests import take
from booking.services import CapacityKind, Catalog, Service
from booking.working_calendar import calendar_of
from store.clock import local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

CHANGEABLE = (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who changes which request, and the values that are to be others than they are."""

    actor: Person
    request_id: int
    values: Mapping[str, str]


def change(session: Session, *, catalog: Catalog, wanted: Wanted, now: datetime) -> Request:
    """Give a request other values. Where nothing is different, nothing happens.

    What matters to whoever has accepted it (the field says so) sends it back to be accepted
    again. Old and new place change hands in the caller's transaction.

    Raises:
        RequestNotFound: not his. MoveNotAllowed: closed, begun, or changed meanwhile.
        TooLateToChange: its time to be changed is over. ValueProblem, NoPlaceLeft,
            AlreadyUsed: the new values cannot be; the caller must roll its savepoint back.
    """
    request = session.get(Request, wanted.request_id, populate_existing=True)
    permission = permission_on(session, actor=wanted.actor, request=request, scope=LinkScope.BOOK)
    assert request is not None  # noqa: S101 - there is a permission only on what there is.
    service = catalog.get(request.service)
    before = complete_values(service, request.values)
    after = _put_over(service, before, wanted.values)
    if before == after:
        return request
    if request.status not in CHANGEABLE:
        raise MoveNotAllowed(request.status.value)
    if now >= (until := closes_at(session, service, request)):
        raise TooLateToChange(until)
    after = check(service, after, around_of(session, service, request, now))
    _trade_places(session, service, request, after, now)
    words = _difference(service, before, after, local_date(now))
    clerk_id = request.assignee_id
    _write(session, service, request, after, now)
    text = TEXTS.say("history.changed", what=words, permission=permission)
    add_event(session, request, EventKind.CHANGED, now=now, actor_id=wanted.actor.id, text=text)
    _tell(session, request, wanted.actor, clerk_id, words, now)
    return request


def _put_over(
    service: Service, before: Mapping[str, str], wanted: Mapping[str, str]
) -> dict[str, str]:
    """Return the values with the new ones over them; another day may be another kitchen's."""
    kept = dict(before)
    if service.provider_field and {"date", service.period_field} & set(wanted):
        kept.pop(service.provider_field, None)
    return complete_values(service, {**kept, **wanted})


def closes_at(session: Session, service: Service, request: Request) -> datetime:
    """Return until when a request can be changed: as long as it could be booked (aware)."""
    start = starts_at(service, request.values)
    if service.capacity is CapacityKind.PLACES:
        opening = session.get(Opening, request.opening_id) if request.opening_id else None
        if opening is not None and opening.closes_at is not None:
            return opening.closes_at
        period = service.periods[request.values[service.period_field]]
        return period.closes_at(date.fromisoformat(request.values["date"]))
    return start - timedelta(minutes=service.notice_minutes)


def around_of(session: Session, service: Service, request: Request, now: datetime) -> Around:
    """Return what can be had, for whom the place he holds is his to have again."""
    around = capacity.look_around(
        session, institution_id=request.institution_id, service=service, now=now
    )
    if service.capacity is not CapacityKind.PLACES:
        return around
    names = ("date", *service.opening_fields)
    held = tuple(request.values.get(name, "") for name in names)
    openings = tuple(
        replace(each, left=each.left + request.places)
        if (each.day.isoformat(), each.period, each.provider)[: len(held)] == held
        else each
        for each in around.openings
    )
    return replace(around, openings=openings)


def _trade_places(
    session: Session, service: Service, request: Request, after: Mapping[str, str], now: datetime
) -> None:
    """Give the old place up and take the new one: both or, with the savepoint, neither."""
    old = request.opening_id
    if service.capacity is CapacityKind.PLACES:
        _lock_both(session, service, request, after)
        same = old is not None and _is_same_opening(service, request.values, after)
        if same and places_wanted(service, after) == request.places:
            return
    capacity.give_back(session, request)
    take(session, service=service, request=request, values=after, now=now)
    if service.once_a_year and after["date"][:4] != request.values["date"][:4]:
        entitlement.free(session, request)
        entitlement.use(
            session, service=service, request=request, day=date.fromisoformat(after["date"])
        )
    if old is not None:
        session.flush()
        waiting.hand_on(session, old, now=now)


def _lock_both(
    session: Session, service: Service, request: Request, after: Mapping[str, str]
) -> None:
    """Lock the day's openings in one order, so that two who swap do not wait for each other."""
    days = [date.fromisoformat(after["date"]), date.fromisoformat(request.values["date"])]
    session.execute(
        select(Opening.id)
        .where(
            Opening.institution_id == request.institution_id,
            Opening.service == service.id,
            Opening.day.in_(days),
        )
        .order_by(Opening.id)
        .with_for_update(key_share=True)
    )


def _is_same_opening(service: Service, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    names = ("date", *service.opening_fields)
    return all(before.get(name, "") == after.get(name, "") for name in names)


def _write(
    session: Session,
    service: Service,
    request: Request,
    after: Mapping[str, str],
    now: datetime,
) -> None:
    """Write the new values, unless someone moved or changed the request since it was read.

    Raises:
        MoveNotAllowed: someone did.
    """
    start = starts_at(service, after)
    calendar = calendar_of(session, request.institution_id, now=now)
    times = times_of(service, after, starts=start, now=now, calendar=calendar)
    goes_back = request.status is RequestStatus.ACCEPTED and _matters(
        service, request.values, after
    )
    session.flush()
    written = session.execute(
        update(Request)
        .where(
            Request.id == request.id,
            Request.version == request.version,
            Request.status.in_(CHANGEABLE),
        )
        .values(
            values=dict(after),
            summary=summary(service, after, local_date(now)),
            day=date.fromisoformat(after["date"]),
            starts_at=start,
            status=RequestStatus.SUBMITTED if goes_back else request.status,
            assignee_id=None if goes_back else request.assignee_id,
            # Whoever had accepted it knows it: it is given to him first.
            routed_to_id=request.assignee_id if goes_back else request.routed_to_id,
            due_at=times.due_at if goes_back else min(request.due_at, times.due_at),
            fulfil_by=times.fulfil_by,
            look_at=first_look(service, times, now),
            moved_at=now if goes_back else request.moved_at,
            version=Request.version + 1,
        )
        .returning(Request.version)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(request)
    if written is None:
        raise MoveNotAllowed(request.status.value)


def _matters(service: Service, before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    return any(
        field.accept_again and before.get(field.name) != after.get(field.name)
        for field in service.fields
    )


def _difference(
    service: Service, before: Mapping[str, str], after: Mapping[str, str], today: date
) -> str:
    """Return what is different, each as 份数：1份→3份."""
    was, now = dict(card_lines(service, before, today)), card_lines(service, after, today)
    return "；".join(
        TEXTS.say("change.line", label=label, before=was.get(label, ""), after=words)
        for label, words in now
        if was.get(label) != words
    )


def _tell(
    session: Session,
    request: Request,
    actor: Person,
    clerk_id: int | None,
    words: str,
    now: datetime,
) -> None:
    tell_concerned(
        session, request, "changed", now=now, skip=actor.id, actor=actor.name, what=words
    )
    if clerk_id is None or clerk_id == actor.id:
        return
    clerk = session.get_one(Person, clerk_id)
    text = TEXTS.say(
        "told.changed_clerk",
        salutation=clerk.salutation,
        summary=request.summary,
        what=words,
        number=request.number,
    )
    tell(session, person=clerk, message=Message(text), lane=Lane.STEP, request=request, now=now)
