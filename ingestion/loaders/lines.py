"""Lines of a page into paragraphs, and characters that only look like Chinese ones."""

import re
import unicodedata

# Fonts that serve radicals and characters with one glyph make PDF writers store the radical.
# Unicode folds the Kangxi block (U+2F00) by itself, these it does not (see its
# EquivalentUnifiedIdeograph.txt), or it folds them to a form not written in mainland texts.
_RADICALS = dict(
    zip(
        "⺁⺇⺎⺒⺓⺛⺝⺠⻁⻄⻅⻆⻉⻋⻑⻓⻔⻗⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻪⻬⻮⻰⻳⼾⾭",
        "厂几兀巳幺旡月民虎西见角贝车長长门雨青韦页风飞食马骨鬼鱼鸟卤麦黄黾齐齿龙龟户青",
        strict=True,
    )
)
_LOOKALIKE = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff]")
_UNSEEN = re.compile(r"[\0-\x08\x0b-\x1f\x7f\u200b-\u200f\u2060\ufeff\u00ad]")
_NUMBERED = re.compile(
    r"\s*(?:第[一二三四五六七八九十百零〇\d]+[编章节条款]|[一二三四五六七八九十]+、"
    r"|[（(](?:[一二三四五六七八九十]+|\d{1,2})[）)]|\d{1,2}[、．]|\d{1,2}\.(?!\d)|[①-⑳●•·◆■])"
)
# A 文号 stands on a line of its own, however full the line of the title above it is.
_NUMBER_OF_A_TEXT = re.compile(
    r"\s*[\u4e00-\u9fff]{1,14}[〔\[［【(（](?:19|20)\d\d[〕\]］】)）]第?\d{1,4}号\s*"
)
# A line that ends earlier than this share of the fullest line ends its paragraph.
_FULL = 0.88
# The text of a page is at least this many characters wide; fewer is a page of short lines.
_NARROWEST = 20
_WIDE = frozenset("WFA")


def clean(text: str) -> str:
    """Return the text as it looks: no unseen characters, no radicals in place of characters."""
    text = text.replace("\u2028", "\n").replace("\xa0", " ")
    text = _UNSEEN.sub("", text).encode("utf-8", "replace").decode("utf-8")
    return _LOOKALIKE.sub(
        lambda found: _RADICALS.get(found[0], unicodedata.normalize("NFKC", found[0])), text
    )


def is_numbered(line: str) -> bool:
    """Tell whether the line opens with a clause number or a bullet."""
    return _NUMBERED.match(line) is not None


def glue(before: str, after: str) -> str:
    """Join two lines of one paragraph: a space between Latin words, nothing between Chinese."""
    before, after = before.rstrip(), after.lstrip()
    if before and after and before[-1].isascii() and after[0].isascii():
        return f"{before} {after}" if before[-1] != "-" else before + after
    return before + after


def paragraphs(pages: list[list[str]]) -> list[str]:
    """Put lines together that the edge of the page parted; their indent is leading spaces.

    A paragraph begins where a line is indented, is numbered, or follows a line that stopped
    before the edge. Page numbers are no part of the text.
    """
    found: list[str] = []
    open_end = False
    for number, page in enumerate(pages, start=1):
        lines = [line.rstrip() for line in page if line.strip()]
        lines = _without_page_number(lines, number)
        if not lines:
            continue
        edge = max(_NARROWEST, *(_width(line) for line in lines))
        margin = min(_indent(line) for line in lines)
        for line in lines:
            stands_alone = _NUMBER_OF_A_TEXT.fullmatch(line) is not None
            is_first = _indent(line) > margin + 1 or is_numbered(line) or not open_end
            if is_first or stands_alone:
                found.append(line.strip())
            else:
                found[-1] = glue(found[-1], line)
            open_end = not stands_alone and _width(line) >= edge * _FULL
    return found


def _without_page_number(lines: list[str], number: int) -> list[str]:
    for at in (-1, 0):
        if lines and _is_page_number(lines[at].strip(), number):
            lines = [line for line in lines if line is not lines[at]]
    return lines


def _is_page_number(line: str, number: int) -> bool:
    dashed = re.fullmatch(r"[-—–－·\s]+(\d{1,4})[-—–－·\s]+", line)
    said = re.fullmatch(r"第\s*\d+\s*页(?:[\s，,/]*共\s*\d+\s*页)?|\d+\s*/\s*\d+", line)
    return bool(dashed or said) or line == str(number)


def _indent(line: str) -> int:
    return sum(2 if char == "\u3000" else 1 for char in line[: len(line) - len(line.lstrip())])


def _width(line: str) -> float:
    words = line.strip()
    return _indent(line) + sum(
        1 if unicodedata.east_asian_width(char) in _WIDE else 0.5 for char in words
    )
