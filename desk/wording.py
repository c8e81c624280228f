"""The words of the desk: its texts file, and moments as a clerk reads them."""

from datetime import date, datetime, timedelta
from pathlib import Path

from booking.day_words import day_word
from store.clock import local, local_date
from store.texts import Texts

_A_MINUTE = timedelta(minutes=1)
TEXTS = Texts(Path(__file__).parent / "texts.toml")


def moment(instant: datetime, now: datetime) -> str:
    """Return 今天 10:30, 明天（星期二） 08:00, 11月30日（星期一） 14:00."""
    there = local(instant)
    word = day_word(there.date(), local_date(now))
    day = word.partition("（")[0] if word.startswith("今天") else word
    return f"{day} {there:%H:%M}"


def day(when: date) -> str:
    """Return 2026年11月20日."""
    return TEXTS.say("time.day", year=when.year, month=when.month, day=when.day)


def ago(instant: datetime, now: datetime) -> str:
    """Return how long ago it was, in the coarsest unit that still helps."""
    return TEXTS.say("time.just_now") if now - instant < _A_MINUTE else _spell(instant, now, "ago")


def overdue(due: datetime, now: datetime) -> str:
    """Return by how much `due` is past."""
    return _spell(due, now, "late")


def minutes(seconds: int) -> str:
    """Return a waiting time in whole minutes, rounded up."""
    return TEXTS.say("time.minutes", count=-(-seconds // 60))


def reasons(service: str) -> list[str]:
    """Return the house's usual reasons for sending a request of this service back."""
    for name in (service, "any"):
        keys = [key for key in sorted(TEXTS.keys()) if key.startswith(f"reasons.{name}.")]
        if keys:
            return [TEXTS.say(key) for key in keys]
    return []


def _spell(since: datetime, now: datetime, key: str) -> str:
    passed = int((now - since).total_seconds()) // 60
    if passed < 60:
        return TEXTS.say(f"time.{key}_minutes", count=max(1, passed))
    if passed < 48 * 60:
        return TEXTS.say(f"time.{key}_hours", count=passed // 60)
    return TEXTS.say(f"time.{key}_days", count=passed // (24 * 60))
