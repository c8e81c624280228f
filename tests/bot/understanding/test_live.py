"""What is asked of the tables is heard, and what only sounds like it is not."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.understanding.commands import Intent, LiveTopic
from bot.understanding.understanding import Understanding

DATA = Path(__file__).parent / "data"
ROWS = [
    json.loads(line)
    for name in ("live_questions.jsonl", "live_questions_held_out.jsonl")
    for line in (DATA / name).read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_questions_and_their_look_alikes(
    understanding: Understanding, monday: datetime, row: dict[str, Any]
) -> None:
    found = understanding.read(row["text"], now=monday)
    first = found.first
    assert first.slots.live == (LiveTopic(row["topic"]) if row["topic"] else None), row["text"]
    if row["topic"] is None:
        return
    assert first.intent is Intent.QUESTION
    assert found.confident
    if row["topic"] in {"menu", "places"}:
        assert (first.slots.date.isoformat() if first.slots.date else None) == row.get("date")
        assert first.slots.meal == row.get("meal")


@pytest.mark.parametrize(
    ("text", "whom", "year"),
    [
        ("今年我体检过没有", None, 2026),
        ("去年我体检了吗", None, 2025),
        ("我爸今年查过体没有", "父亲", 2026),
        ("帮我看看我妈今年体检了没有", "母亲", 2026),
    ],
)
def test_a_question_about_a_yearly_checkup_names_year_and_relative(
    understanding: Understanding, monday: datetime, text: str, whom: str | None, year: int
) -> None:
    slots = understanding.read(text, now=monday).first.slots
    assert (slots.live, slots.whom, slots.number) == (LiveTopic.DONE, whom, year)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("小李你好，明天吃啥", [(Intent.QUESTION, LiveTopic.MENU)]),
        ("明天中午，吃什么", [(Intent.QUESTION, LiveTopic.MENU)]),
        (
            "今天中午吃什么，给我订一份",
            [(Intent.QUESTION, LiveTopic.MENU), (Intent.BOOK, None)],
        ),
        (
            "明天的午饭取消，晚饭吃什么",
            [(Intent.QUESTION, LiveTopic.MENU), (Intent.CANCEL, None)],
        ),
        (
            "今天中午吃什么，所长几点在",
            [(Intent.QUESTION, LiveTopic.MENU), (Intent.QUESTION, None)],
        ),
        ("今天中午吃什么？我不想吃鱼", [(Intent.QUESTION, LiveTopic.MENU)]),
        ("体检还有名额没，给我占一个", [(Intent.BOOK, None)]),
        ("我妈今年的体检还没做，帮她约12月5号下午", [(Intent.BOOK, None)]),
    ],
)
def test_what_else_is_said_beside_it_is_heard_too(
    understanding: Understanding,
    monday: datetime,
    text: str,
    wanted: list[tuple[Intent, LiveTopic | None]],
) -> None:
    found = understanding.read(text, now=monday)
    assert [(each.intent, each.slots.live) for each in found.commands] == wanted


def test_the_meal_that_was_asked_about_is_the_one_wanted(
    understanding: Understanding, monday: datetime
) -> None:
    _, book = understanding.read("今天中午吃什么，给我订一份", now=monday).commands
    assert (book.slots.service, book.slots.meal, book.slots.portions) == ("meal", "lunch", 1)
    assert book.slots.date == monday.date()


def test_it_is_heard_in_the_middle_of_a_form_and_answers_nothing_there(
    understanding: Understanding, monday: datetime
) -> None:
    found = understanding.read("今天中午吃什么", now=monday, expecting="date")
    assert [each.slots.live for each in found.commands] == [LiveTopic.MENU]
    answer = understanding.read("今天中午", now=monday, expecting="date").first
    assert answer.intent is Intent.ANSWER


def test_danger_comes_before_it(understanding: Understanding, monday: datetime) -> None:
    found = understanding.read("今天中午吃什么，我胸口疼得厉害", now=monday)
    assert found.first.intent is Intent.EMERGENCY
