"""Time: instants are aware UTC datetimes, people read them in Asia/Shanghai."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def local(instant: datetime) -> datetime:
    """Return `instant` as Shanghai wall-clock time (still aware)."""
    return instant.astimezone(SHANGHAI)


def local_date(instant: datetime) -> date:
    """Return the Shanghai calendar date of `instant`."""
    return local(instant).date()
