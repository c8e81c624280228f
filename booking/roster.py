"""Writing the roster: a new person, whose family someone is, who needs more looking after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.audit import note, note_operator
from booking.errors import ValueProblem
from booking.models import Link, LinkScope
from booking.people import normal_phone, phone_hash
from booking.staff_access import Clerk
from store.identity import CareFlag, Person, PersonKind

LONGEST_NAME = 60
LONGEST_CALLS = 20


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Someone as the institution writes them down; without a salutation the name is used."""

    kind: PersonKind
    name: str
    salutation: str | None = None
    phone: str | None = None
    address: str | None = None
    care_flags: tuple[CareFlag, ...] = ()


def add_person(
    session: Session, *, institution_id: int, wanted: NewPerson, now: datetime
) -> Person:
    """Add someone to an institution's roster.

    Raises:
        ValueProblem: the name or salutation is empty or too long, or the number is no mobile
            number.
    """
    name = wanted.name.strip()
    salutation = (wanted.salutation or name).strip()
    if not (0 < len(name) <= LONGEST_NAME and 0 < len(salutation) <= LONGEST_NAME):
        raise ValueProblem("name", f"姓名和称呼要有1到{LONGEST_NAME}个字。")
    digits = normal_phone(wanted.phone) if wanted.phone else None
    if wanted.phone and digits is None:
        raise ValueProblem("phone", "手机号应当是11位数字，以1开头。")
    person = Person(
        institution_id=institution_id,
        kind=wanted.kind,
        name=name,
        salutation=salutation,
        phone=digits,
        phone_hash=phone_hash(session, digits) if digits else None,
        address=(wanted.address or "").strip() or None,
        care_flags=_flags(wanted.care_flags),
        created_at=now,
    )
    session.add(person)
    session.flush()
    note_operator(
        session,
        institution_id=person.institution_id,
        act="add person",
        now=now,
        subject_id=person.id,
    )
    return person


def add_link(
    session: Session, *, family: Person, retiree: Person, calls: str, now: datetime
) -> None:
    """Let a relative act for a retiree, as the institution was told.

    Raises:
        ValueProblem: the other one is no retiree, or the word for him is empty or too long.
    """
    if retiree.kind is not PersonKind.RETIREE:
        raise ValueProblem("retiree", f"“{retiree.name}”不是军休干部。")
    if not 0 < len(calls.strip()) <= LONGEST_CALLS:
        raise ValueProblem("calls", f"叫法要有1到{LONGEST_CALLS}个字。")
    session.add(
        Link(
            institution_id=retiree.institution_id,
            family_id=family.id,
            retiree_id=retiree.id,
            calls=calls.strip(),
            scopes=[scope.value for scope in LinkScope],
            granted_by="军休所登记",
            created_at=now,
        )
    )
    session.flush()
    note_operator(
        session, institution_id=family.institution_id, act="add link", now=now, subject_id=family.id
    )


def set_care_flags(
    session: Session, *, clerk: Clerk, person: Person, flags: Iterable[CareFlag], now: datetime
) -> None:
    """Write down whether someone is of the 重点人员; what is booked already keeps its place."""
    person.care_flags = _flags(flags)
    note(
        session,
        institution_id=person.institution_id,
        actor=f"staff {clerk.staff_id}",
        act="set care flags",
        permission="staff",
        now=now,
        subject_id=person.id,
    )


def _flags(flags: Iterable[CareFlag]) -> list[str] | None:
    chosen = set(flags)
    return [flag.value for flag in CareFlag if flag in chosen] or None
