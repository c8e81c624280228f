"""The words of the command line: help for every command, quickly; wrong words in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.command_line import read_command_line
from app.running import COMMANDS

ROOT = Path(__file__).parents[2]
HEAVY = ("chromadb", "fastapi", "langchain_core", "numpy", "sqlalchemy", "telegram")


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_explains_itself_and_takes_a_home(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        read_command_line([command, "--help"])
    assert left.value.code == 0
    printed = capsys.readouterr().out
    assert "--home 目录" in printed
    assert printed.count("\n") > 5


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_command_line(["--help"])
    words = capsys.readouterr().out.split()
    assert set(COMMANDS) <= set(words)


def test_without_words_the_help_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        read_command_line([])
    assert left.value.code == 0
    assert "junxiu serve --demo" in capsys.readouterr().out


def test_the_help_loads_none_of_the_heavy_libraries() -> None:
    program = (
        f"import sys, app.__main__\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["serve", "--loud"],
        ["ask", "问", "--now", "tomorrow"],
        ["ask", "问", "--now", "2026-11-23T09:00"],
        ["understand", "--file", "a.jsonl"],
        ["ingest"],
    ],
)
def test_wrong_words_are_answered_with_where_the_help_is(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        read_command_line(words)
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("写法不对：")
    assert said.rstrip().endswith("--help")
