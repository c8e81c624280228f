"""To whom a new request is given first: in one statement, and said in words.

Whoever works the queue, is on a shift and not away; a dated stand-in for who is away; where the
request needs a skill, those who have it; of these the fewest open, then the longest idle. Nobody
there: the head. It is a suggestion: anyone of the queue may still take it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from booking.duty.models import Shift, StaffAbsence, StaffSkill
from booking.form import TEXTS
from booking.models import Request, RequestStatus, Staff, StaffRole
from booking.working_calendar import WorkingCalendar
from store.clock import local
from store.identity import Person
from store.prepared import Prepared

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Routed:
    """Whom a request is given to, and why."""

    person_id: int
    name: str
    why: str


@dataclass(frozen=True, slots=True)
class _Colleague:
    """One member of staff at the moment of routing."""

    person_id: int
    name: str
    roles: frozenset[str]
    open: int
    last_given: datetime
    stand_in_id: int | None
    is_away: bool
    on_duty: tuple[bool, ...]
    has_skill: bool

    def works(self, queue_role: str | None) -> bool:
        """Tell a clerk of the queue; the head only steps in."""
        if queue_role is None:
            return StaffRole.HEAD.value not in self.roles
        return queue_role in self.roles

    @property
    def turn(self) -> tuple[int, datetime, int]:
        """Order those who may have it: the fewest open, then the longest idle."""
        return self.open, self.last_given, self.person_id


def route(
    session: Session,
    *,
    institution_id: int,
    queue_role: str | None,
    skill: str | None,
    due_at: datetime,
    calendar: WorkingCalendar,
    now: datetime,
    besides: int | None = None,
) -> Routed | None:
    """Choose whom a request is given to; None in a house without anyone.

    `besides` had it and did not move it: he has it again only when nobody else is there.
    """
    moments = _moments(calendar, now, due_at)
    staff = _staff(session, institution_id, skill, moments, calendar)
    for moment in range(len(moments)):
        there = _there(staff, queue_role, moment)
        there = [pair for pair in there if pair[0].person_id != besides] or there
        skilled = [pair for pair in there if pair[0].has_skill]
        chosen = min(skilled or there, key=lambda pair: pair[0].turn, default=None)
        if chosen is not None:
            return _said(*chosen, needs=skill if skilled else None, alone=len(there) == 1)
    return _head(staff)


def _moments(calendar: WorkingCalendar, now: datetime, due_at: datetime) -> list[datetime]:
    """Return when someone could take it: now, and when the house opens if that is early enough."""
    opening = calendar.next_open(now)
    return [now, opening] if now < opening < due_at else [now]


def _staff(
    session: Session,
    institution_id: int,
    skill: str | None,
    moments: Sequence[datetime],
    calendar: WorkingCalendar,
) -> list[_Colleague]:
    wanted: dict[str, object] = {
        "house": institution_id,
        "skill": skill or "",
        "today": local(moments[-1]).date(),
    }
    for place, moment in zip(("first", "last"), (moments[0], moments[-1]), strict=True):
        there = local(moment)
        wanted[f"{place}_clock"] = f"{there:%H:%M}"
        wanted[f"{place}_weekday"] = there.weekday()
        wanted[f"{place}_day_before"] = (there - timedelta(days=1)).weekday()
    is_open = [calendar.is_open(moment) for moment in moments]
    return [
        _Colleague(
            person_id=person_id,
            name=name,
            roles=frozenset(roles),
            open=has_open or 0,
            last_given=last_given or _NEVER,
            is_away=absence_id is not None,
            stand_in_id=stand_in_id,
            has_skill=bool(has_skill),
            # Whoever has no shifts of his own works when the house does.
            on_duty=(bool(first), bool(last)) if has_shifts else tuple(is_open),
        )
        for (
            person_id,
            name,
            roles,
            has_open,
            last_given,
            absence_id,
            stand_in_id,
            has_skill,
            has_shifts,
            first,
            last,
        ) in _STAFF.rows(session, **wanted)
    ]


def _on_shift(place: str) -> ColumnElement[bool]:
    clock = bindparam(f"{place}_clock", type_=String)
    through_the_night = Shift.ends <= Shift.starts
    return exists().where(
        Shift.person_id == Staff.person_id,
        or_(
            and_(
                Shift.weekday == bindparam(f"{place}_weekday", type_=Integer),
                Shift.starts <= clock,
                or_(Shift.ends > clock, through_the_night),
            ),
            and_(
                Shift.weekday == bindparam(f"{place}_day_before", type_=Integer),
                through_the_night,
                Shift.ends > clock,
            ),
        ),
    )


def _staff_statement() -> Select[Any]:
    owner = func.coalesce(Request.assignee_id, Request.routed_to_id)
    load = (
        select(owner.label("person_id"), func.count().label("open"))
        .where(
            Request.institution_id == bindparam("house"),
            Request.closed_at.is_(None),
            Request.status != RequestStatus.WAITING,
        )
        .group_by(owner)
        .subquery()
    )
    last_given = (
        select(func.max(Request.created_at))
        .where(Request.routed_to_id == Staff.person_id)
        .correlate(Staff)
        .scalar_subquery()
    )
    today = bindparam("today", type_=Date)
    has_skill = exists().where(
        StaffSkill.person_id == Staff.person_id, StaffSkill.skill == bindparam("skill")
    )
    return (
        select(
            Staff.person_id,
            Person.name,
            Staff.roles,
            load.c.open,
            last_given.label("last_given"),
            StaffAbsence.id.label("absence_id"),
            StaffAbsence.stand_in_id,
            has_skill.label("has_skill"),
            exists().where(Shift.person_id == Staff.person_id).label("has_shifts"),
            _on_shift("first").label("first"),
            _on_shift("last").label("last"),
        )
        .join(Person, Person.id == Staff.person_id)
        .outerjoin(load, load.c.person_id == Staff.person_id)
        .outerjoin(
            StaffAbsence,
            and_(
                StaffAbsence.person_id == Staff.person_id,
                StaffAbsence.since <= today,
                StaffAbsence.until >= today,
            ),
        )
        .where(
            Staff.institution_id == bindparam("house"),
            Staff.active.is_(True),
            Person.active.is_(True),
        )
        .order_by(Staff.person_id, StaffAbsence.id)
    )


# Built once: it runs with every booking.
_STAFF = Prepared(_staff_statement())


def _there(
    staff: list[_Colleague], queue_role: str | None, moment: int
) -> list[tuple[_Colleague, _Colleague | None]]:
    """Return who may have it at a moment, each with the one he stands in for."""
    present = {each.person_id: each for each in staff if not each.is_away and each.on_duty[moment]}
    found: dict[int, tuple[_Colleague, _Colleague | None]] = {}
    for each in staff:
        if not each.works(queue_role):
            continue
        if each.person_id in present:
            found[each.person_id] = (each, None)
        elif each.is_away and each.stand_in_id in present:
            found.setdefault(each.stand_in_id, (present[each.stand_in_id], each))
    return list(found.values())


def _head(staff: list[_Colleague]) -> Routed | None:
    """Return the head, or who stands in for him; the head himself when nobody does."""
    heads = [each for each in staff if StaffRole.HEAD.value in each.roles]
    here = [each for each in heads if not each.is_away]
    if not here:
        by_id = {each.person_id: each for each in staff if not each.is_away}
        here = [by_id[each.stand_in_id] for each in heads if each.stand_in_id in by_id] or heads
    head = min(here, key=lambda each: each.turn, default=None)
    if head is None:
        return None
    return Routed(head.person_id, head.name, TEXTS.say("routed.head"))


def _said(
    chosen: _Colleague, stands_in_for: _Colleague | None, *, needs: str | None, alone: bool
) -> Routed:
    if stands_in_for is not None:
        why = TEXTS.say("routed.stand_in", who=stands_in_for.name)
    elif needs is not None:
        why = TEXTS.say("routed.skill", skill=needs)
    elif alone:
        why = TEXTS.say("routed.alone")
    else:
        why = TEXTS.say("routed.fewest", open=chosen.open)
    return Routed(chosen.person_id, chosen.name, why)
