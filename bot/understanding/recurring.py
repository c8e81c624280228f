"""What comes again and again, as spoken: 每周一三五中午, 从明天起送一个月, 这两天先停, 以后不送了.

Weekdays are a mask, Monday 1, Sunday 64. Only what is about meals is read here: a car on every
Monday is something else, and is asked about by whoever takes bookings of one day.
"""

import calendar
import enum
import re
from dataclasses import dataclass
from datetime import date, timedelta

from bot.understanding.clean import clean
from bot.understanding.dates import DayReader
from bot.understanding.numbers import NUMBER, read_number
from bot.understanding.words import Words

EVERY_DAY, WEEKDAYS, WEEKEND = 0b1111111, 0b0011111, 0b1100000
_WEEK = "(?:周|星期|礼拜)"
_DAYS = {word: at for at, word in enumerate("一二三四五六日")} | {"天": 6}
_EVERY = re.compile(r"每天|天天|每日|每一天|日日|每顿")
_WORK = re.compile(r"每个?工作日|工作日")
_RANGE = re.compile(rf"每?个?{_WEEK}([一二三四五六])(?:到|至|-|，){_WEEK}?([二三四五六日天])(?!号)")
_LIST = re.compile(
    rf"(?:每|逢)个?{_WEEK}(?P<every>(?:(?:[、和跟及，]?(?:每?个?{_WEEK})?)[一二三四五六日天](?!次|回|顿|趟|份|个))+)"
    rf"|{_WEEK}(?P<bare>[一二三四五六日天](?:[、和]?[一二三四五六日天])+)(?!号)"
)
_WEEKENDS = re.compile(r"每个?周末|每到周末|周末都")
_LONG = re.compile(r"长期|固定|一直(?:送|订|要)|以后都(?:送|要|订)")
_FROM = re.compile(
    r"(?:从|打|自)(?P<day>[^，。]{1,8}?)(?:起|开始)|(?P<bare>[^，。从]{2,6})(?:起|开始)(?!.{0,2}[用吃]药)"
)
_FOR = re.compile(
    rf"(?:送|订|定|吃|要|连着|连续|停)(?:上|满|它|够)?(?P<count>{NUMBER}|半)个?(?P<unit>月|星期|礼拜|周|天)"
)
_UNTIL = re.compile(
    r"(?<![周期拜一二三四五六])(?:到|至)(?P<day>[^，。]{1,8}?)(?:为止|止|(?=[，。送停都]|$))"
)
_MEALS = (
    ("breakfast", re.compile(r"早饭|早餐|早点|早上|早晨|早起|清早")),
    ("lunch", re.compile(r"午饭|午餐|中饭|中餐|中午|晌午")),
    ("dinner", re.compile(r"晚饭|晚餐|晚上|夜饭|傍晚")),
)
_ALL_MEALS = re.compile(r"三餐|三顿|一日三")
_FOOD = re.compile(r"饭|餐|吃|菜|伙食|送来")
_STOP = r"(?:停|(?<!送)不送|别送|不要送|不用送|甭送|先不要|不要了|不吃|别做|不用做|取消|退)"
_STOPS = re.compile(_STOP)
_FOR_GOOD = re.compile(
    rf"(?:以后|往后|今后|从此|永远|再也)(?:都|就)?[^，。]{{0,4}}{_STOP}"
    rf"|(?:长期|固定|每天)[^，。]{{0,8}}(?:不要了|停了吧|取消|退了|不订了|停掉)"
    r"|(?:不用|不要|别)再送"
)
_RESUMES = re.compile(r"(?:恢复|接着送|继续送|重新送|又(?:可以|能)送|照常送|接着订|再接着|送起来)")
_NEXT_WEEK = re.compile(rf"下个?{_WEEK}(?![一二三四五六日天])")
_THESE_DAYS = re.compile(r"这两天")
_SOME_DAYS = re.compile(r"这几天|这阵子|这段时间|暂时|先停|先别|先不")


_ASKS = re.compile(r"吗|[？]$|么$|怎么|能不能|可不可以")


class Wish(enum.StrEnum):
    """What is wanted of something that comes again and again."""

    START = "start"
    STOP = "stop"
    END = "end"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Recurring:
    """What was said of it; None where nothing was.

    Attributes:
        weekdays: a mask; 0 where no days were named.
        until_day: the last day, of the order or of the pause.
        is_open: paused without a day on which it goes on.
    """

    wish: Wish
    weekdays: int = 0
    from_day: date | None = None
    until_day: date | None = None
    meals: tuple[str, ...] = ()
    is_open: bool = False


