"""Work that one process only may do at a time: done while a named lease is held, then again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy.exc import OperationalError

from store import leases
from store.clock import Clock
from store.database import Database

_log = logging.getLogger(__name__)

HOLD = timedelta(seconds=10)
RENEW_SECONDS = 3.0
RETRY_SECONDS = 1.0
FAILED_PAUSE_SECONDS = 5.0

Work = Callable[[asyncio.Event], Awaitable[None]]


async def wait_any(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of the events is set, at most `seconds`."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()


class Leased:
    """Runs `work` in one process at a time, in another one soon after this one dies."""

    def __init__(self, *, database: Database, clock: Clock, name: str, owner: str) -> None:
        """Name the lease, and this process in it."""
        self._database = database
        self._clock = clock
        self._name = name
        self._owner = owner

    async def run(self, stop: asyncio.Event, work: Work) -> None:
        """Work whenever the lease is ours. `work` must end soon after the event it is given."""
        while not stop.is_set():
            if await self._take():
                await self._work_while_held(stop, work)
            else:
                await wait_any(stop, seconds=RETRY_SECONDS)

    async def _work_while_held(self, stop: asyncio.Event, work: Work) -> None:
        end = asyncio.Event()
        working = asyncio.ensure_future(self._work(end, work))
        done = asyncio.Event()
        working.add_done_callback(lambda _: done.set())
        try:
            await self._keep(stop, done)
        finally:
            end.set()
            await working
            await asyncio.to_thread(self._drop)
        if not stop.is_set():
            await wait_any(stop, seconds=RETRY_SECONDS)

    async def _keep(self, stop: asyncio.Event, done: asyncio.Event) -> None:
        held_until = self._clock() + HOLD
        while not (stop.is_set() or done.is_set()):
            await wait_any(stop, done, seconds=RENEW_SECONDS)
            now = self._clock()
            renewed = await self._take()
            if renewed:
                held_until = now + HOLD
            elif renewed is False or now >= held_until:
                _log.warning("%s: the lease went to another process", self._name)
                return

    async def _work(self, end: asyncio.Event, work: Work) -> None:
        try:
            await work(end)
        except Exception:  # noqa: BLE001 - a mistake must not silence the bot until a restart.
            _log.exception("%s: stopped by a mistake, beginning again", self._name)
            await wait_any(end, seconds=FAILED_PAUSE_SECONDS)

    async def _take(self) -> bool | None:
        """Take or renew; None when the database could not say."""
        try:
            return await asyncio.to_thread(self._take_now)
        except OperationalError as error:
            _log.warning("%s: the lease was not renewed (%s)", self._name, type(error).__name__)
            return None

    def _take_now(self) -> bool:
        with self._database.begin() as session:
            return leases.take(
                session, name=self._name, owner=self._owner, now=self._clock(), hold=HOLD
            )

    def _drop(self) -> None:
        try:
            with self._database.begin() as session:
                leases.drop(session, name=self._name, owner=self._owner, now=self._clock())
        except OperationalError:
            # It ends by itself in a few seconds.
            _log.warning("%s: the lease was not given back", self._name)
