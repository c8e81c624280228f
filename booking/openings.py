"""名额: the openings of a service, put by hand or from a table, lowered and closed by the staff.

Whoever loses a place is told in the same transaction: he goes to the head of the list, or, where
the opening is gone, is declined with the reason and offered another day.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from booking import actions, entitlement, joining, waiting
from booking.audit import note
from booking.errors import BookingError
from booking.form import TEXTS
from booking.freeing import free_kept
from booking.models import EventKind, Opening, Request, RequestStatus
from booking.moves import move
from booking.notices import add_event, tell_concerned
from booking.place_models import WaitingEntry
from booking.services import Catalog, Service
from booking.staff_access import Clerk
from store.identity import Person
from store.messages import Button

MOST_PLACES = 2000
LONGEST_PROVIDER, LONGEST_DETAILS = 40, 400
# Who had a place already goes before everyone who only waits.
HAD_A_PLACE = 10_000
_HOLDS = (RequestStatus.WAITING, RequestStatus.SUBMITTED, RequestStatus.ACCEPTED)


class OpeningRefused(BookingError):
    """An opening cannot be so; the message is a sentence for the staff."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One opening as it is wanted."""

    day: date
    period: str
    places: int
    provider: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """One opening, and how many wait for it."""

    opening: Opening
    waiting: int


@dataclass(frozen=True, slots=True)
class InLine:
    """One who waits: his turn, who he is, since when; until when a place is offered to him."""

    request_id: int
    number: str
    who: str
    phone: str | None
    places: int
    since: datetime
    offered_until: datetime | None


def put(session: Session, *, service: Service, plan: Plan, clerk: Clerk, now: datetime) -> Opening:
    """Add an opening, or give the one that stands there more places and other words.

    Raises:
        OpeningRefused: it cannot be so, or it has more places now: those are lowered one by one.
    """
    _check(service, plan, now)
    standing = _standing(session, clerk.institution_id, service, plan)
    if standing is None:
        made = Opening(
            institution_id=clerk.institution_id,
            service=service.id,
            day=plan.day,
            period=plan.period,
            provider=plan.provider,
            capacity=plan.places,
            taken=0,
            details=plan.details,
        )
        session.add(made)
        session.flush()
        return made
    waiting.lock(session, standing.id)
    session.refresh(standing)
    if plan.places < standing.capacity:
        raise OpeningRefused(TEXTS.say("openings.fewer", places=standing.capacity))
    standing.capacity, standing.details = plan.places, plan.details
    session.flush()
    waiting.hand_on(session, standing.id, now=now)
    return standing


def lower(
    session: Session,
    *,
    catalog: Catalog,
    opening_id: int,
    places: int,
    clerk: Clerk,
    reason: str,
    now: datetime,
) -> int:
    """Take places away; who ranks last and came last goes to the head of the list, and is told.

    Returns how many lost their place.

    Raises:
        OpeningRefused: no such number or opening, no reason, or it is under way.
    """
    opening, service = _of_clerk(session, catalog, opening_id, clerk)
    if not 0 <= places <= MOST_PLACES:
        raise OpeningRefused(TEXTS.say("openings.places", most=MOST_PLACES))
    reason = _reason(reason)
    _lock(session, opening, now)
    lost = 0
    for request in _last_first(session, service, opening):
        if opening.taken <= places:
            break
        _forfeit(session, opening, request)
        _to_the_head(session, service, opening, request, reason, now)
        lost += 1
    if opening.taken > places:
        raise OpeningRefused(TEXTS.say("openings.under_way"))
    opening.capacity = places
    session.flush()
    waiting.hand_on(session, opening.id, now=now)
    _note(session, opening, clerk, f"lower openings to {places}", now)
    return lost


