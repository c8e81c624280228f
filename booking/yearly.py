"""Who has not had this year's once-a-year service yet, and the one message to them about it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import actions
from booking.form import TEXTS
from booking.models import YearlyUse
from booking.notices import reachable_accounts
from booking.place_models import YearlyInvitation, YearlyRule
from booking.services import Service
from booking.staff_access import Clerk
from store import outbox
from store.identity import Person, PersonKind
from store.messages import Button, Message
from store.outbox import Lane
from store.statements import insert_into


@dataclass(frozen=True, slots=True)
class NotYet:
    """Someone who has not had this year's: written to, to be telephoned, or neither yet."""

    person_id: int
    name: str
    phone: str | None
    address: str | None
    reached: bool | None


@dataclass(frozen=True, slots=True)
class Invited:
    """How many were written to, and how many have no chat and are to be telephoned."""

    told: int
    to_call: int


def not_yet(session: Session, *, institution_id: int, service: Service, year: int) -> list[NotYet]:
    """Return the retirees of a house without a booking or a use of that year, by name."""
    used = select(YearlyUse.person_id).where(
        YearlyUse.service == service.id, YearlyUse.year == year
    )
    rows = session.execute(
        select(Person, YearlyInvitation.reached)
        .outerjoin(
            YearlyInvitation,
            (YearlyInvitation.person_id == Person.id)
            & (YearlyInvitation.service == service.id)
            & (YearlyInvitation.year == year),
        )
        .where(
            Person.institution_id == institution_id,
            Person.kind == PersonKind.RETIREE,
            Person.active.is_(True),
            Person.id.not_in(used),
        )
        .order_by(Person.name, Person.id)
    )
    return [NotYet(p.id, p.name, p.phone, p.address, reached) for p, reached in rows]


def invite(
    session: Session, *, service: Service, clerk: Clerk, year: int, now: datetime
) -> Invited:
    """Write once to each who has not had it; whoever has no chat comes onto the call list."""
    told = to_call = 0
    for each in not_yet(session, institution_id=clerk.institution_id, service=service, year=year):
        accounts = reachable_accounts(session, each.person_id)
        first_time = session.execute(
            insert_into(session, YearlyInvitation)
            .values(
                institution_id=clerk.institution_id,
                person_id=each.person_id,
                service=service.id,
                year=year,
                reached=bool(accounts),
                at=now,
                by_id=clerk.person_id,
            )
            .on_conflict_do_nothing(index_elements=["person_id", "service", "year"])
            .returning(YearlyInvitation.id)
        ).scalar_one_or_none()
        if first_time is None:
            continue
        if not accounts:
            to_call += 1
            continue
        person = session.get_one(Person, each.person_id)
        outbox.put(
            session,
            account=accounts[0],
            message=_invitation(person, service, year),
            lane=Lane.BROADCAST,
            now=now,
            institution_id=clerk.institution_id,
        )
        told += 1
    return Invited(told, to_call)


def missed_is_used(session: Session, *, institution_id: int, service: Service) -> bool:
    """Tell whether the house counts a missed one as this year's."""
    rule = session.get(YearlyRule, (institution_id, service.id))
    return rule is not None and rule.missed_is_used


def decide_missed(session: Session, *, service: Service, clerk: Clerk, is_used: bool) -> None:
    """Decide for the house whether a missed one is used up from now on."""
    session.execute(
        insert_into(session, YearlyRule)
        .values(institution_id=clerk.institution_id, service=service.id, missed_is_used=is_used)
        .on_conflict_do_update(
            index_elements=["institution_id", "service"], set_={"missed_is_used": is_used}
        )
    )


def _invitation(person: Person, service: Service, year: int) -> Message:
    what = service.topics[0] if service.topics else service.name
    text = TEXTS.say("yearly.invitation", salutation=person.salutation, year=year, what=what)
    return Message(text, ((Button(service.name, actions.book(service.id)),),))
