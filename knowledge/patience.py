"""Patience with a server that may be slow, dead or busy.

Each call waits so long at most, so many wait at once, and after a failure nobody is made to wait
again until a pause is over, which doubles with every failure that follows.
"""

import queue
import threading
from collections.abc import Callable
from typing import Protocol

_FIRST_PAUSE_SECONDS = 30.0
_LONGEST_PAUSE_SECONDS = 600.0


class ServerFailed(Exception):
    """No usable reply; the message says why, in words for the log, without any text of a person."""


class NotAsked(Exception):
    """The server was left alone; the message says why, in words for the log."""


class Ticking(Protocol):
    """A clock that only ever goes on, in seconds."""

    def __call__(self) -> float:
        """Return the present second."""


class Patience:
    """How long, how many and how often; shared by all threads of a process."""

    def __init__(self, *, seconds: float, at_once: int, ticking: Ticking) -> None:
        """Take the longest wait, how many may wait at the same time, and the clock for pauses."""
        self._seconds = seconds
        self._places = threading.BoundedSemaphore(at_once)
        self._ticking = ticking
        self._lock = threading.Lock()
        self._paused_until = 0.0
        self._pause = 0.0

    def ask(self, call: Callable[[], str]) -> str:
        """Return what `call` returns.

        Raises:
            NotAsked: it failed a moment ago, or as many as may are waiting.
            ServerFailed: it failed, or did not answer in time.
        """
        if not self._places.acquire(blocking=False):
            raise NotAsked("as many questions as may are waiting for the model")
        try:
            self._check_pause()
            reply = _within(self._seconds, call)
        except ServerFailed as error:
            raise ServerFailed(
                f"{error}; not asked again for {self._begin_pause():.0f} s"
            ) from error
        finally:
            self._places.release()
        with self._lock:
            self._pause = self._paused_until = 0.0
        return reply

    def _check_pause(self) -> None:
        with self._lock:
            now = self._ticking()
            if now < self._paused_until:
                raise NotAsked("the model failed a moment ago")
            # One question tries whether it is back; the others go on without it meanwhile.
            if self._pause:
                self._paused_until = now + self._seconds

    def _begin_pause(self) -> float:
        with self._lock:
            self._pause = min(2 * self._pause or _FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS)
            self._paused_until = self._ticking() + self._pause
            return self._pause


def _within(seconds: float, call: Callable[[], str]) -> str:
    """Return what `call` returns in a thread of its own, which is left behind when it is late.

    A client's own time limits are of one read each: a server that sends a byte now and then, or
    a name that does not resolve, would outlast them.
    """
    outcome: queue.SimpleQueue[str | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            outcome.put(call())
        except Exception as error:  # noqa: BLE001 - Handed on to whoever waits.
            outcome.put(error)

    threading.Thread(target=run, name="language-model", daemon=True).start()
    try:
        found = outcome.get(timeout=seconds)
    except queue.Empty:
        raise ServerFailed(f"no answer within {seconds:g} s") from None
    if isinstance(found, Exception):
        raise found
    return found
