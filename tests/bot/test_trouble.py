"""Tests of bot.trouble."""

import logging

import pytest

from bot.trouble import Trouble


def test_lasting_trouble_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble(logging.getLogger("test"), "the line")
    for _ in range(5):
        trouble.note(ConnectionError("with a secret in it"))
    assert [record.getMessage() for record in caplog.records] == [
        "the line: in trouble (ConnectionError)"
    ]
    trouble.over()
    trouble.over()
    assert [record.getMessage() for record in caplog.records][1:] == [
        "the line: in order again after 5 failures"
    ]


def test_pauses_grow_to_the_longest_and_begin_again() -> None:
    trouble = Trouble(logging.getLogger("test"), "the line", longest_pause=5.0)
    assert [trouble.note(OSError()) for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    trouble.over()
    assert trouble.note(OSError()) == 1.0
