"""是不是你们: what we never do comes first; the staff are told when the person says so."""

from bot.incoming import Incoming, IncomingKind
from bot.reception import Address
from store.database import Database
from store.outbox import Lane, OutboxRow
from tests.bot.talks import Chat
from tests.conftest import StandingClock
from tests.houses import House, make_house

WORDS = "让我交三百办军休卡，是你们吗"


def test_what_we_never_do_is_said_at_once(chat: Chat) -> None:
    said = chat.says(WORDS)
    assert said.startswith("先别给钱，也别说验证码！")
    assert "所里办事从来不收这种钱" in said
    assert "密码" in said
    assert "96110" in said
    assert chat.labels == ["告诉所里", "不用"]
    assert chat.requests() == []


def test_one_tap_or_a_yes_tells_the_staff_once(chat: Chat) -> None:
    chat.says(WORDS)
    (button,) = [each for each in chat.buttons if each.label == "告诉所里"]
    assert "骗1001" in chat.says("好")
    tap = Incoming(IncomingKind.TAP, action=button.action, label=button.label)
    assert "已经告诉所里了，单号 骗1001" in chat.send(tap)
    (request,) = chat.requests()
    assert (request.service, request.summary) == ("fraud_report", WORDS)


def test_no_tells_nobody(chat: Chat) -> None:
    chat.says(WORDS)
    assert "随时告诉我" in chat.taps("不用")
    chat.says("有人打电话要我身份证号，说是统计补贴，是咱所的吗")
    assert "随时告诉我" in chat.says("不用")
    assert chat.requests() == []


def test_two_messages_are_two_reports(chat: Chat) -> None:
    chat.says(WORDS)
    chat.taps("告诉所里")
    chat.says("又来电话要我转五百块钱")
    chat.taps("告诉所里")
    assert [each.number for each in chat.requests()] == ["骗1001", "骗1002"]


def test_where_it_is_too_late_the_police_come_first_and_the_staff_know(
    chat: Chat, database: Database
) -> None:
    said = chat.says("我把验证码告诉他了，咋办")
    assert said.startswith("请马上打110报警")
    assert "骗1001" in said
    assert [each.service for each in chat.requests()] == ["fraud_report"]
    with database.read() as session:
        rows = session.query(OutboxRow).all()
        assert {row.lane for row in rows} == {Lane.EMERGENCY}


def test_a_stranger_is_warned_and_nobody_is_told(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = Chat(database, clock, address=Address("web", "", "stranger")).be(None)
    assert "先别给钱" in stranger.says(WORDS)
    assert stranger.labels == ["找工作人员"]
    assert "110" in stranger.says("我已经给那个人转了三万了")
    assert stranger.requests() == []


def test_another_s_message_cannot_be_reported(
    chat: Chat, database: Database, clock: StandingClock
) -> None:
    chat.says(WORDS)
    (button,) = [each for each in chat.buttons if each.label == "告诉所里"]
    with database.begin() as session:
        other = make_house(session, clock(), name="西山军休所")
    neighbour = Chat(database, clock, address=Address("web", "", "next")).be(other.zhang)
    for action in (button.action, "warn:99999", "warn:", "warn:x"):
        neighbour.send(Incoming(IncomingKind.TAP, action=action, label="告诉所里"))
    assert chat.requests() == []


def test_an_open_form_is_kept_and_the_offer_comes_last(chat: Chat) -> None:
    chat.says("我要订餐")
    chat.says(WORDS)
    said = [message.text for message in chat.said]
    assert [("先别给钱" in said[0]), ("先替您放着" in said[1]), ("提醒大家" in said[2])] == [
        True
    ] * 3
    told = chat.says("好")
    assert "骗1001" in told
    assert [each.service for each in chat.requests()] == ["fraud_report"]
