"""人员: someone's page: where he is, what he wants to hear, what is still open for him."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.duty.models import HowMuch, Stay, StayKind
from booking.errors import RequestNotFound
from booking.leaving import leave
from booking.models import Request as Booking
from booking.moves import UNFINISHED
from booking.roster import set_care_flags
from booking.staff_access import Clerk
from booking.wishes import set_wish, wishes_of
from desk.acts import Act, Words, clean, perform
from desk.guard import Acting, TheDesk, Visitor
from desk.pages import Notice, house_page
from desk.wording import TEXTS
from store.identity import CareFlag, Person, PersonKind

router = APIRouter()
PersonId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_MOST = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """One person in the list."""

    id: int
    name: str
    stay: StayKind | None


@router.get("/people")
def people(request: Request, desk: TheDesk, visit: Visitor, find: str = "") -> HTMLResponse:
    """Show the retirees of the house, those who are not at home first."""
    with desk.database.read() as session:
        return house_page(
            request,
            desk,
            session,
            visit,
            "people.html",
            title=TEXTS.say("people.title"),
            now=desk.clock(),
            current="people",
            find=clean(find)[:60],
            people=_listed(session, visit.clerk, clean(find)[:60]),
        )


@router.get("/people/{person_id}")
def person(request: Request, desk: TheDesk, visit: Visitor, person_id: PersonId) -> HTMLResponse:
    """Show one person."""
    with desk.database.read() as session:
        found = _own(session, visit.clerk, person_id)
        wish = wishes_of(session, person_id).get(person_id)
        return house_page(
            request,
            desk,
            session,
            visit,
            "person.html",
            title=found.name,
            now=desk.clock(),
            current="people",
            person=found,
            stay=session.scalars(
                select(Stay).where(Stay.person_id == person_id, Stay.ended_at.is_(None))
            ).first(),
            how_much=wish.how_much if wish else HowMuch.EVERY_STEP,
            reminders=wish.reminders if wish else True,
            choices=tuple(HowMuch),
            kinds=tuple(StayKind),
            care_flags=tuple(CareFlag),
            open_requests=session.scalars(
                select(Booking)
                .where(Booking.beneficiary_id == person_id, Booking.status.in_(UNFINISHED))
                .order_by(Booking.starts_at, Booking.id)
            ).all(),
        )


@router.post("/people/{person_id}/stay")
def stay(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    person_id: PersonId,
    kind: Words = "",
    name: Words = "",
) -> HTMLResponse:
    """Write down where someone is; a death needs his name typed, since it silences everything."""

    def write(act: Act) -> Notice:
        found = _own(act.session, act.clerk, person_id)
        try:
            wanted = StayKind(kind)
        except ValueError as error:
            raise RequestNotFound(kind) from error
        if wanted is StayKind.DIED and clean(name) != found.name:
            return Notice(TEXTS.say("people.died_wrong"), good=False)
        done = leave(
            act.session,
            catalog=desk.catalog,
            clerk=act.clerk,
            person_id=person_id,
            kind=wanted,
            now=act.now,
        )
        what = TEXTS.say("people.at_home" if wanted is StayKind.HOME else f"people.{kind}")
        words = TEXTS.say(
            "people.done", what=what, cancelled=done.cancelled, handed=done.handed_over
        )
        return Notice(words, good=True)

    return perform(request, desk, visit, write, back=f"/people/{person_id}")


@router.post("/people/{person_id}/wish")
def wish(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    person_id: PersonId,
    how_much: Words = "",
    reminders: Words = "",
) -> HTMLResponse:
    """Write down what someone has said that he wants to hear."""

    def write(act: Act) -> Notice:
        found = _own(act.session, act.clerk, person_id)
        try:
            wanted = HowMuch(how_much)
        except ValueError as error:
            raise RequestNotFound(how_much) from error
        set_wish(
            act.session,
            person=found,
            how_much=wanted,
            reminders=reminders != "no",
            by=act.clerk.name,
            now=act.now,
        )
        return Notice(TEXTS.say("people.done_wish"), good=True)

    return perform(request, desk, visit, write, back=f"/people/{person_id}")


@router.post("/people/{person_id}/care")
def care(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    person_id: PersonId,
    flag: Annotated[list[str] | None, Form()] = None,
) -> HTMLResponse:
    """Write down whether someone lives alone, or needs more looking after in another way."""

    def write(act: Act) -> Notice:
        found = _own(act.session, act.clerk, person_id)
        try:
            wanted = [CareFlag(each) for each in flag or []]
        except ValueError as error:
            raise RequestNotFound(str(person_id)) from error
        set_care_flags(act.session, clerk=act.clerk, person=found, flags=wanted, now=act.now)
        return Notice(TEXTS.say("people.done_care"), good=True)

    return perform(request, desk, visit, write, back=f"/people/{person_id}")


def _listed(session: Session, clerk: Clerk, find: str) -> list[Listed]:
    rows = session.execute(
        select(Person.id, Person.name, Stay.kind)
        .outerjoin(Stay, (Stay.person_id == Person.id) & Stay.ended_at.is_(None))
        .where(
            Person.institution_id == clerk.institution_id,
            Person.kind == PersonKind.RETIREE,
            Person.active.is_(True),
            Person.name.contains(find, autoescape=True),
        )
        .order_by(Stay.kind.is_(None), Person.name, Person.id)
        .limit(_MOST)
    )
    return [Listed(*row) for row in rows]


def _own(session: Session, clerk: Clerk, person_id: int) -> Person:
    found = session.get(Person, person_id)
    if (
        found is None
        or found.institution_id != clerk.institution_id
        or found.kind is not PersonKind.RETIREE
    ):
        raise RequestNotFound(str(person_id))
    return found
