"""Numbers as spoken: 两, 俩, 十二, 廿五, 三百零一, 洞八三洞."""

import re

NUMBER = r"(?:\d{1,4}|[零〇一二两俩三仨四五六七八九十廿卅百]{1,7})"

_DIGITS = {
    **{word: value for value, word in enumerate("零一二三四五六七八九")},
    **{str(value): value for value in range(10)},
    "〇": 0,
    "两": 2,
    "俩": 2,
    "仨": 3,
    # Said over the wireless, where 一 and 七 are easily misheard.
    "洞": 0,
    "幺": 1,
    "拐": 7,
    "勾": 9,
}
_TENS = {"十": 10, "廿": 20, "卅": 30}
_IN_TENS = re.compile(
    r"(?:([一二两三四五六七八九])?百零?)?(?:([一二三四五六七八九])?(十|廿|卅))?"
    r"([一二两俩三仨四五六七八九])?"
)


def read_number(words: str) -> int | None:
    """Return the number, None when the words are none."""
    if words.isascii():
        return int(words) if words.isdigit() and len(words) <= 9 else None
    if not words or any(each not in _DIGITS and each not in "十廿卅百" for each in words):
        return None
    if not any(each in "十廿卅百" for each in words):
        return int("".join(str(_DIGITS[each]) for each in words))
    return _read_in_tens(words)


def _read_in_tens(words: str) -> int | None:
    found = _IN_TENS.fullmatch(words)
    if found is None:
        return None
    hundreds, before, ten, rest = found.groups()
    total = 100 * _DIGITS[hundreds or "一"] if "百" in words else 0
    if ten:
        total += _TENS[ten] * (_DIGITS[before] if before else 1)
    return total + (_DIGITS[rest] if rest else 0)