def close(
    session: Session,
    *,
    catalog: Catalog,
    opening_id: int,
    clerk: Clerk,
    reason: str,
    now: datetime,
) -> int:
    """Take an opening away; who had a place or waited is declined, told, and offered another.

    Returns how many were told.

    Raises:
        OpeningRefused: no such opening, no reason, or someone has had it already.
    """
    opening, service = _of_clerk(session, catalog, opening_id, clerk)
    reason = _reason(reason)
    _lock(session, opening, now)
    told = 0
    for request in [*_last_first(session, service, opening), *_in_line(session, opening)]:
        if request.status not in _HOLDS:
            continue
        _forfeit(session, opening, request)
        _end(session, service, request, reason, now)
        told += 1
    held = select(Request.id).where(Request.opening_id == opening.id).limit(1)
    if session.execute(held).first() is not None:
        raise OpeningRefused(TEXTS.say("openings.under_way"))
    _note(session, opening, clerk, "close opening", now)
    session.delete(opening)
    session.flush()
    return told


def openings_of(
    session: Session, *, institution_id: int, service: Service, first: date
) -> list[Listed]:
    """Return the openings of a service from a day on, in order."""
    waits = func.count(WaitingEntry.request_id)
    rows = session.execute(
        select(Opening, waits)
        .outerjoin(WaitingEntry, WaitingEntry.opening_id == Opening.id)
        .where(
            Opening.institution_id == institution_id,
            Opening.service == service.id,
            Opening.day >= first,
        )
        .group_by(Opening.id)
        .order_by(Opening.day, Opening.period, Opening.provider)
    )
    # 上午 comes before 下午, as the service's file has them; the database knows the words only.
    turn = {period: place for place, period in enumerate(service.periods)}
    listed = [Listed(opening, int(count)) for opening, count in rows]
    return sorted(listed, key=lambda each: (each.opening.day, turn.get(each.opening.period, 0)))


def line_of(session: Session, opening_id: int) -> list[InLine]:
    """Return who waits for an opening, whoever is next first."""
    rows = session.execute(
        select(WaitingEntry, Request, Person)
        .join(Request, Request.id == WaitingEntry.request_id)
        .join(Person, Person.id == Request.beneficiary_id)
        .where(WaitingEntry.opening_id == opening_id)
        .order_by(WaitingEntry.rank.desc(), WaitingEntry.since, WaitingEntry.request_id)
    )
    return [
        InLine(
            request.id,
            request.number,
            person.name,
            person.phone,
            entry.places,
            entry.since,
            entry.offered_until,
        )
        for entry, request, person in rows
    ]


def _check(service: Service, plan: Plan, now: datetime) -> None:
    if plan.period not in service.periods:
        raise OpeningRefused(TEXTS.say("openings.period"))
    if not 1 <= plan.places <= MOST_PLACES:
        raise OpeningRefused(TEXTS.say("openings.places", most=MOST_PLACES))
    if service.periods[plan.period].starts_at(plan.day) <= now:
        raise OpeningRefused(TEXTS.say("openings.past"))
    if len(plan.provider) > LONGEST_PROVIDER or len(plan.details) > LONGEST_DETAILS:
        raise OpeningRefused(TEXTS.say("openings.long"))
    if plan.provider and not service.provider_field:
        raise OpeningRefused(TEXTS.say("openings.no_provider"))


def _standing(
    session: Session, institution_id: int, service: Service, plan: Plan
) -> Opening | None:
    return session.execute(
        select(Opening).where(
            Opening.institution_id == institution_id,
            Opening.service == service.id,
            Opening.day == plan.day,
            Opening.period == plan.period,
            Opening.provider == plan.provider,
        )
    ).scalar_one_or_none()


def _of_clerk(
    session: Session, catalog: Catalog, opening_id: int, clerk: Clerk
) -> tuple[Opening, Service]:
    opening = session.get(Opening, opening_id)
    if opening is None or opening.institution_id != clerk.institution_id:
        raise OpeningRefused(TEXTS.say("openings.gone"))
    service = catalog.get(opening.service)
    if not clerk.may_work(service.queue_role):
        raise OpeningRefused(TEXTS.say("openings.gone"))
    return opening, service


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise OpeningRefused(TEXTS.say("openings.reason"))
    return reason


