"""A week's menu out of an .xlsx that a clerk has filled in, and the empty one to fill.

Nothing is taken from a table with a mistake in it: every mistake is said with its sheet, row and
column and what to write instead.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import BinaryIO

from booking.meals.menus import MenuLine, MenuRefused, plain_closes
from booking.services import Service
from ingestion.loaded import Refused
from ingestion.tables import Cell, Table, read_cells, write_tables
from store.texts import Texts

TEXTS = Texts(Path(__file__).with_name("menu_texts.toml"))
MOST_SAID = 8
_DAY = re.compile(
    r"(?:(\d{4})\s*[年./-]\s*)?(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*[日号]?(?:\s*[（(].*)?"
)
# What a head may be called; the first is what ours says.
_HEADS: Mapping[str, tuple[str, ...]] = {
    "day": ("日期", "日子", "哪天"),
    "meal": ("餐次", "哪顿", "餐别", "餐"),
    "dishes": ("菜品", "菜", "菜名", "菜单", "食谱", "内容"),
    "portions": ("份数", "供应份数", "数量"),
    "kitchen": ("供应单位", "食堂", "厨房", "哪家"),
    "price": ("单价（元）", "单价", "价格", "价钱", "价格（元）"),
    "subsidy": ("补贴（元）", "补贴", "补助", "补贴金额"),
    "closes": ("订餐截止", "截止", "截止时间", "截止时刻"),
}
_NEEDED = ("day", "meal", "dishes", "portions")


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line, and where it stands, for whatever is wrong with it later."""

    line: MenuLine
    sheet: str
    row: int
    columns: Mapping[str, str]

    def problem(self, field: str, sentence: str) -> str:
        """Return a sentence that says where a mistake stands."""
        return _at(self.sheet, self.row, self.columns.get(field, ""), sentence)


class _Mistake(Exception):
    """A cell that cannot be read; carries the sentence."""


def read_menu(source: Path | BinaryIO, service: Service, *, today: date) -> list[ReadLine]:
    """Return the lines of a filled-in table; a day without a year is the next such day.

    Raises:
        Refused: it cannot be read, a column is missing, or cells are wrong: all of it is said.
    """
    rows = read_cells(
        source,
        unreadable=TEXTS.say("menu.unreadable"),
        too_long=TEXTS.say("menu.too_long"),
    )
    if not rows:
        raise Refused(TEXTS.say("menu.empty"))
    lines: list[ReadLine] = []
    problems: list[str] = []
    for sheet in dict.fromkeys(row[0].sheet for row in rows):
        of_sheet = [row for row in rows if row[0].sheet == sheet]
        head, columns = _head(of_sheet, sheet)
        for row in of_sheet[head + 1 :]:
            try:
                lines.append(_line(row, columns, service, today))
            except _Mistake as mistake:
                problems.append(str(mistake))
    if not lines and not problems:
        raise Refused(TEXTS.say("menu.empty"))
    problems += _twice(lines)
    refuse(problems)
    return lines


def refuse(problems: Sequence[str]) -> None:
    """Say what is wrong, at most so much that it can be read.

    Raises:
        Refused: there is something wrong.
    """
    if not problems:
        return
    said = list(problems[:MOST_SAID])
    if len(problems) > MOST_SAID:
        said.append(TEXTS.say("menu.more", count=len(problems) - MOST_SAID))
    raise Refused("\n".join([*said, TEXTS.say("menu.nothing_done")]))


def write_form(target: Path | BinaryIO, service: Service, days: Sequence[date]) -> None:
    """Write a table of some days to be filled in: one row for each meal."""
    labels = [option.label for option in service.field("meal").options]
    rows = [[day.isoformat(), label, "", "", "", "", "", ""] for day in days for label in labels]
    heads = tuple(names[0] for names in _HEADS.values())
    table = Table(TEXTS.say("menu.sheet"), TEXTS.say("menu.how"), heads, rows)
    write_tables(target, [table])


def _head(rows: Sequence[list[Cell]], sheet: str) -> tuple[int, dict[str, str]]:
    """Return which row holds the heads, and the column of each."""
    best: dict[str, str] = {}
    at = 0
    for index, row in enumerate(rows[:10]):
        found: dict[str, str] = {}
        for cell in row:
            name = _field(str(cell.value))
            if name is not None:
                found.setdefault(name, cell.column)
        if len(found) > len(best):
            best, at = found, index
    missing = [_HEADS[name][0] for name in _NEEDED if name not in best]
    if missing:
        line = rows[at if best else 0][0].row
        sentence = TEXTS.say(
            "menu.no_column",
            missing="、".join(missing),
            heads="、".join(names[0] for names in _HEADS.values()),
        )
        raise Refused(f"{_at(sheet, line, '', sentence)}\n{TEXTS.say('menu.nothing_done')}")
    return at, best


