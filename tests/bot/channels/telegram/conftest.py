"""A fake Bot API server, and a channel that runs in a thread of its own beside the test."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import uvicorn
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.bell import Bell
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from bot.incoming import Incoming, IncomingKind
from bot.reception import Reception
from store.database import Database
from store.identity import Account
from store.inbox import InboxRow
from tests.conftest import StandingClock
from tests.fakes.telegram_server import TelegramServer

SECRET = "a-secret-of-the-tests"


@dataclass(frozen=True)
class Stored:
    """An inbox row: who it is from, under which id, and what it says."""

    account: str
    update_id: str
    incoming: Incoming


class Web:
    """A web app of one page, as the real one mounts the webhook."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.statuses: list[int] = []

    async def serve(self, channel: TelegramChannel, stop: asyncio.Event) -> None:
        """Serve until `stop`."""
        assert channel.webhook is not None
        handle = channel.webhook.handle

        async def page(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            assert request.url.path == PATH
            status = await handle(request.headers.get(SECRET_HEADER), await request.body())
            self.statuses.append(status)
            await Response(status_code=status)(scope, receive, send)

        server = uvicorn.Server(
            uvicorn.Config(page, interface="asgi3", lifespan="off", log_config=None, ws="none")
        )
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        await stop.wait()
        server.should_exit = True
        await serving

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()


class House:
    """A database with a reception, and channels over it."""

    def __init__(self, database: Database, clock: StandingClock, server: TelegramServer) -> None:
        self.database = database
        self.clock = clock
        self.server = server
        self.bell = Bell()
        self.messages_limit = "1000/minute"

    def channel(
        self,
        *,
        token: str | None = None,
        api_url: str | None = None,
        public_url: str | None = None,
        owner: str = "one",
    ) -> TelegramChannel:
        """Build a channel as the wiring does."""
        return TelegramChannel(
            token=token or self.server.token,
            api_url=api_url or self.server.url,
            public_url=public_url,
            webhook_secret=SECRET,
            database=self.database,
            clock=self.clock,
            reception=self.reception(),
            owner=owner,
        )

    def reception(self) -> Reception:
        """Build a reception."""
        return Reception(
            database=self.database,
            clock=self.clock,
            bell=self.bell,
            messages_limit=self.messages_limit,
        )

    @contextmanager
    def receiving(
        self, channel: TelegramChannel | None = None, *, web: Web | None = None
    ) -> Iterator[TelegramChannel]:
        """Run a channel in a thread until the block ends, with a web app when it has a webhook."""
        running = channel or self.channel()
        loops: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        started = threading.Event()
        errors: list[BaseException] = []

        async def run() -> None:
            stop = asyncio.Event()
            loops.append((asyncio.get_running_loop(), stop))
            serving = asyncio.create_task(web.serve(running, stop)) if web else None
            try:
                await running.start()
                started.set()
                await running.run(stop)
                if serving is not None:
                    await serving
            finally:
                await running.close()

        def work() -> None:
            try:
                asyncio.run(run())
            except BaseException as error:  # noqa: BLE001 - raised again in the test's thread.
                errors.append(error)
            finally:
                started.set()

        thread = threading.Thread(target=work, name="channel")
        thread.start()
        started.wait()
        try:
            yield running
        finally:
            if thread.is_alive():
                loop, stop = loops[0]
                loop.call_soon_threadsafe(stop.set)
            thread.join()
        if errors:
            raise errors[0]

    def stored(self) -> list[Stored]:
        """Return what the inbox holds, oldest first."""
        with self.database.read() as session:
            rows = session.execute(
                select(InboxRow, Account)
                .join(Account, Account.id == InboxRow.account_id)
                .order_by(InboxRow.id)
            )
            return [
                Stored(account.external_id, row.external_id, Incoming.from_data(row.body))
                for row, account in rows
            ]

    def incomings(self) -> list[Incoming]:
        """Return what people sent, oldest first."""
        return [stored.incoming for stored in self.stored()]

    def wait_for_incoming(self, kind: IncomingKind, text: str = "") -> Incoming:
        """Wait until something of this kind with these words is stored."""
        found: list[Incoming] = []

        def has_come() -> bool:
            found[:] = [one for one in self.incomings() if one.kind is kind and text in one.text]
            return bool(found)

        self.server.wait_until(has_come, f"{kind} {text} in the inbox")
        return found[-1]

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for anything else."""
        self.server.wait_until(condition, what)


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer() as running:
        yield running


@pytest.fixture
def house(database: Database, clock: StandingClock, server: TelegramServer) -> House:
    return House(database, clock, server)


@pytest.fixture
def web() -> Iterator[Web]:
    page = Web()
    yield page
    page.close()
