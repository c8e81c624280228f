"""A question about one's own case is a question, though it sounds like a look at one's bookings."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.understanding.commands import Intent
from bot.understanding.understanding import Understanding
from bot.understanding.words import Words
from knowledge.personal import PersonalQuestions

DATA = Path(__file__).parents[2] / "knowledge/data/personal.jsonl"


@pytest.fixture(scope="module")
def knowing(words: Words) -> Understanding:
    return Understanding(words=words, is_personal=PersonalQuestions().asks)


def test_what_is_personal_is_asked(knowing: Understanding, monday: datetime) -> None:
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    heard = {
        row["question"]: knowing.read(row["question"], now=monday).first
        for row in rows
        if row["personal"]
    }
    # 我报的那个疗养批了吗: what is booked here is looked up here.
    own = {
        said: each.intent
        for said, each in heard.items()
        if not (each.intent is Intent.STATUS and each.slots.service)
    }
    assert len(own) > len(heard) * 0.9
    assert {said: intent for said, intent in own.items() if intent is not Intent.QUESTION} == {}


@pytest.mark.parametrize(
    ("said", "intent"),
    [
        ("我订的车派了没有", Intent.STATUS),
        ("我的预约办到哪一步了", Intent.STATUS),
        ("我体检约的是哪天来着", Intent.STATUS),
        ("明天的车不要了", Intent.CANCEL),
    ],
)
def test_a_look_at_a_booking_stays_one(
    knowing: Understanding, monday: datetime, said: str, intent: Intent
) -> None:
    assert knowing.read(said, now=monday).first.intent is intent