class RecurringReader:
    """Reads what was said of meals that come again and again."""

    def __init__(self, words: Words) -> None:
        """Take the words of the days."""
        self._days = DayReader(words)

    def read(self, text: str, today: date) -> Recurring | None:
        """Return what is wanted again and again, or of what comes so; None for anything else."""
        text = clean(text)
        meals = _meals_in(text)
        weekdays = _weekdays_in(text)
        if _ASKS.search(text):
            # 可以每天送饭吗 is how many ask for it; whether to stop is never asked of us.
            return self._start(text, today, weekdays, meals)
        if _RESUMES.search(text):
            return Recurring(Wish.RESUME, from_day=self._from(text, today), meals=meals)
        if _FOR_GOOD.search(text):
            return Recurring(Wish.END, meals=meals)
        if _STOPS.search(text):
            return self._stop(text, today, meals)
        return self._start(text, today, weekdays, meals)

    def _start(
        self, text: str, today: date, weekdays: int, meals: tuple[str, ...]
    ) -> Recurring | None:
        from_day = self._from(text, today)
        until = self._until(text, today, from_day or today + timedelta(days=1))
        is_again = weekdays or _LONG.search(text) or (from_day and until)
        is_again = is_again or (until and _FOR.search(text))
        if not is_again or not (meals or _FOOD.search(text)):
            return None
        return Recurring(Wish.START, weekdays or EVERY_DAY, from_day, until, meals)

    def _stop(self, text: str, today: date, meals: tuple[str, ...]) -> Recurring | None:
        if _THESE_DAYS.search(text):
            return Recurring(Wish.STOP, 0, today, today + timedelta(days=1), meals)
        if _NEXT_WEEK.search(text):
            monday = today + timedelta(days=7 - today.weekday())
            return Recurring(Wish.STOP, 0, monday, monday + timedelta(days=6), meals)
        days = [each.day for each in self._days.find(text, today) if each.day is not None]
        first = self._from(text, today) or (days[0] if days else None)
        until = self._until(text, today, first or today)
        if len(days) > 1 and until is None:
            until = days[-1]
        if first is None and until is None:
            if not _SOME_DAYS.search(text) and not re.search(r"长期|订餐|送饭|每天", text):
                return None
            return Recurring(Wish.STOP, 0, today, None, meals, is_open=True)
        if self._from(text, today) and until is None:
            return Recurring(Wish.STOP, 0, first, None, meals, is_open=True)
        return Recurring(Wish.STOP, 0, first or today, until or first, meals)

    def _from(self, text: str, today: date) -> date | None:
        for found in _FROM.finditer(text):
            day = self._first_day(found.group("day") or found.group("bare"), today)
            if day is not None:
                return day
        return None

    def _until(self, text: str, today: date, first: date) -> date | None:
        found = _FOR.search(text)
        if found is not None:
            return _last_of(first, found.group("count"), found.group("unit"))
        for said in _UNTIL.finditer(text):
            day = self._first_day(said.group("day"), today)
            if day is not None and day >= today:
                return day
        return None

    def _first_day(self, words: str, today: date) -> date | None:
        if re.fullmatch(rf"下个?{_WEEK}", words):
            return today + timedelta(days=7 - today.weekday())
        if words in {"下个月", "下月"}:
            year, month = divmod(today.year * 12 + today.month, 12)
            return date(year, month + 1, 1)
        days = (each.day for each in self._days.find(words, today) if each.doubt is None)
        return next((day for day in days if day is not None), None)


def _weekdays_in(text: str) -> int:
    if _EVERY.search(text):
        return EVERY_DAY
    if (found := _RANGE.search(text)) is not None:
        first, last = _DAYS[found.group(1)], _DAYS[found.group(2)]
        return sum(1 << day for day in range(first, last + 1)) if first < last else 0
    if _WORK.search(text):
        return WEEKDAYS
    mask = 0
    for found in _LIST.finditer(text):
        for sign in found.group("every") or found.group("bare"):
            mask |= 1 << _DAYS[sign] if sign in _DAYS else 0
    return mask | (WEEKEND if _WEEKENDS.search(text) else 0)


def _meals_in(text: str) -> tuple[str, ...]:
    if _ALL_MEALS.search(text):
        return tuple(name for name, _ in _MEALS)
    return tuple(name for name, words in _MEALS if words.search(text))


def _last_of(first: date, count: str, unit: str) -> date | None:
    """Return the last of so many days, weeks or months from `first` on."""
    number = 0 if count == "半" else read_number(count)
    if number is None or not 0 <= number <= 366:
        return None
    if unit == "天":
        return first + timedelta(days=number - 1) if number else None
    if unit == "月":
        if count == "半":
            return first + timedelta(days=14)
        if not 0 < number <= 12:
            return None
        months = first.year * 12 + first.month - 1 + number
        year, month = divmod(months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(first.day, last)) - timedelta(days=1)
    return first + timedelta(weeks=number) - timedelta(days=1) if 0 < number <= 52 else None
