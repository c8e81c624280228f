"""Days and times as people say them."""

from datetime import UTC, date, datetime, time

import pytest

from booking.day_words import (
    day_word,
    full_day_word,
    moment_word,
    plain_day_word,
    time_word,
    weekday_word,
)

TODAY = date(2026, 11, 23)  # A Monday.


def test_every_day_has_its_weekday() -> None:
    said = [weekday_word(date(2026, 11, day)) for day in range(23, 30)]
    assert said == [f"星期{each}" for each in "一二三四五六日"]


@pytest.mark.parametrize(
    ("day", "near", "plain"),
    [
        (date(2026, 11, 23), "今天（星期一）", "11月23日（星期一）"),
        (date(2026, 11, 24), "明天（星期二）", "11月24日（星期二）"),
        (date(2026, 11, 25), "后天（星期三）", "11月25日（星期三）"),
        (date(2026, 11, 26), "11月26日（星期四）", "11月26日（星期四）"),
        (date(2026, 11, 22), "11月22日（星期日）", "11月22日（星期日）"),
        (date(2027, 1, 1), "2027年1月1日（星期五）", "2027年1月1日（星期五）"),
    ],
)
def test_near_days_by_their_word_others_by_date(day: date, near: str, plain: str) -> None:
    assert day_word(day, TODAY) == near
    assert plain_day_word(day, TODAY) == plain


def test_a_card_says_both_and_tomorrow_may_be_next_year() -> None:
    assert full_day_word(date(2026, 11, 24), TODAY) == "明天，11月24日（星期二）"
    assert full_day_word(date(2026, 12, 5), TODAY) == "12月5日（星期六）"
    eve = date(2026, 12, 31)
    assert full_day_word(date(2027, 1, 1), eve) == "明天，2027年1月1日（星期五）"


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (time(0, 0), "凌晨0点"),
        (time(5, 45), "凌晨5点45分"),
        (time(6, 0), "上午6点"),
        (time(8, 30), "上午8点半"),
        (time(12, 0), "中午12点"),
        (time(12, 30), "中午12点半"),
        (time(13, 0), "下午1点"),
        (time(17, 59), "下午5点59分"),
        (time(18, 0), "晚上6点"),
        (time(23, 5), "晚上11点5分"),
    ],
)
def test_times_by_the_part_of_the_day(at: time, said: str) -> None:
    assert time_word(at) == said


def test_an_instant_is_said_in_shanghai() -> None:
    # 16:30 UTC is half past midnight of the next day in Shanghai.
    instant = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    assert moment_word(instant, TODAY) == "明天（星期二）凌晨0点半"
