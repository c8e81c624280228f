"""A bell between the parts of one process: rung when there is something new to look at.

It only saves waiting. Whoever listens also looks by himself now and then, because another
process may have written.
"""

import threading


class Bell:
    """Wakes every waiting thread; each ring is counted, so that none is missed."""

    def __init__(self) -> None:
        """Start silent."""
        self._rung = threading.Condition()
        self._count = 0

    @property
    def count(self) -> int:
        """How often it has been rung."""
        return self._count

    def ring(self) -> None:
        """Wake everyone."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def wait(self, *, since: int, seconds: float) -> int:
        """Wait until rung after the ring number `since`, or the time is up; return the count."""
        with self._rung:
            self._rung.wait_for(lambda: self._count != since, timeout=seconds)
            return self._count
