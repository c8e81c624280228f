"""After an answer: the buttons that fit, and an open question handed to the staff with one tap."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from booking.people import issue_code
from booking.requests import accept, complete
from bot.incoming import Incoming, IncomingKind
from bot.reception import Address
from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.models import QuestionLogRow
from store.database import Database
from store.identity import Institution, Person
from store.messages import MAX_ACTION_BYTES
from tests.bot.talks import ANSWER, CATALOG, Chat
from tests.conftest import StandingClock
from tests.houses import House, make_house

CITATION = Citation("notice", "通知", "官方解读", "5、疗养", "建立荣誉疗养制度。", 31, 0, 9)
PARTIAL = Answer(
    AnswerStatus.PARTIAL,
    "官方解读里只写着：“建立荣誉疗养制度。”\n至于几次，材料里没有写，我不敢乱说。要不要请工作人员告诉您？",
    (CITATION, replace(CITATION, passage_id=32)),
    (),
    0.01,
)
UNKNOWN = Answer(
    AnswerStatus.NOT_IN_DOCUMENTS,
    "这件事材料里没有写，我不敢乱说。要不要请工作人员告诉您？",
    (),
    (),
    0.01,
)
PERSONAL = replace(
    UNKNOWN, status=AnswerStatus.NEEDS_STAFF, text="要请工作人员核对。要我转给他们吗？"
)
OUT_OF_SCOPE = replace(UNKNOWN, status=AnswerStatus.OUT_OF_SCOPE, text="这个我不会。")
WORDS = "疗养一年能去几次"
LEFT_OPEN = [PARTIAL, UNKNOWN, PERSONAL]


def asks(chat: Chat, answer: Answer, words: str = WORDS) -> str:
    chat.answers.given = answer
    return chat.says(words)


@pytest.mark.parametrize(
    ("answer", "labels"),
    [
        (ANSWER, ["预约体检", "看原文", "找工作人员"]),
        (PARTIAL, ["看原文", "请工作人员答复"]),
        (UNKNOWN, ["请工作人员答复"]),
        (PERSONAL, ["请工作人员答复"]),
        (OUT_OF_SCOPE, ["找工作人员"]),
    ],
)
def test_only_what_helps_stands_under_an_answer(
    chat: Chat, answer: Answer, labels: list[str]
) -> None:
    asks(chat, answer)
    assert chat.labels == labels
    assert all(len(each.action.encode()) <= MAX_ACTION_BYTES for each in chat.buttons)


@pytest.mark.parametrize("answer", LEFT_OPEN)
def test_one_tap_hands_the_question_over_with_a_stated_time(chat: Chat, answer: Answer) -> None:
    asks(chat, answer)
    said = chat.taps("请工作人员答复")
    assert said.startswith("好，已经转给所里了，单号 政1001。今天下午一点前，工作人员给您回话。")
    assert "010-00000000" in said
    (request,) = chat.requests()
    assert request.service == "policy"
    assert request.summary == WORDS
    assert request.values["answer"] == answer.text
    assert request.values["ended"] == answer.status.value
    assert request.requester_id == request.beneficiary_id


def test_a_question_that_goes_on_is_handed_over_with_what_it_goes_on_from(chat: Chat) -> None:
    asks(chat, replace(PARTIAL, understood_as="疗养一年能去几次 那家属呢"), "那家属呢")
    chat.taps("请工作人员答复")
    (request,) = chat.requests()
    assert request.summary == "那家属呢"
    assert request.values["understood_as"] == "疗养一年能去几次 那家属呢"


def test_the_same_tap_twice_is_one_request(chat: Chat) -> None:
    asks(chat, PARTIAL)
    (button,) = [each for each in chat.buttons if each.label == "请工作人员答复"]
    tap = Incoming(IncomingKind.TAP, action=button.action, label=button.label)
    chat.send(tap)
    assert "已经转过去了，单号 政1001" in chat.send(tap)
    assert len(chat.requests()) == 1
    # Days later, too: the question is found by its row, not by what was said last.
    chat.says("我的预约")
    chat.clock.go(days=30)
    assert "对不起" in chat.send(tap)
    assert len(chat.requests()) == 1


@pytest.mark.parametrize("said", ["好", "行啊", "那就请工作人员告诉我吧"])
def test_yes_in_words_hands_it_over(chat: Chat, said: str) -> None:
    asks(chat, PARTIAL)
    assert "已经转给所里了" in chat.says(said)
    assert [each.service for each in chat.requests()] == ["policy"]


def test_no_hands_nothing_over(chat: Chat) -> None:
    asks(chat, UNKNOWN)
    chat.says("不用了")
    assert chat.requests() == []


def test_an_answered_or_closed_question_says_so(chat: Chat, house: House) -> None:
    asks(chat, UNKNOWN)
    (button,) = chat.buttons
    tap = Incoming(IncomingKind.TAP, action=button.action, label=button.label)
    chat.send(tap)
    for verb in (accept, complete):
        with chat.database.begin() as session:
            verb(
                session,
                catalog=CATALOG,
                request_id=chat.requests()[0].id,
                clerk=house.head,
                now=chat.clock(),
            )
    chat.read()
    assert "已经答复过您了" in chat.send(tap)
    assert len(chat.requests()) == 1


def test_who_is_not_known_yet_is_told_how_and_then_the_question_goes_on(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = Chat(database, clock, address=Address("web", "", "stranger")).be(None)
    said = asks(stranger, UNKNOWN)
    assert "要不要" not in said
    told = stranger.taps("请工作人员答复")
    assert "我先记下" in told
    assert "绑定码" in told
    assert stranger.requests() == []
    with database.begin() as session:
        person = session.get_one(Person, house.zhang)
        code = issue_code(session, person=person, issued_by="test", now=clock())
    assert "已经转给所里了，单号 政1001" in stranger.says(code)
    (request,) = stranger.requests()
    assert (request.requester_id, request.institution_id) == (house.zhang, house.id)


def test_another_s_question_cannot_be_handed_over(
    chat: Chat, database: Database, clock: StandingClock
) -> None:
    asks(chat, UNKNOWN)
    (button,) = chat.buttons
    with database.begin() as session:
        other = make_house(session, clock(), name="西山军休所")
    neighbour = Chat(database, clock, address=Address("web", "", "next")).be(other.zhang)
    tap = Incoming(IncomingKind.TAP, action=button.action, label=button.label)
    assert "过时" in neighbour.send(tap)
    for action in ("staff:99999", "staff:", "staff:x", "staff:1:2"):
        neighbour.send(Incoming(IncomingKind.TAP, action=action, label="请工作人员答复"))
    assert chat.requests() == []


def test_a_relative_s_other_account_may_tap_what_was_asked_on_the_first(
    chat: Chat, database: Database, clock: StandingClock, house: House
) -> None:
    asks(chat, UNKNOWN)
    (button,) = chat.buttons
    phone = Chat(database, clock, address=Address("web", "", "phone")).be(house.zhang)
    said = phone.send(Incoming(IncomingKind.TAP, action=button.action, label=button.label))
    assert "已经转给所里了" in said


def test_an_open_form_goes_on_after_a_question_was_handed_over(chat: Chat) -> None:
    chat.says("我要订餐")
    asks(chat, UNKNOWN)
    said = chat.taps("请工作人员答复")
    assert "已经转给所里了" in said
    assert "咱们接着订餐" in said


def test_every_question_is_logged_once_with_what_was_said(
    chat: Chat, database: Database, house: House
) -> None:
    asks(chat, PARTIAL)
    with database.read() as session:
        row = session.scalars(select(QuestionLogRow)).one()
    assert (row.question, row.answer, row.person_id) == (WORDS, PARTIAL.text, house.zhang)


def test_a_house_without_a_telephone_names_none(chat: Chat, house: House) -> None:
    with chat.database.begin() as session:
        session.get_one(Institution, house.id).phone = None
    asks(chat, UNKNOWN)
    assert chat.taps("请工作人员答复").endswith("工作人员给您回话。")
