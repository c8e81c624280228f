"""When someone phones back: counted in working hours, said in words."""

import logging
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from booking import working_calendar
from booking.duty.models import CalendarDay, HouseHours
from booking.working_calendar import (
    NoWorkingTime,
    WorkingCalendar,
    calendar_of,
    is_working_day,
    unheld_years,
    until_word,
)
from store.clock import SHANGHAI, local
from store.database import Database
from tests.conftest import StandingClock
from tests.houses import make_house


def there(day: int, clock: str, *, month: int = 11, year: int = 2026) -> datetime:
    hour, minute = clock.split(":")
    return datetime(year, month, day, int(hour), int(minute), tzinfo=SHANGHAI)


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("now", "minutes", "until", "words"),
    [
        (there(23, "9:00"), 240, there(23, "13:00"), "今天下午一点前"),
        (there(23, "8:00"), 240, there(23, "13:00"), "今天下午一点前"),
        (there(23, "12:40"), 240, there(23, "17:00"), "今天下午五点前"),
        (there(23, "13:10"), 240, there(23, "17:30"), "今天下午五点半前"),
        (there(23, "13:30"), 240, there(23, "17:30"), "今天下午五点半前"),
        (there(23, "16:00"), 240, there(24, "11:00"), "明天上午十一点前"),
        (there(23, "23:59"), 60, there(24, "10:00"), "明天上午十点前"),
        (there(27, "15:00"), 240, there(30, "10:00"), "星期一上午十点前"),
        (there(27, "17:30"), 210, there(30, "12:00"), "星期一中午十二点前"),
        (there(28, "10:00"), 60, there(30, "10:00"), "星期一上午十点前"),
        (there(29, "10:00"), 60, there(30, "10:00"), "明天上午十点前"),
        # More than one whole day of work.
        (there(23, "8:30"), 9 * 60 + 30, there(24, "9:00"), "明天上午九点前"),
        # 国庆: by the published calendar the 8th is the next working day.
        (
            there(30, "17:00", month=9),
            240,
            there(8, "12:00", month=10),
            "10月8日（星期四）中午十二点前",
        ),
        # New year of a year whose calendar is not published yet.
        (
            there(31, "17:00", month=12),
            60,
            there(4, "9:00", month=1, year=2027),
            "星期一上午九点前",
        ),
    ],
)
def test_until_when(now: datetime, minutes: int, until: datetime, words: str) -> None:
    found = WorkingCalendar().promised(now, minutes)
    assert local(found) == until
    assert until_word(found, now) == words


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 25), True),
        (date(2026, 11, 28), False),
        (date(2026, 2, 14), True),  # A Saturday that is worked, by the published calendar.
        (date(2026, 10, 5), False),  # A Monday that is not.
        (date(2027, 2, 5), False),  # 除夕
        (date(2027, 2, 8), False),  # 初三
        (date(2027, 4, 5), False),  # 清明
        (date(2027, 6, 9), False),  # 端午
        (date(2027, 9, 15), False),  # 中秋
        (date(2027, 9, 16), True),
    ],
)
def test_working_days(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


# What the published calendars say: New Year, 春节, 国庆 with their 调休 days, a leap day, and
# the last day that the library knows.
@pytest.mark.parametrize(
    ("now", "minutes", "until"),
    [
        # New Year 2026: from Thursday 1 to Saturday 3 January off, Sunday the 4th is worked.
        ("2025-12-31T17:00", 60, "2026-01-04T09:00"),
        ("2026-01-01T00:00", 30, "2026-01-04T09:00"),
        # 春节 2026: from 15 to 23 February off, Saturdays 14 and 28 are worked.
        ("2026-02-13T17:00", 60, "2026-02-14T09:00"),
        ("2026-02-14T17:15", 30, "2026-02-24T08:45"),
        ("2026-02-27T17:00", 60, "2026-02-28T09:00"),
        # 国庆 2026: from 1 to 7 October off, Saturday the 10th is worked.
        ("2026-09-30T17:29", 2, "2026-10-08T08:31"),
        ("2026-10-09T17:00", 60, "2026-10-10T09:00"),
        # A leap day is a Thursday in 2024, and a Tuesday in 2028, which nobody has published.
        ("2024-02-28T17:00", 60, "2024-02-29T09:00"),
        ("2028-02-28T17:00", 60, "2028-02-29T09:00"),
        ("2028-02-29T17:00", 60, "2028-03-01T09:00"),
        # The end of what is known: the law's New Year, then weekdays.
        ("2026-12-31T17:00", 60, "2027-01-04T09:00"),
        ("2027-01-08T17:00", 60, "2027-01-11T09:00"),
    ],
)
def test_working_time_over_holidays(now: str, minutes: int, until: str) -> None:
    assert WorkingCalendar().after(shanghai(now), minutes) == shanghai(until)


def test_the_evening_before_is_the_last_working_moment() -> None:
    calendar = WorkingCalendar()
    assert calendar.last_open(shanghai("2026-11-24T06:00")) == shanghai("2026-11-23T17:30")
    assert calendar.last_open(shanghai("2026-11-24T12:00")) == shanghai("2026-11-24T12:00")
    assert calendar.last_open(shanghai("2026-10-05T12:00")) == shanghai("2026-09-30T17:30")


def test_a_house_has_days_of_its_own(either_database: Database, clock: StandingClock) -> None:
    with either_database.begin() as session:
        house = make_house(session, clock())
        session.add(HouseHours(institution_id=house.id, opens="08:00", closes="16:00"))
        for day, works, opens, closes in (
            (date(2026, 11, 24), False, None, None),
            (date(2026, 11, 28), True, None, None),
            (date(2026, 11, 25), True, "09:00", "11:00"),
        ):
            session.add(
                CalendarDay(
                    institution_id=house.id, day=day, works=works, opens=opens, closes=closes
                )
            )
        other = make_house(session, clock(), name="西山军休所")
    with either_database.read() as session:
        ours = calendar_of(session, house.id, now=clock())
        theirs = calendar_of(session, other.id, now=clock())
    assert ours.after(shanghai("2026-11-23T15:30"), 60) == shanghai("2026-11-25T09:30")
    assert ours.after(shanghai("2026-11-27T15:30"), 60) == shanghai("2026-11-28T08:30")
    assert theirs == WorkingCalendar()


def test_a_house_that_never_opens_is_said_to_be_closed() -> None:
    first = date(2026, 11, 23)
    closed = WorkingCalendar(own_days={first + timedelta(days=n): None for n in range(500)})
    with pytest.raises(NoWorkingTime):
        closed.after(there(23, "9:00"), 10)


def test_a_year_without_published_days_is_logged_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    working_calendar.is_working_day.cache_clear()
    working_calendar._warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        is_working_day(date(2031, 3, 3))
        is_working_day(date(2031, 3, 4))
    assert [record.getMessage()[:29] for record in caplog.records] == [
        "no 调休 days are known for 2031"[:29]
    ]
    assert unheld_years(shanghai("2026-10-01T09:00")) == ()
    assert unheld_years(shanghai("2026-11-23T09:00")) == (2027,)


instants = st.datetimes(
    min_value=datetime(2024, 1, 1),  # noqa: DTZ001 - the zone is given beside.
    max_value=datetime(2028, 12, 31),  # noqa: DTZ001
    timezones=st.just(SHANGHAI),
)
amounts = st.integers(min_value=1, max_value=6000)


@settings(deadline=None)
@given(now=instants, minutes=amounts)
def test_working_time_ends_within_working_time(now: datetime, minutes: int) -> None:
    calendar = WorkingCalendar()
    done = calendar.after(now, minutes)
    assert done > now
    assert calendar.last_open(done) == done
    assert calendar.minutes_between(now, done) == pytest.approx(minutes)


@settings(deadline=None)
@given(now=instants, minutes=amounts, more=amounts)
def test_working_time_adds_up(now: datetime, minutes: int, more: int) -> None:
    calendar = WorkingCalendar()
    assert calendar.after(calendar.after(now, minutes), more) == calendar.after(now, minutes + more)


@settings(deadline=None)
@given(at=instants)
def test_the_last_and_the_next_opening_enclose_an_instant(at: datetime) -> None:
    calendar = WorkingCalendar()
    before, after = calendar.last_open(at), calendar.next_open(at)
    assert before <= at <= after
    assert calendar.minutes_between(before, after) == 0
    assert calendar.is_open(after)
