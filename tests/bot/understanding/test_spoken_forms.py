"""Each way to say a day or an hour reads back as that day or hour, or is asked; never another."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.dates import DayReader
from bot.understanding.festivals import lunar_day
from bot.understanding.times import TimeReader, resolved
from bot.understanding.words import load_words
from store.clock import SHANGHAI

WORDS = load_words()
DAY_READER = DayReader(WORDS)
TIME_READER = TimeReader(WORDS)
NINE = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
ANY_DAY = st.dates(min_value=date(2024, 1, 1), max_value=date(2035, 12, 31))
NEAR = {
    0: ("今天", "今儿", "今日", "今朝", "今儿个"),
    1: ("明天", "明儿", "明日", "明朝", "听日", "明儿个"),
    2: ("后天", "后儿", "后日", "后儿个"),
    3: ("大后天", "大后儿", "大后日"),
}
DIGITS = "零一二三四五六七八九"


def in_words(number: int) -> str:
    """Say a number below 60."""
    tens, ones = divmod(number, 10)
    if not tens:
        return DIGITS[ones]
    return ("" if tens == 1 else DIGITS[tens]) + "十" + (DIGITS[ones] if ones else "")


def spoken_days(today: date, ahead: int) -> Iterator[str]:
    """Yield the ways to say the day so far ahead."""
    day = today + timedelta(days=ahead)
    weekday = "一二三四五六日"[day.weekday()]
    monday = today - timedelta(days=today.weekday())
    weeks = (day - monday).days // 7
    yield from NEAR.get(ahead, ())
    for month, number in ((day.month, day.day), (in_words(day.month), in_words(day.day))):
        yield f"{month}月{number}号"
        yield f"{month}月{number}日"
    if weeks in {1, 2}:
        for week in ("周", "星期", "礼拜"):
            yield f"{'下' * weeks}{week}{weekday}"
    if 1 <= ahead <= 7:
        for week in ("周", "星期", "礼拜"):
            yield f"{week}{weekday}"
    if 4 <= ahead <= 40:
        yield f"{ahead}天后"
        yield f"{in_words(ahead)}天以后"
    next_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    if (day.year, day.month) == (next_month.year, next_month.month):
        yield f"下个月{day.day}号"
        yield f"下月{in_words(day.day)}号"
    if (day.year, day.month) == (today.year, today.month):
        yield f"{in_words(day.day)}号"
        yield f"这个月{day.day}号"


@settings(max_examples=150, deadline=None)
@given(today=ANY_DAY, ahead=st.integers(min_value=0, max_value=40))
def test_a_spoken_day_reads_back(today: date, ahead: int) -> None:
    for said in spoken_days(today, ahead):
        (found,) = DAY_READER.find(said, today)
        assert (found.day, found.doubt) == (today + timedelta(days=ahead), None), said


@settings(max_examples=150, deadline=None)
@given(today=ANY_DAY, month=st.integers(1, 12), number=st.integers(1, 30))
def test_a_lunar_day_reads_back(today: date, month: int, number: int) -> None:
    months = "正二三四五六七八九十冬腊"
    day = in_words(number) if number > 10 else f"初{in_words(number)}"
    named = f"{months[month - 1]}月"
    found = DAY_READER.find(f"农历{named}{day}", today)

    assert len(found) == 1
    solar = [lunar_day(year, month, number) for year in range(today.year - 1, today.year + 2)]
    ahead = [each for each in solar if each is not None and each >= today]
    if found[0].doubt is None:
        assert found[0].day == ahead[0]


def spoken_times(at: time) -> Iterator[str]:
    """Yield the ways to say a time that leave nothing open."""
    part = "早上" if 6 <= at.hour < 12 else "中午" if at.hour == 12 else "下午"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    if at.hour >= 18:
        part = "晚上"
    word = "两" if hour == 2 else in_words(hour)
    following = in_words(hour + 1) if hour + 1 != 2 else "两"
    yield f"{at.hour}:{at.minute:02}"
    match at.minute:
        case 0:
            yield from (f"{part}{hour}点", f"{part}{word}点钟", f"{part}{word}点整")
        case 15:
            yield from (f"{part}{word}点一刻", f"{part}{hour}点15分")
        case 30:
            yield from (f"{part}{word}点半", f"{part}{hour}点三十")
        case 45:
            yield f"{part}{word}点三刻"
            if at.hour not in {11, 12, 17}:
                yield from (f"{part}差一刻{following}点", f"{part}{following}点差一刻")
        case _:
            yield from (
                f"{part}{word}点{in_words(at.minute)}分"
                if at.minute > 9
                else f"{part}{word}点零{in_words(at.minute)}分",
                f"{part}{hour}点{at.minute}分",
            )
    wireless = dict(zip("0127", "洞幺两拐", strict=True))
    digits = f"{at:%H%M}"
    if any(each in "017" for each in digits):
        yield "".join(wireless.get(each, DIGITS[int(each)]) for each in digits)


@settings(max_examples=300, deadline=None)
@given(at=st.times(min_value=time(6, 0), max_value=time(21, 59)))
def test_a_spoken_time_reads_back(at: time) -> None:
    for said in spoken_times(at.replace(second=0, microsecond=0)):
        times, _ = TIME_READER.find(said)
        assert len(times) == 1, said
        moment = resolved(times[0], day=None, now=NINE)
        assert (moment.doubt, f"{moment.time:%H:%M}") == (None, f"{at:%H:%M}"), said


@settings(max_examples=100, deadline=None)
@given(hours=st.integers(1, 12))
def test_a_delay_is_counted_from_now(hours: int) -> None:
    for said in (f"{in_words(hours)}个小时后", f"{hours}个钟头以后", f"过{hours}个小时"):
        times, _ = TIME_READER.find(said.replace("二", "两") if hours == 2 else said)
        moment = resolved(times[0], day=None, now=NINE)
        then = NINE + timedelta(hours=hours)
        assert (moment.day, moment.time) == (then.date(), time(then.hour, 0)), said
