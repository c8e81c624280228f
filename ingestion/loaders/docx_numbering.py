"""The numbers Word shows before paragraphs and keeps nowhere in their text.

A paragraph, or its style, names a list and a level; the list says how the level is written
("第%1条" in Chinese numerals) and the count goes on through the document (ECMA-376, 17.9).
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NUMBERING = "application/vnd.openxmlformats-officedocument.wordprocessingml.numbering+xml"
_DIGITS = "〇一二三四五六七八九"
_CHINESE = {
    "chineseCounting",
    "chineseCountingThousand",
    "japaneseCounting",
    "ideographDigital",
    "taiwaneseCounting",
    "taiwaneseCountingThousand",
}
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    format: str
    text: str


class Numbering:
    """Counts through one document; `label` is to be asked once a paragraph, in order."""

    def __init__(self, document: Any) -> None:
        """Read the document's lists and which styles belong to one."""
        self._levels: dict[str, dict[int, _Level]] = {}
        self._starts: dict[tuple[str, int], int] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = defaultdict(dict)
        self._used: set[tuple[str, int]] = set()
        self._styles = {style.get(f"{_W}styleId"): style for style in _styles(document)}
        root = _numbering_root(document)
        if root is not None:
            self._read(root)

    def style_of(self, paragraph: Any) -> str:
        """Return the name of the paragraph's style, "" when it has none."""
        style = self._styles.get(_attribute(paragraph, "pPr/pStyle"))
        return _attribute(style, "name") if style is not None else ""

    def label(self, paragraph: Any) -> str:
        """Return the number shown before the paragraph, "" when there is none."""
        number, level = self._list_of(paragraph)
        abstract = self._abstract.get(number, "")
        known = self._levels.get(abstract, {})
        if level not in known:
            return ""
        counts = self._counts[abstract]
        start = known[level].start
        if (number, level) in self._starts and (number, level) not in self._used:
            counts[level] = self._starts[number, level]
        else:
            counts[level] = counts.get(level, start - 1) + 1
        self._used.add((number, level))
        for deeper in [key for key in counts if key > level]:
            del counts[deeper]
        return _written(known, level, counts)

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        number = _attribute(paragraph, "pPr/numPr/numId")
        level = _attribute(paragraph, "pPr/numPr/ilvl")
        style = self._styles.get(_attribute(paragraph, "pPr/pStyle"))
        for _ in range(10):  # A style is based on another; a broken file may go in a circle.
            if style is None or (number and level):
                break
            number = number or _attribute(style, "pPr/numPr/numId")
            level = level or _attribute(style, "pPr/numPr/ilvl")
            style = self._styles.get(_attribute(style, "basedOn"))
        return number, int(level) if level.isdigit() else 0

    def _read(self, root: Any) -> None:
        for abstract in root.iterfind(f"{_W}abstractNum"):
            key = abstract.get(f"{_W}abstractNumId")
            self._levels[key] = {
                int(level.get(f"{_W}ilvl", "0")): _Level(
                    int(_attribute(level, "start") or "1"),
                    _attribute(level, "numFmt") or "decimal",
                    _attribute(level, "lvlText"),
                )
                for level in abstract.iterfind(f"{_W}lvl")
            }
        for number in root.iterfind(f"{_W}num"):
            key = number.get(f"{_W}numId")
            self._abstract[key] = _attribute(number, "abstractNumId")
            for override in number.iterfind(f"{_W}lvlOverride"):
                if start := _attribute(override, "startOverride"):
                    self._starts[key, int(override.get(f"{_W}ilvl", "0"))] = int(start)


def _styles(document: Any) -> list[Any]:
    return list(document.styles.element.iterfind(f"{_W}style"))


def _numbering_root(document: Any) -> Any:
    from docx.oxml import parse_xml

    for part in document.part.package.iter_parts():
        if part.content_type == _NUMBERING:
            return parse_xml(part.blob)
    return None


def _attribute(element: Any, path: str) -> str:
    found = element.find("/".join(f"{_W}{step}" for step in path.split("/")))
    return "" if found is None else str(found.get(f"{_W}val") or "")


def _written(levels: dict[int, _Level], level: int, counts: dict[int, int]) -> str:
    if levels[level].format in {"bullet", "none"}:
        return ""

    def numeral(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        known = levels.get(at)
        if known is None:
            return ""
        return _numeral(counts.get(at, known.start), known.format)

    return re.sub(r"%(\d)", numeral, levels[level].text).strip()


def _numeral(value: int, form: str) -> str:
    if form in _CHINESE and 0 < value < 100:
        tens, ones = divmod(value, 10)
        head = ("" if tens < 2 else _DIGITS[tens]) + "十" if tens else ""
        return head + (_DIGITS[ones] if ones or not tens else "")
    if form.startswith("decimalEnclosedCircle") and 0 < value <= 20:
        return chr(0x2460 + value - 1)
    if form.endswith("Letter") and 0 < value <= 26:
        letter = chr(ord("a") + value - 1)
        return letter.upper() if form.startswith("upper") else letter
    if form.endswith("Roman") and 0 < value < 40:
        roman = _roman(value)
        return roman.upper() if form.startswith("upper") else roman
    return str(value)


def _roman(value: int) -> str:
    written = ""
    for worth, sign in _ROMAN:
        while value >= worth:
            written += sign
            value -= worth
    return written