def _lock(session: Session, opening: Opening, now: datetime) -> None:
    waiting.lock(session, opening.id)
    free_kept(
        session,
        institution_id=opening.institution_id,
        service=opening.service,
        now=now,
        opening_id=opening.id,
    )
    session.refresh(opening)


def _last_first(session: Session, service: Service, opening: Opening) -> list[Request]:
    """Return who holds a place: an unanswered offer goes first, then the lowest and latest."""
    rows = session.execute(
        select(Request, Person)
        .join(Person, Person.id == Request.beneficiary_id)
        .where(Request.opening_id == opening.id, Request.status.in_(_HOLDS))
    ).all()

    def standing(found: tuple[Request, Person]) -> tuple[bool, int, int]:
        request, person = found
        rank = service.turn.of_flags(person.care_flags or ())
        return request.status is not RequestStatus.WAITING, rank, -request.id

    return [request for request, _ in sorted(((r, p) for r, p in rows), key=standing)]


def _in_line(session: Session, opening: Opening) -> list[Request]:
    return list(
        session.execute(
            select(Request)
            .join(WaitingEntry, WaitingEntry.request_id == Request.id)
            .where(WaitingEntry.opening_id == opening.id, Request.opening_id.is_(None))
        ).scalars()
    )


def _forfeit(session: Session, opening: Opening, request: Request) -> None:
    """Take a place from a request and off the opening at once, so that nobody is given it."""
    if request.opening_id is None:
        return
    session.execute(
        update(Opening)
        .where(Opening.id == opening.id)
        .values(taken=Opening.taken - request.places, capacity=Opening.capacity - request.places)
        .execution_options(synchronize_session=False)
    )
    request.opening_id, request.places = None, 0
    session.flush()
    session.refresh(opening)


def _to_the_head(
    session: Session,
    service: Service,
    opening: Opening,
    request: Request,
    reason: str,
    now: datetime,
) -> None:
    entry = session.get(WaitingEntry, request.id)
    if entry is not None:
        entry.offered_until = None
        entry.rank = max(entry.rank, HAD_A_PLACE)
    else:
        move(session, request, RequestStatus.WAITING, now=now, assignee_id=None)
        entitlement.free(session, request)
        person = session.get_one(Person, request.beneficiary_id)
        rank = HAD_A_PLACE + service.turn.of_flags(person.care_flags or ())
        joining.line_up(session, service, request, opening, rank, request.created_at)
    words = TEXTS.say("history.place_lost", reason=reason)
    add_event(session, request, EventKind.WAITING, now=now, text=words)
    other = (Button(TEXTS.say("openings.other_day"), actions.book(service.id)),)
    tell_concerned(session, request, "place_lost", now=now, buttons=(other,), reason=reason)


def _end(session: Session, service: Service, request: Request, reason: str, now: datetime) -> None:
    move(session, request, RequestStatus.DECLINED, now=now, reason=reason, closed_at=now)
    session.execute(delete(WaitingEntry).where(WaitingEntry.request_id == request.id))
    entitlement.free(session, request)
    words = TEXTS.say("history.declined", reason=reason)
    add_event(session, request, EventKind.DECLINED, now=now, text=words)
    rows = (
        (
            Button(TEXTS.say("openings.other_day"), actions.book(service.id)),
            Button(TEXTS.say("told.human_button"), actions.HUMAN),
        ),
    )
    tell_concerned(session, request, "opening_closed", now=now, buttons=rows, reason=reason)


def _note(session: Session, opening: Opening, clerk: Clerk, act: str, now: datetime) -> None:
    note(
        session,
        institution_id=opening.institution_id,
        actor=f"staff {clerk.staff_id}",
        act=act,
        permission="staff",
        now=now,
        about=f"{opening.service} {opening.day} {opening.period} {opening.provider}".strip(),
    )
