"""What a real house drives with, entered on the command line; and what cannot be."""

from pathlib import Path

import pytest

from tests.journeys.running import Junxiu


@pytest.fixture
def home(junxiu: Junxiu, tmp_path: Path) -> str:
    """Return a real home."""
    folder = str(tmp_path / "home")
    words = ("--institution", "东山军休所", "--name", "小王", "--login", "xiaowang")
    junxiu("init", *words, "--home", folder, said="watering-can-7\n")
    return folder


def test_a_house_enters_its_car_its_driver_and_a_hospital(junxiu: Junxiu, home: str) -> None:
    assert "没有车，就派不了车" in junxiu("vehicles", "--home", home)
    car = ("vehicles", "add", "一号车", "--seats", "6", "--wheelchair")
    assert junxiu(*car, "--home", home).splitlines() == [
        "登记好了：一号车。",
        "一号车　所里的车　坐6位，能放轮椅　每天都出车",
    ]
    driver = ("drivers", "add", "马师傅", "--vehicle", "一号车", "--days", "12345")
    said = junxiu(*driver, "--from", "07:30", "--until", "18:00", "--home", home)
    assert said.splitlines()[1] == "马师傅　平时开一号车　星期一、二、三、四、五，07:30到18:00"
    place = ("destinations", "add", "总医院", "--aliases", "301、总院", "--minutes", "40")
    said = junxiu(*place, "--hospital", "--home", home)
    assert said.splitlines()[1] == "总医院（301、总院）　路上40分钟　医院"


@pytest.mark.parametrize(
    ("words", "exit_code", "sentence"),
    [
        (("vehicles", "remove", "一号车"), 2, "写法不对"),
        (("vehicles", "add", "一号车", "--seats", "0"), 1, "1到60"),
        (("drivers", "add", "马师傅", "--vehicle", "三号车"), 1, "没有叫“三号车”的车"),
        (("drivers", "add", "马师傅", "--phone", "问门卫"), 1, "电话只写数字"),
        (("destinations", "add", "银行", "--minutes", "9999"), 1, "5到600"),
        (("vehicles", "--house", "西山军休所"), 1, "西山军休所"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    junxiu: Junxiu, home: str, words: tuple[str, ...], exit_code: int, sentence: str
) -> None:
    said = junxiu(*words, "--home", home, exit_code=exit_code)
    assert sentence in said
    assert "Traceback" not in said
