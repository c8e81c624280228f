"""Whatever is sent is understood as something, quickly, without raising."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.answers import Expecting
from bot.understanding.clean import MAX_READ, clean
from bot.understanding.commands import Intent
from bot.understanding.dates import DayReader
from bot.understanding.numbers import read_number
from bot.understanding.slots import SlotReader
from bot.understanding.times import TimeReader, resolved
from bot.understanding.understanding import Understanding
from bot.understanding.words import Words
from store.clock import SHANGHAI

# Pieces of real speech, so that what is drawn comes near to what people say.
LETTERS = "一二两三四五六七八九十廿初〇零半年月日号点分刻时周下上前后明今昨天的到，。？！不改送去饭车份人:/-0123456789"
PHRASES = "明天 后天 礼拜 星期 下周 腊月 农历 正月 元旦 除夕 小时 以后 上午 下午 晚上 中午 早上 凌晨 差 月底 体检 用车 订餐 医院"
PIECES = st.sampled_from([*LETTERS, *PHRASES.split()])
SPEECH = st.lists(PIECES, max_size=14).map("".join)
NINE = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2040, 12, 31))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "\ud800",
        "😀😀👍",
        "。。。",
        "\u200b\u200b",
        "a" * 100_000,
        "明天" * 50_000,
        "１２３" * 40_000,
        "ﷺ" * 5_000,
        "去" * 3_000,
        "不" * 3_000,
        "一" * 3_000,
        "点" * 3_000,
    ],
    ids=range(15),
)
def test_garbage_is_a_question_we_are_not_sure_of(
    understanding: Understanding, monday: datetime, text: str
) -> None:
    understood = understanding.read(text, now=monday)

    assert understood.commands
    assert len(clean(text)) <= 2 * MAX_READ


def test_nothing_at_all_is_not_a_confident_question(
    understanding: Understanding, monday: datetime
) -> None:
    for nothing in ("", "\x00", "😀", "\ud800"):
        understood = understanding.read(nothing, now=monday)

        assert understood.first.intent is Intent.QUESTION
        assert not understood.confident


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=60), SPEECH), expecting=st.sampled_from([None, *Expecting]))
def test_any_text_is_read(
    understanding: Understanding, text: str, expecting: Expecting | None
) -> None:
    understood = understanding.read(text, now=NINE, expecting=expecting)

    for command in understood.commands:
        if command.intent in {Intent.BOOK, Intent.CHANGE, Intent.ANSWER}:
            assert command.slots.date is None or command.slots.date >= NINE.date()


@settings(max_examples=300, deadline=None)
@given(text=SPEECH, today=DAYS)
def test_a_day_is_ahead_or_doubted(words: Words, text: str, today: date) -> None:
    for found in _days(words).find(text, today):
        assert text[found.start : found.end] == found.words
        assert found.doubt is not None or (found.day is not None and found.day >= today)


@settings(max_examples=300, deadline=None)
@given(text=SPEECH)
def test_a_time_is_a_time_or_doubted(words: Words, text: str) -> None:
    times, _ = _times(words).find(text)
    for found in times:
        moment = resolved(found, day=NINE.date(), now=NINE)
        assert (moment.time is None) == (moment.doubt is not None)
        if moment.time is not None and moment.day in {None, NINE.date()}:
            assert moment.time > NINE.time()


@settings(max_examples=200, deadline=None)
@given(today=DAYS, ahead=st.integers(min_value=0, max_value=60))
def test_a_day_as_we_say_it_reads_back(words: Words, today: date, ahead: int) -> None:
    day = today + timedelta(days=ahead)
    for said in (
        f"{day.month}月{day.day}号",
        f"{day:%Y-%m-%d}",
        f"{day.year}年{day.month}月{day.day}日",
    ):
        (found,) = _days(words).find(said, today)
        assert (found.day, found.doubt) == (day, None), said


@settings(max_examples=200, deadline=None)
@given(hour=st.integers(0, 23), minute=st.integers(0, 59))
def test_a_clock_reads_back(words: Words, hour: int, minute: int) -> None:
    said = f"{hour:02}:{minute:02}"
    (found,), _ = _times(words).find(said)
    moment = resolved(found, day=None, now=NINE)

    assert moment.time is not None
    assert f"{moment.time:%H:%M}" == said


@given(number=st.integers(min_value=0, max_value=99))
def test_a_number_in_words_reads_back(number: int) -> None:
    assert read_number(_in_words(number)) == number


@given(text=st.text(max_size=12))
def test_a_number_is_read_or_none(text: str) -> None:
    number = read_number(text)
    assert number is None or number >= 0


def _in_words(number: int) -> str:
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    if tens == 0:
        return digits[ones]
    return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")


_READERS: dict[int, SlotReader] = {}


def _days(words: Words) -> DayReader:
    return _reader(words).days


def _times(words: Words) -> TimeReader:
    return _reader(words).times


def _reader(words: Words) -> SlotReader:
    # Hypothesis calls a test hundreds of times; the patterns are compiled once.
    return _READERS.setdefault(id(words), SlotReader(words))
