"""看原文 in the conversation: the clause between its neighbours, for whoever may read it."""

from dataclasses import replace

import pytest

from bot.incoming import Incoming, IncomingKind
from bot.reception import Address
from knowledge.answers import Citation
from knowledge.models import Document
from store.database import Database
from tests.bot.talks import ANSWER, Chat
from tests.conftest import StandingClock
from tests.documents import make_document
from tests.houses import House


def quoting(*passage_ids: int) -> list[Citation]:
    return [replace(ANSWER.citations[0], passage_id=each) for each in passage_ids]


def tap(action: str) -> Incoming:
    return Incoming(IncomingKind.TAP, action=action, label="看原文")


@pytest.fixture
def passages(database: Database, clock: StandingClock) -> list[int]:
    with database.begin() as session:
        _, made = make_document(session, clock())
        return [each.id for each in made]


def test_the_clause_is_shown_between_its_neighbours(chat: Chat, passages: list[int]) -> None:
    chat.answers.given = replace(ANSWER, citations=tuple(quoting(passages[2])))
    chat.says("每年能体检几次")
    said = chat.taps("看原文")
    assert said.split("\n\n") == [
        "《关于服务管理的通知》\n政策文件，军休发〔2026〕3号，一、医疗",
        "前面是：\n“军休干部到军队医院看病，可享受优先。”",
        "您看的这一段：\n“每年组织1次健康体检。”",
        "后面接着是：\n“体检由军休机构组织。”",
    ]


def test_each_quote_is_shown_but_no_clause_twice(chat: Chat, passages: list[int]) -> None:
    chat.answers.given = replace(
        ANSWER, citations=tuple(quoting(passages[2], passages[3], passages[5]))
    )
    chat.says("每年能体检几次")
    chat.taps("看原文")
    assert len(chat.said) == 2
    assert "荣誉疗养" in chat.said[1].text


def test_the_web_chat_offers_the_whole_page_others_do_not(
    chat: Chat, passages: list[int], database: Database, clock: StandingClock, house: House
) -> None:
    chat.send(tap(f"src:{passages[2]}"))
    assert chat.labels == ["看整篇"]
    assert chat.buttons[0].action.startswith("doc:")
    terminal = Chat(database, clock, address=Address("terminal", "", "1")).be(house.zhang)
    assert "健康体检" in terminal.send(tap(f"src:{passages[2]}"))
    assert terminal.labels == []


def test_a_house_s_own_clause_is_for_its_people(
    chat: Chat, database: Database, clock: StandingClock, house: House
) -> None:
    with database.begin() as session:
        _, made = make_document(session, clock(), institution_id=house.id, title="食堂须知")
        own = made[1].id
    assert "食堂须知" in chat.send(tap(f"src:{own}"))
    stranger = Chat(database, clock, address=Address("web", "", "stranger")).be(None)
    assert "查不到" in stranger.send(tap(f"src:{own}"))


def test_what_is_gone_or_withdrawn_says_so(
    chat: Chat, passages: list[int], database: Database, clock: StandingClock
) -> None:
    assert "查不到" in chat.send(tap("src:99999"))
    with database.begin() as session:
        document = session.get_one(Document, 1)
        document.withdrawn_at = clock()
    assert "撤下来" in chat.send(tap(f"src:{passages[2]}"))


@pytest.mark.parametrize(
    "action", ["src:", "src:x", "src:1.x", "src:1:2", "src:" + "9" * 50, "doc:1:2", "doc:"]
)
def test_a_broken_button_is_answered_kindly(chat: Chat, action: str) -> None:
    assert chat.send(tap(action))
    assert chat.requests() == []


def test_a_form_goes_on_after_the_original(chat: Chat, passages: list[int]) -> None:
    chat.says("我要订餐")
    assert "咱们接着订餐" in chat.send(tap(f"src:{passages[2]}"))
