"""Making the row of a request: its number, its priority, its first line of history."""

from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from booking.form import TEXTS
from booking.models import EventKind, NumberCounter, Request, RequestStatus
from booking.notices import add_event
from booking.services import DOOR_CHECK, EMERGENCY, Service
from store.identity import Person
from store.statements import insert_on

FIRST_NUMBER = 1001
CARE_PRIORITY = 10
SOON_PRIORITY = 5
EMERGENCY_PRIORITY = 100
URGENT_PRIORITY = 50
SOON = timedelta(hours=2)
_BY_KEY = select(Request).where(Request.idempotency_key == bindparam("key"))


def new_request(
    session: Session,
    *,
    service: Service,
    actor: Person,
    beneficiary: Person,
    permission: str,
    values: dict[str, str],
    words: str,
    due_at: datetime,
    starts: datetime | None,
    account_id: int | None,
    key: str,
    now: datetime,
    made_because: str | None = None,
    status: RequestStatus = RequestStatus.SUBMITTED,
) -> Request:
    """Write a request; `made_because` says why, where nobody asked but the system itself."""
    priority, reasons = _priority(service, beneficiary, starts, now)
    request = Request(
        institution_id=beneficiary.institution_id,
        service=service.id,
        number=_next_number(session, beneficiary.institution_id, service.number_prefix),
        requester_id=actor.id,
        beneficiary_id=beneficiary.id,
        permission=permission,
        account_id=account_id,
        status=status,
        version=1,
        priority=priority,
        priority_reason="；".join(reasons) or None,
        values=values,
        summary=words,
        day=date.fromisoformat(values["date"]) if "date" in values else None,
        starts_at=starts,
        places=0,
        due_at=due_at,
        idempotency_key=key,
        created_at=now,
    )
    session.add(request)
    session.flush()
    # The first line is 提交 or 排队, named like the status it begins in.
    text = (
        TEXTS.say(f"history.{status.value}")
        if actor.id == beneficiary.id
        else TEXTS.say(f"history.{status.value}_for", actor=actor.name, permission=permission)
    )
    actor_id = actor.id if made_because is None else None
    text = made_because or text
    add_event(session, request, EventKind(status.value), now=now, actor_id=actor_id, text=text)
    return request


def _priority(
    service: Service, beneficiary: Person, starts: datetime | None, now: datetime
) -> tuple[int, list[str]]:
    priority, reasons = 0, []
    if service.id == EMERGENCY:
        priority += EMERGENCY_PRIORITY
        reasons.append(TEXTS.say("priority.emergency"))
    if service.id == DOOR_CHECK:
        priority += URGENT_PRIORITY
        reasons.append(TEXTS.say("priority.door_check"))
    if beneficiary.care_flags:
        priority += CARE_PRIORITY
        flags = "、".join(beneficiary.care_flags)
        reasons.append(TEXTS.say("priority.care_flags", flags=flags))
    if starts is not None and starts - now <= SOON:
        priority += SOON_PRIORITY
        reasons.append(TEXTS.say("priority.soon"))
    return priority, reasons


def _next_number(session: Session, institution_id: int, prefix: str) -> str:
    statement = _counting_on(session.get_bind().dialect.name)
    values = {"institution_id": institution_id, "prefix": prefix, "last": FIRST_NUMBER}
    last = session.connection().execute(statement, values).scalar_one()
    return f"{prefix}{last}"


@cache
def _counting_on(database: str) -> ReturningInsert[int]:
    return (
        insert_on(database, NumberCounter)
        .on_conflict_do_update(
            index_elements=["institution_id", "prefix"],
            set_={"last": NumberCounter.last + 1},
        )
        .returning(NumberCounter.last)
    )


def find_by_key(session: Session, key: str) -> Request | None:
    return session.execute(_BY_KEY, {"key": key}).scalar_one_or_none()
