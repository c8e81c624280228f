"""Trouble that lasts is logged when it begins, when it changes and when it ends, not each second."""

import logging


class Trouble:
    """The state of one thing that may be out of order for a while."""

    def __init__(self, log: logging.Logger, what: str, *, longest_pause: float = 60.0) -> None:
        """Name what may fail, as it is to stand in the log."""
        self._log = log
        self._what = what
        self._longest_pause = longest_pause
        self._kind: str | None = None
        self._times = 0

    def note(self, error: Exception) -> float:
        """Take a failure; return the seconds to wait: 1, 2, 4, ... up to the longest pause."""
        kind = type(error).__name__
        if kind != self._kind:
            self._log.warning("%s: in trouble (%s)", self._what, kind)
        self._kind = kind
        self._times += 1
        return min(2.0 ** (self._times - 1), self._longest_pause)

    def over(self) -> None:
        """Take a success."""
        if self._kind is not None:
            self._log.warning("%s: in order again after %d failures", self._what, self._times)
        self._kind = None
        self._times = 0
