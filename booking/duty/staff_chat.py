"""Telling the staff: in the chat of whoever has an account bound; the desk shows it anyway."""

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.duty.models import StaffAbsence
from booking.models import Request, Staff, StaffRole
from booking.notices import reachable_accounts
from store import outbox
from store.identity import Person
from store.messages import Message
from store.outbox import Lane


def tell_staff(
    session: Session,
    *,
    person: Person,
    text: str,
    now: datetime,
    request: Request | None = None,
) -> bool:
    """Write to a member of staff; False when he has no chat."""
    for account in reachable_accounts(session, person.id)[:1]:
        outbox.put(
            session,
            account=account,
            message=Message(text),
            lane=Lane.STEP,
            now=now,
            institution_id=person.institution_id,
            request_id=request.id if request is not None else None,
        )
        return True
    return False


def heads_of(session: Session, *, institution_id: int, day: date) -> list[Person]:
    """Return the heads of a house on a day: those who are there, else who stands in for them."""
    rows = session.execute(
        select(Person, Staff.roles, StaffAbsence.id, StaffAbsence.stand_in_id)
        .join(Staff, Staff.person_id == Person.id)
        .outerjoin(
            StaffAbsence,
            (StaffAbsence.person_id == Person.id)
            & (StaffAbsence.since <= day)
            & (StaffAbsence.until >= day),
        )
        .where(
            Staff.institution_id == institution_id,
            Staff.active.is_(True),
            Person.active.is_(True),
        )
        .order_by(Person.id)
    ).all()
    heads = [row for row in rows if StaffRole.HEAD.value in row[1]]
    here = [row[0] for row in heads if row[2] is None]
    if here:
        return here
    present = {row[0].id: row[0] for row in rows if row[2] is None}
    standing_in = [present[row[3]] for row in heads if row[3] in present]
    return standing_in or [row[0] for row in heads]


def staff_of(session: Session, *, institution_id: int) -> list[Person]:
    """Return everybody who works in a house."""
    return list(
        session.execute(
            select(Person)
            .join(Staff, Staff.person_id == Person.id)
            .where(
                Staff.institution_id == institution_id,
                Staff.active.is_(True),
                Person.active.is_(True),
            )
            .order_by(Person.id)
        ).scalars()
    )
