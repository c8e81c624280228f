"""Shifts, absences and the house's own days, as clerks set them; the head sets them for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from booking.duty.models import CalendarDay, HouseHours, Shift, StaffAbsence, StaffSkill
from booking.errors import NotPermitted, ValueProblem
from booking.form import TEXTS
from booking.models import Request, Staff, StaffRole
from booking.staff_access import Clerk, note_act
from store.clock import SHANGHAI, local_date
from store.identity import Person
from store.statements import insert_into

LONGEST_ABSENCE = timedelta(days=366)
_WAKES = time(7, 0)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One member of staff on the page of duty."""

    person_id: int
    name: str
    roles: tuple[str, ...]
    shifts: tuple[Shift, ...]
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Away:
    """One absence on the page of duty."""

    id: int
    name: str
    since: date
    until: date
    stand_in: str | None


def colleagues(session: Session, *, institution_id: int) -> list[Colleague]:
    """Return the staff of a house with their shifts and skills."""
    shifts = session.scalars(
        select(Shift)
        .where(Shift.institution_id == institution_id)
        .order_by(Shift.weekday, Shift.starts)
    ).all()
    skills = session.scalars(
        select(StaffSkill)
        .where(StaffSkill.institution_id == institution_id)
        .order_by(StaffSkill.skill)
    ).all()
    rows = session.execute(
        select(Person, Staff.roles)
        .join(Staff, Staff.person_id == Person.id)
        .where(
            Staff.institution_id == institution_id,
            Staff.active.is_(True),
            Person.active.is_(True),
        )
        .order_by(Person.id)
    ).all()
    return [
        Colleague(
            person_id=person.id,
            name=person.name,
            roles=tuple(roles),
            shifts=tuple(each for each in shifts if each.person_id == person.id),
            skills=tuple(each.skill for each in skills if each.person_id == person.id),
        )
        for person, roles in rows
    ]


def absences(session: Session, *, institution_id: int, today: date) -> list[Away]:
    """Return who is away now or will be."""
    rows = session.execute(
        select(StaffAbsence, Person.name)
        .join(Person, Person.id == StaffAbsence.person_id)
        .where(StaffAbsence.institution_id == institution_id, StaffAbsence.until >= today)
        .order_by(StaffAbsence.since, StaffAbsence.id)
    ).all()
    ids = [row.stand_in_id for row, _ in rows if row.stand_in_id is not None]
    people = session.execute(select(Person).where(Person.id.in_(ids))).scalars()
    names = {person.id: person.name for person in people}
    return [
        Away(row.id, name, row.since, row.until, names.get(row.stand_in_id or 0))
        for row, name in rows
    ]


def set_shift(
    session: Session,
    *,
    clerk: Clerk,
    person_id: int,
    weekdays: Sequence[int],
    starts: str,
    ends: str,
    now: datetime,
) -> None:
    """Let someone be there on some weekdays from one time to another; an end before the start
    is on the next day.

    Raises:
        ValueProblem: no such times or days. NotPermitted: neither the head nor his own.
    """
    _check_may(session, clerk, person_id)
    starts, ends = clock_time(starts, "starts"), clock_time(ends, "ends")
    if starts == ends or not weekdays or not all(0 <= each <= 6 for each in weekdays):
        raise ValueProblem("weekdays", TEXTS.say("duty.no_weekday"))
    for weekday in sorted(set(weekdays)):
        session.execute(
            insert_into(session, Shift)
            .values(
                institution_id=clerk.institution_id,
                person_id=person_id,
                weekday=weekday,
                starts=starts,
                ends=ends,
            )
            .on_conflict_do_update(
                index_elements=["person_id", "weekday", "starts"], set_={"ends": ends}
            )
        )
    note_act(session, clerk, act="set shift", now=now, about=str(person_id))


def clear_shifts(session: Session, *, clerk: Clerk, person_id: int, now: datetime) -> None:
    """Take someone's shifts away: he works when the house does.

    Raises:
        NotPermitted: neither the head nor his own.
    """
    _check_may(session, clerk, person_id)
    session.execute(
        delete(Shift)
        .where(Shift.person_id == person_id)
        .execution_options(synchronize_session=False)
    )
    note_act(session, clerk, act="clear shifts", now=now, about=str(person_id))


def set_skills(
    session: Session, *, clerk: Clerk, person_id: int, skills: Sequence[str], now: datetime
) -> None:
    """Write down what someone can that not everybody can.

    Raises:
        NotPermitted: neither the head nor his own.
    """
    _check_may(session, clerk, person_id)
    session.execute(
        delete(StaffSkill)
        .where(StaffSkill.person_id == person_id)
        .execution_options(synchronize_session=False)
    )
    for skill in sorted({each.strip()[:20] for each in skills if each.strip()}):
        session.add(
            StaffSkill(person_id=person_id, skill=skill, institution_id=clerk.institution_id)
        )
    note_act(session, clerk, act="set skills", now=now, about=str(person_id))


