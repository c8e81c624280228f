"""Leaving: death, hospital, moving away, and back home, each one verb.

What someone has standing ends or pauses, open requests are closed or handed to the staff, links
end, and the staff are told. That nothing cheerful is sent afterwards is held in one place, by
`booking.hearing`, for every notice there is.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from booking import waiting
from booking.audit import note
from booking.duty.models import CallLine, CallState, DigestLine, Stay, StayKind
from booking.duty.staff_chat import staff_of, tell_staff
from booking.errors import RequestNotFound
from booking.form import TEXTS
from booking.freeing import free
from booking.meals.standing import end_orders_of, offer_to_go_on, pause_orders_of
from booking.models import CancelledBy, EventKind, Link, Request, RequestStatus
from booking.moves import UNFINISHED, move
from booking.notices import add_event
from booking.services import Catalog, Service
from booking.staff_access import Clerk
from store.clock import local_date
from store.identity import Person, PersonKind

_MEAL = "meal"
_GONE = (StayKind.DIED, StayKind.MOVED)


@dataclass(frozen=True, slots=True)
class Left:
    """What came of it: how many requests were closed, how many were left to the staff."""

    cancelled: int
    handed_over: int
    orders: int


def leave(
    session: Session,
    *,
    catalog: Catalog,
    clerk: Clerk,
    person_id: int,
    kind: StayKind,
    now: datetime,
) -> Left:
    """Write down that someone has died, is in hospital, has moved away, or is home again.

    The same again changes nothing.

    Raises:
        RequestNotFound: no retiree of this house.
    """
    person = session.get(Person, person_id)
    if (
        person is None
        or person.institution_id != clerk.institution_id
        or person.kind is PersonKind.STAFF
    ):
        raise RequestNotFound(str(person_id))
    before = stay_of(session, person_id)
    if kind is before or (kind is StayKind.HOME and before is None):
        return Left(0, 0, 0)
    _write(session, person, kind, clerk, now)
    if kind is StayKind.HOME:
        _tell(
            session, TEXTS.say("stay.told_staff_home", who=person.name, by=clerk.name), clerk, now
        )
        service = _meals(catalog)
        if service is not None:
            offer_to_go_on(session, person=person, service=service, now=now)
        return Left(0, 0, 0)
    # What is still to be told of him is not told any more.
    _silence(session, person, kind)
    # Requests first: what an order has made is then called off by the house, not by him.
    left = _open_requests(session, person, kind, now)
    orders = _stop_orders(session, catalog, person, kind, clerk, now)
    if kind in _GONE:
        _end_links(session, person, now)
    done = Left(left[0], left[1], orders)
    words = TEXTS.say(
        "stay.told_staff",
        who=person.name,
        what=TEXTS.say(f"stay.{kind.value}"),
        by=clerk.name,
        cancelled=done.cancelled,
        handed=done.handed_over,
        orders=_orders_word(orders, kind),
    )
    _tell(session, words, clerk, now)
    return done


def stay_of(session: Session, person_id: int) -> StayKind | None:
    """Return why someone is not at home as usual; None when he is."""
    return session.execute(
        select(Stay.kind)
        .where(Stay.person_id == person_id, Stay.ended_at.is_(None))
        .order_by(Stay.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _write(session: Session, person: Person, kind: StayKind, clerk: Clerk, now: datetime) -> None:
    session.execute(
        update(Stay)
        .where(Stay.person_id == person.id, Stay.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session=False)
    )
    if kind is not StayKind.HOME:
        session.add(
            Stay(
                institution_id=person.institution_id,
                person_id=person.id,
                kind=kind,
                began_at=now,
                noted_by=clerk.name,
            )
        )
    note(
        session,
        institution_id=person.institution_id,
        actor=f"staff {clerk.staff_id}",
        act=f"stay {kind.value}",
        permission="staff",
        now=now,
        subject_id=person.id,
    )
    session.flush()


def _silence(session: Session, person: Person, kind: StayKind) -> None:
    about = select(Request.id).where(Request.beneficiary_id == person.id)
    session.execute(
        delete(DigestLine)
        .where(DigestLine.request_id.in_(about))
        .execution_options(synchronize_session=False)
    )
    if kind in _GONE:
        session.execute(
            update(CallLine)
            .where(
                CallLine.request_id.in_(about),
                CallLine.state.in_((CallState.WATCHED, CallState.TO_CALL, CallState.NO_ANSWER)),
            )
            .values(state=CallState.SEEN)
            .execution_options(synchronize_session=False)
        )


def _meals(catalog: Catalog) -> Service | None:
    return next((each for each in catalog.services if each.id == _MEAL), None)


def _stop_orders(
    session: Session,
    catalog: Catalog,
    person: Person,
    kind: StayKind,
    clerk: Clerk,
    now: datetime,
) -> int:
    service = _meals(catalog)
    if service is None:
        return 0
    if kind in _GONE:
        return end_orders_of(session, person_id=person.id, by=clerk.name, service=service, now=now)
    return pause_orders_of(
        session, person=person, from_day=local_date(now), service=service, now=now
    )


def _open_requests(
    session: Session, person: Person, kind: StayKind, now: datetime
) -> tuple[int, int]:
    """Close what cannot take place any more, without a word to anyone; hand the rest over."""
    cancelled = handed_over = 0
    what = TEXTS.say(f"stay.{kind.value}")
    found = session.execute(
        select(Request).where(
            Request.beneficiary_id == person.id,
            Request.status.in_(UNFINISHED),
        )
    ).scalars()
    for request in found.all():
        if _ends(request, kind):
            if request.status is RequestStatus.WAITING:
                waiting.lock_list(session, request.id)
            move(
                session,
                request,
                RequestStatus.CANCELLED,
                now=now,
                closed_at=now,
                cancelled_by=CancelledBy.HOUSE,
            )
            free(session, request, now=now)
            words = TEXTS.say("stay.ended", who=person.name, what=what)
            add_event(session, request, EventKind.CANCELLED, now=now, text=words)
            cancelled += 1
        else:
            words = TEXTS.say("stay.handed_over", who=person.name, what=what)
            add_event(session, request, EventKind.ASSIGNED, now=now, text=words)
            request.look_at = now
            handed_over += 1
    return cancelled, handed_over


def _ends(request: Request, kind: StayKind) -> bool:
    """Tell what ends by itself: bookings of who is gone, the meals of who is in hospital."""
    if request.status is RequestStatus.IN_PROGRESS or request.starts_at is None:
        # Under way, or a call for a person: someone has to look at it.
        return False
    return kind in _GONE or request.service == _MEAL


def _end_links(session: Session, person: Person, now: datetime) -> None:
    session.execute(
        update(Link)
        .where(
            (Link.retiree_id == person.id) | (Link.family_id == person.id),
            Link.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def _orders_word(orders: int, kind: StayKind) -> str:
    if not orders:
        return TEXTS.say("stay.orders_none")
    return TEXTS.say("stay.orders_ended" if kind in _GONE else "stay.orders_paused")


def _tell(session: Session, text: str, clerk: Clerk, now: datetime) -> None:
    for each in staff_of(session, institution_id=clerk.institution_id):
        if each.id != clerk.person_id:
            tell_staff(session, person=each, text=text, now=now)
