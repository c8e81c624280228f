"""A menu out of a spreadsheet: taken whole, or refused with where each mistake stands."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import func, select

from booking.meals.menus import closes_words, week_of
from booking.models import Opening
from booking.services import load_catalog
from ingestion.loaded import Refused
from ingestion.meal_tables import write_round, write_statement
from ingestion.menu_import import import_menu
from ingestion.menu_tables import read_menu, write_form
from store.clock import local_date
from store.database import Database
from tests.booking.meals.rounds import TOMORROW, make_lunch
from tests.conftest import NOW

CATALOG = load_catalog()
MEAL = CATALOG.get("meal")
TODAY = local_date(NOW)
HEADS = ("日期", "餐次", "菜品", "份数", "供应单位", "单价（元）", "补贴（元）", "订餐截止")


def _sheet(path: Path, *rows: Sequence[object], name: str = "第一周") -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for row in rows:
        sheet.append(list(row))
    book.save(path)
    return path


def _refused(path: Path) -> str:
    with pytest.raises(Refused) as found:
        read_menu(path, MEAL, today=TODAY)
    return str(found.value)


def test_what_a_clerk_may_write(tmp_path: Path) -> None:
    path = _sheet(
        tmp_path / "menu.xlsx",
        ("东山军休所食谱",),
        HEADS,
        (datetime(2026, 11, 30), "午饭", "清蒸鱼、米饭", 60, None, None, None, None),  # noqa: DTZ001
        ("11月30日（星期一）", "晚餐", "面条", "40份", "社区食堂", 12.5, "3", "前一天 16:00"),
        (),
        ("2026/12/1", "早饭", "小米粥", "40", "", "¥6", None, "06:30"),
    )
    lines = [each.line for each in read_menu(path, MEAL, today=TODAY)]
    monday = date(2026, 11, 30)
    assert [(line.day, line.meal, line.portions) for line in lines] == [
        (monday, "lunch", 60),
        (monday, "dinner", 40),
        (monday + timedelta(days=1), "breakfast", 40),
    ]
    assert (lines[1].kitchen, lines[1].price_cents, lines[1].subsidy_cents) == (
        "社区食堂",
        1250,
        300,
    )
    assert lines[2].closes == "06:30"
    assert lines[0].price_cents is None


def test_a_day_without_a_year_is_the_next_such_day(tmp_path: Path) -> None:
    path = _sheet(tmp_path / "menu.xlsx", HEADS, ("1月4日", "午饭", "面条", 10))
    (each,) = read_menu(path, MEAL, today=date(2026, 12, 28))
    assert each.line.day == date(2027, 1, 4)


def test_wrong_columns_are_said_with_what_to_write(tmp_path: Path) -> None:
    path = _sheet(tmp_path / "menu.xlsx", ("时间", "午餐"), ("11月30日", "面条"))
    said = _refused(path)
    assert "“第一周”第1行：找不到这几列：日期、餐次、菜品、份数" in said
    assert "一行也没有导入" in said


def test_every_wrong_cell_is_said_with_its_place(tmp_path: Path) -> None:
    path = _sheet(
        tmp_path / "menu.xlsx",
        HEADS,
        ("2026-11-30", "午饭", "鱼", 60),
        ("13月40日", "午饭", "鱼", 60),
        ("2026-11-30", "夜宵", "鱼", 60),
        ("2026-11-30", "晚饭", None, 60),
        ("2026-12-01", "午饭", "鱼", "很多"),
        ("2026-12-01", "晚饭", "鱼", 10, "", 3.333),
        ("2026-12-02", "晚饭", "鱼", 10, "", 3, 1, "十点"),
        ("2026-11-30", "午饭", "鱼", 60),
    )
    said = _refused(path)
    for place in ("3行A列", "4行B列", "5行C列", "6行D列", "7行F列", "8行H列", "9行A列"):
        assert place in said, place
    assert "和第2行写的是同一顿饭" in said


def test_what_is_no_table_is_said(tmp_path: Path) -> None:
    path = tmp_path / "menu.xlsx"
    path.write_bytes(b"not a workbook")
    assert "另存为" in _refused(path)
    assert "没有食谱" in _refused(_sheet(tmp_path / "empty.xlsx"))
    assert "没有食谱" in _refused(_sheet(tmp_path / "heads.xlsx", HEADS))


def test_the_empty_form_comes_back_as_what_was_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    write_form(path, MEAL, week_of(TODAY + timedelta(days=7)))
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 3).value, sheet.cell(row, 4).value = "面条", 30
    book.save(path)
    lines = read_menu(path, MEAL, today=TODAY)
    assert len(lines) == 21
    assert lines[0].line.day == date(2026, 11, 30)


def _import(database: Database, path: Path, house_id: int) -> tuple[int, int, int]:
    done = import_menu(
        database,
        path,
        catalog=CATALOG,
        institution_id=house_id,
        by="staff 1",
        permission="staff",
        now=NOW,
    )
    return done.new, done.changed, done.same


def test_it_is_taken_whole_and_a_second_time_changes_nothing(
    either_database: Database, tmp_path: Path
) -> None:
    lunch = make_lunch(either_database)
    far = (TODAY + timedelta(days=20)).isoformat()
    path = _sheet(
        tmp_path / "menu.xlsx",
        HEADS,
        (TOMORROW.isoformat(), "午饭", "红烧肉", 20),
        (far, "午饭", "面条", 20, "社区食堂", 10, 2, "前一天 16:00"),
    )
    assert _import(either_database, path, lunch.house.id) == (1, 1, 0)
    assert _import(either_database, path, lunch.house.id) == (0, 0, 2)
    with either_database.read() as session:
        new = session.scalars(select(Opening).where(Opening.provider == "社区食堂")).one()
    assert (new.price_cents, new.subsidy_cents, closes_words(new)) == (1000, 200, "前一天 16:00")


def test_nothing_half_done_and_the_place_of_what_the_house_refuses(
    either_database: Database, tmp_path: Path
) -> None:
    lunch = make_lunch(either_database)
    lunch.book(lunch.house.zhang, 5)
    far = (TODAY + timedelta(days=20)).isoformat()
    path = _sheet(
        tmp_path / "menu.xlsx",
        HEADS,
        (far, "午饭", "面条", 20),
        (TOMORROW.isoformat(), "午饭", "红烧肉", 3),
        ("2026-11-01", "午饭", "红烧肉", 3),
    )
    with either_database.read() as session:
        before = session.scalar(select(func.count()).select_from(Opening))
    with pytest.raises(Refused) as found:
        _import(either_database, path, lunch.house.id)
    assert "第3行D列：这一顿已经订出5份" in str(found.value)
    assert "第4行A列" in str(found.value)
    with either_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Opening)) == before
        dishes = session.scalars(
            select(Opening.details).where(Opening.day == TOMORROW, Opening.period == "lunch")
        ).one()
    assert dishes == ""


def test_what_is_printed_opens_again_and_holds_no_formula(tmp_path: Path) -> None:
    write_statement(tmp_path / "month.xlsx", "=1+1", [])
    write_round(tmp_path / "round.xlsx", "午饭", [])
    month = openpyxl.load_workbook(tmp_path / "month.xlsx")
    assert month.worksheets[0]["A1"].value == "'=1+1"
    assert month.sheetnames == ["每人合计", "每顿明细"]
    assert openpyxl.load_workbook(tmp_path / "round.xlsx").sheetnames == ["厨房单", "配送单"]
