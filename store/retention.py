"""What has been kept long enough goes: raw updates after days, conversations after a year."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete, select, update

from store.base import Base
from store.database import Database
from store.inbox import InboxStatus
from store.outbox import OutboxStatus

BATCH = 500


def forget_old(
    database: Database, *, now: datetime, updates: timedelta, conversations: timedelta
) -> int:
    """Delete what is older; return how many rows.

    Rows are looked at in the order in which they came, from the oldest, in units of work of
    their own: a round that is cut short goes on where it stopped. What still waits to be
    answered or sent stays, however old it is.
    """
    tables = Base.metadata.tables
    inbox, outbox, log = tables["inbox"], tables["outbox"], tables["question_log"]
    done = inbox.c.status != InboxStatus.WAITING
    sent = outbox.c.status != OutboxStatus.PENDING
    return (
        _forget(database, inbox, inbox.c.received_at < now - updates, done)
        + _forget(database, outbox, outbox.c.created_at < now - conversations, sent)
        + _forget(database, log, log.c.asked_at < now - conversations, None)
    )


def _forget(
    database: Database, table: Table, old: ColumnElement[bool], over: ColumnElement[bool] | None
) -> int:
    forgotten, last = 0, 0
    while True:
        # The oldest come first, so that no index of their own is needed to find them.
        oldest = select(table.c.id, old, over if over is not None else old).where(table.c.id > last)
        with database.begin() as session:
            rows = session.execute(oldest.order_by(table.c.id).limit(BATCH)).all()
            going = [row[0] for row in rows if row[1] and row[2]]
            if going and "edits_id" in table.c:
                edits = update(table).where(table.c.edits_id.in_(going))
                session.execute(edits.values(edits_id=None))
            if going:
                session.execute(delete(table).where(table.c.id.in_(going)))
        forgotten += len(going)
        if len(rows) < BATCH or not any(row[1] for row in rows):
            return forgotten
        last = rows[-1][0]
