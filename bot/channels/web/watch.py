"""One look-out for all open pages of this process: who has news?

A single thread, alive only while pages are open, sleeps on the bell and looks at the database
when it rings, and now and then without, because another process may have written. It wakes
the pages concerned in their own event loop; they read what is theirs.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.bell import Bell
from bot.channels.web.transcript import Place
from store.database import Database
from store.inbox import InboxRow
from store.outbox import OutboxRow

LOOK_SECONDS = 0.7
THREAD_NAME = "web-chat-watch"

_log = logging.getLogger(__name__)


class Listener:
    """One open page, waiting in its own event loop."""

    def __init__(self) -> None:
        """Start in the running loop; `account_id` is set once the account exists."""
        self.account_id: int | None = None
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()

    async def wait(self, *, seconds: float) -> None:
        """Wait until woken or the time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    def wake(self) -> None:
        """Wake it; called from the look-out's thread."""
        # A loop that is already closed has nobody left to wake.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._woken.set)


class Watch:
    """Wakes the listeners whose accounts have new rows, and all of them when the server stops."""

    def __init__(self, *, database: Database, bell: Bell, stopping: Callable[[], bool]) -> None:
        """Start without a thread; the first listener brings one."""
        self._database = database
        self._bell = bell
        self._stopping = stopping
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def listening(self) -> Iterator[Listener]:
        """Listen while the block lasts."""
        listener = Listener()
        with self._lock:
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
                self._thread.start()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def _run(self) -> None:
        rung = self._bell.count
        seen: Place | None = None
        while listeners := self._current_listeners():
            seen = self._look(listeners, seen)
            if self._stopping():
                _wake(listeners)
            rung = self._bell.wait(since=rung, seconds=LOOK_SECONDS)

    def _current_listeners(self) -> tuple[Listener, ...]:
        with self._lock:
            if not self._listeners:
                self._thread = None
            return tuple(self._listeners)

    def _look(self, listeners: tuple[Listener, ...], seen: Place | None) -> Place | None:
        try:
            with self._database.read() as session:
                newest, accounts = _changes(session, seen)
        except SQLAlchemyError:
            # The database will be back; until then every page also looks for itself, more slowly.
            _log.warning("the look-out could not read the database", exc_info=True)
            return seen
        # The first look only says where to start: what came until then is read by everyone.
        _wake(one for one in listeners if seen is None or _concerns(one, accounts))
        return newest


def _changes(session: Session, seen: Place | None) -> tuple[Place, frozenset[int]]:
    if seen is None:
        newest = Place(
            session.scalar(select(func.max(OutboxRow.id))) or 0,
            session.scalar(select(func.max(InboxRow.id))) or 0,
        )
        return newest, frozenset()
    said = session.execute(
        select(OutboxRow.account_id, func.max(OutboxRow.id))
        .where(OutboxRow.id > seen.outbox_id)
        .group_by(OutboxRow.account_id)
    ).all()
    sent = session.execute(
        select(InboxRow.account_id, func.max(InboxRow.id))
        .where(InboxRow.id > seen.inbox_id)
        .group_by(InboxRow.account_id)
    ).all()
    newest = Place(
        max([seen.outbox_id, *(row_id for _, row_id in said)]),
        max([seen.inbox_id, *(row_id for _, row_id in sent)]),
    )
    return newest, frozenset(account_id for account_id, _ in [*said, *sent])


def _concerns(listener: Listener, accounts: frozenset[int]) -> bool:
    # A page whose account did not exist when it last looked must look again at any news.
    return bool(accounts) if listener.account_id is None else listener.account_id in accounts


def _wake(listeners: Iterable[Listener]) -> None:
    for listener in listeners:
        listener.wake()
