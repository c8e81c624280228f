"""Openings of a service out of an .xlsx that a clerk has filled in, and the tables we give.

Nothing is taken from a table with a mistake in it: every mistake is said with its row.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from booking.openings import OpeningRefused, Plan, put
from booking.services import Service
from booking.staff_access import Clerk
from booking.yearly import NotYet
from ingestion.loaded import Refused
from ingestion.tables import Cell, Table, read_cells, write_tables
from store.database import Database
from store.texts import Texts

TEXTS = Texts(Path(__file__).with_name("opening_texts.toml"))
MOST_SAID = 8
_DAY = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})\s*日?")
_HEADS = ("day", "period", "places", "provider", "details")
_NEEDED = frozenset({"day", "period", "places"})


def import_openings(
    database: Database, source: BinaryIO, *, service: Service, clerk: Clerk, now: datetime
) -> int:
    """Put every opening of the table, in one transaction; return how many.

    Raises:
        Refused: it cannot be read, or some of it cannot be; every mistake is said.
    """
    plans = _read(source, service)
    problems: list[str] = []
    with database.begin() as session:
        for row, plan in plans:
            try:
                with session.begin_nested():
                    put(session, service=service, plan=plan, clerk=clerk, now=now)
            except OpeningRefused as refused:
                problems.append(TEXTS.say("openings.row", row=row, problem=str(refused)))
        _refuse(problems)
    return len(plans)


def write_empty(target: BinaryIO, service: Service, today: date) -> None:
    """Write the table to be filled in, with one example for each period."""
    labels = [each.label for each in service.field(service.period_field).options]
    rows = [[today.isoformat(), label, "", "", ""] for label in labels]
    title = TEXTS.say("openings.how", labels="、".join(labels))
    write_tables(target, [Table(service.name, title, _heads(), rows)])


def write_not_yet(target: BinaryIO, title: str, people: Sequence[NotYet]) -> None:
    """Write the list of who has not had this year's, to telephone by."""
    states = {
        None: TEXTS.say("not_yet.nothing"),
        True: TEXTS.say("not_yet.told"),
        False: TEXTS.say("not_yet.to_call"),
    }
    rows = [
        [each.name, each.phone or "", each.address or "", states[each.reached]] for each in people
    ]
    heads = tuple(TEXTS.say("not_yet.heads").split("|"))
    write_tables(target, [Table(TEXTS.say("not_yet.sheet"), title, heads, rows)])


def _heads() -> tuple[str, ...]:
    return tuple(TEXTS.say(f"openings.{name}") for name in _HEADS)


def _read(source: BinaryIO, service: Service) -> list[tuple[int, Plan]]:
    rows = read_cells(
        source,
        unreadable=TEXTS.say("openings.unreadable"),
        too_long=TEXTS.say("openings.too_long"),
    )
    at, columns = _columns(rows)
    found: list[tuple[int, Plan]] = []
    problems: list[str] = []
    for row in rows[at + 1 :]:
        values = {columns[cell.column]: cell.value for cell in row if cell.column in columns}
        plan = _plan(values, service)
        if isinstance(plan, str):
            problems.append(TEXTS.say("openings.row", row=row[0].row, problem=plan))
        else:
            found.append((row[0].row, plan))
    _refuse(problems)
    if not found:
        raise Refused(TEXTS.say("openings.empty"))
    return found


def _columns(rows: Sequence[Sequence[Cell]]) -> tuple[int, dict[str, str]]:
    names = dict(zip(_heads(), _HEADS, strict=True))
    for at, row in enumerate(rows[:10]):
        columns = {
            cell.column: names[said]
            for cell in row
            if (said := "".join(str(cell.value).split())) in names
        }
        if set(columns.values()) >= _NEEDED:
            return at, columns
    raise Refused(TEXTS.say("openings.no_heads", heads="、".join(_heads())))


def _plan(values: dict[str, object], service: Service) -> Plan | str:
    """Return what a row plans, or the sentence that says what is wrong with it."""
    day = _day(values.get("day"))
    if day is None:
        return TEXTS.say("openings.no_day", said=str(values.get("day") or ""))
    labels = {each.label: each.value for each in service.field(service.period_field).options}
    label = "".join(str(values.get("period") or "").split())
    if label not in labels:
        return TEXTS.say("openings.no_period", said=label, labels="、".join(labels))
    places = str(values.get("places") or "").strip().removesuffix(".0")
    if not (places.isascii() and places.isdigit()):
        return TEXTS.say("openings.no_places", said=places)
    provider, details = (
        " ".join(str(values.get(name) or "").split()) for name in ("provider", "details")
    )
    return Plan(day, labels[label], int(places[:6]), provider, details)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = _DAY.fullmatch(str(value or "").strip())
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def _refuse(problems: Sequence[str]) -> None:
    if not problems:
        return
    said = list(problems[:MOST_SAID])
    if len(problems) > MOST_SAID:
        said.append(TEXTS.say("openings.more", count=len(problems) - MOST_SAID))
    raise Refused("\n".join([*said, TEXTS.say("openings.nothing_done")]))
