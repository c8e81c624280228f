"""What an official text says of itself: its number, who issued it and when, from when until when.

Only what cannot be meant otherwise is read; where two places differ nothing is. Staff see it and
correct it before the document is published.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

_ONES = "一二三四五六七八九"
_DIGITS = {char: str(value) for value, char in enumerate(f"〇{_ONES}")}
_DIGITS |= {"零": "0", "○": "0", "Ｏ": "0", "O": "0"}
_TENS = {"": 0, "十": 10, "二十": 20, "三十": 30}
_NUMERALS = {
    f"{tens}{ones}": ten + one
    for tens, ten in _TENS.items()
    for one, ones in enumerate(("", *_ONES))
    if ten + one
} | {"两": 2}

_DATE = (
    r"(?:\d{4}\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日"
    r"|[一二][一二三四五六七八九〇零○ＯO]{3}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日)"
)
_OPEN, _CLOSE = r"[〔\[［【（(]", r"[〕\]］】）)]"
_NUMBER = rf"[\u4e00-\u9fff]{{1,14}}{_OPEN}(?:19|20)\d\d{_CLOSE}(?:第)?\d{{1,4}}号"
_ORDER = r"[\u4e00-\u9fff]{2,24}(?:令|公告)(?:(?:19|20)\d\d年)?第\d{1,4}号"
_ORGANISATION = re.compile(
    r"[\u4e00-\u9fff（）()]{1,38}(?:部|厅|局|委|委员会|办公室|政府|国务院|院|所|中心|会|处|署|站|科|组|机制|办|行|队|校)"
)
# What may stand above a signature: the end of a sentence, a telephone number, a list of annexes.
_BEFORE_A_SIGNATURE = re.compile(r".*[。！!；;）)”》a-zA-Z0-9]|.*[：:].*|附件.*|\d+[.．、].*")
_KINDS = "办法|规定|通知|意见|条例|细则|方案|制度|规则|公告|通告|决定|措施|标准|规程|章程|规范|政策|守则|须知|文件"
# What a text calls itself: 本办法, 本实施细则. No other title and no single clause may come between.
_ITSELF = rf"本[\u4e00-\u9fff]{{0,6}}?(?:{_KINDS})"
_BETWEEN = r"[^。；;\n《》第]{0,40}?"
_HOLDS = r"(?:正式)?(?:施行|实施|执行|生效|试行)"

_FIELD = re.compile(
    r"(?P<name>发文字号|文\s?号|发文机关|发布机构|发布机关|成文日期|发文日期|发布日期)\s?[：:]\s?(?P<value>\S.*)"
)
_BESIDE_THE_TITLE = re.compile(
    rf"\d{{1,6}}|(?:绝密|机密|秘密)\S{{0,8}}|特急|加急|平急|签发人[：:].*|.{{2,40}}文件"
    rf"|[（(]?(?:{_NUMBER}|{_ORDER})[）)]?(?:\s.*)?|{_DATE}|[（(]{_DATE}.*[）)]"
    r"|(?:索引号|主题分类|主题词|发文字号|文\s?号|发文机关|发布机构|发布机关|成文日期|发文日期|发布日期|标\s?题|有效性)\s?[：:].*"
)
_STARTS = re.compile(rf"{_ITSELF}{_BETWEEN}自(?P<day>{_DATE})起{_HOLDS}")
_SENT_AND_STARTS = re.compile(rf"印发给你们{_BETWEEN}自(?P<day>{_DATE})起{_HOLDS}")
_ENDS = re.compile(
    rf"{_ITSELF}{_BETWEEN}(?:有效期(?:限)?(?:至|到|截至|截止到?)|(?<!暂)执行(?:至|到))(?P<day>{_DATE})"
)
_FROM_TO = re.compile(
    rf"{_ITSELF}{_BETWEEN}自(?P<first>{_DATE})起?(?:至|到)(?P<day>{_DATE})止?(?:施行|实施|执行|有效)"
)
_LASTS = re.compile(
    rf"{_ITSELF}{_BETWEEN}自(?P<from>{_DATE}|(?:发布|印发|公布|发文)之日)起{_HOLDS}[，,]"
    r"(?:试行期|有效期)(?:限)?(?:为|是)?(?P<count>\d{1,2}|[一二两三四五六八十])(?P<unit>年|个月)"
)
_BUT = re.compile(r"另有规定|从其规定|视.{0,12}情况|除外")
_ABOLISHED = re.compile(r"同时废止|予以废止|即行废止|同时停止执行|同时失效")
_TITLE = re.compile(
    rf"《(?P<title>[^》]{{3,100}})》(?:[（(](?P<note>[^）)]*{_CLOSE}?[^）)]*)[）)])?"
)
_DAY_FIELDS = ("成文日期", "发文日期", "发布日期")
# Fewer lines than this, and the text was pasted with spaces for its line ends.
_FEWEST_LINES = 3
_HEADER_SEGMENTS = 10
_LONGEST_HEADER = 90


@dataclass(frozen=True, slots=True)
class Named:
    """Another document, as a text names it; its 文号 is in one kind of brackets."""

    title: str
    number: str | None


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a text says of itself; None where it does not say, or not unmistakably.

    `title` is set only where something else stands above the title. Days are local dates.
    """

    title: str | None = None
    number: str | None = None
    issuer: str | None = None
    issued_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    abolishes: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """The day a text was signed, and by whom where that is certain."""

    day: date
    names: tuple[str, ...]


