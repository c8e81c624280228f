"""Absences and leaving on the command line."""

from pathlib import Path

from tests.journeys.running import Junxiu


def test_absences_and_leaving_on_the_command_line(junxiu: Junxiu, tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"))
    words = ("--institution", "东山军休所", "--name", "小王", "--login", "xiaowang")
    junxiu("init", *words, *home, said="watering-can-7\n")
    junxiu("people", "add", "张三", *home)
    assert "没有人请假" in junxiu("duty", *home)
    assert "替班：没有写" in junxiu("duty", "away", "小王", *home)
    assert "不是所里的工作人员" in junxiu("duty", "away", "张三", *home, exit_code=1)
    assert "记下了：张三。" in junxiu("stay", "张三", "hospital", *home)
    assert "记下了：张三。" in junxiu("stay", "张三", "home", *home)
    assert "没有记" in junxiu("stay", "小王", "died", *home, exit_code=1)
