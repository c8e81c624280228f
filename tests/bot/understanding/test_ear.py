"""Heard with rules and sayings together: sets written before either, and never learnt from."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from bot.understanding.commands import Intent, Understood
from bot.understanding.ear import load_ear
from bot.understanding.understanding import Understanding
from bot.understanding.words import Words
from knowledge.embedding import Embedder
from knowledge.personal import PersonalQuestions

DATA = Path(__file__).parent / "data"
CHAT = (DATA / "chat.txt").read_text("utf-8").splitlines()
# Measured on sets nothing was learnt from, less a few sentences' play.
LEAST_INTENT = 0.90
LEAST_DANGERS = 55
MOST_ALARMS = 9


@pytest.fixture(scope="module")
def hearing(words: Words) -> Understanding:
    return Understanding(
        words=words,
        ear=load_ear(),
        embed=Embedder().query_vector,
        is_personal=PersonalQuestions().asks,
    )


def is_heard(understood: Understood) -> bool:
    return any(each.intent is Intent.EMERGENCY for each in understood.commands)


def test_most_intents_are_heard(hearing: Understanding, monday: datetime) -> None:
    lines = (DATA / "utterances_sixth.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    right = [hearing.read(row["text"], now=monday).first.intent == row["intent"] for row in rows]

    assert sum(right) / len(right) >= LEAST_INTENT


def test_dangers_are_heard_and_stories_are_not(hearing: Understanding, monday: datetime) -> None:
    lines = (DATA / "alarms_last.tsv").read_text("utf-8").splitlines()
    heard = {"danger": 0, "fine": 0}
    for kind, text in (line.split("\t") for line in lines):
        heard[kind] += is_heard(hearing.read(text, now=monday))

    assert heard["danger"] >= LEAST_DANGERS
    assert heard["fine"] <= MOST_ALARMS


def test_a_set_phrase_needs_no_meaning(words: Words, monday: datetime) -> None:
    def refuse(_text: str) -> None:
        raise AssertionError("nothing to embed")

    silent = Understanding(words=words, ear=load_ear(), embed=refuse)  # type: ignore[arg-type]

    assert silent.read("好的", now=monday).first.intent is Intent.CONFIRM


def test_chat_hardly_ever_sounds_like_danger(hearing: Understanding, monday: datetime) -> None:
    heard = [text for text in CHAT if is_heard(hearing.read(text, now=monday))]

    assert len(heard) <= 1


@pytest.mark.parametrize("text", ["心口闷得像要炸开", "屋里煤气味呛人，头沉得抬不起来"])
def test_what_no_rule_knows_is_still_heard(
    hearing: Understanding, monday: datetime, text: str
) -> None:
    assert is_heard(hearing.read(text, now=monday))