def read_particulars(text: str) -> Particulars:
    """Read what a text says of itself."""
    lines = _lines(text)
    is_pasted = len(lines) < _FEWEST_LINES
    segments = [word for line in lines for word in line.split(" ")] if is_pasted else lines
    header = _header(segments)
    fields = {found["name"].replace(" ", ""): found["value"] for found in _fields(header)}
    signature = _signature(segments)
    issued_on = _only(
        [signature.day] if signature else [],
        [day for name in _DAY_FIELDS if (day := _day(fields.get(name)))],
        [day for segment in header if (day := _whole_day(segment.strip("（）()")))],
    )
    starts_on = _start(text)
    return Particulars(
        title=_title(header, is_pasted=is_pasted),
        number=_number(header, fields),
        issuer=_issuer(header, fields, signature),
        issued_on=issued_on,
        starts_on=starts_on,
        ends_on=_end(text, starts_on, issued_on),
        abolishes=tuple(_abolished(text)),
    )


def plain_number(number: str) -> str:
    """Return a 文号 in one kind of brackets, without the spaces inside it."""
    tight = _tight(re.sub(r"\s+", " ", number).strip())
    return re.sub(rf"{_OPEN}((?:19|20)\d\d){_CLOSE}", r"〔\1〕", tight)


def _lines(text: str) -> list[str]:
    lines = [re.sub(r"\s+", " ", line).strip() for line in text.split("\n")]
    return [line for line in lines if line]


def _header(segments: list[str]) -> list[str]:
    """Return what stands above the text: short, and no sentence."""
    header: list[str] = []
    for segment in segments[:_HEADER_SEGMENTS]:
        is_body = "。" in segment or segment.endswith(("：", ":")) or len(segment) > _LONGEST_HEADER
        if is_body or re.match(
            r"[一二三四五六七八九十]、|第[一二三四五六七八九十\d]+[章条]", segment
        ):
            break
        header.append(segment)
    # A text without any sentence has no header either.
    return header if len(header) < len(segments) else []


def _fields(header: list[str]) -> Iterator[re.Match[str]]:
    return (found for line in header if (found := _FIELD.fullmatch(line)))


def _title(header: list[str], *, is_pasted: bool) -> str | None:
    above = [_BESIDE_THE_TITLE.fullmatch(segment) is not None for segment in header]
    # Of a pasted text the first segment is the title already, unless it is one of these.
    if not any(above[:1] if is_pasted else above):
        return None
    kept: list[str] = []
    for segment, is_above in zip(header, above, strict=True):
        if named := re.fullmatch(r"标\s?题\s?[：:]\s?(\S.*)", segment):
            return named[1]
        if not is_above:
            kept.append(segment)
        if kept and re.search(
            rf"(?:{_KINDS}|函|批复|纪要|报告)(?:[（(].{{1,12}}[）)])?$", kept[-1]
        ):
            break
    return "".join(kept) or None


def _number(header: list[str], fields: dict[str, str]) -> str | None:
    found = {plain_number(fields[name]) for name in ("发文字号", "文号") if name in fields}
    words = [word for segment in header for word in _tight(segment).split(" ")]
    for at, word in enumerate(words):
        bare = re.sub(r"^[（(](.*)[）)]$", r"\1", word)
        if re.fullmatch(_NUMBER, bare):
            found.add(plain_number(bare))
        elif re.fullmatch(_ORDER, bare):
            # 财政部 税务总局公告2020年第8号: an order is named with all who gave it.
            names = [*_organisations_above(words, at), bare]
            found.add(plain_number(" ".join(names)))
    numbers = {each for each in found if re.search(rf"(?:{_NUMBER}|{_ORDER})$", each)}
    return numbers.pop() if len(numbers) == 1 else None


def _tight(words: str) -> str:
    """Close the gaps inside a 文号: 国发 〔2021〕 3 号, 国务院令 第 718 号."""
    tight = re.sub(
        rf" ?({_OPEN}) ?((?:19|20)\d\d) ?({_CLOSE}) ?(?:第 ?)?(\d+) ?号", r"\1\2\3\4号", words
    )
    return re.sub(r"(令|公告) ?((?:(?:19|20)\d\d年)?) ?第 ?(\d+) ?号", r"\1\2第\3号", tight)


