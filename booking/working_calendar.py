"""Working time of a house: its hours, its own days, and the published calendar with 调休 days."""

import functools
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from lunar_python import Lunar, Solar  # type: ignore[import-untyped]
from lunar_python.util import HolidayUtil  # type: ignore[import-untyped]
from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from booking.day_words import weekday_word
from booking.duty.models import CalendarDay, HouseHours
from booking.duty.rules import RULES
from store.clock import SHANGHAI, local, local_date
from store.identity import Institution
from store.prepared import Prepared

log = logging.getLogger(__name__)

_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
# 除夕 comes the day before the first; 春节, 端午, 中秋.
_LUNAR = {(1, 1), (1, 2), (1, 3), (5, 5), (8, 15)}
_NUMBERS = "零一二三四五六七八九十"
# A house that closes longer than this has no working time to count in.
_FARTHEST = timedelta(days=400)
# Days of a house that are over by more than this decide nothing any more.
_KEPT_BACK = timedelta(days=14)


# Built once: it runs with every booking.
_OF_HOUSE = Prepared(
    select(
        HouseHours.opens,
        HouseHours.closes,
        CalendarDay.day,
        CalendarDay.works,
        CalendarDay.opens,
        CalendarDay.closes,
    )
    .select_from(Institution)
    .outerjoin(HouseHours, HouseHours.institution_id == Institution.id)
    .outerjoin(
        CalendarDay,
        and_(CalendarDay.institution_id == Institution.id, CalendarDay.day >= bindparam("since")),
    )
    .where(Institution.id == bindparam("house"))
)


class NoWorkingTime(Exception):
    """The house is closed for more than a year on end; names the day it was asked about."""


@dataclass(frozen=True, slots=True)
class OpenHours:
    """From when to when a house works on one day."""

    opens: time
    closes: time


USUAL = OpenHours(RULES.hours.opens, RULES.hours.closes)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """The working time of one house.

    Attributes:
        hours: of an ordinary working day.
        own_days: days that differ from the published calendar; None is closed.
    """

    hours: OpenHours = USUAL
    own_days: Mapping[date, OpenHours | None] = field(default_factory=dict)

    def hours_on(self, day: date) -> OpenHours | None:
        """Return the hours of a day; None when the house is closed."""
        if day in self.own_days:
            return self.own_days[day]
        return self.hours if is_working_day(day) else None

    def is_open(self, at: datetime) -> bool:
        """Tell whether the house works at an instant; at closing time it does no longer."""
        there = local(at)
        hours = self.hours_on(there.date())
        return hours is not None and hours.opens <= there.time() < hours.closes

    def next_open(self, at: datetime) -> datetime:
        """Return `at` when the house works then, else when it opens next."""
        there = local(at)
        for day in _days(there.date(), timedelta(days=1)):
            hours = self.hours_on(day)
            if hours is not None and there < _at(day, hours.closes):
                return max(there, _at(day, hours.opens))
        raise NoWorkingTime(str(there.date()))

    def last_open(self, at: datetime) -> datetime:
        """Return `at` when the house works then, else when it closed last."""
        there = local(at)
        for day in _days(there.date(), timedelta(days=-1)):
            hours = self.hours_on(day)
            if hours is not None and there > _at(day, hours.opens):
                return min(there, _at(day, hours.closes))
        raise NoWorkingTime(str(there.date()))

    def after(self, now: datetime, minutes: int) -> datetime:
        """Return when that much working time has passed."""
        left, at = timedelta(minutes=minutes), self.next_open(now)
        while at + left > self._closing(at):
            left -= self._closing(at) - at
            at = self.next_open(self._closing(at))
        return at + left

    def promised(self, now: datetime, minutes: int) -> datetime:
        """Return the same, rounded up to a whole hour, but no later than closing time."""
        done = self.after(now, minutes)
        whole = done.replace(minute=0, second=0, microsecond=0)
        rounded = done if done == whole else whole + timedelta(hours=1)
        return min(rounded, self._closing(done))

    def minutes_between(self, since: datetime, until: datetime) -> float:
        """Return how much working time lies between two instants, in minutes."""
        first, last = local(since), local(until)
        passed = timedelta()
        day = first.date()
        while day <= last.date():
            hours = self.hours_on(day)
            if hours is not None:
                begins = max(first, _at(day, hours.opens))
                ends = min(last, _at(day, hours.closes))
                passed += max(ends - begins, timedelta())
            day += timedelta(days=1)
        return passed.total_seconds() / 60

    def _closing(self, at: datetime) -> datetime:
        hours = self.hours_on(at.date())
        assert hours is not None  # noqa: S101 - only asked of an instant within working time.
        return _at(at.date(), hours.closes)


