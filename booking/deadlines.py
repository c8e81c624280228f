"""Until when a request is to be accepted and done, by the rules of its service."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from booking.service_rules import counted_back
from booking.services import POLICY, Service
from booking.working_calendar import WorkingCalendar
from store.clock import local_date


@dataclass(frozen=True, slots=True)
class Times:
    """Until when a request is to be accepted, and done where there is such a moment."""

    due_at: datetime
    fulfil_by: datetime | None


def times_of(
    service: Service,
    values: Mapping[str, Any],
    *,
    starts: datetime | None,
    now: datetime,
    calendar: WorkingCalendar,
) -> Times:
    """Return the deadlines of a request made now.

    The earliest moment holds of those the service counts: working time from now, and back from
    the time of the service. What is asked for after the counted-back moment is urgent: it is
    given the service's short time, but not past its beginning.
    """
    if service.id == POLICY:
        # A question is due when it was promised to be answered, not when someone takes it.
        return Times(calendar.promised(now, service.answer_within_working_minutes), None)
    due = _from_now(service, now, calendar)
    if starts is not None:
        latest = min(_counted_back(service, values, starts, calendar))
        urgent = min(now + timedelta(minutes=service.accept_within_minutes), starts)
        due = min(due, latest) if latest > now else urgent
    return Times(due, _fulfil_by(service, starts, now, calendar))


def first_look(service: Service, times: Times, now: datetime) -> datetime:
    """Return when the house looks for the first time whether someone took the request."""
    return max(now, times.due_at - timedelta(minutes=service.deadlines.remind_before_minutes))


def _from_now(service: Service, now: datetime, calendar: WorkingCalendar) -> datetime:
    working = service.deadlines.accept_within_working_minutes
    if working is None:
        return now + timedelta(minutes=service.accept_within_minutes)
    return calendar.after(now, working)


def _counted_back(
    service: Service, values: Mapping[str, Any], starts: datetime, calendar: WorkingCalendar
) -> Iterator[datetime]:
    rules, day = service.deadlines, local_date(starts)
    # Before a ride at eight nobody is there at seven: the evening before is the last chance.
    yield calendar.last_open(starts - timedelta(minutes=rules.accept_before_minutes))
    if rules.accept_by:
        yield counted_back(rules.accept_by, day)
    for each in rules.earlier:
        if each.holds(values):
            yield counted_back(each.accept_by, day)


def _fulfil_by(
    service: Service, starts: datetime | None, now: datetime, calendar: WorkingCalendar
) -> datetime | None:
    rules = service.deadlines
    if starts is not None:
        return starts + timedelta(minutes=rules.fulfil_after_start_minutes)
    if rules.fulfil_within_working_minutes is None:
        return None
    return calendar.after(now, rules.fulfil_within_working_minutes)
