"""The live stream: tells open pages that something of their house has changed.

It carries no content, only a number; the page then fetches itself as its reader may see it.
The database is asked a few times a second for each house that has a page open, so that a
change made by any process is seen.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from anyio.to_thread import run_sync
from sqlalchemy.exc import OperationalError
from sse_starlette import ServerSentEvent

PAUSE_SECONDS = 0.3
# The browser then comes again by itself, and its session is looked at again.
LIFE_SECONDS = 300.0
RECONNECT_MILLISECONDS = 1500
# A browser opens six connections to one server; more pages than this would starve the clicks.
PAGES_AT_ONCE = 4


@dataclass(slots=True)
class _Page:
    parked: bool = False


@dataclass(frozen=True, slots=True)
class _Look:
    revision: int
    at: float


class Live:
    """The streams of one process."""

    def __init__(self, *, read: Callable[[int], int], stopping: Callable[[], bool]) -> None:
        """Take how to read a house's revision (blocking), and whether the server is stopping."""
        self._read = read
        self._stopping = stopping
        self._pages: dict[int, list[_Page]] = defaultdict(list)
        self._looks: dict[int, _Look] = {}
        self._looking: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @property
    def open_pages(self) -> int:
        """How many streams are open, for monitoring and tests."""
        return sum(len(pages) for pages in self._pages.values())

    async def follow(
        self, *, institution_id: int, session_id: int, since: int
    ) -> AsyncIterator[ServerSentEvent]:
        """Say `changed` whenever the revision differs from the last one said, first from `since`.

        Ends within a pause when the server stops. A fifth page of the same session parks the
        oldest: that one is told, and comes again when it is looked at.
        """
        page = self._open(session_id)
        known, ends = since, time.monotonic() + LIFE_SECONDS
        try:
            yield ServerSentEvent(event="hello", data="", retry=RECONNECT_MILLISECONDS)
            while not self._stopping() and not page.parked and time.monotonic() < ends:
                current = await self._revision(institution_id)
                if current not in (None, known):
                    known = current or 0
                    yield ServerSentEvent(event="changed", data=str(known))
                await asyncio.sleep(PAUSE_SECONDS)
            if page.parked:
                yield ServerSentEvent(event="parked", data="")
        finally:
            self._close(session_id, page)

    def _open(self, session_id: int) -> _Page:
        page = _Page()
        pages = self._pages[session_id]
        pages.append(page)
        for oldest in pages[:-PAGES_AT_ONCE]:
            oldest.parked = True
        return page

    def _close(self, session_id: int, page: _Page) -> None:
        self._pages[session_id] = [each for each in self._pages[session_id] if each is not page]
        if not self._pages[session_id]:
            del self._pages[session_id]

    async def _revision(self, institution_id: int) -> int | None:
        """Return the revision, read at most once a pause for all pages of a house."""
        async with self._looking[institution_id]:
            look = self._looks.get(institution_id)
            if look is not None and time.monotonic() - look.at < PAUSE_SECONDS * 0.9:
                return look.revision
            try:
                revision = await run_sync(self._read, institution_id)
            except OperationalError:
                # A busy database is no news; the next look will tell.
                return None
            self._looks[institution_id] = _Look(revision, time.monotonic())
            return revision
