"""Who hears what: accounts, wishes, and whether someone is at home, read in one look.

Everything that is written to a person about a request asks here first, so that nothing cheerful
reaches a family after a death, and reminders stop where someone has said so.
"""

import enum
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, select, union
from sqlalchemy.orm import Session, aliased

from booking.duty.models import HowMuch, Stay, StayKind, Wish
from booking.duty.rules import RULES
from booking.models import Link, LinkScope
from store.identity import Account, Person
from store.outbox import Address, Lane
from store.prepared import Prepared

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
        is_told: he is a relative who is to be told.
        accounts: those that have not blocked us, last used first.
        how_much, reminders: his wish about the person the request is for; None: no wish set.
        stay: why he is not at home as usual.
    """

    id: int
    name: str
    salutation: str
    is_told: bool = False
    accounts: list[Address] = field(default_factory=list)
    how_much: HowMuch = HowMuch.EVERY_STEP
    reminders: bool | None = None
    stay: StayKind | None = None


def _statement() -> Select[*tuple[Any, ...]]:
    stay = aliased(Stay)
    return (
        select(
            Person.id,
            Person.name,
            Person.salutation,
            Person.active,
            Link.scopes,
            Wish.how_much,
            Wish.reminders,
            stay.kind,
            Account.id,
            Account.channel,
            Account.bot,
        )
        .outerjoin(
            Link,
            and_(
                Link.family_id == Person.id,
                Link.retiree_id == bindparam("about"),
                Link.revoked_at.is_(None),
            ),
        )
        .outerjoin(Wish, and_(Wish.person_id == Person.id, Wish.about_id == bindparam("about")))
        .outerjoin(stay, and_(stay.person_id == Person.id, stay.ended_at.is_(None)))
        .outerjoin(Account, and_(Account.person_id == Person.id, Account.blocked_at.is_(None)))
        .order_by(Person.id, Account.last_used_at.desc(), Account.id.desc())
    )


_HEARERS = _statement().where(Person.id.in_(bindparam("people", expanding=True)))
_CONCERNED = Prepared(
    _statement().where(
        Person.id.in_(
            union(
                select(Link.family_id).where(
                    Link.retiree_id == bindparam("about"), Link.revoked_at.is_(None)
                ),
                select(bindparam("about", type_=Integer)),
                select(bindparam("requester", type_=Integer)),
            )
        )
    )
)


def hearers_of(session: Session, people: Collection[int], *, about: int) -> dict[int, Hearer]:
    """Return what is known of several people and of whom it is about, in one statement."""
    wanted = {"people": [*{*people, about}], "about": about}
    return _gathered(session.execute(_HEARERS, wanted))


def concerned_by(session: Session, *, about: int, requester: int) -> dict[int, Hearer]:
    """Return the one served, the one who asked and the relatives, and what is known of each."""
    return _gathered(_CONCERNED.rows(session, about=about, requester=requester))


def _gathered(rows: Iterable[Any]) -> dict[int, Hearer]:
    found: dict[int, Hearer] = {}
    for (
        person_id,
        name,
        salutation,
        active,
        scopes,
        how_much,
        reminders,
        stay,
        account_id,
        channel,
        bot,
    ) in rows:
        hearer = found.get(person_id)
        if hearer is None:
            hearer = found[person_id] = Hearer(
                id=person_id,
                name=name,
                salutation=salutation,
                is_told=active and LinkScope.BE_TOLD in (scopes or ()),
                how_much=how_much or HowMuch.EVERY_STEP,
                reminders=reminders,
                stay=stay,
            )
        if account_id is not None:
            hearer.accounts.append(Address(account_id, channel, bot))
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