def _field(head: str) -> str | None:
    plain = "".join(head.split()).replace("(", "（").replace(")", "）")
    for name, names in _HEADS.items():
        if plain in names:
            return name
    return None


def _line(row: list[Cell], columns: Mapping[str, str], service: Service, today: date) -> ReadLine:
    cells = {cell.column: cell for cell in row}
    first = row[0]

    def given(field: str) -> object:
        cell = cells.get(columns.get(field, ""))
        return cell.value if cell else None

    def mistake(field: str, key: str, **words: object) -> _Mistake:
        column = columns.get(field, "")
        return _Mistake(_at(first.sheet, first.row, column, TEXTS.say(f"menu.{key}", **words)))

    day = _day(given("day"), today)
    if day is None:
        raise mistake("day", "no_day", said=_short(given("day")))
    labels = {option.label: option.value for option in service.field("meal").options}
    said = "".join(str(given("meal") or "").split())
    meal = labels.get(said) or labels.get(said.replace("餐", "饭"))
    if meal is None:
        raise mistake("meal", "no_meal", said=_short(said), labels="、".join(labels))
    dishes = " ".join(str(given("dishes") or "").split())
    if not dishes:
        raise mistake("dishes", "no_dishes")
    portions = _whole(given("portions"))
    if portions is None:
        raise mistake("portions", "no_portions", said=_short(given("portions")))
    price, subsidy = cents_of(given("price")), cents_of(given("subsidy"))
    for name, cents in (("price", price), ("subsidy", subsidy)):
        if cents is None and given(name) is not None:
            raise mistake(name, "no_money", said=_short(given(name)))
    try:
        closes = plain_closes(_closes_text(given("closes")))
    except MenuRefused as refused:
        raise _Mistake(
            _at(first.sheet, first.row, columns.get("closes", ""), refused.problem)
        ) from refused
    kitchen = " ".join(str(given("kitchen") or "").split())
    line = MenuLine(day, meal, dishes, portions, kitchen, price, subsidy or 0, closes)
    return ReadLine(line, first.sheet, first.row, columns)


def _twice(lines: Sequence[ReadLine]) -> list[str]:
    seen: dict[tuple[date, str, str], int] = {}
    problems = []
    for each in lines:
        key = (each.line.day, each.line.meal, each.line.kitchen)
        if key in seen:
            problems.append(each.problem("day", TEXTS.say("menu.twice", row=seen[key])))
        seen.setdefault(key, each.row)
    return problems


def _day(value: object, today: date) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(str(value or "").strip())
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        if year:
            return date(int(year), int(month), int(day))
        found = date(today.year, int(month), int(day))
        # In December the January of a menu is the next one.
        is_past = (today - found).days > 180
        return found.replace(year=today.year + 1) if is_past else found
    except ValueError:
        return None


def _whole(value: object) -> int | None:
    text = str(value).strip().removesuffix("份") if value is not None else ""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number != number.to_integral_value() or not 0 <= number < 10**6:
        return None
    return int(number)


def cents_of(value: object) -> int | None:
    """Return yuan as whole cents, None where it is nothing or no such sum."""
    text = str(value).strip().removesuffix("元").lstrip("¥￥") if value is not None else ""
    try:
        cents = Decimal(text) * 100
    except InvalidOperation:
        return None
    if not cents.is_finite() or cents != cents.to_integral_value() or not 0 <= cents < 10**9:
        return None
    return int(cents)


def _closes_text(value: object) -> str:
    if value is None:
        return ""
    # A cell in which only a time stands.
    return f"{value:%H:%M}" if hasattr(value, "hour") else str(value).strip()


def _short(value: object) -> str:
    text = "" if value is None else str(value).strip()
    return text if len(text) <= 20 else f"{text[:20]}……"


def _at(sheet: str, row: int, column: str, sentence: str) -> str:
    key = "menu.at" if column else "menu.at_row"
    return TEXTS.say(key, sheet=sheet, row=row, column=column, sentence=sentence)
