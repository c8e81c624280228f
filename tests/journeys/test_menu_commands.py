"""A real home, from nothing to a booked lunch: init, people, a menu out of a spreadsheet."""

from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from booking.models import Opening
from store.clock import local_date, system_clock
from tests.journeys.running import Junxiu, open_database


@pytest.fixture
def home(junxiu: Junxiu, tmp_path: Path) -> str:
    """Return a real home with its head."""
    folder = str(tmp_path / "home")
    words = ("--institution", "东山军休所", "--name", "刘所长", "--login", "liu")
    junxiu("init", *words, "--home", folder, said="watering-can-7\n")
    return folder


def test_a_menu_is_filled_in_and_taken_in(junxiu: Junxiu, home: str, tmp_path: Path) -> None:
    form = str(tmp_path / "menu.xlsx")
    assert "还没有食谱" in junxiu("menus", "--home", home)
    junxiu("menus", "form", form, "--home", home)
    book = openpyxl.load_workbook(form)
    sheet = book.worksheets[0]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 3).value, sheet.cell(row, 4).value = "清蒸鱼、米饭", 30
        sheet.cell(row, 6).value = 12.5
    book.save(form)
    assert "新写21顿" in junxiu("menus", "import", form, "--home", home)
    assert "没变21顿" in junxiu("menus", "import", form, "--home", home)
    database = open_database(Path(home))
    with database.read() as session:
        meals = session.scalars(select(Opening)).all()
    database.close()
    assert {each.price_cents for each in meals} == {1250}
    assert min(each.day for each in meals) > local_date(system_clock()) - timedelta(days=1)
    month = str(tmp_path / "month.xlsx")
    assert "0个人" in junxiu("menus", "statement", "2026-11", month, "--home", home)


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("import",), 2, "写法不对"),
        (("import", "nothing.xlsx"), 1, "没有这个文件"),
        (("statement", "十一月", "x.xlsx"), 2, "不是月份"),
        (("statement", "2026-11", "x.csv"), 2, "结尾"),
    ],
)
def test_what_cannot_be_is_said(
    junxiu: Junxiu, home: str, words: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    assert sentence in junxiu("menus", *words, "--home", home, exit_code=exit_code)
