"""Meals that come again and again, as people say it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.recurring import (
    EVERY_DAY,
    WEEKDAYS,
    Recurring,
    RecurringReader,
    Wish,
)
from bot.understanding.words import load_words

READER = RecurringReader(load_words())
TODAY = date(2026, 11, 23)  # A Monday.


def _day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("said", "weekdays", "first", "last", "meals"),
    [
        ("每周一三五中午送饭", 0b10101, None, None, ("lunch",)),
        ("从明天起送一个月午饭", EVERY_DAY, "11-24", "12-23", ("lunch",)),
        ("以后每天中午都给我送饭", EVERY_DAY, None, None, ("lunch",)),
        ("工作日中午给我订一份软饭", WEEKDAYS, None, None, ("lunch",)),
        ("周一到周五的午饭都要", WEEKDAYS, None, None, ("lunch",)),
        ("每个星期二、星期四晚上送饭来", 0b1010, None, None, ("dinner",)),
        ("礼拜一三五送午饭", 0b10101, None, None, ("lunch",)),
        ("天天送午饭和晚饭，送到月底", EVERY_DAY, None, "11-30", ("lunch", "dinner")),
        ("每个周末中午送饭", 0b1100000, None, None, ("lunch",)),
        ("从12月1号开始，每天三餐都送", EVERY_DAY, "12-01", None, ("breakfast", "lunch", "dinner")),
        ("后天起送两个星期午饭", EVERY_DAY, "11-25", "12-08", ("lunch",)),
        ("我想长期订午饭", EVERY_DAY, None, None, ("lunch",)),
        ("午饭连着送十天", EVERY_DAY, None, "12-03", ("lunch",)),
        ("可以每天送午饭吗", EVERY_DAY, None, None, ("lunch",)),
        ("从下周起每天送晚饭", EVERY_DAY, "11-30", None, ("dinner",)),
    ],
)
def test_what_is_to_begin(
    said: str, weekdays: int, first: str | None, last: str | None, meals: tuple[str, ...]
) -> None:
    assert READER.read(said, TODAY) == Recurring(
        Wish.START,
        weekdays,
        _day(first) if first else None,
        _day(last) if last else None,
        meals,
    )


@pytest.mark.parametrize(
    ("said", "first", "last", "is_open"),
    [
        ("这两天先停", "11-23", "11-24", False),
        ("明天不要了", "11-24", "11-24", False),
        ("明天的午饭别送了", "11-24", "11-24", False),
        ("我要出门，26号到28号别送饭", "11-26", "11-28", False),
        ("我住院了，饭先停了吧", "11-23", None, True),
        ("从后天起先别送了", "11-25", None, True),
        ("下周不用送饭", "11-30", "12-06", False),
        ("从明天起停三天", "11-24", "11-26", False),
    ],
)
def test_what_is_to_stop_for_a_while(
    said: str, first: str, last: str | None, is_open: bool
) -> None:
    found = READER.read(said, TODAY)
    assert found is not None
    assert (found.wish, found.from_day, found.until_day, found.is_open) == (
        Wish.STOP,
        _day(first),
        _day(last) if last else None,
        is_open,
    )


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ("以后都不送了", Wish.END),
        ("长期的那个订餐取消了吧", Wish.END),
        ("饭不用再送了", Wish.END),
        ("每天的饭不要了", Wish.END),
        ("我回来了，接着送吧", Wish.RESUME),
        ("明天恢复送饭", Wish.RESUME),
    ],
)
def test_the_end_and_going_on(said: str, wish: Wish) -> None:
    found = READER.read(said, TODAY)
    assert found is not None
    assert found.wish is wish


@pytest.mark.parametrize(
    "said",
    [
        "明天中午送一份软饭",
        "每年体检几次",
        "每周一送我去医院透析",
        "明天送不送饭？",
        "这两天停了吗",
        "工作日几点上班",
        "你好",
        "周一去总医院",
        "后天上午的车",
        "",
    ],
)
def test_what_is_none_of_it(said: str) -> None:
    assert READER.read(said, TODAY) is None


@given(
    st.text(
        alphabet="每周一二三四五六日天从到起送饭停明后号月个两半0123456789，不要午晚早的了",
        max_size=30,
    )
)
def test_any_words_at_all(said: str) -> None:
    found = READER.read(said, TODAY)
    if found is not None and found.wish is Wish.START:
        assert 0 < found.weekdays <= EVERY_DAY
