"""Who hears what: accounts, wishes, and whether someone is at home, read in one look.

Everything that is written to a person about a request asks here first, so that nothing cheerful
reaches a family after a death, and reminders stop where someone has said so.
"""

import enum
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from booking.duty.models import HowMuch, Stay, StayKind, Wish
from booking.duty.rules import RULES
from store.identity import Account, Person
from store.outbox import Lane

REMINDER, LIGHT_REMINDER = "reminder", "light_reminder"
COMPLETED = "completed"
_GONE = frozenset({StayKind.DIED, StayKind.MOVED})


class Verdict(enum.Enum):
    """What becomes of a notice."""

    SAY = "say"
    SAY_WITHOUT_BUTTONS = "say without buttons"
    WITH_THE_DIGEST = "with the digest"
    KEEP_SILENT = "keep silent"


@dataclass(slots=True)
class Hearer:
    """What is known of one person when something is to be written to him.

    Attributes:
        accounts: those that have not blocked us, last used first.
        how_much, reminders: his wish about the person the request is for; None: no wish set.
        stay: why he is not at home as usual.
    """

    accounts: list[Account] = field(default_factory=list)
    how_much: HowMuch = HowMuch.EVERY_STEP
    reminders: bool | None = None
    stay: StayKind | None = None


def _statement() -> Select[int, HowMuch, bool, StayKind, Account]:
    stay = aliased(Stay)
    return (
        select(Person.id, Wish.how_much, Wish.reminders, stay.kind, Account)
        .outerjoin(Wish, and_(Wish.person_id == Person.id, Wish.about_id == bindparam("about")))
        .outerjoin(stay, and_(stay.person_id == Person.id, stay.ended_at.is_(None)))
        .outerjoin(Account, and_(Account.person_id == Person.id, Account.blocked_at.is_(None)))
        .where(Person.id.in_(bindparam("people", expanding=True)))
        .order_by(Person.id, Account.last_used_at.desc(), Account.id.desc())
    )


_HEARERS = _statement()


def hearers_of(session: Session, people: Collection[int], *, about: int) -> dict[int, Hearer]:
    """Return what is known of several people and of whom it is about, in one statement."""
    wanted = {"people": [*{*people, about}], "about": about}
    found: dict[int, Hearer] = {}
    for person_id, how_much, reminders, stay, account in session.execute(
        _HEARERS,
        wanted,
    ):
        hearer = found.setdefault(person_id, Hearer(stay=stay, reminders=reminders))
        hearer.how_much = how_much or HowMuch.EVERY_STEP
        if account is not None:
            hearer.accounts.append(account)
    return found


def verdict(
    hearers: dict[int, Hearer], *, person_id: int, about: int, step: str | None, lane: Lane
) -> Verdict:
    """Decide what becomes of one notice; `step` is None for words that someone wrote himself."""
    if lane is Lane.EMERGENCY:
        return Verdict.SAY
    hearer, subject = hearers[person_id], hearers[about]
    if hearer.stay in _GONE or subject.stay in _GONE:
        return Verdict.KEEP_SILENT
    if step in {REMINDER, LIGHT_REMINDER}:
        is_unwanted = hearer.reminders is False or subject.stay is not None
        return Verdict.KEEP_SILENT if is_unwanted else Verdict.SAY
    is_exception = step not in RULES.told.everyday
    if not is_exception and hearer.how_much is HowMuch.EXCEPTIONS:
        return Verdict.KEEP_SILENT
    if not is_exception and hearer.how_much is HowMuch.DAILY:
        return Verdict.WITH_THE_DIGEST
    if step == COMPLETED and subject.stay is StayKind.HOSPITAL:
        # Nobody is asked for stars at a sickbed.
        return Verdict.SAY_WITHOUT_BUTTONS
    return Verdict.SAY
