"""Days as spoken, north and south: 明儿, 礼拜三, 下下周一, 25号, 月底, 腊月初八, 元旦前一天.

A day that is said without a year or month lies ahead. Whatever is past, impossible or vague is
found too and carries its doubt, so that it is asked and never guessed.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from bot.understanding.commands import DoubtKind
from bot.understanding.festivals import festival_day, lunar_day
from bot.understanding.numbers import NUMBER, read_number
from bot.understanding.words import Words

# Said today, a date that passed less than this ago is a slip, not next year.
SLIP_DAYS = 70

_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAYS = {**{word: index for index, word in enumerate("一二三四五六日")}, "天": 6}
_WEEKDAYS |= {str(index + 1): index for index in range(6)}
_AFTER = r"(?:以后|之后|过后|后)"
_LUNAR_MARK = r"(?:农历|阴历|旧历|老历|古历)的?"
_LUNAR_MONTH = rf"(?:闰)?(?:正月|冬月|腊月|{NUMBER}月)"
_LUNAR_DAY = (
    r"(?:初[一二三四五六七八九十]|[二三]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|卅)"
)
# After these, N号 is a building, a car or a window.
_NOT_DAY = r"(?!楼|院|门|线|车|厢|房|桌|床|窗|病|食|堂|单|机|公|大|首|员|码|文|令|所|店|馆|区|厅|台|座|宿|家|干|那栋|栋)"
# 八一医院 and 五一路 are places.
_NOT_NAME = r"(?!路|街|大道|医院|广场|桥|公园|学校|中学|小学|小区|新村|村|厂|礼堂|宾馆|巷|大厦|大楼|饭店|商场|军区|湖|门|电影|大院)"


@dataclass(frozen=True, slots=True)
class FoundDay:
    """A day said at [start, end) of the text; `day` is also given for what is past."""

    start: int
    end: int
    words: str
    day: date | None
    doubt: DoubtKind | None = None


_Reading = tuple[date | None, DoubtKind | None]
_Reader = Callable[[re.Match[str], date], _Reading]

_IMPOSSIBLE: _Reading = (None, DoubtKind.IMPOSSIBLE)
_VAGUE: _Reading = (None, DoubtKind.VAGUE)
_REPEATING: _Reading = (None, DoubtKind.REPEATING)


class DayReader:
    """Finds the days in cleaned text."""

    def __init__(self, words: Words) -> None:
        """Prepare the patterns; words come from the words file, grammar stands here."""
        festivals = "|".join(sorted(words.festivals, key=len, reverse=True))
        self._festivals = words.festivals
        self._offsets = [(offset, said) for offset, said in words.days.items()]
        near = "|".join(f"(?P<d{_name(offset)}>{said.source})" for offset, said in self._offsets)
        self._readers: list[tuple[re.Pattern[str], _Reader]] = [
            (re.compile(pattern), reader)
            for pattern, reader in (
                (words.day_words.repeating.source, lambda _found, _today: _REPEATING),
                (
                    r"(?:从|自|打(?=[今明后下周礼星一二三四五六七八九十\d]))(?P<first>[^，。]{1,8}?)(?:起|开始)",
                    self._from_then_on,
                ),
                (
                    rf"{_WEEK}[一二三四五六日天](?:、?[二三四五六日天])+(?!点|号|月|十)",
                    lambda _f, _t: _REPEATING,
                ),
                (r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})[日号]?", _full),
                (
                    rf"(?:{_LUNAR_MARK})(?P<month>{_LUNAR_MONTH})?(?P<day>{_LUNAR_DAY}|{NUMBER})[号日]?",
                    _lunar,
                ),
                (rf"(?<![周期拜])(?P<festival>{festivals})(?![号日]){_NOT_NAME}", self._festival),
                (rf"(?P<month>正月|冬月|腊月)(?:的)?(?P<day>{_LUNAR_DAY}|{NUMBER})", _lunar),
                (rf"(?P<month>{NUMBER}月)(?P<day>初[一二三四五六七八九十])", _lunar),
                (r"(?:正月|冬月|腊月|初[一二三四五六七八九十])", lambda _found, _today: _VAGUE),
                (
                    rf"(?:(?P<next>下个?月)|(?P<this>这个?月|本月|当月))的?(?P<day>{NUMBER})[号日]",
                    _day_of_near_month,
                ),
                (r"(?P<next>下个?月|下月)(?:月底|底|末)", _month_end),
                (r"(?:(?:这个?月|本月)的?)?月?(?:(?<=月)底|月底|月末)", _month_end),
                (
                    rf"(?:(?P<year>今年|明年|后年|去年)的?)?(?<![\d个])(?P<month>{NUMBER})月(?:份)?的?"
                    rf"(?:(?P<end>底|末)|(?P<day>{NUMBER})(?:[号日]|(?!\d|份|个|点|人|[:：])))",
                    _month_and_day,
                ),
                (r"(?<!\d)(?P<month>1[0-2]|0?[1-9])[/](?P<day>\d{1,2})(?![\d/])", _month_and_day),
                (
                    rf"(?<![\d个几半])(?P<month>{NUMBER})月(?:份|初|中旬|上旬|下旬|中|里)?(?![\d一二三四五六七八九十])",
                    _bare_month,
                ),
                (
                    rf"(?:再过|再|过)?(?P<count>{NUMBER}|半)(?P<unit>天|日|个?星期|个?礼拜|周|个?月)(?P<way>{_AFTER}|以前|之前|前)",
                    _counted,
                ),
                (rf"过(?!两天)(?P<count>{NUMBER})(?P<unit>天|个星期|个礼拜|周|个月)", _counted),
                (
                    rf"(?P<way>下下下|下下|下|上上|上|这|本|今|大下)?(?P<one>一?个)?{_WEEK}"
                    rf"(?P<weekday>[一二三四五六日天1-6])(?!\d|周(?![一二三四五六日天])|次|回(?!来|家|去|所|院|京|老|门|城|乡|村)|趟|顿|天(?!.))",
                    _weekday,
                ),
                (r"上(?:个)?(?:周|星期|礼拜)", lambda _found, _today: (None, DoubtKind.PAST)),
                (words.day_words.vague.source, lambda _found, _today: _VAGUE),
                (near, self._near),
                (rf"(?<![\d第月a-zA-Z-])(?P<day>{NUMBER})(?:号|日){_NOT_DAY}", _day_of_month),
            )
        ]

    def find(self, text: str, today: date) -> list[FoundDay]:
        """Return the days said, in order, none overlapping another."""
        found: list[FoundDay] = []
        taken = bytearray(len(text))
        for pattern, reader in self._readers:
            for match in pattern.finditer(text):
                start, end = match.span()
                if start == end or any(taken[start:end]) or _is_name(text, match):
                    continue
                taken[start:end] = b"\x01" * (end - start)
                day, doubt = _checked(reader(match, today), today)
                found.append(FoundDay(start, end, match.group(), day, doubt))
        ordered = sorted(found, key=lambda each: each.start)
        return list(_joined(_with_neighbours(text, ordered), text))

    def _near(self, found: re.Match[str], today: date) -> _Reading:
        offset = next(offset for offset, _ in self._offsets if found.group(f"d{_name(offset)}"))
        return today + timedelta(days=offset), None

    def _from_then_on(self, found: re.Match[str], today: date) -> _Reading:
        """Read the first day of 从明天起; that it goes on from there is a doubt."""
        first = self.find(found["first"], today)
        is_clear = len(first) == 1 and first[0].doubt is None
        return (first[0].day if is_clear else None), DoubtKind.REPEATING

    def _festival(self, found: re.Match[str], today: date) -> _Reading:
        return festival_day(self._festivals[found["festival"]], today), None


def _name(offset: int) -> str:
    return str(offset).replace("-", "m")


def _checked(reading: _Reading, today: date) -> _Reading:
    day, doubt = reading
    if day is None:
        return None, doubt or DoubtKind.IMPOSSIBLE
    return day, doubt or (DoubtKind.PAST if day < today else None)


def _is_name(text: str, found: re.Match[str]) -> bool:
    """Tell 老周三点来 and 一周三次 from 周三."""
    before = text[found.start() - 1 : found.start()] if found.start() else ""
    return found.group()[0] == "周" and before in tuple("小老一两几半1234567890每")


def _safe_date(year: int, month: int, day: int) -> date | None:
    if not (
        1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(1, min(year, 9999)), month)[1]
    ):
        return None
    return date(year, month, day)


def _full(found: re.Match[str], _today: date) -> _Reading:
    year = int(found["year"])
    day = _safe_date(year, int(found["month"]), int(found["day"])) if 1900 <= year < 2200 else None
    return day, None


def _month_and_day(found: re.Match[str], today: date) -> _Reading:
    groups = found.groupdict()
    month = read_number(found["month"])
    said_year = groups.get("year")
    if month is None or not 1 <= month <= 12:
        return _IMPOSSIBLE
    year = today.year + {"明年": 1, "后年": 2, "去年": -1}.get(said_year or "", 0)
    if groups.get("end"):
        day_number: int | None = calendar.monthrange(year, month)[1]
    else:
        day_number = read_number(found["day"])
    # The 29th of February is judged in the year it would be meant for.
    years = (
        (year, year + 1, year + 2, year + 3) if (month, day_number) == (2, 29) else (year, year + 1)
    )
    return _next_of(years if said_year is None else (year,), month, day_number or 0, today)


def _next_of(years: tuple[int, ...], month: int, day: int, today: date) -> _Reading:
    days = [found for year in years if (found := _safe_date(year, month, day))]
    if not days:
        return _IMPOSSIBLE
    ahead = [found for found in days if found >= today]
    if not ahead or (today - days[0]).days in range(1, SLIP_DAYS):
        return days[0], DoubtKind.PAST
    return ahead[0], None


def _bare_month(found: re.Match[str], _today: date) -> _Reading:
    month = read_number(found["month"])
    return _VAGUE if month is not None and 1 <= month <= 12 else _IMPOSSIBLE


def _month_end(found: re.Match[str], today: date) -> _Reading:
    later = 1 if found.groupdict().get("next") else 0
    return _month_later(today.replace(day=1), later, 31), None


def _day_of_near_month(found: re.Match[str], today: date) -> _Reading:
    number = read_number(found["day"])
    first = _month_later(today.replace(day=1), 1 if found["next"] else 0, 1)
    return _safe_date(first.year, first.month, number or 0), None


def _day_of_month(found: re.Match[str], today: date) -> _Reading:
    number = read_number(found["day"])
    if number is None or not 1 <= number <= 31:
        return _IMPOSSIBLE
    for later in range(4):
        first = _month_later(today.replace(day=1), later, 1)
        day = _safe_date(first.year, first.month, number)
        if day is not None and day >= today:
            return day, None
    return _IMPOSSIBLE


def _month_later(day: date, months: int, at: int) -> date:
    """Return day number `at` of the month `months` after that of `day`, its last day at most."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(at, calendar.monthrange(year, month + 1)[1]))


