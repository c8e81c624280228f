"""The desk over a real database: two houses, clerks with browsers, and a real server."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text

from app.mind import build_answering
from booking.services import Catalog, load_catalog
from desk.site import staff_desk
from ingestion.fact_room import FactRoom
from ingestion.trying import ReadingRoom
from knowledge.embedding import Embedder
from knowledge.house_facts import HouseFacts
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from store.keyring import Keyring
from tests.conftest import NOW, StandingClock
from tests.desk.houses import PASSWORD, Book, House, Library, build_house


class ClerkAtDesk:
    """A clerk with a browser, logged in."""

    def __init__(self, client: TestClient, login: str) -> None:
        self.client = client
        answer = client.post("/desk/log-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 303, answer.text
        found = re.search(r'name="csrf" value="([^"]+)"', self.see("/").text)
        assert found is not None
        self.csrf = found.group(1)

    def see(self, path: str) -> Response:
        """Open a page."""
        return self.client.get(f"/desk{path}")

    def press(self, path: str, **fields: str) -> Response:
        """Press a button of a form, as the page does it."""
        return self.client.post(
            f"/desk{path}", data=fields, headers={"HX-Request": "true", "X-CSRF-Token": self.csrf}
        )

    def bring(self, path: str, name: str, content: bytes) -> Response:
        """Upload a file through a form, as the page does it."""
        return self.client.post(
            f"/desk{path}",
            files={"file": (name, content)},
            headers={"HX-Request": "true", "X-CSRF-Token": self.csrf},
        )


@dataclass(frozen=True, slots=True)
class Served:
    """A desk behind a real server on this machine."""

    url: str
    server: uvicorn.Server
    thread: threading.Thread

    def stop(self) -> None:
        """Ask the server to stop and wait for it."""
        self.server.should_exit = True
        self.thread.join(timeout=10)


@dataclass(frozen=True, slots=True)
class TwoHouses:
    """A database file with two houses in it."""

    file: Path
    ours: House
    other: House


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Return the services as shipped."""
    return load_catalog()


@pytest.fixture(scope="session")
def two_houses(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, keyring: Keyring
) -> TwoHouses:
    """Return a database file with both houses, made once and copied by each test."""
    file = tmp_path_factory.mktemp("houses") / "junxiu.sqlite3"
    shutil.copyfile(migrated_file, file)
    database = Database(f"sqlite:///{file}", keyring)
    ours = build_house(database, name="示范军休所", prefix="", now=NOW)
    other = build_house(database, name="邻市军休所", prefix="other-", now=NOW)
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    return TwoHouses(file, ours, other)


@pytest.fixture
def database(tmp_path: Path, two_houses: TwoHouses, keyring: Keyring) -> Iterator[Database]:
    """Return a database of this test's own with two houses in it."""
    file = tmp_path / "junxiu.sqlite3"
    shutil.copyfile(two_houses.file, file)
    database = Database(f"sqlite:///{file}", keyring)
    yield database
    database.close()


@pytest.fixture
def house(two_houses: TwoHouses) -> House:
    """Return the house under test."""
    return two_houses.ours


@pytest.fixture
def book(database: Database, catalog: Catalog, house: House) -> Book:
    """Return what makes requests in the house under test."""
    return Book(database, catalog, house)


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """Return the real model, loaded once."""
    return Embedder()


@pytest.fixture
def library(database: Database) -> Library:
    """Return what puts documents and asked questions into the database."""
    return Library(database)


@pytest.fixture
def reading_room(
    database: Database, catalog: Catalog, embedder: Embedder
) -> Iterator[Callable[[], ReadingRoom]]:
    """Return what opens the reading room; whatever it prepares is done before the test ends."""
    opened: list[ReadingRoom] = []
    stopping = threading.Event()

    def open_room() -> ReadingRoom:
        if not opened:
            room = ReadingRoom(
                vectors=VectorStore(database, embedder),
                answering_over=partial(build_answering, embedder, catalog),
                keyring=database.keyring,
                stopping=stopping.is_set,
            )
            opened.append(room)
        return opened[0]

    yield open_room
    stopping.set()
    for room in opened:
        room.close()


@pytest.fixture
def fact_room(database: Database, embedder: Embedder) -> Callable[[], FactRoom]:
    """Return what opens the room in which facts are written."""
    vectors = VectorStore(database, embedder)
    room = FactRoom(
        vectors=vectors,
        embedder=embedder,
        facts=HouseFacts(database=database, vectors=vectors),
        wording=Wording(),
    )
    return lambda: room


@pytest.fixture
def app(
    database: Database,
    catalog: Catalog,
    clock: StandingClock,
    reading_room: Callable[[], ReadingRoom],
    fact_room: Callable[[], FactRoom],
) -> FastAPI:
    """Return an application with the desk mounted, as the real one has it."""
    app = FastAPI()
    desk = staff_desk(
        database=database,
        clock=clock,
        catalog=catalog,
        reading_room=reading_room,
        fact_room=fact_room,
        stopping=lambda: False,
    )
    app.mount("/desk", desk)
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    """Return a browser that nobody has logged in."""
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def at_desk(app: FastAPI, house: House) -> Iterator[Callable[[str], ClerkAtDesk]]:
    """Return a function that seats a clerk of the house (or a given log-in) at a desk."""
    opened: list[TestClient] = []

    def seat(who: str) -> ClerkAtDesk:
        client = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
        opened.append(client)
        return ClerkAtDesk(client, house.logins.get(who, who))

    yield seat
    for client in opened:
        client.close()


@pytest.fixture
def served(
    database: Database,
    catalog: Catalog,
    clock: StandingClock,
    reading_room: Callable[[], ReadingRoom],
    fact_room: Callable[[], FactRoom],
) -> Iterator[Served]:
    """Return the desk behind a real server, on a port the system chose."""
    app = FastAPI()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    )
    desk = staff_desk(
        database=database,
        clock=clock,
        catalog=catalog,
        reading_room=reading_room,
        fact_room=fact_room,
        stopping=lambda: server.should_exit,
    )
    app.mount("/desk", desk)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    running = Served(f"http://127.0.0.1:{port}", server, thread)
    yield running
    running.stop()
