"""Times of day as spoken: 两点半, 七点一刻, 差一刻九点, 后晌四点, 洞八三洞, 半小时后.

A bare hour means what makes sense: nobody is fetched at half past two at night. What remains
open (晚上十二点, 八九点) is found with its doubt, so that it is asked and never guessed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.understanding.commands import DoubtKind
from bot.understanding.numbers import NUMBER, read_number
from bot.understanding.words import Words

PARTS = ("early", "morning", "noon", "afternoon", "evening", "night")
# A bare hour below this is meant for the afternoon.
FIRST_BARE_HOUR = 6
MAX_DELAY = timedelta(hours=48)

_HOUR = r"(?P<hour>\d{1,2}|[零〇一二两三四五六七八九十廿洞幺拐勾]{1,3})"
_SPOKEN = (
    rf"(?<![\d第.]){_HOUR}"
    r"(?:点钟|点整|点|时(?!候|间|期|刻|常|段))"
    r"(?:(?P<half>半)|(?P<quarter>[一二两三])刻"
    r"|差(?:(?P<less>\d{1,2}|[一二两三四五六七八九十]{1,3})分|(?P<less_quarter>一)刻)"
    r"|(?:过|零|〇|洞)?(?P<minute>\d{1,2}|[零〇一二两三四五六七八九十廿洞幺拐勾]{1,3})"
    r"(?:分|(?![\d份个人位客口辆台年月日号块元点、百千])))?钟?"
)
_BEFORE_HOUR = rf"(?:差|欠)(?:(?P<less>\d{{1,2}}|[一二两三四五六七八九十]{{1,3}})分?|(?P<less_quarter>一)刻钟?){_HOUR}点(?:钟|整)?"
_CLOCK = r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?!\d)"
_WIRELESS = (
    r"(?=[零〇一二两三四五六七八九]*[洞幺拐勾])(?P<digits>[洞幺两二三四五六拐七八勾九零〇一]{4})"
)
_FOUR_DIGITS = r"(?<![\d.])(?P<digits>[01]\d[0-5]\d|2[0-3][0-5]\d)(?=时|点|出|用|开|到|去|接|走|派|发|送|来|在|准|$|，|。)"
_DELAY = (
    rf"(?<!点)(?:再?过)?(?:(?P<hours>{NUMBER})个?(?P<and_half>半)?(?:小时|钟头)(?P<trailing_half>半)?"
    rf"|(?P<half>半)个?(?:小时|钟头|钟点)|(?P<quarters>[一二两三])刻钟|(?P<minutes>{NUMBER})分钟?)"
)
_RANGE = re.compile(rf"(?:之间|[到至\-~](?=.{{0,4}}(?:{NUMBER})(?:点|:)))")
_FOLLOWS_ONE = re.compile(
    r"(?:钟|整|半|前|左右|来|去|接|送|出|到|走|用|开|派|发|动身|在|以|之|准|吃|的|，|。|$|叫|要|从|我|坐|体|打|回|上|集|见)"
)
_APPROXIMATE = re.compile(r"(?:多钟?|几分|之后|以后|之前|以前|后|前)(?!天)")


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time said at [start, end) of the text.

    Attributes:
        part: the part of the day said with it, one of PARTS.
        hour, minute: as said; hour may still be meant for the afternoon (see `resolved`).
        delay: 半小时后, counted from now.
        doubt: why it cannot be taken.
    """

    start: int
    end: int
    words: str
    hour: int = 0
    minute: int = 0
    part: str | None = None
    delay: timedelta | None = None
    doubt: DoubtKind | None = None


@dataclass(frozen=True, slots=True)
class FoundPart:
    """A part of the day said without an hour."""

    start: int
    end: int
    words: str
    part: str


