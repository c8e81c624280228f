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
        row["question"]: knowing.read(row["question"], now=monday).first.intent
        for row in rows
        if row["personal"]
    }
    assert {said: intent for said, intent in heard.items() if intent is not Intent.QUESTION} == {}


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
