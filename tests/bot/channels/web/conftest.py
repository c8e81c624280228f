"""A house on a real database, a browser that keeps its cookie, and a real Chromium."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Error, sync_playwright
from sqlalchemy import select

from bot.incoming import Incoming
from store.database import Database
from store.inbox import InboxRow
from tests.bot.channels.web.house import House, build_house
from tests.conftest import StandingClock

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A house's own network: plain http under a name, which browsers trust less than this machine.
    "--host-resolver-rules=MAP house.test 127.0.0.1",
)


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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium, else Playwright's own; skip when there is neither."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=list(QUIET)
            )
        except Error as error:
            pytest.skip(f"no Chromium to test the page with: {error}")
        yield browser
        browser.close()