class TimeReader:
    """Finds the times and the parts of the day in cleaned text."""

    def __init__(self, words: Words) -> None:
        """Prepare the patterns; words come from the words file, grammar stands here."""
        parts = words.parts
        named = "|".join(f"(?P<{name}>{getattr(parts, name).source})" for name in PARTS)
        self._part = re.compile(rf"(?:{named})")
        self._not_part = parts.not_parts
        self._words = words.time_words
        self._patterns = [
            re.compile(pattern)
            for pattern in (_CLOCK, _BEFORE_HOUR, _SPOKEN, _WIRELESS, _FOUR_DIGITS)
        ]
        self._delay = re.compile(rf"{_DELAY}(?P<after>(?:以后|之后|过后|后))?")

    def find(self, text: str) -> tuple[list[FoundTime], list[FoundPart]]:
        """Return the times, and the parts of the day that stand without one."""
        parts = list(self._parts(text))
        times: list[FoundTime] = list(self._delays(text))
        taken = _Taken(times)
        for pattern in self._patterns:
            for match in pattern.finditer(text):
                if taken.meets(*match.span()) or self._is_no_time(text, match):
                    continue
                taken.add(*match.span())
                times.append(_read(match))
        times = _with_ranges(sorted(times, key=lambda each: each.start), text)
        times = [_with_part(each, parts, text) for each in times]
        used = [each for each in times if each.part]
        left = [each for each in parts if not any(u.start <= each.start < u.end for u in used)]
        return times, left

    def vague(self, text: str) -> FoundPart | None:
        """Return words like 早一点 that speak of time and name none."""
        found = self._words.vague.search(text)
        return FoundPart(found.start(), found.end(), found.group(), "") if found else None

    def _parts(self, text: str) -> Iterator[FoundPart]:
        blocked = [match.span() for match in self._not_part.all(text)]
        for match in self._part.finditer(text):
            if any(start <= match.start() < end for start, end in blocked):
                continue
            name = next(part for part in PARTS if match.group(part))
            yield FoundPart(match.start(), match.end(), match.group(), name)

    def _delays(self, text: str) -> Iterator[FoundTime]:
        for match in self._delay.finditer(text):
            if not match["after"] and not match.group().startswith(("过", "再过")):
                continue
            delay = _delay_of(match)
            fits = delay is not None and timedelta() < delay <= MAX_DELAY
            yield FoundTime(
                match.start(),
                match.end(),
                match.group(),
                delay=delay if fits else None,
                doubt=None if fits else DoubtKind.VAGUE,
            )

    def _is_no_time(self, text: str, match: re.Match[str]) -> bool:
        """Tell 两点意见 and 软一点 from an hour."""
        rest, before = text[match.end() :], text[: match.start()]
        if before.endswith(("都", "已经")) and rest.startswith("了"):
            return True
        if not match.group().endswith("点"):
            return False
        if self._words.not_after.begins(rest):
            return True
        if match.groupdict().get("hour") != "一":
            return before.endswith("提")
        said_part = self._part.search(before[-4:]) is not None
        return self._words.not_before.ends(before) or not (
            said_part or _FOLLOWS_ONE.match(rest) is not None
        )


class _Taken:
    """The stretches of text that are already read."""

    def __init__(self, times: list[FoundTime]) -> None:
        self._spans = [(each.start, each.end) for each in times]

    def meets(self, start: int, end: int) -> bool:
        return any(start < until and since < end for since, until in self._spans)

    def add(self, start: int, end: int) -> None:
        self._spans.append((start, end))


def _read(match: re.Match[str]) -> FoundTime:
    groups = match.groupdict()
    if _is_two_hours(groups.get("hour")):
        return FoundTime(*match.span(), match.group(), doubt=DoubtKind.VAGUE)
    hour, minute = _hour_and_minute(groups)
    if hour is None or minute is None or hour > 24 or not -60 < minute < 60:
        return FoundTime(*match.span(), match.group(), doubt=DoubtKind.IMPOSSIBLE)
    if minute < 0:
        hour, minute = (hour - 1) % 24, minute + 60
    # A leading nought, the wireless and hours above noon leave nothing open.
    exact = groups.get("digits") or (groups.get("hour") or "").startswith(("0", "洞", "零"))
    part = "exact" if exact else None
    return FoundTime(*match.span(), match.group(), hour, minute, part)


def _hour_and_minute(groups: dict[str, str | None]) -> tuple[int | None, int | None]:
    if digits := groups.get("digits"):
        return divmod(read_number(digits) or 0, 100)
    return read_number(groups["hour"] or ""), _minute_of(groups)


