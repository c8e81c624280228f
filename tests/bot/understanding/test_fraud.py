"""Fraud told from ordinary talk of money: sentences written before the rules, and after them."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.understanding.commands import Intent
from bot.understanding.understanding import Understanding

DATA = Path(__file__).parent / "data"
NOTICE_QUESTIONS = Path(__file__).parents[3] / "ingestion/bundled/notice_questions.jsonl"
# Written after the rules, one after the other; the rules learnt from what each had missed.
LATER = ("fraud_later", "fraud_third")
LEAST_HEARD = 0.9


def sentences(name: str, *, fraud: bool) -> list[str]:
    lines = (DATA / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [row["text"] for row in map(json.loads, lines) if row["fraud"] is fraud]


def heard(understanding: Understanding, now: datetime, said: str) -> bool:
    commands = understanding.read(said, now=now).commands
    return any(command.intent is Intent.FRAUD for command in commands)


@pytest.mark.parametrize("said", sentences("fraud", fraud=True))
def test_fraud_is_heard(understanding: Understanding, monday: datetime, said: str) -> None:
    assert heard(understanding, monday, said)


@pytest.mark.parametrize("name", ["fraud", *LATER])
def test_no_ordinary_talk_of_money_is_fraud(
    understanding: Understanding, monday: datetime, name: str
) -> None:
    taken = [each for each in sentences(name, fraud=False) if heard(understanding, monday, each)]
    assert taken == []


def test_no_question_about_the_notice_is_fraud(
    understanding: Understanding, monday: datetime
) -> None:
    lines = NOTICE_QUESTIONS.read_text("utf-8").splitlines()
    asked = [row["question"] for row in map(json.loads, lines) if row["kind"] != "offtopic"]
    assert [each for each in asked if heard(understanding, monday, each)] == []


@pytest.mark.parametrize("name", LATER)
def test_most_of_a_later_set_is_heard(
    understanding: Understanding, monday: datetime, name: str
) -> None:
    said = sentences(name, fraud=True)
    assert sum(heard(understanding, monday, each) for each in said) / len(said) >= LEAST_HEARD


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        ("我已经给那个人转了三万了", True),
        ("我把验证码告诉他了，咋办", True),
        ("我把银行卡和密码给了上门那个人", True),
        ("有人打电话要我转三万", None),
        ("让我交三百办军休卡，是你们吗", None),
    ],
)
def test_what_is_gone_already_is_told_apart(
    understanding: Understanding, monday: datetime, said: str, lost: bool | None
) -> None:
    first = understanding.read(said, now=monday).first
    assert first.intent is Intent.FRAUD
    assert first.slots.lost is lost


@pytest.mark.parametrize(
    "text",
    ["说是疗养名额要先交定金", "你们是不是要收体检押金", "有人来电话，说是补发津贴要交手续费"],
)
def test_money_said_to_be_asked_for_is_heard(
    understanding: Understanding, monday: datetime, text: str
) -> None:
    assert understanding.read(text, now=monday).first.intent is Intent.FRAUD


@pytest.mark.parametrize("text", ["说是明天食堂不开门", "你们是不是星期天也送饭", "轮椅要交押金吗"])
def test_what_is_only_heard_of_is_none(
    understanding: Understanding, monday: datetime, text: str
) -> None:
    assert understanding.read(text, now=monday).first.intent is not Intent.FRAUD
