"""A quote that enumerates is shown as a list: line breaks are put in, no letter is touched."""

import re

# The marks that official texts count with. Where one of them stands may be told by what is
# before it: a pause, or the beginning.
_MARKS = (
    r"[一二三四五六七八九十]+是",
    r"第[一二三四五六七八九十]+[，、,]",
    r"（[一二三四五六七八九十]+）|\([一二三四五六七八九十]+\)",
    r"[一二三四五六七八九十]+、",
    r"（\d{1,2}）|\(\d{1,2}\)",
    r"\d{1,2}[、．]|\d{1,2}\.(?!\d)",
    r"[①-⑳]",
)
_BEFORE = r"(?<=[；;。，,：:、！？）)\s])"
_NUMBERS = "一二三四五六七八九十"
_CIRCLES = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_FEWEST_MARKS = 2
# 包括甲、乙、丙、丁: fewer are read in one breath.
_AFTER_COLON = re.compile(r"(?<=[：:])[^：:。；;！？\n]+")
_FEWEST_ITEMS = 5
_LONGEST_ITEM = 24
_ITEM = re.compile(r"[^、]+、?")


def as_list(quote: str) -> str:
    """Return the quote with a line break before each item; as it is where it has none."""
    for mark in _MARKS:
        places = _counted(mark, quote)
        if len(places) >= _FEWEST_MARKS:
            return _broken_at(quote, places)
    return _AFTER_COLON.sub(lambda found: _itemised(found.group()), quote)


def _counted(mark: str, quote: str) -> list[int]:
    """Return where marks stand that count on from one another, from whichever they begin."""
    places: list[int] = []
    last: int | None = None
    for found in re.finditer(rf"(?:^|{_BEFORE})(?:{mark})", quote):
        number = _number(found.group())
        if number is not None and (last is None or number == last + 1):
            places.append(found.start())
            last = number
    return places


def _number(mark: str) -> int | None:
    """Read the number of a mark, up to 99."""
    digits = re.search(r"\d+", mark)
    if digits:
        return int(digits.group())
    if mark.strip() and mark.strip()[0] in _CIRCLES:
        return _CIRCLES.index(mark.strip()[0]) + 1
    written = "".join(sign for sign in mark if sign in _NUMBERS)
    tens, has_tens, ones = written.rpartition("十")
    if not written or len(tens) > 1 or len(ones) > 1:
        return None
    value = _NUMBERS.index(ones) + 1 if ones else 0
    return value + 10 * (_NUMBERS.index(tens) + 1 if tens else 1) if has_tens else value


def _broken_at(quote: str, places: list[int]) -> str:
    lines: list[str] = []
    start = 0
    for place in places:
        lines.append(quote[start:place])
        start = place
    lines.append(quote[start:])
    # White space at a break gives way to it.
    return "\n".join(line.strip(" \u3000") for line in lines if line.strip())


def _itemised(words: str) -> str:
    items = _ITEM.findall(words)
    if len(items) < _FEWEST_ITEMS or any(len(item) > _LONGEST_ITEM for item in items):
        return words
    return "\n" + "\n".join(items)