def _minute_of(groups: dict[str, str | None]) -> int | None:
    if groups.get("half"):
        return 30
    if quarter := groups.get("quarter"):
        return 15 * (read_number(quarter) or 0)
    if groups.get("less_quarter"):
        return -15
    if less := groups.get("less"):
        minutes = read_number(less)
        return -minutes if minutes is not None else None
    said = groups.get("minute")
    return read_number(said) if said else 0


def _is_two_hours(words: str | None) -> bool:
    """Tell 八九点 from an hour."""
    return (
        words is not None
        and len(words) == 2
        and all(each in "一二三四五六七八九" for each in words)
    )


def _delay_of(match: re.Match[str]) -> timedelta | None:
    if match["half"]:
        return timedelta(minutes=30)
    if match["quarters"]:
        return timedelta(minutes=15 * (read_number(match["quarters"]) or 0))
    if match["minutes"]:
        minutes = read_number(match["minutes"])
        return timedelta(minutes=minutes) if minutes is not None else None
    hours = read_number(match["hours"])
    if hours is None:
        return None
    half = 30 if match["and_half"] or match["trailing_half"] else 0
    return timedelta(hours=hours, minutes=half)


def _with_ranges(times: list[FoundTime], text: str) -> list[FoundTime]:
    """Make one vague time of 九点到十点."""
    joined: list[FoundTime] = []
    for each in times:
        before = joined[-1] if joined else None
        if before is not None and re.fullmatch(r"[到至~\-]", text[before.end : each.start]):
            words = text[before.start : each.end]
            joined[-1] = FoundTime(before.start, each.end, words, doubt=DoubtKind.VAGUE)
        else:
            joined.append(each)
    return joined


def _with_part(each: FoundTime, parts: list[FoundPart], text: str) -> FoundTime:
    for part in parts:
        if part.end <= each.start and text[part.end : each.start] in {
            "",
            "的",
            "，",
            "大概",
            "大约",
            "差不多",
            "约",
        }:
            words = text[part.start : each.end]
            kept = each.part if each.part == "exact" and each.hour >= FIRST_BARE_HOUR else part.part
            return replace(each, start=part.start, words=words, part=kept)
    return each


@dataclass(frozen=True, slots=True)
class Moment:
    """A time made sure of; `day` is given when the words settle it."""

    time: time | None
    day: date | None = None
    doubt: DoubtKind | None = None


def resolved(found: FoundTime, *, day: date | None, now: datetime, evening: bool = False) -> Moment:
    """Return the time meant.

    `now` is Shanghai wall-clock time, `day` the day it is wanted for, `evening` says that it
    belongs to a dinner.
    """
    if found.doubt is not None:
        return Moment(None, doubt=found.doubt)
    if found.delay is not None:
        then = now + found.delay
        return Moment(time(then.hour, then.minute), then.date())
    hour = _hour_meant(found, evening=evening)
    if hour is None:
        return Moment(None, doubt=DoubtKind.VAGUE)
    if not 0 <= hour <= 23:
        return Moment(None, doubt=DoubtKind.IMPOSSIBLE)
    at = time(hour, found.minute)
    if day != now.date() or at > now.time():
        return Moment(at)
    if (
        found.part is None
        and hour + 12 <= 23
        and time(hour + 12, found.minute) > now.time()
        and hour <= 11
    ):
        return Moment(time(hour + 12, found.minute))
    return Moment(None, doubt=DoubtKind.PAST)


def _hour_meant(found: FoundTime, *, evening: bool) -> int | None:
    """Return the hour from 0 to 23, None when the words leave it open."""
    hour = found.hour
    if hour == 24:
        return None
    match found.part:
        case None:
            if evening and 4 <= hour <= 11:
                return hour + 12
            return hour + 12 if 1 <= hour < FIRST_BARE_HOUR else hour
        case "exact":
            return hour
        case "early":
            return 0 if hour == 12 else hour if hour <= FIRST_BARE_HOUR else None
        case "morning":
            return hour if 4 <= hour <= 12 else None
        case "noon":
            return hour + 12 if 1 <= hour <= 2 else hour if 11 <= hour <= 14 else None
        case "afternoon":
            return hour + 12 if 1 <= hour <= 8 else hour if 12 <= hour <= 20 else None
        case _:
            return hour + 12 if 5 <= hour <= 11 else hour if 17 <= hour <= 23 else None
