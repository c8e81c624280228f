"""Logs: one JSON object a line, and never the words of an error."""

import asyncio
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from app.logs import set_up_logs
from store.turn_id import turn_scope

SECRET = "张建国的电话是13800138000"


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    last = sys.excepthook
    yield
    sys.excepthook = last
    root.handlers[:] = handlers
    root.setLevel(level)
    threading.excepthook = hook
    logging.captureWarnings(False)


def _fail() -> None:
    nobody: dict[str, int] = {}
    try:
        nobody[SECRET]
    except KeyError as error:
        raise ValueError(SECRET) from error


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_carries_the_turn(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO")
    with turn_scope(42):
        logging.getLogger("bot.turn").info("a turn")
    logging.getLogger("bot.turn").debug("not at this level")
    (line,) = _lines(capsys)
    assert "42" in str(line["turn_id"])
    assert (line["level"], line["part"], line["message"]) == ("INFO", "bot.turn", "a turn")


def test_an_error_is_told_by_kind_and_place_alone(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO")
    try:
        _fail()
    except ValueError:
        logging.getLogger("bot.turn").exception("a turn failed")
    printed = capsys.readouterr().err
    assert SECRET not in printed
    told = json.loads(printed)["exc_info"]
    assert told.index("builtins.KeyError") < told.index("builtins.ValueError")
    assert "test_logs.py" in told
    assert "_fail" in told


def test_an_error_lost_in_a_thread_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("INFO")
    thread = threading.Thread(target=_fail, name="worker-0")
    thread.start()
    thread.join()
    printed = capsys.readouterr().err
    assert SECRET not in printed
    assert "worker-0" in json.loads(printed)["message"]


def test_warnings_are_lines_too(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs("INFO")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("something old", DeprecationWarning, stacklevel=1)
    (line,) = _lines(capsys)
    assert line["part"] == "py.warnings"


def test_what_ends_the_process_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("INFO")
    try:
        _fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    (line,) = _lines(capsys)
    assert line["level"] == "CRITICAL"
    assert "builtins.ValueError" in line["exc_info"]
    assert SECRET not in str(line)


@pytest.mark.parametrize("name", ["sse_starlette.sse", "openai._base_client", "httpx", "telegram"])
def test_libraries_say_nothing_below_a_warning_at_any_level(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    set_up_logs("DEBUG")
    library = logging.getLogger(name)
    before = library.level
    library.setLevel(logging.DEBUG)  # As some do by themselves, told by the environment.
    library.debug("chunk: %s", SECRET)
    library.info("Request options: %s", SECRET)
    library.warning("the connection is gone\n%s", SECRET)
    library.setLevel(before)
    logging.getLogger("bot.turn").debug("ours is told")
    told = _lines(capsys)
    assert [line["message"] for line in told] == ["the connection is gone", "ours is told"]


def test_a_task_that_nobody_waited_for_is_told_without_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs("INFO")

    async def fail() -> None:
        _fail()

    async def forget() -> None:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        del task

    asyncio.run(forget())
    (line,) = _lines(capsys)
    assert line["message"] == "Task exception was never retrieved"
    assert "builtins.ValueError" in line["exc_info"]
    assert SECRET not in str(line)
