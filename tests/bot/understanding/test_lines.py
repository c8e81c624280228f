"""One line out for each line in; a broken line is named."""

import json
from datetime import datetime

import pytest

from bot.understanding.lines import LineBroken, understand_lines
from bot.understanding.understanding import Understanding


def test_each_line_is_answered_in_order(understanding: Understanding, monday: datetime) -> None:
    lines = ['{"id": "a", "text": "明天中午两份饭"}', '{"id": 2, "text": "七点送饭，八点出车"}']

    first, second = (
        json.loads(line) for line in understand_lines(lines, understanding, now=monday)
    )

    assert first["id"] == "a"
    assert first["intent"] == "book"
    assert first["slots"] == {
        "service": "meal",
        "date": "2026-11-24",
        "meal": "lunch",
        "portions": 2,
    }
    assert first["seconds"] > 0
    assert second["id"] == 2
    assert [each["slots"]["service"] for each in second["more"]] == ["ride"]


@pytest.mark.parametrize("broken", ["", "[]", '{"id": 1}', '{"id": 1, "text": 5}', "{"])
def test_a_broken_line_is_named(
    understanding: Understanding, monday: datetime, broken: str
) -> None:
    results = understand_lines(['{"id": 1, "text": "你好"}', broken], understanding, now=monday)

    assert json.loads(next(results))["intent"] == "greeting"
    with pytest.raises(LineBroken) as caught:
        next(results)
    assert caught.value.number == 2


def test_words_of_the_dialogue_have_a_name_outside(
    understanding: Understanding, monday: datetime
) -> None:
    (line,) = understand_lines(['{"id": 1, "text": "返回"}'], understanding, now=monday)

    assert json.loads(line)["intent"] == "change"
