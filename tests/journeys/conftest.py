"""A demonstration home made once by the real command, and copied by each journey."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.running import RunningServer


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
