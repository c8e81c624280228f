"""The rounds of duty: what is late, who is to be reminded, whom the staff must telephone."""

import logging
from datetime import datetime, timedelta

from app.rounds import Round
from booking.lateness import look, requests_to_look_at
from booking.services import Catalog
from store.database import Database

log = logging.getLogger(__name__)


def duty_rounds(database: Database, catalog: Catalog) -> list[Round]:
    """Return every round of duty."""
    return [lateness(database, catalog)]


def lateness(database: Database, catalog: Catalog) -> Round:
    """Remind whoever has a request before it is late, tell the head, take back what stands."""

    def make(now: datetime) -> int:
        with database.read() as session:
            due = requests_to_look_at(session, now=now)
        done = 0
        for request_id in due:
            try:
                with database.begin() as session:
                    done += look(session, request_id, catalog=catalog, now=now)
            except Exception:  # One request that fails must not keep the others from being seen.
                log.exception("the house could not look at request %s", request_id)
        return done

    return Round("lateness", timedelta(seconds=20), make)
