"""What the house does about time: remind before it is late, tell the head, take back what stands.

Every open request carries when the house looks at it next. A look decides what is due, does it
together with setting the next look, and is guarded by the look it was made for: however many
processes look, each warning is given once.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from booking.deadlines import times_of
from booking.duty.models import StaffAbsence
from booking.duty.rules import RULES
from booking.duty.staff_chat import heads_of, tell_staff
from booking.form import TEXTS
from booking.making import route_request
from booking.models import EventKind, Request, RequestEvent, RequestStatus
from booking.moves import move
from booking.notices import add_event
from booking.services import EMERGENCY, FACT_UPKEEP, POLICY, Catalog, Service
from booking.working_calendar import WorkingCalendar, calendar_of, until_word
from store.clock import local_date
from store.identity import Person

_TAKEN = (RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a request is measured against now: to be accepted, or to be done.

    Attributes:
        name: the prefix of its sentences.
        before: how many warnings came before this stage; two more belong to it.
    """

    name: str
    deadline: datetime
    before: int


def requests_to_look_at(session: Session, *, now: datetime, limit: int = 500) -> list[int]:
    """Return the open requests at which the house should look, the longest due first."""
    return list(
        session.execute(
            select(Request.id)
            .where(Request.closed_at.is_(None), Request.look_at <= now)
            .order_by(Request.look_at)
            .limit(limit)
        ).scalars()
    )


def look(session: Session, request_id: int, *, catalog: Catalog, now: datetime) -> bool:
    """Do what is due about one request, once; False when there was nothing to do."""
    request = session.get(Request, request_id, populate_existing=True)
    if request is None or request.look_at is None or request.look_at > now:
        return False
    known = {service.id: service for service in catalog.services}
    service, stage = known.get(request.service), _stage(request)
    if service is None or stage is None or request.service == FACT_UPKEEP:
        return _claim(session, request, next_look=None) and False
    calendar = calendar_of(session, request.institution_id, now=now)
    stands_since = _stands_too_long(session, service, request, calendar, now)
    if stands_since is not None:
        return _put_back(session, service, request, stands_since, calendar, now)
    remind_at = stage.deadline - timedelta(minutes=service.deadlines.remind_before_minutes)
    given = max(request.warned - stage.before, 0)
    if now >= stage.deadline and given < 2:
        return _warn(session, request, stage, EventKind.ESCALATED, calendar, service, now)
    if remind_at <= now < stage.deadline and given < 1:
        return _warn(session, request, stage, EventKind.REMINDED, calendar, service, now)
    moments = (remind_at, stage.deadline, _back_at(session, service, request, calendar))
    coming = [each for each in moments if each is not None and each > now]
    return _claim(session, request, next_look=min(coming, default=None)) and False


def _stage(request: Request) -> Stage | None:
    if request.status is RequestStatus.SUBMITTED:
        return Stage("accept", request.due_at, 0)
    if request.status in _TAKEN:
        if request.service == POLICY:
            # Until when it was promised to be answered.
            return Stage("fulfil", request.due_at, 2)
        if request.fulfil_by is not None:
            return Stage("fulfil", request.fulfil_by, 2)
        return Stage("fulfil", datetime.max.replace(tzinfo=request.created_at.tzinfo), 2)
    return None


def _warn(
    session: Session,
    request: Request,
    stage: Stage,
    kind: EventKind,
    calendar: WorkingCalendar,
    service: Service,
    now: datetime,
) -> bool:
    morning = RULES.night.over_at(now)
    if morning is not None and not _is_due_tonight(request, stage, morning):
        return _claim(session, request, next_look=morning) and False
    is_reminder = kind is EventKind.REMINDED
    back_at = _back_at(session, service, request, calendar)
    coming = [stage.deadline] if is_reminder else []
    coming += [back_at] if back_at is not None and back_at > now else []
    warned = stage.before + (1 if is_reminder else 2)
    if not _claim(session, request, next_look=min(coming, default=None), warned=warned):
        return False
    people = _clerks(session, request) if is_reminder else []
    if not people:
        people = heads_of(session, institution_id=request.institution_id, day=local_date(now))
    step = "remind" if is_reminder else "late"
    names = "、".join(person.name for person in people) or TEXTS.say("lateness.nobody")
    words = TEXTS.say(f"lateness.{stage.name}_{step}_history", who=names)
    add_event(session, request, kind, now=now, text=words)
    for person in people:
        text = TEXTS.say(
            f"lateness.{stage.name}_{step}",
            salutation=person.salutation,
            summary=request.summary,
            number=request.number,
            until=until_word(stage.deadline, now) if is_reminder else "",
        )
        tell_staff(session, person=person, text=text, request=request, now=now)
    return True


