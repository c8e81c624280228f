"""Numbers as people and documents write them, made comparable: 一次 and 1次 are one quantity.

A quantity is a number with what is counted and how the number is bounded: 不超过20万元 is another
one than 20万元, and 11月9日 another one than 9天. Nothing is guessed: what cannot be read as a
number keeps its own characters, and equals only the same characters.
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from knowledge.words import comparable

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10**4, "亿": 10**8}
# A numeral inside these counts nothing.
_NO_COUNT = re.compile(
    r"(?:进一步|逐一|唯一|统一|同一|单一|专一|不一|之一|第一时间|万一|千万别|千方百计|百姓|十分"
    r"|一(?:些|起|样|定|般|律|下|直|并|致|旦|切|共|块|边|道|同|向|生|方面|系列|次性|站式|体化|线|经))"
)
# A place that dates and quantities hold on to when such a word is taken out.
_NOTHING = "·"
_CLOCK = re.compile(r"(\d{1,2})\s*[:点时](?!间|候|常|刻|期|长|代)\s*(半|\d{1,2})?分?")
_PER_YEAR = re.compile(
    r"[1一](年|个?月|周|星期|天|日)(?=[^,。;]{0,4}?[\d一两二三四五六七八九十]+[次回趟])"
)
_EVERY = re.compile(r"(?:每[1一]?个?|(?<![\d本上下当全])(?=年度))(年|季|月|周|星期|天|日)度?")
_EACH = re.compile(r"每(年|季|月|周|星期|天|日|人|位|名|次|户)")
_PERCENT = re.compile(r"百分之([\d.零一二三四五六七八九十百点]+)")
_NUMBER = re.compile(
    r"(?P<ordinal>第?)"
    r"(?P<number>\d+(?:,\d{3})*(?:\.\d+)?[十百千万亿]*|[零〇一二两三四五六七八九十百千万亿]+"
    r"|半(?=[年天月日数价个小]))"
    r"(?P<more>[多余几来]?)"
    r"(?P<unit>个月|个星期|个小时|个半|小时|分钟|季度|星期|周岁|个?[\u4e00-\u9fff%]?)"
    r"(?P<after>及?以上|及?以下|以内|之内|以外|左右|上下|前后)?"
)
_BEFORE = re.compile(
    r"(不(?:得|能|可)?(?:超过|高于|多于|大于|超出)|最多|最高|至多|不(?:得|能|可)?(?:少于|低于|小于)"
    r"|至少|最少|最低|不足|不满|未满|低于|少于|超过|高于|多于|大于|年?满|达到?|大?约|将?近)为?$"
)
# In this order: 不少于 is no 少于.
_BOUNDS = (
    ("<=", re.compile(r"不.*[超高多大]|最[多高]|至多|以下|[以之]内")),
    (">=", re.compile(r"不.*[少低小]于|至少|最[少低]|(?<![不未])满|达|以上")),
    ("<", re.compile(r"不足|[不未]满|低于|少于")),
    (">", re.compile(r"超过|高于|多于|大于")),
    ("~", re.compile(r"约|近|左右|上下|前后")),
)
# What may follow a number and counts nothing: 九月初九是.
_NO_UNITS = frozenset("是为的在和与等至到由起前后内外之以不就都也")
# Units that people and documents use for one another.
_SAME_UNIT = {
    other: one
    for one, others in {
        "次": "回趟",
        "名": "人位",
        "条": "项款",
        "元": "块",
        "天": "日",
        "周": ("星期", "个星期", "礼拜"),
        "小时": ("个小时", "钟"),
        "岁": ("周岁",),
    }.items()
    for other in others
}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, what it counts, and its bound: "", <=, >=, <, >, ~, + (and more)."""

    value: str
    unit: str
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A quantity and where it stands in the text it was read from."""

    quantity: Quantity
    start: int
    end: int


def plain_numbers(text: str) -> str:
    """Return a text folded, with clock times, percentages and every-year words in one form."""
    text = re.sub(
        r"(?<=\d)\s+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\s+(?=\d)", "", comparable(text)
    )
    text = _PERCENT.sub(lambda found: f"{_value(found.group(1))}%", text)
    text = _CLOCK.sub(_clock, text)
    text = _PER_YEAR.sub(r"每\1", text)
    return _EVERY.sub(lambda found: f"每{found.group(1)}", text)


def quantities(text: str) -> list[Found]:
    """Return the quantities of a text that `plain_numbers` has prepared, in order."""
    counted = _NO_COUNT.sub(lambda found: _NOTHING * len(found.group()), text)
    found: list[Found] = []
    for match in _EACH.finditer(counted):
        unit = _SAME_UNIT.get(match.group(1), match.group(1))
        found.append(Found(Quantity("每", unit), match.start(), match.end()))
    last_unit, last_end = "", -1
    for match in _NUMBER.finditer(counted):
        end = match.end("after") if match.group("after") else match.end("more")
        follows_month = last_unit == "月" and match.start() == last_end
        unit = _unit(match.group("unit"), follows_month=follows_month)
        value = match.group("ordinal") + _value(match.group("number"))
        bound = _bound(counted[max(0, match.start() - 6) : match.start()], match)
        if unit and match.group("unit"):
            end = max(end, match.start("unit") + 1)
        found.append(Found(Quantity(value, unit, bound), match.start(), end))
        last_unit, last_end = match.group("unit"), match.end("unit")
    return sorted(found, key=lambda each: each.start)


def _unit(written: str, *, follows_month: bool) -> str:
    if follows_month and written[:1] in {"日", "号"}:
        return "号"
    if written in {"个月", "个半"}:
        return written
    if written in _SAME_UNIT:
        return _SAME_UNIT[written]
    unit = written.removeprefix("个") or written
    return "" if unit in _NO_UNITS else _SAME_UNIT.get(unit, unit)


def _bound(before: str, match: re.Match[str]) -> str:
    said = _BEFORE.search(before)
    words = (said.group() if said else "", match.group("after") or "")
    bounds = [name for word in words if word for name, form in _BOUNDS if form.search(word)]
    return (bounds[0] if bounds else "") + ("+" if match.group("more") else "")


def _clock(found: re.Match[str]) -> str:
    minutes = {"半": "30"}.get(found.group(2) or "", found.group(2) or "")
    return (
        f"{int(found.group(1))}点{int(minutes)}分"
        if minutes.strip("0")
        else f"{int(found.group(1))}点"
    )


def _value(written: str) -> str:
    """Return a number in one form; what is no number stays as it is written."""
    if written == "半":
        return "0.5"
    digits = written.rstrip("十百千万亿").replace(",", "")
    if digits and re.fullmatch(r"\d+(?:\.\d+)?", digits):
        scale = Decimal(1)
        for letter in written[len(written.rstrip("十百千万亿")) :]:
            scale *= (_TENS | _MYRIADS)[letter]
        return _in_one_form(Decimal(digits) * scale)
    if all(letter in _DIGITS for letter in written):
        return _in_one_form(Decimal("".join(str(_DIGITS[letter]) for letter in written)))
    spoken = _spoken(written)
    return written if spoken is None else str(spoken)


def _in_one_form(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _spoken(written: str) -> int | None:
    """Return the value of 二十四, 三万五千 or 一百五; None where it is not built that way."""
    total, section, digit, scale = 0, 0, 0, 0
    for letter in written:
        if letter in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[letter]
            scale = scale if digit else 1
        elif letter in _TENS:
            scale = _TENS[letter]
            section += (digit or 1) * scale
            digit = 0
        else:
            scale = _MYRIADS[letter]
            total += (section + digit or 1) * scale
            section, digit = 0, 0
    # 一百五 is 150, 一百零五 is 105, and 十五 is 15.
    return total + section + digit * (scale // 10 if scale > 10 else 1)
