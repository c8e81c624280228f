"""Dangers are heard, look-alikes are not; both lists were written before the rules."""

from pathlib import Path

import pytest

from bot.understanding.clean import clean
from bot.understanding.danger import DangerReader
from bot.understanding.words import Words

DATA = Path(__file__).parent / "data"


def sentences(name: str) -> list[str]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t")[1] for line in lines]


@pytest.fixture(scope="module")
def danger(words: Words) -> DangerReader:
    return DangerReader(words.danger)


@pytest.mark.parametrize("sentence", sentences("dangers.tsv"))
def test_danger_is_heard(danger: DangerReader, sentence: str) -> None:
    assert danger.kind(clean(sentence)) is not None


@pytest.mark.parametrize("sentence", sentences("lookalikes.tsv"))
def test_a_look_alike_is_no_alarm(danger: DangerReader, sentence: str) -> None:
    assert danger.kind(clean(sentence)) is None


# Written after the rules, in two rounds; the rules learnt from what they missed in them.
MORE = [line.split("\t") for line in (DATA / "more.tsv").read_text("utf-8").splitlines()]
MOST_FALSE_ALARMS = 2


def test_no_danger_of_the_later_rounds_is_missed(danger: DangerReader) -> None:
    assert [
        text for kind, text in MORE if kind == "danger" and danger.kind(clean(text)) is None
    ] == []


def test_few_false_alarms_in_the_later_rounds(danger: DangerReader) -> None:
    alarms = [text for kind, text in MORE if kind == "plain" and danger.kind(clean(text))]

    assert len(alarms) <= MOST_FALSE_ALARMS
