"""What someone wants to hear: every step, once a day, only exceptions; reminders or none."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.duty.models import HowMuch, Wish
from booking.models import Link
from store.identity import Person
from store.statements import insert_into


def set_wish(
    session: Session,
    *,
    person: Person,
    about_id: int | None = None,
    how_much: HowMuch | None = None,
    reminders: bool | None = None,
    by: str,
    now: datetime,
) -> None:
    """Set what a person wants to hear about himself, or about one retiree he is linked to.

    What is None stays as it was. Emergencies reach everybody, whatever is wished.
    """
    about_id = about_id or person.id
    changed = {"set_by": by, "set_at": now}
    changed |= {} if how_much is None else {"how_much": how_much}
    changed |= {} if reminders is None else {"reminders": reminders}
    first = {
        "person_id": person.id,
        "about_id": about_id,
        "institution_id": person.institution_id,
        "how_much": how_much or HowMuch.EVERY_STEP,
        "reminders": True if reminders is None else reminders,
        "set_by": by,
        "set_at": now,
    }
    session.execute(
        insert_into(session, Wish)
        .values(**first)
        .on_conflict_do_update(index_elements=["person_id", "about_id"], set_=changed)
    )


def set_wish_everywhere(
    session: Session,
    *,
    person: Person,
    how_much: HowMuch | None = None,
    reminders: bool | None = None,
    by: str,
    now: datetime,
) -> None:
    """Set it about himself and about everyone he is linked to: 别老给我发 means all of it."""
    linked = session.execute(
        select(Link.retiree_id).where(Link.family_id == person.id, Link.revoked_at.is_(None))
    ).scalars()
    for about_id in [person.id, *linked]:
        set_wish(
            session,
            person=person,
            about_id=about_id,
            how_much=how_much,
            reminders=reminders,
            by=by,
            now=now,
        )


def wishes_of(session: Session, person_id: int) -> dict[int, Wish]:
    """Return what someone wishes, by whom it is about."""
    rows = session.execute(select(Wish).where(Wish.person_id == person_id)).scalars()
    return {wish.about_id: wish for wish in rows}
