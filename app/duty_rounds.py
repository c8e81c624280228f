"""The rounds of duty: what is late, who is to be reminded, whom the staff must telephone."""

import logging
from datetime import datetime, timedelta

from app.rounds import Round
from booking.call_list import review
from booking.digests import people_with_a_digest, send_digest
from booking.lateness import look, requests_to_look_at
from booking.reminders import due_reminders, remind
from booking.services import Catalog
from store.database import Database

log = logging.getLogger(__name__)


def duty_rounds(database: Database, catalog: Catalog) -> list[Round]:
    """Return every round of duty."""
    return [
        lateness(database, catalog),
        reminders(database, catalog),
        digests(database),
        unseen(database),
    ]


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


def reminders(database: Database, catalog: Catalog) -> Round:
    """Remind people before a service."""

    def make(now: datetime) -> int:
        with database.read() as session:
            due = due_reminders(session, catalog=catalog, now=now)
        done = 0
        for request_id, kind in due:
            with database.begin() as session:
                done += remind(session, request_id, kind, catalog=catalog, now=now)
        return done

    return Round("reminders", timedelta(minutes=5), make)


def digests(database: Database) -> Round:
    """Write the day in one message to whoever wishes it so."""

    def make(now: datetime) -> int:
        with database.read() as session:
            people = people_with_a_digest(session, now=now)
        done = 0
        for person_id in people:
            with database.begin() as session:
                done += send_digest(session, person_id, now=now)
        return done

    return Round("digests", timedelta(minutes=5), make)


def unseen(database: Database) -> Round:
    """Put what matters and was not seen in its time on the call list."""

    def make(now: datetime) -> int:
        with database.begin() as session:
            return review(session, now=now)

    return Round("unseen notices", timedelta(minutes=2), make)
