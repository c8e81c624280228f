"""The `menus` command: the coming meals, a filled-in table taken in, an empty one, the month."""

import argparse
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from app.opening import institution_named, institution_of, open_prepared
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from booking.meals.menus import menu_of, week_of
from booking.meals.sheets import MEAL
from booking.meals.statement import statement
from ingestion.loaded import Refused
from ingestion.meal_tables import write_statement
from ingestion.menu_import import import_menu
from ingestion.menu_tables import write_form
from store.clock import local_date

_DAYS_SHOWN = 7
_ACTS = {"import": 2, "form": 2, "statement": 3}
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")


def menus(options: argparse.Namespace) -> int:
    """List the coming meals, take a table in, write an empty one or the month's statement."""
    words: list[str] = options.words
    if words and len(words) != _ACTS.get(words[0], 0):
        raise CommandRefused(SAY.say("menus.words"), exit_code=2)
    base = open_prepared(options)
    with base.home.database.read() as session:
        house = (
            institution_named(session, options.house) if options.house else institution_of(session)
        )
    assert house is not None  # noqa: S101 - `open_prepared` refuses a home without one.
    if not words:
        _list(base, house.id)
    elif words[0] == "import":
        _import(base, house.id, Path(words[1]))
    elif words[0] == "form":
        _form(base, Path(words[1]))
    else:
        _statement(base, house.id, house.name, words[1], Path(words[2]))
    return 0


def _list(base: Base, house_id: int) -> None:
    today = local_date(base.clock())
    last = today + timedelta(days=_DAYS_SHOWN - 1)
    labels = {o.value: o.label for o in base.catalog.get(MEAL).field("meal").options}
    with base.home.database.read() as session:
        found = menu_of(session, institution_id=house_id, first=today, last=last)
    if not found:
        tell_operator(SAY.say("menus.none"))
    for each in found:
        tell_operator(
            SAY.say(
                "menus.line",
                day=each.day.isoformat(),
                meal=labels.get(each.period, each.period),
                kitchen=f"（{each.provider}）" if each.provider else "",
                dishes=each.details,
                taken=each.taken,
                portions=each.capacity,
            )
        )


def _import(base: Base, house_id: int, path: Path) -> None:
    if not path.is_file():
        raise CommandRefused(SAY.say("menus.no_file", path=path))
    try:
        done = import_menu(
            base.home.database,
            path,
            catalog=base.catalog,
            institution_id=house_id,
            by="command line",
            permission="operator",
            now=base.clock(),
        )
    except Refused as refused:
        raise CommandRefused(str(refused)) from refused
    tell_operator(
        SAY.say(
            "menus.imported", new=done.new, changed=done.changed, same=done.same, told=done.told
        )
    )


def _form(base: Base, path: Path) -> None:
    next_week = week_of(local_date(base.clock()) + timedelta(days=7))
    _write(path, lambda: write_form(path, base.catalog.get(MEAL), next_week))
    tell_operator(SAY.say("menus.form", path=path))


def _statement(base: Base, house_id: int, house: str, month: str, path: Path) -> None:
    match = _MONTH.fullmatch(month)
    if match is None or not 1 <= int(match.group(2)) <= 12:
        raise CommandRefused(SAY.say("menus.no_month", month=month), exit_code=2)
    first = date(int(match.group(1)), int(match.group(2)), 1)
    with base.home.database.read() as session:
        months = statement(
            session,
            base.catalog.get(MEAL),
            institution_id=house_id,
            year=first.year,
            month=first.month,
        )
    title = SAY.say("menus.statement_title", house=house, year=first.year, month=first.month)
    _write(path, lambda: write_statement(path, title, months))
    tell_operator(SAY.say("menus.statement", path=path, people=len(months)))


def _write(path: Path, write: Callable[[], None]) -> None:
    if path.suffix.lower() != ".xlsx":
        raise CommandRefused(SAY.say("menus.not_xlsx"), exit_code=2)
    try:
        write()
    except OSError as error:
        raise CommandRefused(SAY.say("menus.not_written", path=path)) from error
