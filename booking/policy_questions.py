"""A question that the documents left open, handed to the staff with one tap."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.form import TEXTS
from booking.making import find_by_key, new_request
from booking.models import EventKind, Request
from booking.notices import add_event
from booking.requests import OPEN
from booking.services import POLICY, Catalog
from store.identity import Person


@dataclass(frozen=True, slots=True)
class PolicyQuestion:
    """What was asked, and what the assistant had to say.

    Attributes:
        log_id: the question's row in the log; one row makes one request.
        understood_as: the question as it was understood, where it only went on from another one.
        answer: the words that were said, quotes included.
        ended: how the assistant's answer ended.
    """

    log_id: int
    question: str
    answer: str
    ended: str
    understood_as: str = ""


def ask_staff(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    asked: PolicyQuestion,
    account_id: int,
    now: datetime,
) -> tuple[Request, bool]:
    """Put a question into the policy queue of the asker's house.

    The same question again, tapped or typed anew while it is open, is the same request; its
    `due_at` is until when someone phones back, counted in working hours.

    Returns the request, and whether it is new.
    """
    key = f"policy:{asked.log_id}"
    known = find_by_key(session, key)
    if known is not None:
        return known, False
    standing = _standing(session, actor, asked.question)
    if standing is not None:
        again = TEXTS.say("history.again", words=asked.question)
        add_event(session, standing, EventKind.AGAIN, now=now, actor_id=actor.id, text=again)
        return standing, False
    service = catalog.get(POLICY)
    request = new_request(
        session,
        service=service,
        actor=actor,
        beneficiary=actor,
        permission="本人",
        values={
            "words": asked.question,
            "understood_as": asked.understood_as,
            "answer": asked.answer,
            "ended": asked.ended,
        },
        words=asked.question,
        starts=None,
        account_id=account_id,
        key=key,
        now=now,
    )
    return request, True


def _standing(session: Session, actor: Person, question: str) -> Request | None:
    """Return the asker's open request with the same words; they are encrypted, so read here."""
    rows = session.execute(
        select(Request).where(
            Request.requester_id == actor.id,
            Request.service == POLICY,
            Request.status.in_(OPEN),
        )
    ).scalars()
    return next((row for row in rows if _plain(row.summary) == _plain(question)), None)


def _plain(words: str) -> str:
    return "".join(character for character in words if character.isalnum())
