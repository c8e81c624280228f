"""A table as lines: each row readable on its own, with the headers of its columns.

    星期：周一；早餐：豆浆、油条；午餐：红烧肉。

A row too long for one passage becomes several lines that each begin with the row's name, so
that none of them loses what it is about.
"""

import re
from dataclasses import dataclass

LONGEST_LINE = 110
_MOST_HEADER_ROWS = 3
_LONGEST_LABEL = 16
_ENDS = "。！？!?"
_LABEL = re.compile(
    r"(?:名称|项目|内容|时间|日期|星期|价格|单价|金额|标准|次数|数量|电话|地址|地点|姓名|备注|说明|类别|类型"
    r"|职务|单位|部门|服务|条件|方式|材料|频次|周期|对象|窗口|序号|编号|情况|要求|科室|早餐|午餐|晚餐)$"
)
_VALUE = re.compile(r"\d|。|，|；")


@dataclass(frozen=True, slots=True)
class Table:
    """Cells row by row, every row as long; a merged cell's text stands in all it covers.

    `origins[r][c]` is the row and column the cell's text comes from: its own, or the first of
    the merged cells. `header_rows` is set where the file says how many they are.
    """

    cells: list[list[str]]
    origins: list[list[tuple[int, int]]]
    header_rows: int | None = None


def plain(cells: list[list[str]], header_rows: int | None = None) -> Table:
    """Return a table without merged cells."""
    origins = [[(r, c) for c in range(len(row))] for r, row in enumerate(cells)]
    return Table(cells, origins, header_rows)


def lines_of(table: Table, about: str = "") -> list[str]:
    """Return the lines of the table; `about` opens each row's line."""
    rows = [[_tidy(cell) for cell in row] for row in table.cells]
    top = 0
    lines: list[str] = []
    # What stands above the headers across the whole table is its title.
    while top < len(rows) and len(_own(table, rows, top)) < 2:
        lines += _own(table, rows, top)
        top += 1
    depth = _header_rows(table, rows, top)
    headers = _headers(table, rows, top, depth)
    if depth and top + depth == len(rows):
        depth, headers = 0, [""] * len(headers)
    lines += _headers_of_nothing(rows[top + depth :], headers)
    for number in range(top + depth, len(rows)):
        own = _own(table, rows, number)
        if len(own) == 1 and _spans_all(table, number):
            lines.append(own[0])
        elif own:
            lines += _row_lines(table, rows, number, headers, about)
    return lines


def _headers_of_nothing(rows: list[list[str]], headers: list[str]) -> list[str]:
    """Return a line of the headers no row has a value for: a reader sees them all the same."""
    unused = [name for c, name in enumerate(headers) if name and not any(row[c] for row in rows)]
    return [_sentence("", "；".join(dict.fromkeys(unused)))] if unused else []


def _own(table: Table, rows: list[list[str]], number: int) -> list[str]:
    """Return the texts of a row, each merged cell once."""
    seen: dict[tuple[int, int], str] = {}
    for column, cell in enumerate(rows[number]):
        if cell:
            seen.setdefault(table.origins[number][column], cell)
    return list(seen.values())


def _spans_all(table: Table, number: int) -> bool:
    return len(set(table.origins[number])) == 1


def _header_rows(table: Table, rows: list[list[str]], top: int) -> int:
    if top >= len(rows):
        return 0
    if table.header_rows is not None and table.header_rows > top:
        return table.header_rows - top
    if not _looks_like_headers(_own(table, rows, top), len(rows[top])):
        return 0
    depth = 1
    while depth < _MOST_HEADER_ROWS and top + depth < len(rows) and _goes_on(table, top + depth):
        depth += 1
    return depth


def _looks_like_headers(labels: list[str], columns: int) -> bool:
    if columns == 2:
        # Two columns are often name and value from the first row on.
        return bool(_LABEL.search(labels[1])) and not _VALUE.search(labels[1])
    short = all(len(label) <= _LONGEST_LABEL and not re.search("[。；]", label) for label in labels)
    return short and sum(1 for label in labels if re.fullmatch(r"[\d.:：\-/¥￥%元 ]+", label)) == 0


def _goes_on(table: Table, number: int) -> bool:
    """Tell whether a row still belongs to the headers: a cell of theirs reaches into it."""
    above, here = table.origins[number - 1], table.origins[number]
    reaches_down = any(origin[0] < number for origin in here)
    parted_below = any(
        above[c] == above[c + 1] and here[c] != here[c + 1] for c in range(len(here) - 1)
    )
    return reaches_down and parted_below


def _headers(table: Table, rows: list[list[str]], top: int, depth: int) -> list[str]:
    headers: list[str] = []
    for column in range(len(table.cells[0]) if table.cells else 0):
        stack: dict[tuple[int, int], str] = {}
        for number in range(top, top + depth):
            if rows[number][column]:
                stack.setdefault(table.origins[number][column], rows[number][column])
        first, *others = list(stack.values()) or [""]
        headers.append(first + "".join(f"（{other}）" for other in others))
    return headers


def _row_lines(
    table: Table, rows: list[list[str]], number: int, headers: list[str], about: str
) -> list[str]:
    parts: list[str] = []
    merged: dict[tuple[int, int], int] = {}
    names: list[list[str]] = []
    values: list[str] = []
    for column, cell in enumerate(rows[number]):
        origin = table.origins[number][column]
        if cell and origin in merged:
            names[merged[origin]].append(headers[column])
        elif cell:
            merged[origin] = len(names)
            names.append([headers[column]])
            values.append(cell)
    for labels, value in zip(names, values, strict=True):
        label = "、".join(dict.fromkeys(label for label in labels if label))
        parts.append(f"{label}：{value}" if label else value)
    if not any(headers) and len(parts) == 2:
        return [_sentence(about, "：".join(part.rstrip("：:") for part in parts))]
    return _wrapped(parts, about)


def _wrapped(parts: list[str], about: str) -> list[str]:
    """Join the cells of a row; each line but the first repeats the row's name."""
    name, *others = parts
    lines: list[str] = []
    line = name
    for part in others:
        if len(line) + len(part) > LONGEST_LINE and line != name:
            lines.append(_sentence(about, line))
            line = name
        line = f"{line}；{part}"
    return [*lines, _sentence(about, line)]


def _sentence(about: str, line: str) -> str:
    line = f"{about}，{line}" if about else line
    return line if line[-1] in _ENDS else line.rstrip("；;，,") + "。"


def _tidy(cell: str) -> str:
    """Put a cell on one line, with no space where a paragraph would be cut."""
    lines = [line.strip() for line in cell.split("\n") if line.strip()]
    text = ""
    for line in lines:
        text += line if not text or text[-1] in "，,；;：:、" + _ENDS else f"、{line}"
    text = re.sub(r"(?<=[。！？；：”）])\s+", "", text)
    text = re.sub(r"\s+(?=[（(]?[一二三四五六七八九十\d]{1,2}[、．.）)])", "；", text)
    return re.sub(r"\s+", " ", text)
