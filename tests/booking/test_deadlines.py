"""Until when a request is to be accepted and done, in working time or counted back."""

from datetime import datetime

import pytest

from booking.deadlines import first_look, times_of
from booking.services import load_catalog
from booking.working_calendar import WorkingCalendar
from store.clock import SHANGHAI, local

CATALOG = load_catalog()


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("service", "values", "now", "starts", "due"),
    [
        # Working time from now: an hour of it.
        ("ride", {}, "11-23T09:00", "11-24T08:00", "11-23T10:00"),
        # Booked at five, a ride at eight is late that evening, not at seven in the morning.
        ("ride", {}, "11-23T17:00", "11-24T08:00", "11-23T17:30"),
        # Booked in the evening: nobody is there any more, so the short time counts.
        ("ride", {}, "11-23T19:00", "11-24T08:00", "11-23T20:00"),
        # A ride on Sunday must be accepted on Friday.
        ("ride", {}, "11-27T17:00", "11-29T10:00", "11-27T17:30"),
        # A hospital by five of the day before, whatever the hour of working time says.
        ("ride", {"destination": "总医院"}, "11-23T16:30", "11-24T14:00", "11-23T17:00"),
        ("ride", {"destination": "银行"}, "11-23T16:30", "11-24T14:00", "11-23T17:30"),
        # Not past the beginning.
        ("ride", {}, "11-23T12:30", "11-23T13:15", "11-23T13:15"),
        ("meal", {}, "11-23T09:30", "11-23T11:30", "11-23T10:00"),
        ("checkup", {}, "11-23T16:00", "11-24T08:00", "11-23T20:00"),
        ("human", {}, "11-27T20:00", None, "11-30T09:30"),
        ("emergency", {}, "11-28T02:00", None, "11-28T02:02"),
    ],
)
def test_until_when_it_is_to_be_accepted(
    service: str, values: dict[str, str], now: str, starts: str | None, due: str
) -> None:
    times = times_of(
        CATALOG.get(service),
        values,
        starts=shanghai(starts) if starts else None,
        now=shanghai(now),
        calendar=WorkingCalendar(),
    )
    assert local(times.due_at) == shanghai(due)


def test_the_house_looks_before_it_is_late() -> None:
    service, now = CATALOG.get("ride"), shanghai("11-23T09:00")
    times = times_of(
        service, {}, starts=shanghai("11-24T08:00"), now=now, calendar=WorkingCalendar()
    )
    assert local(first_look(service, times, now)) == shanghai("11-23T09:40")
    assert times.fulfil_by == shanghai("11-24T12:00")
