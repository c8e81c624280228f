"""Days and times as people say them: 明天（星期二）, 11月30日（星期一）, 上午8点半."""

from datetime import date, datetime, time

from store.clock import local

_WEEKDAYS = "一二三四五六日"
_NEAR = {0: "今天", 1: "明天", 2: "后天"}


def weekday_word(day: date) -> str:
    """Return 星期一 to 星期日."""
    return f"星期{_WEEKDAYS[day.weekday()]}"


def weekdays_word(days: str) -> str:
    """Return 一、三、五 of 135."""
    return "、".join(_WEEKDAYS[int(day) - 1] for day in days)


def plain_day_word(day: date, today: date) -> str:
    """Return 11月24日（星期二）, true on any day it is read; the year only when it differs."""
    year = "" if day.year == today.year else f"{day.year}年"
    return f"{year}{day.month}月{day.day}日（{weekday_word(day)}）"


def day_word(day: date, today: date) -> str:
    """Return 今天/明天/后天 or the date, always with the weekday."""
    near = _NEAR.get((day - today).days)
    return f"{near}（{weekday_word(day)}）" if near else plain_day_word(day, today)


def full_day_word(day: date, today: date) -> str:
    """Return the near word and the date, for a card that may be read again tomorrow."""
    near = _NEAR.get((day - today).days)
    plain = plain_day_word(day, today)
    return f"{near}，{plain}" if near else plain


def time_word(at: time) -> str:
    """Return 上午8点, 上午8点半, 下午2点15分."""
    if at.hour < 6:
        part = "凌晨"
    elif at.hour < 12:
        part = "上午"
    elif at.hour < 13:
        part = "中午"
    elif at.hour < 18:
        part = "下午"
    else:
        part = "晚上"
    hour = at.hour if at.hour <= 12 else at.hour - 12
    minutes = {0: "", 30: "半"}.get(at.minute, f"{at.minute}分")
    return f"{part}{hour}点{minutes}"


def moment_word(instant: datetime, today: date) -> str:
    """Return day and time of an instant in Shanghai."""
    there = local(instant)
    return f"{day_word(there.date(), today)}{time_word(there.time())}"
