"""A demonstration home made once by the real command, and the command run in this process."""

import io
import logging
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.__main__ import main
from tests.journeys.running import Junxiu, RunningServer


@pytest.fixture(scope="session")
def prepared_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demonstration home as the first start leaves it."""
    home = tmp_path_factory.mktemp("prepared") / "var"
    server = RunningServer(home).start()
    assert server.stop() == 0
    return home


@pytest.fixture
def new_home(prepared_home: Path, tmp_path: Path) -> Callable[[], Path]:
    """Return a function that makes a home of this journey's own."""

    def copy() -> Path:
        return Path(shutil.copytree(prepared_home, tmp_path / "var"))

    return copy


@pytest.fixture
def start_server(new_home: Callable[[], Path]) -> Iterator[Callable[..., RunningServer]]:
    """Return a function that starts a server on a home of its own; none outlives the test."""
    started: list[RunningServer] = []

    def start(**environment: str) -> RunningServer:
        server = RunningServer(new_home(), **environment)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def junxiu(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Junxiu]:
    """Return a function that runs a command and returns what it printed.

    A command that ends well is quoted without what it says beside its output.
    """
    root = logging.getLogger()
    before = root.handlers[:], root.level, threading.excepthook
    on_signal = signal.getsignal(signal.SIGTERM)
    for name in [name for name in os.environ if name.startswith("JUNXIU_")]:
        monkeypatch.delenv(name)

    def run(*words: str, said: str = "", exit_code: int = 0) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(said))
        capsys.readouterr()
        assert main(words) == exit_code
        printed = capsys.readouterr()
        return printed.err if exit_code else printed.out

    yield run
    root.handlers[:], root.level, threading.excepthook = before
    logging.captureWarnings(False)
    signal.signal(signal.SIGTERM, on_signal)