def _counted(found: re.Match[str], today: date) -> _Reading:
    unit = found["unit"].lstrip("个")
    back = "前" in (found.groupdict().get("way") or "")
    if found["count"] == "半":
        count: int | None = 15 if unit == "月" else None
        unit = "天"
    else:
        count = read_number(found["count"])
    if count is None or count > 400:
        return _VAGUE
    if unit == "月":
        return (None, DoubtKind.PAST) if back else (_month_later(today, count, today.day), None)
    days = count * (7 if unit in {"星期", "礼拜", "周"} else 1)
    return today + timedelta(days=-days if back else days), None


def _weekday(found: re.Match[str], today: date) -> _Reading:
    weekday = _WEEKDAYS[found["weekday"]]
    way = found["way"]
    if way is None and found["one"]:
        return _VAGUE
    monday = today - timedelta(days=today.weekday())
    if way is None:
        # 周一 said on a Monday is the next one: for this day people say 今天.
        return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1), None
    weeks = {"下": 1, "大下": 2, "下下": 2, "下下下": 3, "上": -1, "上上": -2}.get(way, 0)
    return monday + timedelta(days=7 * weeks + weekday), None


def _lunar(found: re.Match[str], today: date) -> _Reading:
    day = _lunar_day_number(found["day"])
    said_month = found.groupdict().get("month")
    if said_month is None or said_month.startswith("闰"):
        return _VAGUE
    named = {"正月": 1, "冬月": 11, "腊月": 12}
    month = named.get(said_month) or read_number(said_month.removesuffix("月"))
    if day is None or month is None or not 1 <= month <= 12 or not 1 <= day <= 30:
        return _IMPOSSIBLE
    ahead = [
        solar
        for year in (today.year - 1, today.year, today.year + 1)
        if (solar := lunar_day(year, month, day)) and solar >= today
    ]
    return (ahead[0], None) if ahead else _VAGUE


