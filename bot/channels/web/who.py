"""Who this browser speaks for: shown on top of the page, chosen freely in a demonstration home only."""

from dataclasses import dataclass
from typing import TypedDict

from sqlalchemy.orm import Session

from booking.people import beneficiaries, demonstration_people
from bot.channels.web.texts import TEXTS
from bot.reception import Address, find_account
from store.identity import Person, PersonKind


class WhoData(TypedDict):
    """Who for the page's script."""

    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Who:
    """The person an account is bound to: the name and what the person is (退休干部)."""

    name: str
    role: str

    def as_data(self) -> WhoData:
        """Return the form the page's script reads."""
        return {"name": self.name, "role": self.role}


@dataclass(frozen=True, slots=True)
class Choice:
    """A demonstration person one may try the system as; `note` says for whom a relative acts."""

    person_id: int
    name: str
    role: str
    note: str


@dataclass(frozen=True, slots=True)
class Presence:
    """An account and who is behind it; both empty for a browser that never wrote."""

    account_id: int | None
    who: Who | None


def presence_of(session: Session, address: Address) -> Presence:
    """Look an account up, and the person it is bound to."""
    account = find_account(session, address)
    if account is None:
        return Presence(None, None)
    person = None if account.person_id is None else session.get(Person, account.person_id)
    return Presence(account.id, None if person is None else Who(person.name, _role(person)))


def choices(session: Session) -> tuple[Choice, ...]:
    """Return whom a visitor may choose to be; empty outside a demonstration home."""
    return tuple(
        Choice(person.id, person.name, _role(person), _note(session, person))
        for person in demonstration_people(session)
    )


def _role(person: Person) -> str:
    return TEXTS.say(f"role.{person.kind.value}")


def _note(session: Session, person: Person) -> str:
    if person.kind is not PersonKind.FAMILY:
        return ""
    names = "、".join(one.person.name for one in beneficiaries(session, person))
    return TEXTS.say("who.acts_for", names=names) if names else ""
