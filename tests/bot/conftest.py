"""Fixtures of the conversation's tests: a house, and people who talk."""

import pytest

from store.database import Database
from tests.bot.talks import Chat, Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House, make_house


@pytest.fixture
def house(database: Database, clock: StandingClock) -> House:
    """Return a house with five places in every opening."""
    with database.begin() as session:
        return make_house(session, clock(), portions=5)


@pytest.fixture
def zhang(database: Database, clock: StandingClock, house: House) -> Talk:
    """Return 张建国 talking to the dialogue."""
    return begin_talk(database, clock, house.zhang)


@pytest.fixture
def chat(database: Database, clock: StandingClock, house: House) -> Chat:
    """Return 张建国 in the web chat, with worker and outbox behind it."""
    return Chat(database, clock).be(house.zhang)
