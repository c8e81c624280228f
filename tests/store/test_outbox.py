"""The outbox on both databases: order in a chat, urgent first, mailboxes, edits."""

from datetime import timedelta

from store import outbox
from store.database import Database
from store.identity import Account
from store.messages import Message
from store.outbox import Delivery, Lane
from tests.conftest import StandingClock
from tests.houses import make_account


def _account(database: Database, clock: StandingClock, name: str = "1") -> Account:
    with database.begin() as session:
        return make_account(session, clock(), external_id=name, channel="telegram")


def _write(
    database: Database,
    account: Account,
    text: str,
    clock: StandingClock,
    lane: Lane = Lane.REPLY,
) -> int:
    with database.begin() as session:
        return outbox.put(session, account=account, message=Message(text), lane=lane, now=clock())


def _due(database: Database, clock: StandingClock) -> list[Delivery]:
    with database.read() as session:
        return outbox.due(session, channel="telegram", bot="", now=clock(), limit=10)


def test_one_message_a_chat_at_a_time_in_order(
    either_database: Database, clock: StandingClock
) -> None:
    account = _account(either_database, clock)
    first = _write(either_database, account, "一", clock)
    _write(either_database, account, "二", clock)
    assert [each.message.text for each in _due(either_database, clock)] == ["一"]
    with either_database.begin() as session:
        outbox.mark_sent(session, first, external_message_id="9", now=clock())
    assert [each.message.text for each in _due(either_database, clock)] == ["二"]


def test_a_message_that_waits_holds_its_chat_and_no_other(
    either_database: Database, clock: StandingClock
) -> None:
    slow, quick = (_account(either_database, clock, name) for name in ("1", "2"))
    first = _write(either_database, slow, "慢一", clock)
    _write(either_database, slow, "慢二", clock)
    _write(either_database, quick, "快", clock)
    with either_database.begin() as session:
        until = clock() + timedelta(seconds=30)
        outbox.postpone(session, first, until=until, failure="flood", counts=False)
    assert [each.message.text for each in _due(either_database, clock)] == ["快"]
    clock.go(seconds=31)
    assert {each.message.text for each in _due(either_database, clock)} == {"慢一", "快"}


def test_an_emergency_overtakes_everything(either_database: Database, clock: StandingClock) -> None:
    account = _account(either_database, clock)
    waiting = _write(either_database, account, "提醒", clock, Lane.REMINDER)
    with either_database.begin() as session:
        until = clock() + timedelta(hours=1)
        outbox.postpone(session, waiting, until=until, failure="x", counts=True)
    _write(either_database, account, "请打120", clock, Lane.EMERGENCY)
    assert [each.message.text for each in _due(either_database, clock)] == ["请打120"]


def test_an_edit_knows_the_message_it_edits(
    either_database: Database, clock: StandingClock
) -> None:
    account = _account(either_database, clock)
    card = _write(either_database, account, "对不对", clock)
    with either_database.begin() as session:
        outbox.mark_sent(session, card, external_message_id="77", now=clock())
        outbox.put(
            session,
            account=account,
            message=Message("对不对"),
            lane=Lane.REPLY,
            now=clock(),
            edits_id=card,
        )
    assert [each.edits_message_id for each in _due(either_database, clock)] == ["77"]


def test_a_mailbox_needs_no_courier_and_remembers_what_was_fetched(
    either_database: Database, clock: StandingClock
) -> None:
    with either_database.begin() as session:
        account = make_account(session, clock(), channel="web")
        ids = [
            outbox.put(
                session, account=account, message=Message(text), lane=Lane.REPLY, now=clock()
            )
            for text in ("一", "二", "三")
        ]
    with either_database.begin() as session:
        rows = outbox.mailbox(session, account_id=account.id, after_id=ids[0])
        assert [row.body["text"] for row in rows] == ["二", "三"]
        outbox.mark_fetched(session, account_id=account.id, up_to_id=ids[1], now=clock())
    with either_database.read() as session:
        assert outbox.oldest_pending(session) is None
        statuses = [
            row.status.value for row in outbox.mailbox(session, account_id=account.id, after_id=0)
        ]
    assert statuses == ["sent", "sent", "mailbox"]