def _is_due_tonight(request: Request, stage: Stage, morning: datetime) -> bool:
    night = RULES.night
    begins = datetime.combine(morning.date(), night.begins, morning.tzinfo)
    if begins >= morning:
        begins -= timedelta(days=1)
    starts = request.starts_at
    is_rung = request.service == EMERGENCY
    return is_rung or any(
        begins <= each < morning for each in (stage.deadline, starts) if each is not None
    )


def _clerks(session: Session, request: Request) -> list[Person]:
    who = request.assignee_id or request.routed_to_id
    person = session.get(Person, who) if who is not None else None
    return [person] if person is not None and person.active else []


def _stands_too_long(
    session: Session, service: Service, request: Request, calendar: WorkingCalendar, now: datetime
) -> str | None:
    """Return why an accepted request goes back to its queue; None while it may stay."""
    if request.status is not RequestStatus.ACCEPTED or request.assignee_id is None:
        return None
    if _is_away(session, request, now):
        return "away"
    back_at = _back_at(session, service, request, calendar)
    return "stands" if back_at is not None and back_at <= now else None


def _is_away(session: Session, request: Request, now: datetime) -> bool:
    """Tell whether who has it is away now, and still so when it is to be done."""
    today = local_date(now)
    wanted = local_date(request.starts_at) if request.starts_at is not None else today
    found = session.execute(
        select(StaffAbsence.id)
        .where(
            StaffAbsence.person_id == request.assignee_id,
            StaffAbsence.since <= today,
            StaffAbsence.until >= max(wanted, today),
        )
        .limit(1)
    ).first()
    return found is not None


def _back_at(
    session: Session, service: Service, request: Request, calendar: WorkingCalendar
) -> datetime | None:
    """Return when it goes back if nobody moves it; whatever staff write about it is a move."""
    minutes = service.deadlines.put_back_after_working_minutes
    if minutes is None or request.status is not RequestStatus.ACCEPTED:
        return None
    last = session.execute(
        select(func.max(RequestEvent.at)).where(
            RequestEvent.request_id == request.id,
            RequestEvent.actor_id == request.assignee_id,
        )
    ).scalar_one()
    return calendar.after(max(filter(None, (request.moved_at, last, request.created_at))), minutes)


def _put_back(
    session: Session,
    service: Service,
    request: Request,
    why: str,
    calendar: WorkingCalendar,
    now: datetime,
) -> bool:
    """Give it back to its queue, to someone else where there is one; due anew from now."""
    before = session.get_one(Person, request.assignee_id)
    if not _claim(session, request, next_look=now):
        return False
    times = times_of(service, request.values, starts=request.starts_at, now=now, calendar=calendar)
    move(
        session,
        request,
        RequestStatus.SUBMITTED,
        now=now,
        assignee_id=None,
        routed_to_id=None,
        due_at=times.due_at,
    )
    words = TEXTS.say(f"lateness.put_back_{why}", who=before.name)
    add_event(session, request, EventKind.PUT_BACK, now=now, text=words)
    routed = route_request(
        session,
        service,
        request.institution_id,
        request.values,
        times.due_at,
        calendar,
        now,
        besides=before.id,
    )
    if routed is not None:
        request.routed_to_id = routed.person_id
        given = TEXTS.say("history.routed", who=routed.name, why=routed.why)
        add_event(session, request, EventKind.ASSIGNED, now=now, text=given)
        text = TEXTS.say(
            "lateness.put_back_told",
            summary=request.summary,
            number=request.number,
            until=until_word(times.due_at, now),
        )
        person = session.get_one(Person, routed.person_id)
        tell_staff(session, person=person, text=text, request=request, now=now)
    return True


def _claim(
    session: Session, request: Request, *, next_look: datetime | None, warned: int | None = None
) -> bool:
    """Set the next look, unless another process has looked since or the request has moved."""
    claimed = session.execute(
        update(Request)
        .where(
            Request.id == request.id,
            Request.look_at == request.look_at,
            Request.version == request.version,
        )
        .values(look_at=next_look, warned=request.warned if warned is None else warned)
        .returning(Request.id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    session.refresh(request)
    return claimed is not None
