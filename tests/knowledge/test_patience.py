"""Patience: so long, so many, and not again soon after a failure."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from knowledge.patience import NotAsked, Patience, ServerFailed


@dataclass
class Seconds:
    """A clock of seconds that goes on when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Server:
    """Answers, or fails while it is down; counts how often it was asked."""

    is_down: bool = True
    asked: int = 0
    hold: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> str:
        self.asked += 1
        if self.is_down:
            raise ServerFailed("down")
        return "好"

    def hang(self) -> str:
        self.asked += 1
        self.hold.wait()
        return "晚了"


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def _patience(seconds: Callable[[], float], *, wait: float = 5.0, at_once: int = 2) -> Patience:
    return Patience(seconds=wait, at_once=at_once, ticking=seconds)


def test_after_a_failure_nobody_waits_until_the_pause_is_over(seconds: Seconds) -> None:
    server, patience = Server(), _patience(seconds)
    with pytest.raises(ServerFailed, match="down; not asked again for 30 s"):
        patience.ask(server.answer)
    for _ in range(3):
        with pytest.raises(NotAsked):
            patience.ask(server.answer)
    assert server.asked == 1
    seconds.now += 30
    server.is_down = False
    assert patience.ask(server.answer) == "好"
    assert patience.ask(server.answer) == "好"


def test_the_pause_doubles_up_to_ten_minutes_and_begins_anew(seconds: Seconds) -> None:
    server, patience = Server(), _patience(seconds)
    pauses = []
    for _ in range(7):
        with pytest.raises(ServerFailed) as failed:
            patience.ask(server.answer)
        pauses.append(float(str(failed.value).split()[-2]))
        seconds.now += pauses[-1]
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    server.is_down = False
    patience.ask(server.answer)
    server.is_down = True
    with pytest.raises(ServerFailed, match="30 s"):
        patience.ask(server.answer)


def test_one_question_alone_tries_whether_it_is_back(seconds: Seconds) -> None:
    server, patience = Server(), _patience(seconds)
    with pytest.raises(ServerFailed):
        patience.ask(server.answer)
    seconds.now += 30
    trying = threading.Thread(target=patience.ask, args=(server.hang,))
    trying.start()
    while server.asked < 2:
        pass
    with pytest.raises(NotAsked, match="a moment ago"):
        patience.ask(server.answer)
    server.hold.set()
    trying.join()


def test_who_waits_too_long_goes_on_and_the_late_answer_is_lost(seconds: Seconds) -> None:
    server, patience = Server(), _patience(seconds, wait=0.05)
    with pytest.raises(ServerFailed, match=r"no answer within 0\.05 s"):
        patience.ask(server.hang)
    server.hold.set()
    seconds.now += 30
    server.is_down = False
    assert patience.ask(server.answer) == "好"


def test_no_more_wait_at_once_than_may(seconds: Seconds) -> None:
    server, patience = Server(), _patience(seconds, at_once=1)
    waiting = threading.Thread(target=patience.ask, args=(server.hang,))
    waiting.start()
    while not server.asked:
        pass
    with pytest.raises(NotAsked, match="as many"):
        patience.ask(server.answer)
    server.hold.set()
    waiting.join()
    server.is_down = False
    assert patience.ask(server.answer) == "好"


def test_a_mistake_of_ours_is_not_hidden_as_the_servers(seconds: Seconds) -> None:
    def mistake() -> str:
        raise KeyError("ours")

    with pytest.raises(KeyError):
        _patience(seconds).ask(mistake)
