"""The day's steps in one message, for those who wish to hear once a day."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking.duty.models import DigestLine, Stay, StayKind
from booking.duty.rules import RULES
from booking.form import TEXTS
from booking.models import Request
from booking.notices import reachable_accounts
from store import outbox
from store.clock import local
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

MOST_LINES = 20


def people_with_a_digest(session: Session, *, now: datetime, limit: int = 500) -> list[int]:
    """Return who is to be written to now; nobody before the evening, nobody at night."""
    if local(now).time() < RULES.told.digest_at or RULES.night.over_at(now) is not None:
        return []
    return list(session.execute(select(DigestLine.person_id).distinct().limit(limit)).scalars())


def send_digest(session: Session, person_id: int, *, now: datetime) -> bool:
    """Write one person's day to him, once; what was of someone who is gone is left out."""
    person = session.get_one(Person, person_id)
    rows = session.execute(
        delete(DigestLine)
        .where(DigestLine.person_id == person_id)
        .returning(DigestLine.id, DigestLine.request_id, DigestLine.text)
        .execution_options(synchronize_session=False)
    ).all()
    gone = _requests_of_the_gone(session, {row.request_id for row in rows}, person_id)
    lines = [row.text for row in sorted(rows, key=lambda row: row.id) if row.request_id not in gone]
    accounts = reachable_accounts(session, person_id)
    if not lines or not accounts:
        return False
    listed = "\n".join(f"· {line}" for line in lines[-MOST_LINES:])
    outbox.put(
        session,
        account=accounts[0],
        message=Message(TEXTS.say("digest.head", salutation=person.salutation, lines=listed)),
        lane=Lane.REMINDER,
        now=now,
        institution_id=person.institution_id,
    )
    return True


def _requests_of_the_gone(session: Session, ids: set[int], person_id: int) -> set[int]:
    return set(
        session.execute(
            select(Request.id)
            .join(
                Stay,
                (Stay.person_id == Request.beneficiary_id) | (Stay.person_id == person_id),
            )
            .where(
                Request.id.in_(ids),
                Stay.ended_at.is_(None),
                Stay.kind.in_((StayKind.DIED, StayKind.MOVED)),
            )
        ).scalars()
    )
