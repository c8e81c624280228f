"""From a text to its passages: clause-sized tiles with their headings and offsets.

The tiles cover the text without a gap, so that passages put together are the document. A
tile ends with a sentence; only a sentence longer than `LONG_SENTENCE` is parted at its
semicolons. A clause number stays with its clause.
"""

import enum
import re
from dataclasses import dataclass

LONG_SENTENCE = 120
SHORT_SENTENCE = 5
LONGEST_HEADING = 48
_LONGEST_TITLE = 80

_NUMBER = (
    r"第[一二三四五六七八九十百零〇\d]+[编章节条]|[一二三四五六七八九十]+、"
    r"|（[一二三四五六七八九十]+）|\([一二三四五六七八九十]+\)|\d{1,2}[、．]|\d{1,2}\.(?!\d)|（\d{1,2}）|\(\d{1,2}\)"
)
_NUMBERED = re.compile(rf"\s*(?:{_NUMBER})")
_SENTENCE = re.compile(r".*?(?:[。！？!?]+[”’）)」』》\"]*|$)", re.DOTALL)
_SEMICOLON = re.compile(r".*?(?:；[”’）)」』》\"]*|$)", re.DOTALL)
_ENDS_A_SENTENCE = re.compile(r"[。！？!?；;，,][”’）)」』》\"]*\s*$")
# Texts that were pasted into one line keep their paragraphs as spaces: after the end of a
# sentence, before a clause number, and after a short numbered heading.
_BREAK = re.compile(
    rf"\n+|(?<=[。！？；：”）])[ \u3000]+|[ \u3000]+(?=(?:{_NUMBER})[^\d])|\u3000{{2,}}|\s+$"
)
_HEADING_THEN_SPACE = re.compile(
    rf"\s*(?:{_NUMBER})[^。！？；，,\s]{{2,{LONGEST_HEADING - 8}}}[ \u3000]"
)
_TITLE_THEN_SPACE = re.compile(rf"[^。！？；\n]{{6,{_LONGEST_TITLE}}}?[ \u3000]+(?=\S)")

# The levels of official layout, from the outermost in.
_LEVELS = (
    re.compile(r"第[一二三四五六七八九十百零〇\d]+编"),
    re.compile(r"第[一二三四五六七八九十百零〇\d]+章"),
    re.compile(r"第[一二三四五六七八九十百零〇\d]+节"),
    re.compile(r"第[一二三四五六七八九十百零〇\d]+条"),
    re.compile(r"[一二三四五六七八九十]+、"),
    re.compile(r"[（(][一二三四五六七八九十]+[）)]"),
    re.compile(r"\d{1,2}[、．.]"),
    re.compile(r"[（(]\d{1,2}[）)]"),
)
# A line that opens an interpretation: what follows is no longer a report.
_INTERPRETATION = re.compile(r"解读|答记者问|政策问答")
_NEWS = re.compile(r"\S{2,12}[\u4e00-\u9fff]月?\d{1,2}日[电讯]|[(（]记者|本报讯|记者从.{2,20}获悉")
_UNNUMBERED = -1


class Part(enum.Enum):
    """What a stretch of a text shows itself to be."""

    PLAIN = enum.auto()
    NEWS = enum.auto()
    INTERPRETATION = enum.auto()


@dataclass(frozen=True, slots=True)
class Piece:
    """One tile of a text: `text[start:end]`, under `headings` (outermost first).

    `part` tells what the text says of itself here, whatever the document is as a whole.
    """

    start: int
    end: int
    headings: tuple[str, ...]
    is_heading: bool
    part: Part


@dataclass(frozen=True, slots=True)
class Outline:
    """A text cut into tiles, and the title it gives itself ("" when none is seen)."""

    title: str
    pieces: tuple[Piece, ...]


