"""A house on a real database, a browser that keeps its cookie, and a real Chromium."""

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.incoming import Incoming
from store.database import Database
from store.inbox import InboxRow
from tests.bot.channels.web.house import House, build_house
from tests.conftest import StandingClock


@pytest.fixture
def house(database: Database, clock: StandingClock) -> House:
    """Return a house where nobody lives yet."""
    return build_house(database, clock)


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    """Return a browser without a script that has opened the page."""
    with visiting(house) as client:
        yield client


def visiting(house: House) -> TestClient:
    """Open the page in a browser of its own."""
    client = TestClient(house.app, headers={"X-Junxiu-Chat": "1"})
    client.get("/chat")
    return client


@pytest.fixture
def received(database: Database) -> Callable[[], list[Incoming]]:
    """Return a look into the inbox."""

    def look() -> list[Incoming]:
        with database.read() as session:
            rows = session.scalars(select(InboxRow).order_by(InboxRow.id))
            return [Incoming.from_data(row.body) for row in rows]

    return look
