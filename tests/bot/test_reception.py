"""Reception on both databases: stored once, first sight by many at once, floods held back."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from bot.bell import Bell
from bot.incoming import typed
from bot.reception import Address, Received, Reception
from store.database import Database
from store.identity import Account
from store.inbox import InboxRow
from tests.bot.talks import UNDERSTANDING
from tests.conftest import StandingClock

BROWSER = Address("web", "", "browser-1")


@pytest.fixture
def reception(either_database: Database, clock: StandingClock) -> Reception:
    return Reception(database=either_database, clock=clock, bell=Bell(), messages_limit="3/minute")


def _count(database: Database, table: type[Account] | type[InboxRow]) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_an_unknown_account_is_made_and_the_message_stored(
    reception: Reception, either_database: Database
) -> None:
    assert reception.receive(BROWSER, update_id="1", incoming=typed("你好")) is Received.STORED
    with either_database.read() as session:
        account = session.execute(select(Account)).scalar_one()
        row = session.execute(select(InboxRow)).scalar_one()
    assert account.person_id is None
    assert row.body["text"] == "你好"
    assert row.conversation_id == account.conversation_id


def test_the_same_update_twice_is_stored_once(
    reception: Reception, either_database: Database
) -> None:
    for expected in (Received.STORED, Received.KNOWN):
        assert reception.receive(BROWSER, update_id="1", incoming=typed("你好")) is expected
    assert _count(either_database, InboxRow) == 1


def test_the_same_update_id_on_another_channel_is_another_update(
    reception: Reception, either_database: Database
) -> None:
    for channel in ("web", "terminal"):
        address = Address(channel, "", "1")
        assert reception.receive(address, update_id="1", incoming=typed("你好")) is Received.STORED
    assert _count(either_database, Account) == 2


def test_a_flood_is_held_back_and_nobody_elses_messages(
    reception: Reception, either_database: Database
) -> None:
    results = [
        reception.receive(BROWSER, update_id=str(number), incoming=typed("你好"))
        for number in range(5)
    ]
    assert results == [Received.STORED] * 3 + [Received.TOO_MANY] * 2
    other = Address("web", "", "browser-2")
    assert reception.receive(other, update_id="9", incoming=typed("你好")) is Received.STORED
    assert _count(either_database, InboxRow) == 4


def test_first_contact_by_many_at_once_makes_one_account(
    either_database: Database, clock: StandingClock
) -> None:
    reception = Reception(
        database=either_database, clock=clock, bell=Bell(), messages_limit="100/minute"
    )

    def knock(number: int) -> Received:
        return reception.receive(BROWSER, update_id=str(number % 8), incoming=typed("你好"))

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(knock, range(16)))
    assert sorted(each.value for each in results) == ["known"] * 8 + ["stored"] * 8
    assert _count(either_database, Account) == 1
    assert _count(either_database, InboxRow) == 8


def test_whoever_writes_has_unblocked_us(
    reception: Reception, either_database: Database, clock: StandingClock
) -> None:
    reception.receive(BROWSER, update_id="1", incoming=typed("你好"))
    with either_database.begin() as session:
        session.execute(select(Account)).scalar_one().blocked_at = clock()
    reception.receive(BROWSER, update_id="2", incoming=typed("我又来了"))
    with either_database.read() as session:
        assert session.execute(select(Account.blocked_at)).scalar_one() is None


def test_the_bell_rings_for_what_is_new_only(
    either_database: Database, clock: StandingClock
) -> None:
    bell = Bell()
    reception = Reception(database=either_database, clock=clock, bell=bell)
    before = bell.count
    for _ in range(2):
        reception.receive(BROWSER, update_id="1", incoming=typed("你好"))
    assert bell.count == before + 1


def test_words_of_danger_come_through_a_flood(
    either_database: Database, clock: StandingClock
) -> None:
    reception = Reception(
        database=either_database,
        clock=clock,
        bell=Bell(),
        messages_limit="1/minute",
        is_danger=UNDERSTANDING.is_danger,
    )
    sent = ["订餐", "订餐", "我胸口疼得厉害", *["我胸口疼得厉害"] * 10]
    received = [
        reception.receive(BROWSER, update_id=f"u{number}", incoming=typed(words))
        for number, words in enumerate(sent)
    ]
    assert received[:3] == [Received.STORED, Received.TOO_MANY, Received.STORED]
    assert received[-1] is Received.TOO_MANY
