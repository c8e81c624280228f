"""Making the row of a request: its number, its priority, its first line of history."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from booking.capacity import Held
from booking.deadlines import Times, first_look, times_of
from booking.duty.rules import RULES
from booking.form import TEXTS
from booking.models import EventKind, NumberCounter, Request, RequestEvent, RequestStatus
from booking.notices import event_of
from booking.routing import Routed, route
from booking.services import DOOR_CHECK, EMERGENCY, FACT_UPKEEP, Service
from booking.working_calendar import WorkingCalendar, calendar_of
from store.identity import Person
from store.prepared import Prepared
from store.statements import insert_on, write_object, write_rows

FIRST_NUMBER = 1001
_BY_KEY = Prepared(select(Request.id).where(Request.idempotency_key == bindparam("key")))
# Danger rings on every desk, and the upkeep of a fact is its keeper's from the start.
_NOT_ROUTED = frozenset({EMERGENCY, FACT_UPKEEP})


def new_request(
    session: Session,
    *,
    service: Service,
    actor: Person,
    beneficiary: Person,
    permission: str,
    values: dict[str, str],
    words: str,
    starts: datetime | None,
    account_id: int | None,
    key: str,
    now: datetime,
    made_because: str | None = None,
    status: RequestStatus = RequestStatus.SUBMITTED,
    due_at: datetime | None = None,
    hold: Callable[[], Held] | None = None,
) -> Request:
    """Write a request, with its deadlines and whom it is given to first.

    Args:
        made_because: why, where nobody asked but the system itself.
        due_at: until when it is to be accepted, where the service's rules do not say.
        hold: takes its places; called once the house's numbers are locked, as everywhere, so
            that two who book at once wait for each other in the same order.
    """
    priority, reasons = _priority(service, beneficiary, starts, now)
    calendar = calendar_of(session, beneficiary.institution_id, now=now)
    times = times_of(service, values, starts=starts, now=now, calendar=calendar)
    if due_at is not None:
        times = Times(due_at, times.fulfil_by)
    routed = None
    if status is RequestStatus.SUBMITTED and service.id not in _NOT_ROUTED:
        routed = route_request(
            session, service, beneficiary.institution_id, values, times.due_at, calendar, now
        )
    number = _next_number(session, beneficiary.institution_id, service.number_prefix)
    held = hold() if hold is not None else Held()
    request = write_object(
        session,
        Request,
        institution_id=beneficiary.institution_id,
        service=service.id,
        number=number,
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
        opening_id=held.opening_id,
        places=held.places,
        due_at=times.due_at,
        fulfil_by=times.fulfil_by,
        routed_to_id=routed.person_id if routed else None,
        look_at=first_look(service, times, now),
        idempotency_key=key,
        created_at=now,
    )
    # The first line is 提交 or 排队, named like the status it begins in.
    text = (
        TEXTS.say(f"history.{status.value}")
        if actor.id == beneficiary.id
        else TEXTS.say(f"history.{status.value}_for", actor=actor.name, permission=permission)
    )
    actor_id = actor.id if made_because is None else None
    text = made_because or text
    history = [event_of(request, EventKind(status.value), now=now, actor_id=actor_id, text=text)]
    if routed is not None:
        given = TEXTS.say("history.routed", who=routed.name, why=routed.why)
        history.append(event_of(request, EventKind.ASSIGNED, now=now, text=given))
    write_rows(session, RequestEvent, history)
    return request


def route_request(
    session: Session,
    service: Service,
    institution_id: int,
    values: Mapping[str, Any],
    due_at: datetime,
    calendar: WorkingCalendar,
    now: datetime,
    *,
    besides: int | None = None,
) -> Routed | None:
    """Choose whom a request is given to first, by what it asks for."""
    needed = next((each.skill for each in service.needs if each.holds(values)), None)
    return route(
        session,
        institution_id=institution_id,
        queue_role=service.queue_role,
        skill=needed,
        due_at=due_at,
        calendar=calendar,
        now=now,
        besides=besides,
    )


def _priority(
    service: Service, beneficiary: Person, starts: datetime | None, now: datetime
) -> tuple[int, list[str]]:
    points, reasons, rules = 0, [], RULES.priority
    if service.id == EMERGENCY:
        points += rules.emergency
        reasons.append(TEXTS.say("priority.emergency"))
    if service.id == DOOR_CHECK:
        points += rules.door_check
        reasons.append(TEXTS.say("priority.door_check"))
    if beneficiary.care_flags:
        points += rules.care_points(beneficiary.care_flags)
        flags = "、".join(beneficiary.care_flags)
        reasons.append(TEXTS.say("priority.care_flags", flags=flags))
    soon = rules.soon_rule(starts - now) if starts is not None else None
    if soon is not None:
        points += soon.points
        within = within_word(soon.within_minutes)
        reasons.append(TEXTS.say("priority.soon", within=within))
    return points, reasons


def within_word(minutes: int) -> str:
    """Return 两小时, 24小时, 90分钟."""
    if minutes % 60:
        return TEXTS.say("priority.minutes", count=minutes)
    return TEXTS.say("priority.hours", count={2: "两"}.get(minutes // 60, minutes // 60))


def _next_number(session: Session, institution_id: int, prefix: str) -> str:
    counted = _COUNT.rows(session, institution_id=institution_id, prefix=prefix, last=FIRST_NUMBER)
    return f"{prefix}{counted[0][0]}"


def _counting_on(database: str) -> ReturningInsert[int]:
    return (
        insert_on(database, NumberCounter)
        .on_conflict_do_update(
            index_elements=["institution_id", "prefix"],
            set_={"last": NumberCounter.last + 1},
        )
        .returning(NumberCounter.last)
    )


_COUNT = Prepared(_counting_on, sets=("institution_id", "prefix", "last"))


def find_by_key(session: Session, key: str) -> Request | None:
    known = _BY_KEY.first(session, key=key)
    return session.get_one(Request, known[0]) if known else None
