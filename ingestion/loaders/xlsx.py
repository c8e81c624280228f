"""Excel workbooks: every row of a sheet readable on its own, with the headers of its columns.

Hidden sheets, rows and columns are left out; a merged cell's text stands for all it covers.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion import texts
from ingestion.loaded import LoadedDocument, Unreadable
from ingestion.loaders.lines import clean
from ingestion.loaders.rows import Table, lines_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_MOST_CELLS = 1_000_000
# Excel keeps an empty result as an empty string (t="str"); a formula nobody has computed yet
# has no value at all.
_UNCOMPUTED = re.compile(
    rb"<c\b(?![^>]*t=\"str\")[^>]*><f\b[^>]*(?:/>|>[^<]*</f>)(?:<v\s*/>|<v></v>)?</c>"
)
_GENERIC_SHEET = re.compile(r"(?:Sheet|工作表|表)\s*\d*", re.IGNORECASE)


def load(path: Path, external_id: str) -> Iterator[LoadedDocument]:
    """Yield the one document of a workbook.

    Raises:
        Unreadable: there is no text in it, a sheet is too large, or a formula has no result.
    """
    import openpyxl

    _check_formulas(path)
    workbook = openpyxl.load_workbook(path, data_only=True)
    sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
    tables = [(sheet.title.strip(), _table(path, sheet)) for sheet in sheets]
    tables = [(name, table) for name, table in tables if table.cells]
    lines: list[str] = []
    is_alone = len(tables) == 1
    for name, table in tables:
        told = "" if _GENERIC_SHEET.fullmatch(name) else name
        if told and told not in "".join(table.cells[0]) and not (is_alone and _is_titled(table)):
            lines.append(told)
        lines += lines_of(table, about="" if is_alone else told)
    text = clean("\n".join(lines))
    if not text.strip():
        raise Unreadable(path, texts.NO_TEXT)
    yield LoadedDocument(external_id, text)


def _is_titled(table: Table) -> bool:
    """Tell whether the first row is a title, which says more than the name of the sheet."""
    return len(table.cells) > 1 and len({cell for cell in table.cells[0] if cell}) == 1


def _check_formulas(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and _UNCOMPUTED.search(archive.read(name)):
                raise Unreadable(path, texts.UNCOMPUTED)


def _table(path: Path, sheet: "Worksheet") -> Table:
    """Return the cells a reader sees; rows and columns without any are left out."""
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        raise Unreadable(path, texts.TOO_MANY_CELLS)
    shown = [[_shown(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()]
    origins = [[(r, c) for c in range(len(row))] for r, row in enumerate(shown)]
    for area in sheet.merged_cells.ranges:
        first = (area.min_row - 1, area.min_col - 1)
        for r in range(first[0], min(area.max_row, len(shown))):
            for c in range(first[1], min(area.max_col, len(shown[r]))):
                origins[r][c] = first
                shown[r][c] = shown[first[0]][first[1]]
    kept_rows = [r for r, row in enumerate(shown) if any(row) and not _hidden_row(sheet, r)]
    kept_columns = [
        c
        for c in range(sheet.max_column)
        if any(shown[r][c] for r in kept_rows) and c not in _hidden_columns(sheet)
    ]
    return Table(
        [[shown[r][c] for c in kept_columns] for r in kept_rows],
        [[origins[r][c] for c in kept_columns] for r in kept_rows],
    )


def _hidden_row(sheet: "Worksheet", row: int) -> bool:
    return row + 1 in sheet.row_dimensions and bool(sheet.row_dimensions[row + 1].hidden)


def _hidden_columns(sheet: "Worksheet") -> set[int]:
    hidden: set[int] = set()
    for width in sheet.column_dimensions.values():
        if width.hidden:
            hidden |= set(range((width.min or 1) - 1, width.max or 0))
    return hidden


def _shown(value: object, number_format: str) -> str:
    """Return a cell's value as the sheet shows it, dates in Chinese."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        day, clock = _day(value.date(), number_format), f"{value:%H:%M}"
        has_clock = bool(re.search(r"h", number_format, re.IGNORECASE)) or clock != "00:00"
        return f"{day} {clock}" if has_clock else day
    if isinstance(value, date):
        return _day(value, number_format)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02}"
    if isinstance(value, int | float):
        return _number(value, number_format)
    return str(value).strip()


def _day(day: date, number_format: str) -> str:
    if "y" in number_format.lower() or "m" not in number_format.lower():
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.month}月{day.day}日"


def _number(value: float, number_format: str) -> str:
    form = number_format.split(";")[0]
    # Fifteen digits are what a sheet keeps of a number.
    exact = Decimal(f"{value:.15g}")
    percent = form.rstrip("_) ").endswith("%")
    if percent:
        exact *= 100
    if digits := re.search(r"0(?:\.(0+))?", form):
        places = Decimal(1).scaleb(-len(digits[1] or ""))
        exact = exact.quantize(places, rounding=ROUND_HALF_UP)
    sign = next((sign for sign in "¥￥" if sign in form), "")
    unit = "元" if "元" in form and not sign else ""
    return f"{sign}{exact:f}{'%' if percent else ''}{unit}"
