"""When someone phones back: counted in working hours, said in words."""

from datetime import date, datetime

import pytest

from booking.working_hours import after_working_time, is_working_day, until_word
from store.clock import SHANGHAI, local


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
    found = after_working_time(now, minutes)
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
