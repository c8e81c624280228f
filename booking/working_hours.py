"""Working hours: Monday to Friday from 8:30 to 17:30 in Shanghai, public holidays left out."""

from datetime import date, datetime, time, timedelta

from lunar_python import Lunar, Solar  # type: ignore[import-untyped]
from lunar_python.util import HolidayUtil  # type: ignore[import-untyped]

from booking.day_words import weekday_word
from store.clock import SHANGHAI, local

OPENS, CLOSES = time(8, 30), time(17, 30)
_FIXED = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
# 除夕 comes the day before the first; 春节, 端午, 中秋.
_LUNAR = {(1, 1), (1, 2), (1, 3), (5, 5), (8, 15)}
_HOURS = "零一二三四五六七八九十"


def after_working_time(now: datetime, minutes: int) -> datetime:
    """Return when that much working time has passed, rounded up to a whole hour of the day.

    Args:
        now: an aware instant.

    Returns:
        An aware instant within working hours; never later than closing time of its day.
    """
    left, at = timedelta(minutes=minutes), _next_open(local(now))
    while at + left > _at(at.date(), CLOSES):
        left -= _at(at.date(), CLOSES) - at
        at = _next_open(_at(at.date(), CLOSES))
    done = at + left
    whole = done.replace(minute=0, second=0, microsecond=0)
    rounded = done if done == whole else whole + timedelta(hours=1)
    return min(rounded, _at(done.date(), CLOSES))


def until_word(until: datetime, now: datetime) -> str:
    """Return 今天下午五点前, 星期一上午十点前, 10月8日（星期四）中午十二点前."""
    there, today = local(until), local(now).date()
    return f"{_day(there.date(), today)}{_hour(there.time())}前"


def is_working_day(day: date) -> bool:
    """Tell a working day: by the published calendar of its year, else by weekday and law."""
    published = HolidayUtil.getHoliday(day.year, day.month, day.day)
    if published is not None:
        return bool(published.isWork())
    return day.weekday() < 5 and not _is_public_holiday(day)


def _is_public_holiday(day: date) -> bool:
    lunar = Solar.fromYmd(day.year, day.month, day.day).getLunar()
    tomorrow: Lunar = lunar.next(1)
    return (
        (day.month, day.day) in _FIXED
        or (lunar.getMonth(), lunar.getDay()) in _LUNAR
        or (tomorrow.getMonth(), tomorrow.getDay()) == (1, 1)
        or lunar.getJieQi() == "清明"
    )


def _next_open(at: datetime) -> datetime:
    """Return `at` when the house is open then, else the next opening."""
    day = at.date()
    if is_working_day(day) and at < _at(day, CLOSES):
        return max(at, _at(day, OPENS))
    day += timedelta(days=1)
    while not is_working_day(day):
        day += timedelta(days=1)
    return _at(day, OPENS)


def _at(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, SHANGHAI)


def _day(day: date, today: date) -> str:
    ahead = (day - today).days
    if ahead < 2:
        return ("今天", "明天")[ahead]
    # Within a week a weekday names one day only.
    return weekday_word(day) if ahead < 7 else f"{day.month}月{day.day}日（{weekday_word(day)}）"


def _hour(at: time) -> str:
    part = "上午" if at.hour < 12 else "中午" if at.hour < 13 else "下午"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    spoken = _HOURS[hour] if hour <= 10 else f"十{_HOURS[hour - 10]}"
    return f"{part}{spoken}点{'半' if at.minute == 30 else ''}"
