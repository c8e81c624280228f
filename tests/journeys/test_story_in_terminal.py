"""The whole story in the terminal, with a server beside it and without one."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from booking.models import Request
from tests.journeys.running import RunningServer, open_database, run_command

STORY = "每年能体检几次\n我要订餐\n后天\n午饭\n软饭\n1份\n确认\n我的预约\n"


def _chat(home: Path, said: str = STORY) -> str:
    return run_command("chat", "--person", "张建国", "--home", str(home), said=said)


def _booked(home: Path) -> list[str]:
    database = open_database(home)
    with database.read() as session:
        numbers = list(session.execute(select(Request.number)).scalars())
    database.close()
    return numbers


def test_alone_on_a_home(new_home: Callable[[], Path]) -> None:
    home = new_home()
    printed = _chat(home)
    assert "每年健康体检1次" in printed
    assert "收到了" in printed
    assert "等工作人员定" in printed
    assert _booked(home) == ["餐1001"]


def test_beside_a_running_server(start_server: Callable[..., RunningServer]) -> None:
    server = start_server()
    assert "收到了" in _chat(server.home)
    assert server.stop() == 0
    assert _booked(server.home) == ["餐1001"]


def test_buttons_are_picked_by_their_numbers(new_home: Callable[[], Path]) -> None:
    home = new_home()
    printed = _chat(home, "我要订餐\n2\n1\n1\n1\n1\n")
    assert "收到了" in printed
    assert _booked(home) == ["餐1001"]