def _issuer(header: list[str], fields: dict[str, str], signature: Signature | None) -> str | None:
    named = [fields[name] for name in ("发文机关", "发布机构", "发布机关") if name in fields]
    if named:
        return named[0]
    if signature and signature.names:
        return "、".join(signature.names)
    for segment in header[:3]:
        masthead = re.fullmatch(r"(.{2,40})文件(?: .*)?", segment)
        if masthead and _ORGANISATION.fullmatch(masthead[1].replace(" ", "")):
            return masthead[1]
    return None


def _signature(segments: list[str]) -> Signature | None:
    """Return who signed and when: organisations, and just below them the only day of its own.

    Where the line above might be the first half of a name, there are no names.
    """
    signatures = set()
    days = set()
    for at, segment in enumerate(segments):
        if day := _whole_day(segment):
            days.add(day)
            if names := _organisations_above(segments, at):
                before = segments[at - len(names) - 1] if at > len(names) else "。"
                is_whole = _BEFORE_A_SIGNATURE.fullmatch(before) is not None
                words = [word for name in names for word in name.split(" ")]
                signatures.add(Signature(day, tuple(words) if is_whole else ()))
    return signatures.pop() if len(signatures) == 1 and len(days) == 1 else None


def _organisations_above(segments: list[str], at: int) -> list[str]:
    first = at
    while first and all(_ORGANISATION.fullmatch(w) for w in segments[first - 1].split(" ")):
        first -= 1
    return segments[first:at]


def _start(text: str) -> date | None:
    days = [
        _day(found["day"])
        for pattern in (_STARTS, _SENT_AND_STARTS)
        for found in pattern.finditer(text)
    ]
    days += [_day(found["first"]) for found in _FROM_TO.finditer(text)]
    return _only([day for day in days if day])


def _end(text: str, starts_on: date | None, issued_on: date | None) -> date | None:
    days: list[date | None] = []
    for pattern in (_ENDS, _FROM_TO):
        days += [
            None if _is_qualified(text, found) else _day(found["day"])
            for found in pattern.finditer(text)
        ]
    for found in _LASTS.finditer(text):
        first = starts_on if "年" in found["from"] else issued_on
        days.append(None if _is_qualified(text, found) else _last_day(first, found))
    return None if None in days else _only([day for day in days if day])


def _is_qualified(text: str, found: re.Match[str]) -> bool:
    rest_of_sentence = re.compile(r"[^。\n]*").match(text, found.end())
    until = rest_of_sentence.end() if rest_of_sentence else found.end()
    return _BUT.search(text, found.start(), until) is not None


def _last_day(first: date | None, found: re.Match[str]) -> date | None:
    count = _counted(found["count"])
    if first is None:
        return None
    months = first.month - 1 + count * (12 if found["unit"] == "年" else 1)
    year, month = first.year + months // 12, months % 12 + 1
    length = monthrange(year, month)[1]
    if first.day > length:
        return date(year, month, length)
    return date(year, month, first.day) - timedelta(days=1)


def _abolished(text: str) -> Iterator[Named]:
    """Yield what a text says it abolishes as a whole; a clause of another text is not that."""
    for sentence in re.split(r"[。；;\n]", text):
        said = _ABOLISHED.search(sentence)
        if not said or re.search(r"条|款|项", sentence.rpartition("》")[2]):
            continue
        for named in _TITLE.finditer(sentence):
            numbers = re.findall(_NUMBER, _tight(named["note"] or ""))
            yield Named(named["title"].strip(), plain_number(numbers[0]) if numbers else None)


def _only(*choices: list[date]) -> date | None:
    """Return the one day of the first choice that has any; None when it has several."""
    days = next((set(choice) for choice in choices if choice), set())
    return days.pop() if len(days) == 1 else None


def _whole_day(segment: str) -> date | None:
    return _day(segment) if re.fullmatch(_DATE, segment) else None


def _day(words: str | None) -> date | None:
    found = re.match(r"(.{4})年(.{1,2})月(.{1,3})日", re.sub(r"\s", "", words or ""))
    if not found:
        return None
    try:
        year = int("".join(_DIGITS.get(char, char) for char in found[1]))
        day = date(year, _counted(found[2]), _counted(found[3]))
    except ValueError:
        return None
    return day if 1949 <= day.year <= 2100 else None


def _counted(words: str) -> int:
    """Return 1 to 31 of 3, 03, 三, 十, 十三, 二十三, 三十."""
    return _NUMERALS[words] if words in _NUMERALS else int(words)
