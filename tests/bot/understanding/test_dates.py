"""Every phrase of data/dates.jsonl is read right or asked back, never silently wrong."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.understanding.clean import clean
from bot.understanding.commands import Intent
from bot.understanding.slots import SlotReader
from bot.understanding.words import Words

PHRASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "dates.jsonl").read_text("utf-8").splitlines()
]


@pytest.fixture(scope="module")
def reader(words: Words) -> SlotReader:
    return SlotReader(words)


@pytest.mark.parametrize("phrase", PHRASES, ids=[each["text"] for each in PHRASES])
def test_a_spoken_day_or_time_is_right_or_asked(
    reader: SlotReader, monday: datetime, phrase: dict[str, Any]
) -> None:
    mentioned = reader.mentioned(clean(phrase["text"]), monday.date())
    slots = reader.wanted(mentioned, Intent.BOOK, monday)[0]
    said = slots.scored()
    asked = {doubt.about for doubt in slots.vague}

    for name in ("date", "time", "meal", "session"):
        if name in phrase or name in {"date", "time"}:
            assert said.get(name) == phrase.get(name), name
    assert set(phrase.get("ask", [])) <= asked
