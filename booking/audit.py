"""Who did what, where no request carries it: one row for each act, in the act's unit of work."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.models import AuditRow

LONGEST_ABOUT = 200


def note(
    session: Session,
    *,
    institution_id: int | None,
    actor: str,
    act: str,
    permission: str,
    now: datetime,
    subject_id: int | None = None,
    about: str | None = None,
) -> None:
    """Write down an act.

    Args:
        session: the act's own.
        institution_id: None for what is of no house.
        actor: who, as `staff 3`, `account 7` or `command line`.
        act: what, as a verb.
        permission: by what he may.
        now: when.
        subject_id: the person it was done to or for.
        about: what it was done to, where it is no person; cut where it is too long.
    """
    session.add(
        AuditRow(
            institution_id=institution_id,
            at=now,
            actor=actor,
            act=act,
            subject_person_id=subject_id,
            permission=permission,
            about=about[:LONGEST_ABOUT] if about else None,
        )
    )


def note_operator(
    session: Session,
    *,
    institution_id: int | None,
    act: str,
    now: datetime,
    subject_id: int | None = None,
    about: str | None = None,
) -> None:
    """Write down what was done on the command line of the machine itself."""
    note(
        session,
        institution_id=institution_id,
        actor="command line",
        act=act,
        permission="operator",
        now=now,
        subject_id=subject_id,
        about=about,
    )
