"""Binding in the conversation: codes, phones, and how often one may try."""

from booking.people import issue_code
from bot.dialogue import Thought
from bot.incoming import Incoming, IncomingKind, typed
from store.database import Database
from store.identity import Account, Person
from tests.bot.talks import Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House

WRONG = "1-000000"


def _code(database: Database, clock: StandingClock, person_id: int) -> str:
    with database.begin() as session:
        return issue_code(
            session, person=session.get_one(Person, person_id), issued_by="test", now=clock()
        )


def _sends(talk: Talk, words: str) -> str:
    return talk.send(typed(words), Thought())


def _wrong(code: str) -> str:
    return code[:-1] + str((int(code[-1]) + 1) % 10)


def test_a_code_binds_by_message_and_by_deep_link(
    database: Database, clock: StandingClock, house: House
) -> None:
    for index, send in enumerate(("message", "link")):
        stranger = begin_talk(database, clock, None, external_id=send)
        code = _code(database, clock, (house.zhang, house.li)[index])
        said = (
            _sends(stranger, code)
            if send == "message"
            else stranger.send(Incoming(IncomingKind.COMMAND, action="start", text=code), Thought())
        )
        assert said.startswith("绑定好了。")


def test_each_refusal_says_what_to_do(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    code = _code(database, clock, house.zhang)
    assert "不对" in _sends(stranger, _wrong(code))
    clock.go(hours=25)
    assert "过期" in _sends(stranger, code)
    fresh = _code(database, clock, house.zhang)
    assert "绑定好了" in _sends(stranger, fresh)
    other = begin_talk(database, clock, None, external_id="other")
    assert "已经用过了" in _sends(other, fresh)


def test_after_five_tries_in_an_hour_the_account_must_rest(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    code = _code(database, clock, house.zhang)
    for _ in range(5):
        assert "不对" in _sends(stranger, "99-000000")
    assert "歇一个小时" in _sends(stranger, code)
    other = begin_talk(database, clock, None, external_id="other")
    assert "绑定好了" in _sends(other, code)


def test_digits_that_are_no_code_are_explained(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    for digits in ("123456", "13900000001"):
        assert "12-345678" in stranger.guesses(digits)


def test_ones_own_phone_binds_and_an_unknown_one_does_not(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    contact = Incoming(IncomingKind.CONTACT, phone="+86 139 0000 0009")
    assert "没有对上" in stranger.send(contact, Thought())
    contact = Incoming(IncomingKind.CONTACT, phone="+86 139 0000 0001")
    assert "绑定好了。张老" in stranger.send(contact, Thought())
    with database.read() as session:
        assert session.get_one(Account, stranger.account_id).person_id == house.zhang


def test_on_telegram_the_phone_is_offered(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    with database.begin() as session:
        session.get_one(Account, stranger.account_id).channel = "telegram"
    assert "手机号" in stranger.book(service="meal")
    assert stranger.labels == ["用我的手机号绑定"]
