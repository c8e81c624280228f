"""The inbox on both databases: stored once, conversations leased, order kept, fences hold."""

from datetime import timedelta
from pathlib import Path

import pytest

from store import inbox
from store.database import Database
from store.errors import LeaseLost
from store.identity import Account
from store.inbox import LEASE, MAX_ATTEMPTS, Claim, InboxStatus
from tests.conftest import StandingClock
from tests.houses import make_account


def _account(database: Database, clock: StandingClock, external_id: str = "1") -> Account:
    with database.begin() as session:
        return make_account(session, clock(), external_id=external_id)


def _put(database: Database, account: Account, update_id: str, clock: StandingClock) -> bool:
    with database.begin() as session:
        return inbox.put(
            session, account=account, external_id=update_id, body={"text": update_id}, now=clock()
        )


def _claim(database: Database, clock: StandingClock, worker: str = "w") -> Claim | None:
    with database.begin() as session:
        return inbox.claim(session, worker=worker, now=clock())


def _finish(database: Database, claimed: Claim, clock: StandingClock) -> None:
    with database.begin() as session:
        inbox.finish(
            session, claimed, frames={"at": claimed.inbox_id}, status=InboxStatus.DONE, now=clock()
        )


def test_the_same_update_is_stored_once(either_database: Database, clock: StandingClock) -> None:
    account = _account(either_database, clock)
    assert _put(either_database, account, "u1", clock) is True
    assert _put(either_database, account, "u1", clock) is False


def test_one_conversation_is_worked_in_order_by_one_worker_at_a_time(
    either_database: Database, clock: StandingClock
) -> None:
    account = _account(either_database, clock)
    for update_id in ("u1", "u2"):
        _put(either_database, account, update_id, clock)
    first = _claim(either_database, clock, "a")
    assert first is not None
    assert first.body == {"text": "u1"}
    assert _claim(either_database, clock, "b") is None
    _finish(either_database, first, clock)
    second = _claim(either_database, clock, "b")
    assert second is not None
    assert second.body == {"text": "u2"}
    assert second.frames == {"at": first.inbox_id}


def test_what_is_urgent_waits_for_nobody_and_the_rest_comes_after_it(
    either_database: Database, clock: StandingClock
) -> None:
    account = _account(either_database, clock)
    for update_id in ("u1", "u2", "help"):
        _put(either_database, account, update_id, clock)
    first = _claim(either_database, clock, "a")
    assert first is not None
    with either_database.begin() as session:
        inbox.interrupt(session, account.conversation_id)
    worked = []
    for _ in range(3):
        with either_database.begin() as session:
            claimed = inbox.claim(
                session,
                worker="b",
                now=clock(),
                is_urgent=lambda body: body == {"text": "help"},
            )
        assert claimed is not None
        worked.append((claimed.body["text"], claimed.attempts))
        _finish(either_database, claimed, clock)
    assert worked == [("help", 1), ("u1", 1), ("u2", 1)]
    with pytest.raises(LeaseLost):
        _finish(either_database, first, clock)


def test_nothing_is_interrupted_where_nobody_thinks(
    either_database: Database, clock: StandingClock
) -> None:
    account = _account(either_database, clock)
    _put(either_database, account, "u1", clock)
    failed = _claim(either_database, clock)
    assert failed is not None
    with either_database.begin() as session:
        inbox.release(session, failed, failure="Failed", now=clock())
        inbox.interrupt(session, account.conversation_id)
    again = _claim(either_database, clock)
    assert again is not None
    assert again.attempts == 2


def test_other_conversations_do_not_wait(either_database: Database, clock: StandingClock) -> None:
    for name in ("1", "2"):
        _put(either_database, _account(either_database, clock, name), f"u{name}", clock)
    claims = [_claim(either_database, clock, worker) for worker in ("a", "b")]
    assert [claim.body["text"] for claim in claims if claim] == ["u1", "u2"]


def test_a_dead_workers_conversation_is_taken_over_and_its_late_write_refused(
    either_database: Database, clock: StandingClock
) -> None:
    _put(either_database, _account(either_database, clock), "u1", clock)
    dead = _claim(either_database, clock, "dead")
    clock.go(seconds=LEASE.total_seconds() + 1)
    heir = _claim(either_database, clock, "heir")
    assert dead is not None
    assert heir is not None
    assert heir.attempts == 2
    with pytest.raises(LeaseLost):
        _finish(either_database, dead, clock)
    _finish(either_database, heir, clock)
    assert _claim(either_database, clock) is None


def test_attempts_are_counted_even_when_the_worker_dies(
    either_database: Database, clock: StandingClock
) -> None:
    _put(either_database, _account(either_database, clock), "u1", clock)
    for attempt in range(1, MAX_ATTEMPTS + 2):
        claimed = _claim(either_database, clock)
        assert claimed is not None
        assert claimed.attempts == attempt
        assert claimed.is_exhausted is (attempt > MAX_ATTEMPTS)
        clock.go(seconds=LEASE.total_seconds() + 1)


def test_what_was_said_is_not_readable_in_the_file(
    database: Database, clock: StandingClock
) -> None:
    account = _account(database, clock)
    with database.begin() as session:
        inbox.put(session, account=account, external_id="u", body={"text": "我胸口疼"}, now=clock())
    path = database.engine.url.database
    assert path is not None
    database.close()
    raw = b"".join(file.read_bytes() for file in Path(path).parent.glob("junxiu.sqlite3*"))
    assert "胸口".encode() not in raw


def test_waiting_since_is_known(either_database: Database, clock: StandingClock) -> None:
    account = _account(either_database, clock)
    with either_database.read() as session:
        assert inbox.oldest_waiting(session) is None
    _put(either_database, account, "u1", clock)
    clock.go(minutes=5)
    with either_database.read() as session:
        assert inbox.oldest_waiting(session) == clock() - timedelta(minutes=5)
