"""Reading the transcript on both databases."""

import pytest

from bot.channels.web.posted import Tap
from bot.channels.web.reading import LATE, history, label_of, newest_place, since
from bot.channels.web.transcript import Place
from bot.incoming import typed
from bot.reception import Address, Reception
from store.database import Database
from store.identity import Account
from store.messages import Button, Message
from tests.bot.channels.web.house import House, build_house
from tests.conftest import StandingClock

HERE = Address("web", "", "somebody")


@pytest.fixture
def house(either_database: Database, clock: StandingClock) -> House:
    return build_house(either_database, clock)


def converse(house: House, clock: StandingClock) -> tuple[int, int]:
    """Say a little; return the account and the row of the question."""
    door = Reception(database=house.database, clock=clock, bell=house.bell)
    door.receive(HERE, update_id="a", incoming=typed("您好"))
    with house.database.read() as session:
        account_id = session.query(Account).one().id
    clock.go(seconds=1)
    asked = house.say(account_id, Message("哪一天？", ((Button("明天", "day:1"),),)))
    clock.go(seconds=1)
    door.receive(HERE, update_id="b", incoming=typed("明天"))
    house.say(account_id, Message("定了明天。"), edits_id=asked)
    return account_id, asked


def test_history_is_in_order_with_its_edits(house: House, clock: StandingClock) -> None:
    account_id, _ = converse(house, clock)
    with house.database.read() as session:
        page = history(session, account_id)
        assert [entry.text for entry in page.entries] == ["您好", "定了明天。", "明天"]
        assert page.earlier is None


def test_what_is_new_is_told_once_and_what_is_young_twice(
    house: House, clock: StandingClock
) -> None:
    account_id, _ = converse(house, clock)
    with house.database.read() as session:
        everything = since(session, account_id, after=Place(), now=clock())
        assert everything.place == newest_place(session, account_id)
        again = since(session, account_id, after=everything.place, now=clock())
        assert [one.key for one in again.entries] == [one.key for one in everything.entries]
        later = since(session, account_id, after=everything.place, now=clock() + LATE * 2)
        assert later.entries == ()


def test_a_button_is_known_by_its_message_and_its_edits(house: House, clock: StandingClock) -> None:
    account_id, asked = converse(house, clock)
    with house.database.read() as session:
        assert label_of(session, account_id, Tap("day:1", asked)) == "明天"
        assert label_of(session, account_id, Tap("day:9", asked)) is None
        assert label_of(session, account_id + 1, Tap("day:1", asked)) is None
