"""One understanding for all tests: it keeps nothing between messages."""

from datetime import datetime

import pytest

from bot.understanding.understanding import Understanding
from bot.understanding.words import Words, load_words
from store.clock import SHANGHAI


@pytest.fixture(scope="session")
def words() -> Words:
    return load_words()


@pytest.fixture(scope="session")
def understanding(words: Words) -> Understanding:
    return Understanding(words=words)


@pytest.fixture
def monday() -> datetime:
    """A Monday morning, nine o'clock in Shanghai."""
    return datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
