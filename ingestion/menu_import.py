"""Taking a filled-in menu into a house: all of it, or nothing and every mistake said."""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from booking.audit import note
from booking.meals.menus import MenuChange, MenuRefused, put_line
from booking.meals.sheets import MEAL
from booking.services import Catalog
from ingestion.menu_tables import read_menu, refuse
from store.clock import local_date
from store.database import Database


def import_menu(
    database: Database,
    source: Path | BinaryIO,
    *,
    catalog: Catalog,
    institution_id: int,
    by: str,
    permission: str,
    now: datetime,
) -> MenuChange:
    """Read a table and write its meals, as one unit of work.

    Raises:
        Refused: what is wrong, with sheet, row and column; nothing was written.
    """
    # Read before the unit of work begins: a large table takes seconds.
    lines = read_menu(source, catalog.get(MEAL), today=local_date(now))
    done, problems = MenuChange(), []
    with database.begin() as session:
        for each in lines:
            try:
                with session.begin_nested():
                    done += put_line(
                        session,
                        each.line,
                        catalog=catalog,
                        institution_id=institution_id,
                        now=now,
                    )
            except MenuRefused as refused:
                problems.append(each.problem(refused.field, refused.problem))
        # What is raised here takes everything back.
        refuse(problems)
        note(
            session,
            institution_id=institution_id,
            actor=by,
            act="import menu",
            permission=permission,
            now=now,
            about=f"{done.new} new, {done.changed} changed",
        )
    return done
