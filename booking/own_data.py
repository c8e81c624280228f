"""One person's data: everything that is kept about someone, to hand over or to erase.

Which rows are a person's is read off the tables themselves: those that point to the person as the
one concerned, to an account or conversation of theirs, or to a request made for them. So a table
that is added later is handed over and erased without being named here.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, or_, select, update
from sqlalchemy.orm import Session

from booking.audit import note_operator
from booking.errors import StillOpen
from booking.form import TEXTS
from booking.models import Request
from booking.requests import UNFINISHED
from booking.services import Catalog, FieldKind, Service
from store.base import Base
from store.identity import Person, PersonKind
from store.types import EncryptedJson, EncryptedText

# Columns that name whom a row is about; others name who worked on it.
_CONCERNED = frozenset(
    {"person_id", "beneficiary_id", "retiree_id", "family_id", "about_id", "subject_person_id"}
)
# Rows that are nothing without the person. Those of all other tables stay, for the counts, with
# what is encrypted in them blanked.
_GONE = (
    "evaluation_questions",
    "question_log",
    "digest_lines",
    "call_lines",
    "outbox",
    "inbox",
    "links",
    "binding_codes",
    "diets",
    "wishes",
    "stays",
    "standing_days",
    "standing_orders",
)
# What was said on an account is its person's.
_SAID = frozenset({"inbox", "outbox", "question_log"})
_SECRET = (EncryptedText, EncryptedJson)


def rows_about(session: Session, person: Person) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield every table that knows something about a person, with those rows, opened."""
    for table in Base.metadata.sorted_tables:
        about = _about(table, person.id, asked=True)
        if about is None:
            continue
        rows = session.execute(select(table).where(about).order_by(*table.primary_key)).mappings()
        if found := [dict(row) for row in rows]:
            yield table.name, found


def erase(session: Session, *, person: Person, catalog: Catalog, now: datetime) -> None:
    """Forget a person. Requests stay as numbers, without anything that tells whose they were.

    Raises:
        StillOpen: the person has requests that are not finished. ValueError: one of the staff.
    """
    if person.kind is PersonKind.STAFF:
        raise ValueError("staff are switched off at the desk, not erased")
    _refuse_while_open(session, person)
    for request in session.scalars(select(Request).where(Request.beneficiary_id == person.id)):
        _blank_request(request, catalog.get(request.service))
    session.flush()
    for name in _GONE:
        table = Base.metadata.tables.get(name)
        about = None if table is None else _about(table, person.id)
        if table is not None and about is not None:
            _let_go_of(session, table, about)
            session.execute(delete(table).where(about))
    for table in Base.metadata.sorted_tables:
        _blank_secrets(session, table, person.id)
    _drop_accounts(session, person.id)
    _blank_person(person)
    note_operator(
        session,
        institution_id=person.institution_id,
        act="erase",
        now=now,
        subject_id=person.id,
    )
    session.flush()
    session.expire_all()


def _refuse_while_open(session: Session, person: Person) -> None:
    numbers = session.scalars(
        select(Request.number)
        .where(
            or_(Request.beneficiary_id == person.id, Request.requester_id == person.id),
            Request.status.in_(UNFINISHED),
        )
        .order_by(Request.id)
    ).all()
    if numbers:
        raise StillOpen(tuple(numbers))


def _about(table: Table, person_id: int, *, asked: bool = False) -> ColumnElement[bool] | None:
    """Return what makes a row one about the person, None where the table knows no people.

    `asked` takes in requests that the person made for somebody else.
    """
    if table.name == "people":
        return table.c.id == person_id
    requests = Base.metadata.tables["requests"]
    own_requests = select(requests.c.id).where(requests.c.beneficiary_id == person_id)
    concerned = _CONCERNED | ({"requester_id"} if asked else set())
    found: list[ColumnElement[bool]] = []
    for column in table.columns:
        target = next((key.column.table for key in column.foreign_keys), None)
        if target is not None and target.name == "people":
            if column.name in concerned:
                found.append(column == person_id)
        elif column.name == "request_id":
            found.append(column.in_(own_requests))
        elif target is not None and target.name == "accounts" and table.name not in _SAID:
            # A relative's account may have booked it for somebody else.
            continue
        elif target is not None and "person_id" in target.c:
            found.append(column.in_(select(target.c.id).where(target.c.person_id == person_id)))
    return or_(*found) if found else None


def _blank_request(request: Request, service: Service) -> None:
    """Keep what is counted (day, meal, number); places, diets and words go."""
    kinds = {field.name: field for field in service.fields}
    blank: dict[str, Any] = {}
    for name, value in request.values.items():
        field = kinds.get(name)
        if field is None:
            continue
        match field.kind:
            case FieldKind.PLACE:
                blank[name] = TEXTS.say("erased.place")
            case FieldKind.CHOICE:
                blank[name] = field.options[0].value
            case _:
                blank[name] = value
    request.values = blank
    request.summary = TEXTS.say("erased.summary")
    request.permission = TEXTS.say("erased.summary")
    request.priority_reason = None
    request.reason = None
    request.account_id = None


def _blank_secrets(session: Session, table: Table, person_id: int) -> None:
    secrets = [column for column in table.columns if isinstance(column.type, _SECRET)]
    about = _about(table, person_id)
    if not secrets or about is None or table.name in {"people", "requests", "conversations"}:
        return
    if table.name == "request_events":
        # What a relative did for somebody is told with her name.
        about = or_(about, table.c.actor_id == person_id)
    values = {column.name: None if column.nullable else _blank(column.type) for column in secrets}
    session.execute(update(table).where(about).values(**values))


def _blank(kind: object) -> object:
    return "" if isinstance(kind, EncryptedText) else {}


def _let_go_of(session: Session, table: Table, about: ColumnElement[bool]) -> None:
    """Free what points to rows that are about to go."""
    if "id" not in table.c:
        return
    going = select(table.c.id).where(about)
    for other in Base.metadata.tables.values():
        for column in other.columns:
            points_here = any(key.column.table is table for key in column.foreign_keys)
            if (
                points_here
                and column.nullable
                and other.name not in _GONE[: _GONE.index(table.name)]
            ):
                session.execute(update(other).where(column.in_(going)).values({column.name: None}))


def _drop_accounts(session: Session, person_id: int) -> None:
    accounts = Base.metadata.tables["accounts"]
    talks = Base.metadata.tables["conversations"]
    own = accounts.c.person_id == person_id
    held = session.scalars(select(accounts.c.conversation_id).where(own)).all()
    _let_go_of_accounts(session, select(accounts.c.id).where(own))
    session.execute(delete(accounts).where(own))
    session.execute(delete(talks).where(or_(talks.c.person_id == person_id, talks.c.id.in_(held))))


def _let_go_of_accounts(session: Session, going: Any) -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.nullable and any(
                key.column.table.name == "accounts" for key in column.foreign_keys
            ):
                session.execute(update(table).where(column.in_(going)).values({column.name: None}))


def _blank_person(person: Person) -> None:
    person.name = TEXTS.say("erased.name")
    person.salutation = TEXTS.say("erased.name")
    person.phone = None
    person.phone_hash = None
    person.address = None
    person.care_flags = None
    person.health_note = None
    person.active = False