def _lunar_day_number(words: str) -> int | None:
    return read_number(words.removeprefix("初"))


_BEFORE_OR_AFTER = re.compile(
    rf"(?:的)?(?:(?P<eve>前一天|头一天|头天|前夕|前一日)|(?P<next>后一天|第二天|转天|后一日)"
    rf"|(?:前|后)(?P<count>{NUMBER})天|(?:之前|以前|前后|前|之后|以后|过后|后|期间|左右|上下)(?!天|往|晌|半|来))"
)


def _with_neighbours(text: str, days: list[FoundDay]) -> Iterator[FoundDay]:
    """Read 元旦前一天; what is only somewhere before or after a day is vague."""
    for each in days:
        found = _BEFORE_OR_AFTER.match(text, each.end)
        if found is None or each.day is None or each.doubt is not None:
            yield each
            continue
        step = -1 if found["eve"] else 1 if found["next"] else 0
        words = text[each.start : found.end()]
        if step:
            yield FoundDay(each.start, found.end(), words, each.day + timedelta(days=step))
        else:
            yield FoundDay(each.start, found.end(), words, None, DoubtKind.VAGUE)


def _joined(days: Iterator[FoundDay], text: str) -> Iterator[FoundDay]:
    """Join 明天24号 and 周三（25号）; two different days side by side cannot both be meant."""
    earlier: FoundDay | None = None
    for each in days:
        if earlier is None:
            earlier = each
            continue
        between = text[earlier.end : each.start]
        if between in {"", "，"} and not _is_list(earlier, each):
            earlier = _one_of(earlier, each, text)
        else:
            yield earlier
            earlier = each
    if earlier is not None:
        yield earlier


_WEEKDAY_ALONE = re.compile(rf"{_WEEK}[一二三四五六日天1-6]")
_NEAR_DAY = re.compile(r"[今明后]天|[今明后]儿个?|[今明后]日|大后天")


def _is_list(first: FoundDay, second: FoundDay) -> bool:
    """Tell 周二周四 and 明天后天, which are two days, from 明天24号, which is one."""
    return any(
        kind.fullmatch(first.words) is not None and kind.fullmatch(second.words) is not None
        for kind in (_WEEKDAY_ALONE, _NEAR_DAY)
    )


def _one_of(first: FoundDay, second: FoundDay, text: str) -> FoundDay:
    words = text[first.start : second.end]
    if first.day is None or second.day is None:
        kept = second if first.doubt is DoubtKind.VAGUE and second.day else first
        return FoundDay(first.start, second.end, words, kept.day, kept.doubt)
    if first.day == second.day:
        return FoundDay(first.start, second.end, words, first.day, first.doubt)
    return FoundDay(first.start, second.end, words, None, DoubtKind.VAGUE)
