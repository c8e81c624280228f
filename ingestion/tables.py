"""Tables to and from .xlsx: what staff fill in, and what the house prints."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.loaded import Refused

MOST_ROWS = 5000
_WIDEST = 48
_WIDE_SIGN = 0x2E80


@dataclass(frozen=True, slots=True)
class Cell:
    """One filled cell: where it stands, as Excel says it, and what is in it."""

    sheet: str
    row: int
    column: str
    value: object


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet to be written: a line above, the heads of the columns, the rows."""

    name: str
    title: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[str | int | float]]
    totals: Sequence[str | int | float] = ()


def read_cells(source: Path | BinaryIO, *, unreadable: str, too_long: str) -> list[list[Cell]]:
    """Return the filled cells of each row of every visible sheet, top to bottom.

    Raises:
        Refused: it is no workbook, or longer than any table of ours.
    """
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise Refused(unreadable) from error
    rows = []
    try:
        for sheet in book.worksheets:
            if sheet.sheet_state != "visible":
                continue
            for row in _rows(sheet):
                rows.append(row)
                if len(rows) > MOST_ROWS:
                    raise Refused(too_long)
    finally:
        book.close()
    return rows


def write_tables(target: Path | BinaryIO, tables: Sequence[Table]) -> None:
    """Write a workbook with one sheet for each table, ready to be printed."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.name, book.sheetnames))
        sheet.append([_plain(table.title)])
        sheet.append([_plain(each) for each in table.heads])
        for row in table.rows:
            sheet.append([_plain(each) for each in row])
        if table.totals:
            sheet.append([_plain(each) for each in table.totals])
        sheet["A1"].font = Font(bold=True, size=14)
        for cell in sheet[2]:
            cell.font = Font(bold=True)
        for column, width in enumerate(_widths(table), start=1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        for cells in sheet.iter_rows(min_row=3):
            for cell in cells:
                cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.freeze_panes = "A3"
        sheet.print_title_rows = "1:2"
        sheet.page_setup.fitToWidth = 1
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
    book.save(target)


def _rows(sheet: object) -> Iterator[list[Cell]]:
    for row in sheet.iter_rows():  # type: ignore[attr-defined] # A worksheet of either kind.
        filled = [
            Cell(sheet.title, cell.row, get_column_letter(cell.column), cell.value)  # type: ignore[attr-defined]
            for cell in row
            if cell.value is not None and str(cell.value).strip()
        ]
        if filled:
            yield filled


def _plain(value: str | int | float) -> str | int | float:
    """Return a value that a spreadsheet will not take for a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} and value != "-":
        return f"'{value}"
    return value


def _sheet_name(name: str, taken: Sequence[str]) -> str:
    clean = "".join(sign for sign in name if sign not in "[]:*?/\\")[:28] or "Sheet"
    number, found = 1, clean
    while found in taken:
        number += 1
        found = f"{clean}{number}"
    return found


def _widths(table: Table) -> list[int]:
    columns = [[head] for head in table.heads]
    for row in [*table.rows, table.totals]:
        for column, value in zip(columns, row, strict=False):
            column.append(str(value))
    return [min(_WIDEST, 3 + max(_width(text) for text in column)) for column in columns]


def _width(text: str) -> int:
    return sum(2 if ord(sign) >= _WIDE_SIGN else 1 for sign in text)
