"""A demonstration home made once by the real command, and copied by each journey."""

import shutil
from collections.abc import Callable
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
