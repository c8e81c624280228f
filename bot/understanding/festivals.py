"""When festivals, lunar days and solar terms fall."""

from datetime import date, timedelta

from lunar_python import Lunar, Solar  # type: ignore[import-untyped]


def festival_day(when: str, today: date) -> date | None:
    """Return the next day of a festival written as in the words file, today included.

    Lunar dates and solar terms come from lunar-python's tables (years 1900 to 2100 and beyond).
    """
    for year in range(today.year - 1, today.year + 3):
        day = _festival_in(when, year)
        if day is not None and day >= today:
            return day
    return None


def _festival_in(when: str, year: int) -> date | None:
    if when == "除夕":
        return lunar_day(year, 1, 1, before=1)
    if when.startswith("农历"):
        month, day = (int(part) for part in when.removeprefix("农历").split("-"))
        return lunar_day(year, month, day)
    if "-" in when:
        month, day = (int(part) for part in when.split("-"))
        return date(year, month, day)
    term = Solar.fromYmd(year, 6, 1).getLunar().getJieQiTable().get(when)
    return date(term.getYear(), term.getMonth(), term.getDay()) if term else None


def lunar_day(year: int, month: int, day: int, before: int = 0) -> date | None:
    """Return the solar date of a lunar day, `before` days earlier; None when there is no such day."""
    try:
        solar = Lunar.fromYmd(year, month, day).getSolar()
    except Exception:  # noqa: BLE001 - the library raises bare Exception for days that are not.
        return None
    return date(solar.getYear(), solar.getMonth(), solar.getDay()) - timedelta(days=before)
