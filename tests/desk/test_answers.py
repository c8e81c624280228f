"""A question answered at the desk: told at once, read by a second pair of eyes, then found."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from booking.models import AnswerState, Request, RequestStatus, Staff, StaffAnswer
from knowledge.generations import generations
from knowledge.models import Document, DocumentKind, scope_of
from store.database import Database
from store.identity import Account
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

Seat = Callable[[str], ClerkAtDesk]
TEXT = "按规定每两年一次，名单三月公布。"
SHARED = {"answer": TEXT, "question": "疗养多久能去一次", "share": "yes", "until": "2027-12-31"}


@pytest.fixture
def asked(book: Book, clock: StandingClock) -> int:
    """Return a question of 张建国 that waits."""
    return book.question(clock())


def the_answer(database: Database) -> StaffAnswer:
    with database.read() as session:
        return session.scalars(select(StaffAnswer)).one()


def documents(database: Database) -> list[Document]:
    with database.read() as session:
        return list(session.scalars(select(Document)))


def test_the_page_shows_the_question_what_was_said_and_until_when(
    at_desk: Seat, asked: int
) -> None:
    page = at_desk("小李").see(f"/requests/{asked}").text
    for words in (
        "疗养一年能去几次",
        "连着前面看",
        "家属呢",
        "助手当时答",
        "建立荣誉疗养制度。",
        "答应回话",
        "今天 13:00",
        'name="answer"',
        'name="share"',
        "写答复",
    ):
        assert words in page


def test_an_answer_goes_to_the_person_at_once(
    at_desk: Seat, asked: int, database: Database
) -> None:
    said = at_desk("小李").press(f"/requests/{asked}/answer", answer=TEXT, question="x")
    assert "答复发出去了" in said.text
    assert "desk-done" in said.headers["hx-trigger"]
    with database.read() as session:
        (told,) = session.scalars(select(OutboxRow)).all()
        assert session.get_one(Request, asked).status is RequestStatus.COMPLETED
    assert f"小李答复：{TEXT}" in told.body["text"]
    assert the_answer(database).state is AnswerState.TOLD
    page = at_desk("小王").see(f"/requests/{asked}").text
    assert TEXT in page
    assert "只告诉了本人" in page
    assert 'class="words write-answer"' not in page


def test_ticked_it_waits_and_a_colleague_lets_it_in(
    at_desk: Seat, asked: int, database: Database, house: House
) -> None:
    author, colleague = at_desk("小李"), at_desk("小王")
    assert "还要同事看一遍" in author.press(f"/requests/{asked}/answer", **SHARED).text
    answer = the_answer(database)
    assert documents(database) == []
    # Whose turn it is stands in the menu.
    assert '<b class="waits">1</b>' in colleague.see("/answers").text
    assert 'id="approve"' in colleague.see(f"/answers/{answer.id}").text
    assert 'id="approve"' not in author.see(f"/answers/{answer.id}").text
    assert "要同事或者所长来审" in author.press(f"/answers/{answer.id}/approve").text
    assert documents(database) == []

    said = colleague.press(f"/answers/{answer.id}/approve").text
    assert "就照这条答" in said
    (document,) = documents(database)
    assert document.kind is DocumentKind.ANSWER
    assert (document.title, document.text) == ("疗养多久能去一次", TEXT)
    assert document.institution_id == house.id
    assert document.author_id == house.people["小李"]
    assert document.approved_by_id == house.people["小王"]
    assert str(document.ends_on) == "2027-12-31"
    with database.read() as session:
        assert generations(session, [scope_of(house.id)]) == {scope_of(house.id): 1}
    assert "已经同意过了" in at_desk("刘所长").press(f"/answers/{answer.id}/approve").text
    assert len(documents(database)) == 1
    assert "大家查得到的" in author.see("/answers").text


def test_rejected_it_goes_back_with_a_reason_and_may_be_worded_anew(
    at_desk: Seat, asked: int, database: Database
) -> None:
    author, head = at_desk("小李"), at_desk("刘所长")
    author.press(f"/requests/{asked}/answer", **SHARED)
    answer = the_answer(database)
    assert "请写明原因" in head.press(f"/answers/{answer.id}/reject", reason=" ").text
    assert "退回去了" in head.press(f"/answers/{answer.id}/reject", reason="哪一年的规定？").text
    page = author.see(f"/requests/{asked}?propose=true").text
    assert "哪一年的规定？" in page
    assert 'class="words write-propose"' in page
    assert TEXT in page
    better = {"answer": "从今年起每两年一次。", "question": "疗养多久能去一次", "until": ""}
    assert "提上去了" in author.press(f"/requests/{asked}/propose", **better).text
    assert "就照这条答" in head.press(f"/answers/{answer.id}/approve").text
    (document,) = documents(database)
    assert document.text == "从今年起每两年一次。"
    assert document.ends_on is None


def test_withdrawn_it_is_out_of_the_knowledge_at_once(
    at_desk: Seat, asked: int, database: Database
) -> None:
    at_desk("小李").press(f"/requests/{asked}/answer", **SHARED)
    answer = the_answer(database)
    head = at_desk("刘所长")
    head.press(f"/answers/{answer.id}/approve")
    assert "撤下了" in head.press(f"/answers/{answer.id}/withdraw", reason="规定改了").text
    (document,) = documents(database)
    assert document.withdrawn_at is not None
    assert the_answer(database).state is AnswerState.WITHDRAWN
    assert "已经撤下了" in head.press(f"/answers/{answer.id}/withdraw", reason="再撤").text
    page = head.see(f"/requests/{asked}").text
    assert "撤下了这条答复：规定改了" in page


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({**SHARED, "answer": " "}, "请先写上答复"),
        ({**SHARED, "question": ""}, "请写上别人会怎么问"),
        ({**SHARED, "until": "明年"}, "管到哪天"),
        ({**SHARED, "until": "2026-01-01"}, "已经过去了"),
        ({**SHARED, "answer": "张建国同志两年一次。"}, "不能有“张建国”"),
        ({**SHARED, "answer": "长" * 501}, "500个字以内"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_leaves(
    at_desk: Seat, asked: int, database: Database, fields: dict[str, str], sentence: str
) -> None:
    said = at_desk("小李").press(f"/requests/{asked}/answer", **fields)
    assert sentence in said.text
    # The words stay in the form.
    assert "desk-done" not in said.headers["hx-trigger"]
    with database.read() as session:
        assert session.scalars(select(OutboxRow)).all() == []
        assert session.get_one(Request, asked).status is RequestStatus.SUBMITTED


def test_two_clerks_do_not_answer_one_question(
    at_desk: Seat, asked: int, database: Database
) -> None:
    first, second = at_desk("小李"), at_desk("老周")
    first.press(f"/requests/{asked}/accept")
    assert "小李在办这一单" in second.press(f"/requests/{asked}/answer", answer=TEXT).text
    assert "答复发出去了" in first.press(f"/requests/{asked}/answer", answer=TEXT).text
    assert "已经完成了" in second.press(f"/requests/{asked}/answer", answer="改口").text


def test_whom_the_chat_cannot_reach_is_to_be_telephoned(
    at_desk: Seat, asked: int, database: Database, clock: StandingClock
) -> None:
    with database.begin() as session:
        session.execute(update(Account).values(blocked_at=clock()))
    said = at_desk("小李").press(f"/requests/{asked}/answer", answer=TEXT)
    assert "请打电话告诉张建国" in said.text


def test_the_only_clerk_of_a_house_approves_his_own(
    at_desk: Seat, asked: int, database: Database, house: House
) -> None:
    author = at_desk("小李")
    author.press(f"/requests/{asked}/answer", **SHARED)
    with database.begin() as session:
        others = (Staff.institution_id == house.id) & (Staff.login != house.logins["小李"])
        session.execute(update(Staff).where(others).values(active=False))
    answer = the_answer(database)
    assert "就照这条答" in author.press(f"/answers/{answer.id}/approve").text
    assert len(documents(database)) == 1


def test_only_the_head_sees_who_answered_what(at_desk: Seat, asked: int) -> None:
    at_desk("小李").press(f"/requests/{asked}/answer", answer=TEXT)
    assert "谁答了什么" in at_desk("刘所长").see("/answers").text
    assert "谁答了什么" not in at_desk("小李").see("/answers").text


def test_another_house_sees_nothing(at_desk: Seat, asked: int, database: Database) -> None:
    at_desk("小李").press(f"/requests/{asked}/answer", **SHARED)
    answer = the_answer(database)
    stranger = at_desk("other-liu")
    assert TEXT not in stranger.see("/answers").text
    assert stranger.see(f"/answers/{answer.id}").status_code == 404
    for path in ("approve", "reject", "withdraw"):
        said = stranger.press(f"/answers/{answer.id}/{path}", reason="x")
        assert said.status_code == 404
    assert stranger.press(f"/requests/{asked}/answer", answer="x").status_code == 404
    assert the_answer(database).state is AnswerState.PROPOSED


def test_a_change_without_the_session_s_secret_is_refused(
    at_desk: Seat, asked: int, database: Database
) -> None:
    clerk = at_desk("小李")
    clerk.csrf = "wrong"
    assert clerk.press(f"/requests/{asked}/answer", answer=TEXT).status_code == 403
    assert clerk.press("/answers/1/approve").status_code == 403


def test_a_fraud_report_is_shown_as_what_it_is(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.fraud(clock())
    clerk = at_desk("老周")
    assert "防骗提醒" in clerk.see("/").text
    page = clerk.see(f"/requests/{request_id}").text
    assert "打着所里的名义要钱要码" in page
    assert "让我交三百办军休卡" in page
    assert 'name="answer"' not in page
    assert "请马上打电话" in clerk.press(f"/requests/{request_id}/accept").text
    assert "已经告诉对方" in clerk.press(f"/requests/{request_id}/complete").text


def test_a_late_question_stands_out_until_it_is_answered(
    at_desk: Seat, asked: int, clock: StandingClock
) -> None:
    clerk = at_desk("小李")
    assert "13:00前要回话" in clerk.see("/queues/policy").text
    clerk.press(f"/requests/{asked}/accept")
    clock.go(hours=6)
    page = clerk.see("/queues/policy").text
    assert "说好的时候过了，已晚2小时" in page
    clerk.press(f"/requests/{asked}/answer", answer=TEXT)
    assert "说好的时候过了" not in clerk.see("/queues/policy?closed=true").text