def calendar_of(session: Session, institution_id: int, *, now: datetime) -> WorkingCalendar:
    """Return a house's calendar, in one statement."""
    since = local_date(now) - _KEPT_BACK
    rows = _OF_HOUSE.rows(session, house=institution_id, since=since)
    usual, own_days = USUAL, {}
    for opens, closes, day, works, day_opens, day_closes in rows:
        usual = _hours(opens, closes, USUAL)
        if day is not None:
            own_days[day] = _hours(day_opens, day_closes, usual) if works else None
    return WorkingCalendar(usual, own_days)


def until_word(until: datetime, now: datetime) -> str:
    """Return 今天下午五点前, 星期一上午十点前, 10月8日（星期四）中午十二点前."""
    there, today = local(until), local(now).date()
    return f"{_day(there.date(), today)}{_hour(there.time())}前"


@functools.lru_cache(maxsize=4096)
def is_working_day(day: date) -> bool:
    """Tell a working day: by the published calendar of its year, else by weekday and law."""
    published = HolidayUtil.getHoliday(day.year, day.month, day.day)
    if published is not None:
        return bool(published.isWork())
    if holds_year(day.year):
        return day.weekday() < 5
    _warn(day.year)
    return day.weekday() < 5 and not _is_public_holiday(day)


@functools.lru_cache(maxsize=64)
def holds_year(year: int) -> bool:
    """Tell whether the holiday library knows the 调休 days of a year."""
    return bool(HolidayUtil.getHolidays(year))


def unheld_years(now: datetime, ahead: timedelta = timedelta(days=60)) -> tuple[int, ...]:
    """Return the years within reach whose 调休 days the house must enter itself."""
    years = {local_date(now).year, local_date(now + ahead).year}
    return tuple(sorted(year for year in years if not holds_year(year)))


@functools.lru_cache(maxsize=64)
def _warn(year: int) -> None:
    # Once a year and process: the log is for whoever runs it, the desk says it to the house.
    log.warning("no 调休 days are known for %s: weekdays and the law's holidays are used", year)


def _is_public_holiday(day: date) -> bool:
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    tomorrow: Lunar = lunar.next(1)
    return (
        (day.month, day.day) in _FIXED
        or (lunar.getMonth(), lunar.getDay()) in _LUNAR
        or (tomorrow.getMonth(), tomorrow.getDay()) == (1, 1)
        or lunar.getJieQi() == "清明"
    )


def _days(first: date, step: timedelta) -> Iterator[date]:
    for count in range(_FARTHEST.days):
        yield first + step * count


def _hours(opens: str | None, closes: str | None, usual: OpenHours) -> OpenHours:
    if opens is None or closes is None:
        return usual
    return OpenHours(time.fromisoformat(opens), time.fromisoformat(closes))


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def _day(day: date, today: date) -> str:
    ahead = (day - today).days
    if ahead < 2:
        return ("今天", "明天")[ahead]
    # Within a week a weekday names one day only.
    return weekday_word(day) if ahead < 7 else f"{day.month}月{day.day}日（{weekday_word(day)}）"


def _hour(at: time) -> str:
    part = (
        "中午" if at.hour == 12 else "上午" if at.hour < 12 else "下午" if at.hour < 18 else "晚上"
    )
    hour = at.hour if at.hour <= 12 else at.hour - 12
    spoken = _NUMBERS[hour] if hour <= 10 else f"十{_NUMBERS[hour - 10]}"
    minutes = {0: "", 30: "半"}.get(at.minute, f"{at.minute}分")
    return f"{part}{spoken}点{minutes}"
