"""The stream: what it says, to whom, and when it ends."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

import anyio
import httpx2
import pytest
from sqlalchemy.exc import OperationalError
from sse_starlette import ServerSentEvent

from desk.live import PAGES_AT_ONCE, Live
from tests.conftest import StandingClock
from tests.desk.conftest import Served
from tests.desk.houses import PASSWORD, Book, House

PATIENCE = 10.0


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until something is so that happens in another thread or task."""
    with anyio.fail_after(PATIENCE):
        while not is_so():  # noqa: ASYNC110 - what is waited for has no event of its own.
            await asyncio.sleep(0.01)


class Revisions:
    """Numbers that a test moves; read from another thread."""

    def __init__(self) -> None:
        self.now = {1: 5, 2: 5}
        self.reads = 0
        self.busy = False

    def __call__(self, institution_id: int) -> int:
        self.reads += 1
        if self.busy:
            raise OperationalError("SELECT", {}, Exception("database is locked"))
        return self.now[institution_id]


class Listener:
    """An open page: collects the names of what it is told."""

    def __init__(self, live: Live, *, house: int = 1, session: int = 1, since: int = 5) -> None:
        self.heard: list[str] = []
        stream = live.follow(institution_id=house, session_id=session, since=since)
        self.task = asyncio.ensure_future(self._listen(stream))

    async def _listen(self, stream: AsyncIterator[ServerSentEvent]) -> None:
        async for said in stream:
            data = f" {said.data}" if said.data else ""
            self.heard.append(f"{said.event}{data}")

    async def hears(self, said: str) -> None:
        """Wait until this was heard."""
        await until(lambda: said in self.heard)

    async def ends(self) -> None:
        """Wait until the stream is over."""
        with anyio.fail_after(PATIENCE):
            await self.task


def run(story: Callable[[Revisions, Live, asyncio.Event], Awaitable[None]]) -> None:
    """Run a story of streams in a loop of its own."""

    async def inner() -> None:
        stopping = asyncio.Event()
        revisions = Revisions()
        live = Live(read=revisions, stopping=stopping.is_set)
        await story(revisions, live, stopping)
        stopping.set()
        await until(lambda: not live.open_pages)

    asyncio.run(inner())


def test_a_change_is_said_once_and_only_to_its_house() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        ours, other = Listener(live), Listener(live, house=2, session=2)
        await ours.hears("hello")
        revisions.now[1] = 6
        await ours.hears("changed 6")
        revisions.now[1] = 7
        await ours.hears("changed 7")
        stopping.set()
        await ours.ends()
        await other.ends()
        assert ours.heard == ["hello", "changed 6", "changed 7"]
        assert other.heard == ["hello"]

    run(story)


def test_what_happened_before_the_stream_opened_is_said_at_once() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        late = Listener(live, since=3)
        await late.hears("changed 5")

    run(story)


def test_many_pages_of_a_house_look_together() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        pages = [Listener(live, session=number, since=0) for number in range(30)]
        for page in pages:
            await page.hears("changed 5")
        assert revisions.reads < len(pages)

    run(story)


def test_a_busy_database_does_not_end_the_stream() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        revisions.busy = True
        page = Listener(live)
        await until(lambda: revisions.reads >= 2)
        revisions.now[1], revisions.busy = 9, False
        await page.hears("changed 9")

    run(story)


def test_a_page_too_many_parks_the_oldest() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        colleague = Listener(live, session=2)
        pages = []
        for _ in range(PAGES_AT_ONCE + 1):
            page = Listener(live)
            await page.hears("hello")
            pages.append(page)
        await pages[0].ends()
        assert pages[0].heard == ["hello", "parked"]
        assert live.open_pages == PAGES_AT_ONCE + 1
        revisions.now[1] = 6
        for page in [*pages[1:], colleague]:
            await page.hears("changed 6")

    run(story)


def test_a_page_that_goes_leaves_nothing_behind() -> None:
    async def story(revisions: Revisions, live: Live, stopping: asyncio.Event) -> None:
        page = Listener(live)
        await page.hears("hello")
        page.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await page.task
        await until(lambda: not live.open_pages)

    run(story)


@contextmanager
def log_in(served: Served, login: str) -> Iterator[httpx2.Client]:
    """Open a browser of a clerk on the real server."""
    with httpx2.Client(base_url=served.url, timeout=PATIENCE) as client:
        client.post("/desk/log-in", data={"login": login, "password": PASSWORD})
        yield client


def test_a_booking_reaches_the_open_stream(
    served: Served, book: Book, clock: StandingClock, house: House
) -> None:
    with log_in(served, "xiaoli") as client, client.stream("GET", "/desk/live?since=0") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        lines = stream.iter_lines()
        assert next(lines) == "event: hello"
        book.meal(clock())
        said = next(line for line in lines if line.startswith("event: changed"))
        assert said
        assert int(next(lines).removeprefix("data: ")) > 0


def test_streams_end_when_the_server_stops(served: Served, house: House) -> None:
    opened, ended = threading.Event(), threading.Event()

    def listen() -> None:
        with log_in(served, "xiaoli") as client:
            with client.stream("GET", "/desk/live?since=0") as stream:
                for line in stream.iter_lines():
                    if re.match("event: hello", line):
                        opened.set()
            ended.set()

    listener = threading.Thread(target=listen)
    listener.start()
    assert opened.wait(PATIENCE)
    served.stop()
    assert ended.wait(PATIENCE)
    listener.join(PATIENCE)
    assert not served.thread.is_alive()
