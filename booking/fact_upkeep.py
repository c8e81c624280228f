"""A fact of the house is about to end: a request to whoever keeps it, and a word in his chat."""

from datetime import date, datetime, time

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from booking.day_words import plain_day_word
from booking.form import TEXTS
from booking.making import find_by_key, new_request
from booking.models import EventKind, Request, RequestStatus, Staff, StaffRole
from booking.notices import add_event, reachable_accounts
from booking.requests import OPEN
from booking.services import FACT_UPKEEP, Catalog
from store import outbox
from store.clock import SHANGHAI, local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

_CLOSES = time(17, 30)


def keeper(session: Session, *, institution_id: int, owner_id: int | None) -> Person | None:
    """Return who is to be reminded: the owner, or the head when he has left; None without both."""
    working = (
        select(Person, Staff)
        .join(Staff, Staff.person_id == Person.id)
        .where(
            Person.institution_id == institution_id,
            Person.active.is_(True),
            Staff.active.is_(True),
        )
        .order_by(Person.id)
    )
    staff = session.execute(working).all()
    owner = next((person for person, _ in staff if person.id == owner_id), None)
    if owner is not None:
        return owner
    return next((person for person, row in staff if StaffRole.HEAD.value in row.roles), None)


def ask_for_upkeep(
    session: Session,
    *,
    catalog: Catalog,
    keeper: Person,
    fact_id: int,
    title: str,
    ends_on: date,
    now: datetime,
) -> Request:
    """Ask someone to look at a fact before it ends; a second reminder adds to an open request.

    The request is his from the start, so that nobody else need take it.
    """
    today = local_date(now)
    words = TEXTS.say("upkeep.summary", title=title, day=plain_day_word(ends_on, today))
    request = _open_upkeep(session, fact_id)
    if request is None:
        request = _new(session, catalog, keeper, fact_id, ends_on, words, now)
    else:
        request.summary = words
        add_event(session, request, EventKind.AGAIN, now=now, text=TEXTS.say("upkeep.again"))
    request.assignee_id = keeper.id
    for account in reachable_accounts(session, keeper.id)[:1]:
        outbox.put(
            session,
            account=account,
            message=Message(
                TEXTS.say(
                    "upkeep.told", salutation=keeper.salutation, what=words, number=request.number
                )
            ),
            lane=Lane.REMINDER,
            now=now,
            institution_id=request.institution_id,
            request_id=request.id,
        )
    return request


def close_upkeep(session: Session, *, fact_id: int, actor_id: int | None, now: datetime) -> None:
    """Close what asks for a fact to be looked at: it was."""
    request = _open_upkeep(session, fact_id)
    if request is None:
        return
    closed = session.execute(
        update(Request)
        .where(Request.id == request.id, Request.status.in_(OPEN))
        .values(
            status=RequestStatus.COMPLETED, version=Request.version + 1, closed_at=now, moved_at=now
        )
        .returning(Request.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(request)
    if closed is None:
        return
    text = TEXTS.say("upkeep.done")
    add_event(session, request, EventKind.COMPLETED, now=now, actor_id=actor_id, text=text)


def _new(
    session: Session,
    catalog: Catalog,
    keeper: Person,
    fact_id: int,
    ends_on: date,
    words: str,
    now: datetime,
) -> Request:
    service = catalog.get(FACT_UPKEEP)
    key = f"{_key(fact_id)}{local_date(now)}"
    known = find_by_key(session, key)
    if known is not None:
        return known
    request = new_request(
        session,
        service=service,
        actor=keeper,
        beneficiary=keeper,
        permission=TEXTS.say("upkeep.permission"),
        values={"words": words, "fact": str(fact_id)},
        words=words,
        due_at=datetime.combine(ends_on, _CLOSES, SHANGHAI),
        starts=None,
        account_id=None,
        key=key,
        now=now,
        made_because=TEXTS.say("upkeep.made"),
    )
    request.status = RequestStatus.ACCEPTED
    return request


def _open_upkeep(session: Session, fact_id: int) -> Request | None:
    return session.execute(
        select(Request)
        .where(
            Request.idempotency_key.startswith(_key(fact_id), autoescape=True),
            Request.status.in_(OPEN),
        )
        .order_by(Request.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _key(fact_id: int) -> str:
    return f"fact:{fact_id}:"
