"""Calls for a person of the staff: in danger at once, else when there is time."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.call_list import bounced
from booking.form import TEXTS
from booking.making import find_by_key, new_request
from booking.models import EventKind, Request, RequestStatus
from booking.notices import add_event, tell
from booking.people import family_to_tell
from booking.requests import OPEN
from booking.services import EMERGENCY, HUMAN, Catalog, Service
from store.identity import Person
from store.messages import Message
from store.outbox import Delivery, Lane

SAME_EMERGENCY = timedelta(minutes=10)


def ask_for_person(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    words: str,
    account_id: int | None,
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
    """Ring on every clerk's desk of the house; linked relatives are told on every account.

    Words said while nobody has answered, or soon after someone has, belong to the same call;
    later ones ring anew, because whoever took the first may think it is over.
    """
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
    account_id: int | None,
    key: str,
    now: datetime,
) -> tuple[Request, bool]:
    known = find_by_key(session, key)
    if known is not None:
        return known, False
    standing = _standing(session, service, actor, now)
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
        starts=None,
        account_id=account_id,
        key=key,
        now=now,
    )
    return request, True


def _standing(session: Session, service: Service, actor: Person, now: datetime) -> Request | None:
    request = session.execute(
        select(Request)
        .where(
            Request.requester_id == actor.id,
            Request.service == service.id,
            Request.status.in_(OPEN),
        )
        .order_by(Request.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if (
        request is not None
        and service.id == EMERGENCY
        and request.status is RequestStatus.ACCEPTED
        and request.created_at + SAME_EMERGENCY < now
    ):
        return None
    return request


def note_unreachable(
    session: Session, *, catalog: Catalog, delivery: Delivery, now: datetime
) -> None:
    """Tell the staff that a message did not reach someone, so that they telephone.

    An account that nobody is bound to has no house to tell.
    """
    if delivery.person_id is None:
        return
    person = session.get_one(Person, delivery.person_id)
    words = TEXTS.say("history.undelivered", who=person.name)
    request = session.get(Request, delivery.request_id) if delivery.request_id else None
    if request is not None and request.status in OPEN:
        add_event(session, request, EventKind.NOT_REACHED, now=now, text=words)
        bounced(
            session,
            person_id=person.id,
            request=request,
            outbox_id=delivery.outbox_id,
            now=now,
        )
        return
    _call(
        session,
        catalog.get(HUMAN),
        person,
        words,
        delivery.account_id,
        f"unreachable:{delivery.outbox_id}",
        now,
    )
