"""Calls for a person of the staff: in danger at once, else when there is time."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.form import TEXTS
from booking.making import find_by_key, new_request
from booking.models import EventKind, Request
from booking.notices import add_event, tell
from booking.people import family_to_tell
from booking.requests import OPEN
from booking.services import EMERGENCY, HUMAN, Catalog, Service
from store.identity import Person
from store.messages import Message
from store.outbox import Lane


def ask_for_person(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    words: str,
    account_id: int,
    key: str,
    now: datetime,
) -> tuple[Request, bool]:
    """Ask that someone of the staff gets in touch; an open one is added to, not doubled.

    Returns the request, and whether it is new.
    """
    return _call(session, catalog.get(HUMAN), actor, words, account_id, key, now)


def raise_emergency(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    words: str,
    account_id: int,
    key: str,
    now: datetime,
) -> tuple[Request, bool]:
    """Ring on every clerk's desk of the house; linked relatives are told on every account."""
    request, is_new = _call(session, catalog.get(EMERGENCY), actor, words, account_id, key, now)
    if is_new:
        for relative in family_to_tell(session, actor.id):
            text = TEXTS.say(
                "told.emergency_family",
                salutation=relative.salutation,
                who=actor.name,
                words=words,
            )
            tell(
                session,
                person=relative,
                message=Message(text),
                lane=Lane.EMERGENCY,
                request=request,
                now=now,
            )
    return request, is_new


def _call(
    session: Session,
    service: Service,
    actor: Person,
    words: str,
    account_id: int,
    key: str,
    now: datetime,
) -> tuple[Request, bool]:
    known = find_by_key(session, key)
    if known is not None:
        return known, False
    standing = session.execute(
        select(Request)
        .where(
            Request.requester_id == actor.id,
            Request.service == service.id,
            Request.status.in_(OPEN),
        )
        .order_by(Request.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if standing is not None:
        again = TEXTS.say("history.again", words=words)
        add_event(session, standing, EventKind.AGAIN, now=now, actor_id=actor.id, text=again)
        return standing, False
    request = new_request(
        session,
        service=service,
        actor=actor,
        beneficiary=actor,
        permission="本人",
        values={"words": words},
        words=words,
        due_at=now + timedelta(minutes=service.accept_within_minutes),
        starts=None,
        account_id=account_id,
        key=key,
        now=now,
    )
    return request, True
