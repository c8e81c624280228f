"""The id of the turn being worked on, for log lines; never any personal text."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

TURN_ID: ContextVar[int | None] = ContextVar("turn_id", default=None)


@contextmanager
def turn_scope(inbox_id: int) -> Iterator[None]:
    """Mark everything logged inside as part of the turn of this inbox row."""
    token = TURN_ID.set(inbox_id)
    try:
        yield
    finally:
        TURN_ID.reset(token)