def outline(text: str) -> Outline:
    """Cut `text` into tiles in order; `"".join(text[p.start:p.end])` is the text again."""
    lines = _lines(text)
    title_lines = _title_lines(text, lines)
    title = "".join(text[start:end].strip() for start, end in lines[:title_lines])
    part = Part.NEWS if _NEWS.search(text, 0, 400) else Part.PLAIN
    if _INTERPRETATION.search(title):
        part = Part.INTERPRETATION
    pieces: list[Piece] = []
    stack: list[tuple[int, str]] = []
    for number, (start, end) in enumerate(lines):
        line = text[start:end].strip()
        level = _heading_level(line, has_more=number + 1 < len(lines))
        if number < title_lines:
            pieces.append(Piece(start, end, (), is_heading=True, part=part))
        elif level is None:
            path = tuple(heading for _, heading in stack)
            clauses = _clauses(text, start, end)
            pieces += [Piece(at, until, path, is_heading=False, part=part) for at, until in clauses]
        elif level == _UNNUMBERED:
            # The title of a part says what the part is; it heads no single clause.
            part = Part.INTERPRETATION if _INTERPRETATION.search(line) else part
            stack = []
            pieces.append(Piece(start, end, (), is_heading=True, part=part))
        else:
            stack = [*(entry for entry in stack if entry[0] < level), (level, line)]
            path = tuple(heading for _, heading in stack)
            pieces.append(Piece(start, end, path, is_heading=True, part=part))
    return Outline(title, tuple(pieces))


def _lines(text: str) -> list[tuple[int, int]]:
    """Return the paragraphs as tiles; white space before a paragraph belongs to it."""
    cuts = {0, len(text)}
    cuts |= {match.end() for match in _BREAK.finditer(text)}
    for start in sorted(cuts):
        if heading := _HEADING_THEN_SPACE.match(text, start):
            cuts.add(heading.end())
    if "\n" not in text.strip() and (title := _TITLE_THEN_SPACE.match(text)):
        cuts.add(title.end())
    ordered = sorted(cuts)
    tiles: list[tuple[int, int]] = []
    start = 0
    for end in ordered[1:]:
        if text[start:end].strip():
            tiles.append((start, end))
            start = end
    if start < len(text):
        # What is left is white space at the end: it goes to the last paragraph.
        tiles[-1:] = [(tiles[-1][0], len(text))] if tiles else [(0, len(text))]
    return tiles


def _title_lines(text: str, lines: list[tuple[int, int]]) -> int:
    """Count the short lines at the top that have no sentence in them."""
    count = 0
    length = 0
    for start, end in lines[:4]:
        line = text[start:end].strip()
        length += len(line)
        if length > _LONGEST_TITLE or _ENDS_A_SENTENCE.search(line) or _NUMBERED.match(line):
            break
        if line.endswith(("：", ":")):
            break
        count += 1
    return count if count < len(lines) else 0


def _heading_level(line: str, *, has_more: bool) -> int | None:
    """Return the level of a heading line, None when the line is text."""
    if not has_more or len(line) > LONGEST_HEADING or "。" in line:
        return None
    if _ENDS_A_SENTENCE.search(line):
        return None
    for level, pattern in enumerate(_LEVELS):
        if pattern.match(line):
            return level
    return _UNNUMBERED if _looks_like_a_heading(line) else None


def _looks_like_a_heading(line: str) -> bool:
    return bool(re.search(r"解读|问答|答记者问|附件|通知$|办法$|规定$|意见$", line)) and not (
        line.startswith(("《", "“", "（", "("))
    )


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a paragraph into sentences, and a very long sentence at its semicolons."""
    tiles: list[tuple[int, int]] = []
    for at, until in _spans(_SENTENCE, text, start, end):
        if len(text[at:until].strip()) > LONG_SENTENCE:
            tiles += _spans(_SEMICOLON, text, at, until)
        else:
            tiles.append((at, until))
    return _without_crumbs(text, tiles)


def _spans(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = start
    while at < end:
        match = pattern.match(text, at, end)
        until = match.end() if match and match.end() > at else end
        if text[at:until].strip() or not found:
            found.append((at, until))
        else:
            found[-1] = (found[-1][0], until)
        at = until
    return found


def _without_crumbs(text: str, tiles: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Put a piece too short to say anything with the one before it, or else after it."""
    kept: list[tuple[int, int]] = []
    for start, end in tiles:
        short = len(text[start:end].strip()) < SHORT_SENTENCE
        if kept and (short or len(text[slice(*kept[-1])].strip()) < SHORT_SENTENCE):
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    return kept