def note_absence(
    session: Session,
    *,
    clerk: Clerk,
    person_id: int,
    since: date,
    until: date,
    stand_in_id: int | None,
    now: datetime,
) -> StaffAbsence:
    """Write down that someone is away, and who stands in; what he has is looked at on that day.

    Raises:
        ValueProblem: the days or the stand-in make no sense. NotPermitted.
    """
    _check_may(session, clerk, person_id)
    today = local_date(now)
    if until < since or until < today or until - since > LONGEST_ABSENCE:
        raise ValueProblem("until", TEXTS.say("duty.no_such_days"))
    if stand_in_id == person_id or (
        stand_in_id is not None and not _is_colleague(session, clerk, stand_in_id)
    ):
        raise ValueProblem("stand_in", TEXTS.say("duty.no_such_stand_in"))
    row = StaffAbsence(
        institution_id=clerk.institution_id,
        person_id=person_id,
        since=since,
        until=until,
        stand_in_id=stand_in_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    first = max(now, datetime.combine(since, _WAKES, SHANGHAI))
    session.execute(
        update(Request)
        .where(
            Request.institution_id == clerk.institution_id,
            Request.assignee_id == person_id,
            Request.closed_at.is_(None),
            or_(Request.look_at.is_(None), Request.look_at > first),
        )
        .values(look_at=first)
        .execution_options(synchronize_session=False)
    )
    note_act(session, clerk, act="note absence", now=now, about=f"{person_id} {since} {until}")
    return row


def end_absence(session: Session, *, clerk: Clerk, absence_id: int, now: datetime) -> None:
    """Take an absence away: he is back, or does not go.

    Raises:
        NotPermitted: none of this house, or neither the head nor his own.
    """
    row = session.get(StaffAbsence, absence_id)
    if row is None or row.institution_id != clerk.institution_id:
        raise NotPermitted("absence")
    _check_may(session, clerk, row.person_id)
    session.delete(row)
    note_act(session, clerk, act="end absence", now=now, about=str(row.person_id))


def set_hours(session: Session, *, clerk: Clerk, opens: str, closes: str, now: datetime) -> None:
    """Set when the house works on an ordinary working day; the head does.

    Raises:
        ValueProblem: no such times. NotPermitted: not the head.
    """
    _check_head(clerk)
    opens, closes = _hours(opens, closes)
    session.execute(
        insert_into(session, HouseHours)
        .values(institution_id=clerk.institution_id, opens=opens, closes=closes)
        .on_conflict_do_update(
            index_elements=["institution_id"], set_={"opens": opens, "closes": closes}
        )
    )
    note_act(session, clerk, act="set hours", now=now, about=f"{opens} {closes}")


def set_day(
    session: Session,
    *,
    clerk: Clerk,
    day: date,
    works: bool,
    opens: str = "",
    closes: str = "",
    words: str = "",
    now: datetime,
) -> None:
    """Let one day differ from the published calendar; the head does.

    Raises:
        ValueProblem: the day is over, or no such times. NotPermitted: not the head.
    """
    _check_head(clerk)
    if not local_date(now) <= day <= local_date(now) + timedelta(days=500):
        raise ValueProblem("day", TEXTS.say("duty.no_such_day"))
    hours = _hours(opens, closes) if works and (opens or closes) else (None, None)
    values = {"works": works, "opens": hours[0], "closes": hours[1], "note": words.strip()[:60]}
    session.execute(
        insert_into(session, CalendarDay)
        .values(institution_id=clerk.institution_id, day=day, **values)
        .on_conflict_do_update(index_elements=["institution_id", "day"], set_=values)
    )
    note_act(session, clerk, act="set day", now=now, about=str(day))


def drop_day(session: Session, *, clerk: Clerk, day: date, now: datetime) -> None:
    """Let a day follow the published calendar again.

    Raises:
        NotPermitted: not the head.
    """
    _check_head(clerk)
    session.execute(
        delete(CalendarDay)
        .where(CalendarDay.institution_id == clerk.institution_id, CalendarDay.day == day)
        .execution_options(synchronize_session=False)
    )
    note_act(session, clerk, act="drop day", now=now, about=str(day))


def own_days(session: Session, *, institution_id: int, today: date) -> list[CalendarDay]:
    """Return the days to come on which a house differs from the published calendar."""
    return list(
        session.scalars(
            select(CalendarDay)
            .where(CalendarDay.institution_id == institution_id, CalendarDay.day >= today)
            .order_by(CalendarDay.day)
        )
    )


def clock_time(words: str, field: str) -> str:
    """Return a clock time as 08:30.

    Raises:
        ValueProblem: it is none.
    """
    try:
        return f"{time.fromisoformat(words.strip().replace('：', ':').zfill(5)):%H:%M}"
    except ValueError as error:
        raise ValueProblem(field, TEXTS.say("duty.no_such_time")) from error


def _hours(opens: str, closes: str) -> tuple[str, str]:
    first, last = clock_time(opens, "opens"), clock_time(closes, "closes")
    if first >= last:
        raise ValueProblem("closes", TEXTS.say("duty.no_such_time"))
    return first, last


def _check_head(clerk: Clerk) -> None:
    if StaffRole.HEAD not in clerk.roles:
        raise NotPermitted("duty")


def _check_may(session: Session, clerk: Clerk, person_id: int) -> None:
    if person_id == clerk.person_id:
        return
    _check_head(clerk)
    if not _is_colleague(session, clerk, person_id):
        raise NotPermitted("duty")


def _is_colleague(session: Session, clerk: Clerk, person_id: int) -> bool:
    found = session.execute(
        select(Staff.id).where(
            Staff.person_id == person_id, Staff.institution_id == clerk.institution_id
        )
    ).first()
    return found is not None
