"""Facts of a house on the command line: written, listed, ended, and what cannot be."""

from pathlib import Path

import pytest
from sqlalchemy import select

from booking.models import AuditRow
from tests.journeys.running import Junxiu, open_database

ADD = (
    "facts",
    "add",
    "食堂几点开",
    "早饭7点，午饭11点半。",
    "--owner",
    "小李",
    "--until",
    "2027-06-30",
)


@pytest.fixture
def home(junxiu: Junxiu, tmp_path: Path) -> str:
    """Return a real home with one clerk."""
    folder = str(tmp_path / "home")
    words = ("--institution", "东山军休所", "--name", "小李", "--login", "xiaoli")
    junxiu("init", *words, "--home", folder, said="watering-can-7\n")
    return folder


def test_a_fact_is_written_listed_and_ended(junxiu: Junxiu, home: str) -> None:
    assert junxiu("facts", "--home", home).splitlines() == ["东山军休所的信息（0条）"]
    assert "写好了，编号 2" in junxiu(*ADD, "--home", home)
    house, line, text = junxiu("facts", "--house", "东山军休所", "--home", home).splitlines()
    assert house == "东山军休所的信息（1条）"
    assert line.startswith("2　食堂几点开？　小李管　有效到2027-06-30（还有")
    assert text == "　　早饭7点，午饭11点半。"
    assert "停用了" in junxiu("facts", "end", "2", "--home", home)
    assert junxiu("facts", "--home", home).splitlines() == ["东山军休所的信息（0条）"]
    database = open_database(Path(home))
    with database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.about.is_not(None)))
        assert [(row.actor, row.act) for row in rows] == [
            ("command line", "add fact"),
            ("command line", "end fact"),
        ]
    database.close()


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("facts", "remove", "2"), 2, "写法不对"),
        (("facts", "add", "食堂几点开"), 2, "写法不对"),
        (ADD[:4], 2, "还要写明谁管"),
        ((*ADD[:5], "小王", *ADD[6:]), 1, "名册上没有“小王”"),
        ((*ADD[:7], "2020-01-01"), 1, "已经过了"),
        ((*ADD[:2], "饭", *ADD[3:]), 1, "请写上大家怎么问"),
        (("facts", "end", "1"), 1, "没有编号是“1”的信息"),
        (("facts", "end", "七"), 1, "没有编号是“七”的信息"),
        (("facts", "--house", "西山军休所"), 1, "西山军休所"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    junxiu: Junxiu, home: str, words: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    said = junxiu(*words, "--home", home, exit_code=exit_code)
    assert sentence in said
    assert "Traceback" not in said
