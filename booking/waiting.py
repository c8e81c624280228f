"""Waiting lists: whose turn it is, handing a freed place on, taking or refusing an offer.

The order of a list is its entries' rank, then since when they wait. A freed place goes to the
first whom it suffices, in the transaction that frees it: nobody can slip in between.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from booking import actions, entitlement
from booking.day_words import moment_word
from booking.errors import MoveNotAllowed, OfferOver, RequestNotFound
from booking.form import TEXTS
from booking.models import CancelledBy, EventKind, LinkScope, Opening, Request, RequestStatus
from booking.moves import move
from booking.notices import add_event, tell_concerned
from booking.people import permission_on
from booking.place_models import WaitingEntry
from store.clock import local_date
from store.identity import Person
from store.messages import Button

# Who leaves two offers unanswered is no longer asked.
MOST_OFFERS = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """Where someone stands on a list; `offered_until` where a place is held for him now."""

    position: int
    offered_until: datetime | None


def turn_of(session: Session, request_id: int) -> Turn | None:
    """Return where a request stands on its list; None when it waits for nothing."""
    entry = session.get(WaitingEntry, request_id)
    if entry is None:
        return None
    ahead = session.execute(
        select(func.count())
        .select_from(WaitingEntry)
        .where(
            WaitingEntry.opening_id == entry.opening_id,
            or_(
                WaitingEntry.rank > entry.rank,
                and_(WaitingEntry.rank == entry.rank, WaitingEntry.since < entry.since),
                and_(
                    WaitingEntry.rank == entry.rank,
                    WaitingEntry.since == entry.since,
                    WaitingEntry.request_id < entry.request_id,
                ),
            ),
        )
    ).scalar_one()
    return Turn(ahead + 1, entry.offered_until)


def is_awaited(session: Session, opening_id: int | None) -> bool:
    """Tell whether anybody waits for a place of this opening."""
    if opening_id is None:
        return False
    found = session.execute(
        select(WaitingEntry.request_id)
        .where(WaitingEntry.opening_id == opening_id, WaitingEntry.offered_until.is_(None))
        .limit(1)
    )
    return found.first() is not None


def lock(session: Session, opening_id: int) -> None:
    """Let nobody else give or take places of this opening until the transaction ends."""
    # As strong as the lock of an UPDATE and no stronger, or two of us would block each other.
    lock_row = select(Opening.id).where(Opening.id == opening_id)
    session.execute(lock_row.with_for_update(key_share=True))


def lock_list(session: Session, request_id: int) -> None:
    """Lock the opening that a request waits for before the request itself, as handing on does."""
    entry = session.get(WaitingEntry, request_id)
    if entry is not None:
        lock(session, entry.opening_id)


def leave(session: Session, request_id: int) -> None:
    """Take a request off its list; whatever place it holds stays held."""
    session.execute(delete(WaitingEntry).where(WaitingEntry.request_id == request_id))


def hand_on(session: Session, opening_id: int, *, now: datetime) -> int:
    """Give the free places of an opening to those who wait for them; return to how many."""
    if not is_awaited(session, opening_id):
        return 0
    lock(session, opening_id)
    given = 0
    while (entry := _first_that_fits(session, opening_id, now)) is not None:
        given += _give(session, entry, now)
    return given


def take_offer(session: Session, *, actor: Person, request_id: int, now: datetime) -> Request:
    """Take the place that is offered: the request is now one like any other.

    Raises:
        RequestNotFound: not his. OfferOver: nothing is offered any more.
        AlreadyUsed: this year's is used by another booking.
    """
    request, entry = _offered(session, actor, request_id, now)
    if entry is None:
        return request
    if entry.uses_year:
        entitlement.use_year(session, request=request)
    _book(session, request, entry, now=now, skip=actor.id)
    return request


def refuse_offer(session: Session, *, actor: Person, request_id: int, now: datetime) -> Request:
    """Say no to an offer; whoever is next gets the place, and he is off the list.

    Raises:
        RequestNotFound: not his. OfferOver: nothing is offered any more.
    """
    request, entry = _offered(session, actor, request_id, now)
    if entry is None:
        raise OfferOver(request.number)
    _off_the_list(session, request, "history.offer_refused", now=now, actor_id=actor.id)
    return request


def look_after(session: Session, *, now: datetime) -> int:
    """Expire offers, close lists whose time is over, hand on what is free; how much that was."""
    done = 0
    overdue = select(WaitingEntry.request_id).where(
        or_(WaitingEntry.offered_until <= now, WaitingEntry.closes_at <= now)
    )
    for request_id in session.execute(overdue.order_by(WaitingEntry.opening_id)).scalars().all():
        done += _over(session, request_id, now)
    free = (
        select(WaitingEntry.opening_id)
        .join(Opening, Opening.id == WaitingEntry.opening_id)
        .where(
            WaitingEntry.offered_until.is_(None),
            _is_open(now),
            Opening.taken + WaitingEntry.places <= Opening.capacity,
        )
        .distinct()
    )
    for opening_id in sorted(session.execute(free).scalars().all()):
        done += hand_on(session, opening_id, now=now)
    return done


def _is_open(now: datetime) -> ColumnElement[bool]:
    return or_(WaitingEntry.opens_at.is_(None), WaitingEntry.opens_at <= now)


def _first_that_fits(session: Session, opening_id: int, now: datetime) -> WaitingEntry | None:
    return session.execute(
        select(WaitingEntry)
        .join(Opening, Opening.id == WaitingEntry.opening_id)
        .where(
            WaitingEntry.opening_id == opening_id,
            WaitingEntry.offered_until.is_(None),
            WaitingEntry.closes_at > now,
            _is_open(now),
            Opening.taken + WaitingEntry.places <= Opening.capacity,
        )
        .order_by(WaitingEntry.rank.desc(), WaitingEntry.since, WaitingEntry.request_id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _give(session: Session, entry: WaitingEntry, now: datetime) -> int:
    """Hold a place for whoever is first and book or offer it; 0 where he wants it no more."""
    request = session.get_one(Request, entry.request_id, populate_existing=True)
    if request.status is not RequestStatus.WAITING:
        leave(session, request.id)
        return 0
    if entry.uses_year and entitlement.is_used(session, request=request):
        _off_the_list(session, request, "history.year_used", now=now)
        return 0
    session.execute(
        update(Opening)
        .where(Opening.id == entry.opening_id)
        .values(taken=Opening.taken + entry.places)
        .execution_options(synchronize_session=False)
    )
    request.opening_id, request.places = entry.opening_id, entry.places
    if entry.offer_minutes:
        _offer(session, request, entry, now)
        return 1
    if entry.uses_year:
        entitlement.use_year(session, request=request)
    _book(session, request, entry, now=now)
    return 1


def _offer(session: Session, request: Request, entry: WaitingEntry, now: datetime) -> None:
    until = min(now + timedelta(minutes=entry.offer_minutes), entry.closes_at)
    entry.offered_until, entry.offers = until, entry.offers + 1
    words = moment_word(until, local_date(now))
    text = TEXTS.say("history.offered", until=words)
    add_event(session, request, EventKind.WAITING, now=now, text=text)
    rows = (
        (
            Button(TEXTS.say("waiting.take"), actions.take_offer(request.id)),
            Button(TEXTS.say("waiting.refuse"), actions.refuse_offer(request.id)),
        ),
    )
    tell_concerned(session, request, "place_offered", now=now, buttons=rows, until=words)
    session.flush()


def _book(
    session: Session,
    request: Request,
    entry: WaitingEntry,
    *,
    now: datetime,
    skip: int | None = None,
) -> None:
    move(session, request, RequestStatus.SUBMITTED, now=now)
    starts = request.starts_at or entry.closes_at
    request.due_at = min(now + timedelta(minutes=entry.accept_minutes), starts)
    # The house looks at it with its next round, as at any that is new.
    request.look_at = now
    leave(session, request.id)
    add_event(session, request, EventKind.SUBMITTED, now=now, text=TEXTS.say("history.place_given"))
    rows = ((Button(TEXTS.say("waiting.give_up"), actions.cancel_request(request.id)),),)
    tell_concerned(session, request, "place_given", now=now, skip=skip, buttons=rows)


def _offered(
    session: Session, actor: Person, request_id: int, now: datetime
) -> tuple[Request, WaitingEntry | None]:
    """Return a request and its offer; no offer where he has the place already.

    Raises:
        RequestNotFound: not his. OfferOver: nothing is offered any more.
    """
    request = session.get(Request, request_id)
    permission_on(session, actor=actor, request=request, scope=LinkScope.BOOK)
    if request is None:
        raise RequestNotFound(str(request_id))
    entry = session.get(WaitingEntry, request_id)
    if entry is not None:
        lock(session, entry.opening_id)
        entry = session.get(WaitingEntry, request_id, populate_existing=True)
    session.refresh(request)
    if entry is None and request.status in (RequestStatus.SUBMITTED, RequestStatus.ACCEPTED):
        return request, None
    if entry is None or entry.offered_until is None or entry.offered_until <= now:
        raise OfferOver(request.number)
    return request, entry


def _over(session: Session, request_id: int, now: datetime) -> int:
    """Let an unanswered offer go, or end the waiting once nothing can come of it."""
    entry = session.get(WaitingEntry, request_id)
    if entry is None:
        return 0
    lock(session, entry.opening_id)
    entry = session.get(WaitingEntry, request_id, populate_existing=True)
    request = session.get_one(Request, request_id, populate_existing=True)
    if entry is None or request.status is not RequestStatus.WAITING:
        return 0
    if entry.closes_at <= now:
        _off_the_list(session, request, "history.waited_in_vain", now=now, told="waited_in_vain")
    elif entry.offered_until is None or entry.offered_until > now:
        return 0
    elif entry.offers >= MOST_OFFERS:
        _off_the_list(session, request, "history.offers_unanswered", now=now, told="offers_over")
    else:
        # He goes to the end of those who rank like him; the place goes to the next.
        entry.offered_until, entry.since = None, now
        _give_back(session, request)
        words = TEXTS.say("history.offer_over")
        add_event(session, request, EventKind.WAITING, now=now, text=words)
        tell_concerned(session, request, "offer_over", now=now)
        session.flush()
        hand_on(session, entry.opening_id, now=now)
    return 1


def _off_the_list(
    session: Session,
    request: Request,
    because: str,
    *,
    now: datetime,
    actor_id: int | None = None,
    told: str = "",
) -> None:
    """End the waiting: with a reason of the house's, or cancelled by whoever refuses."""
    opening_id = session.get_one(WaitingEntry, request.id).opening_id
    ends = RequestStatus.DECLINED if actor_id is None else RequestStatus.CANCELLED
    kind = EventKind.DECLINED if actor_id is None else EventKind.CANCELLED
    try:
        move(session, request, ends, now=now)
    except MoveNotAllowed:
        leave(session, request.id)
        return
    request.closed_at, request.reason = now, TEXTS.say(because)
    if actor_id is not None:
        is_own = actor_id == request.beneficiary_id
        request.cancelled_by = CancelledBy.PERSON if is_own else CancelledBy.FAMILY
    add_event(session, request, kind, now=now, actor_id=actor_id, text=request.reason)
    if told:
        tell_concerned(session, request, told, now=now)
    leave(session, request.id)
    _give_back(session, request)
    session.flush()
    hand_on(session, opening_id, now=now)


def _give_back(session: Session, request: Request) -> None:
    if request.opening_id is None:
        return
    session.execute(
        update(Opening)
        .where(Opening.id == request.opening_id)
        .values(taken=Opening.taken - request.places)
        .execution_options(synchronize_session=False)
    )
    request.opening_id, request.places = None, 0
