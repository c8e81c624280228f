"""A server that was restarted costs nobody his booking: idle connections are asked first."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import store.database
from store.database import Database
from tests.store.test_prepared import BY_NAME, write_zhang


@pytest.fixture
def hasty(postgresql: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Return a database that asks whenever a connection has lain idle at all."""
    monkeypatch.setattr(store.database, "ASKED_WHEN_IDLE_SECONDS", 0.0)
    return postgresql


OTHERS = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def test_idle_connections_that_were_cut_are_replaced(hasty: Database) -> None:
    zhang = write_zhang(hasty)
    with hasty.engine.connect() as one, hasty.engine.connect() as other:
        other.execute(text("SELECT 1"))
        # `one` ends the connection of `other`, which lies in the pool afterwards.
        other.rollback()
        assert one.execute(OTHERS).scalar_one() >= 1
    for _ in range(3):
        with hasty.read() as first, hasty.read() as second:
            assert BY_NAME.rows(first, who="张")[0][0] == zhang
            assert BY_NAME.rows(second, who="张")[0][0] == zhang


def test_one_that_is_cut_at_work_is_given_up(postgresql: Database) -> None:
    write_zhang(postgresql)
    with postgresql.read() as session:
        session.connection()
        with postgresql.engine.connect() as other:
            other.execute(OTHERS)
        with pytest.raises(OperationalError):
            BY_NAME.first(session, who="张")
    with postgresql.read() as session:
        assert BY_NAME.first(session, who="张") is not None
