"""The round over places: what was kept in case of an undo is freed, waiting lists move on."""

from datetime import datetime, timedelta

from app.rounds import Round
from booking import freeing, waiting
from store.database import Database


def places(database: Database) -> Round:
    """Free what can no longer be undone; let offers expire; hand on what is free."""

    def make(now: datetime) -> int:
        with database.begin() as session:
            done = freeing.free_overdue(session, now=now)
        with database.begin() as session:
            return done + waiting.look_after(session, now=now)

    return Round("places", timedelta(seconds=20), make)
