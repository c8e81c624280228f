"""Reminding whoever keeps a fact of the house before it ends: a week before, and the day before.

`Document.reminded_on` is the day he last heard of it; it is moved in the same unit of work, and
only from before the reminder that is due, so that each is given once, by whichever process.
"""

from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from booking.fact_upkeep import ask_for_upkeep, keeper
from booking.services import Catalog
from knowledge.models import Document, DocumentKind
from store.clock import local, local_date

DAYS_BEFORE = (1, 7)
OPENS, CLOSES = time(8, 30), time(17, 30)


def may_disturb(now: datetime) -> bool:
    """Tell whether it is an hour at which staff are told things that can wait."""
    return OPENS <= local(now).time() < CLOSES


def facts_to_remind_of(session: Session, *, now: datetime) -> list[int]:
    """Return the ids of the facts whose next reminder is due."""
    today = local_date(now)
    rows = session.execute(
        select(Document.id, Document.ends_on, Document.reminded_on).where(
            Document.kind == DocumentKind.FACT,
            Document.withdrawn_at.is_(None),
            Document.ends_on >= today,
            Document.ends_on <= today + timedelta(days=max(DAYS_BEFORE)),
        )
    )
    return [
        fact_id
        for fact_id, ends_on, reminded_on in rows
        if ends_on is not None
        and (due := _due_since(ends_on, today)) is not None
        and (reminded_on is None or reminded_on < due)
    ]


def remind(session: Session, fact_id: int, *, catalog: Catalog, now: datetime) -> bool:
    """Remind of one fact, unless another process just has; False then, or when nobody is there."""
    document = session.get_one(Document, fact_id)
    today = local_date(now)
    if document.ends_on is None or document.institution_id is None:
        return False
    due = _due_since(document.ends_on, today)
    told = session.execute(
        update(Document)
        .where(
            Document.id == fact_id,
            Document.withdrawn_at.is_(None),
            or_(Document.reminded_on.is_(None), Document.reminded_on < (due or today)),
        )
        .values(reminded_on=today)
        .returning(Document.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    whom = keeper(session, institution_id=document.institution_id, owner_id=document.owner_id)
    if told is None or due is None or whom is None:
        return False
    ask_for_upkeep(
        session,
        catalog=catalog,
        keeper=whom,
        fact_id=fact_id,
        title=document.title,
        ends_on=document.ends_on,
        now=now,
    )
    return True


def _due_since(ends_on: date, today: date) -> date | None:
    """Return the day from which the latest reminder is due; None while none is."""
    days = [ends_on - timedelta(days=before) for before in DAYS_BEFORE]
    return max((day for day in days if day <= today), default=None)
