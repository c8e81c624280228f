"""Acts on a request: each answers in a sentence, is told to the person, and can be pressed twice."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking import requests
from booking.models import EventKind, Opening, RequestEvent
from booking.services import Catalog
from desk.acts import clean
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

Seat = Callable[[str], ClerkAtDesk]


def said_to_people(database: Database) -> list[str]:
    """Return every message that left for someone's chat."""
    with database.read() as session:
        rows = session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars()
        return [row.body["text"] for row in rows]


def events(database: Database, kind: EventKind) -> int:
    """Return how many lines of history of one kind there are."""
    with database.read() as session:
        wanted = select(func.count()).where(RequestEvent.kind == kind)
        return session.execute(wanted).scalar_one()


def test_the_page_says_who_what_when_and_how_it_came(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    page = at_desk("老周").see(f"/requests/{book.ride(clock())}").text
    for expected in (
        "李秀英",
        "车1001",
        "张小梅",
        "13800002222",
        "人民医院",
        "一号车，司机赵师傅",
        "今天 09:00",
        "明天（星期二） 08:00",
        "代为提交",
    ):
        assert expected in page


def test_accept_complete_and_what_the_person_reads(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    accepted = clerk.press(f"/requests/{request_id}/accept")
    assert accepted.status_code == 200
    assert "接下了：餐1001，张建国" in accepted.text
    assert accepted.headers["hx-trigger"] == "desk-changed,desk-done"
    completed = clerk.press(f"/requests/{request_id}/complete")
    assert "办完了：餐1001，张建国" in completed.text
    told = said_to_people(database)
    assert "定好了" in told[0]
    assert "小李" in told[0]
    assert "打个分" in told[1]
    assert "已完成" in clerk.see(f"/requests/{request_id}").text


def test_pressed_twice_is_done_once(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    for _ in range(2):
        answer = clerk.press(f"/requests/{request_id}/accept")
        assert "接下了" in answer.text
    for _ in range(2):
        answer = clerk.press(f"/requests/{request_id}/message", text="饭放在门口的架子上。")
        assert "发出去了" in answer.text
    for _ in range(2):
        answer = clerk.press(f"/requests/{request_id}/complete")
        assert "办完了" in answer.text
    assert len(said_to_people(database)) == 3


def test_the_same_words_later_are_a_new_message(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    clerk.press(f"/requests/{request_id}/message", text="到了。")
    clock.go(minutes=2)
    clerk.press(f"/requests/{request_id}/message", text="到了。")
    assert events(database, EventKind.MESSAGE) == 2


def test_the_second_clerk_reads_who_has_it(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    first, second = at_desk("小王"), at_desk("小李")
    first.press(f"/requests/{request_id}/accept")
    answer = second.press(f"/requests/{request_id}/accept")
    assert "小王已经接了这一单" in answer.text
    assert answer.headers["hx-trigger"] == "desk-changed"
    assert "小王" in second.see(f"/requests/{request_id}").text
    assert events(database, EventKind.ACCEPTED) == 1


def test_many_clerks_at_the_same_moment(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerks = [at_desk(who) for who in ("小李", "小王", "刘所长")]
    together = threading.Barrier(len(clerks))
    answers: list[str] = []

    def press(clerk: ClerkAtDesk) -> None:
        together.wait()
        answers.append(clerk.press(f"/requests/{request_id}/accept").text)

    threads = [threading.Thread(target=press, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("接下了" in answer for answer in answers) == 1
    assert sum("已经接了这一单" in answer for answer in answers) == 2
    assert events(database, EventKind.ACCEPTED) == 1


def test_sending_back_needs_a_reason_and_frees_the_place(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock(), portions=2)
    clerk = at_desk("小李")
    for empty in ("", "  \n ", "\u200b"):
        answer = clerk.press(f"/requests/{request_id}/decline", reason=empty)
        assert "请先写明原因" in answer.text
        assert answer.headers["hx-trigger"] == "desk-changed"
    assert said_to_people(database) == []
    answer = clerk.press(f"/requests/{request_id}/decline", reason="灶坏了，正在修。")
    assert "退回了：餐1001" in answer.text
    assert "灶坏了，正在修。" in said_to_people(database)[0]
    with database.read() as session:
        assert session.execute(select(func.sum(Opening.taken))).scalar_one() == 0
    assert "灶坏了" in clerk.see(f"/requests/{request_id}").text


def test_an_accepted_request_can_still_be_sent_back(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.ride(clock())
    clerk = at_desk("老周")
    clerk.press(f"/requests/{request_id}/accept")
    answer = clerk.press(f"/requests/{request_id}/decline", reason="车坏了。")
    assert "退回了" in answer.text


@pytest.mark.parametrize(
    ("before", "act", "sentence"),
    [
        ([], "complete", "请先按“接单”"),
        (["accept", "complete"], "accept", "已经完成了"),
        (["accept", "complete"], "decline", "已经完成了"),
        (["decline"], "accept", "已经退回了"),
        (["decline"], "complete", "已经退回了"),
    ],
)
def test_what_cannot_be_is_explained(
    at_desk: Seat, book: Book, clock: StandingClock, before: list[str], act: str, sentence: str
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    for step in before:
        clerk.press(f"/requests/{request_id}/{step}", reason="满了")
    answer = clerk.press(f"/requests/{request_id}/{act}", reason="满了")
    assert answer.status_code == 200
    assert sentence in answer.text


def test_a_request_the_person_cancelled(
    at_desk: Seat,
    book: Book,
    clock: StandingClock,
    database: Database,
    catalog: Catalog,
    house: House,
) -> None:
    request_id = book.meal(clock())
    with database.begin() as session:
        actor = session.get_one(Person, house.people["张建国"])
        requests.cancel(session, actor=actor, request_id=request_id, now=clock())
    assert "对方已经取消" in at_desk("小李").press(f"/requests/{request_id}/accept").text


def test_who_has_no_chat_must_be_called(at_desk: Seat, book: Book, clock: StandingClock) -> None:
    answer = at_desk("老周").press(f"/requests/{book.ride(clock())}/accept")
    assert "接下了" in answer.text
    assert "请打电话告诉李秀英" in answer.text


def test_words_are_taken_as_words(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    clerk.press(f"/requests/{request_id}/message", text="<script>alert(1)</script>\x00\x07好")
    assert "<script>alert(1)</script>好" in said_to_people(database)[0]
    page = clerk.see(f"/requests/{request_id}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize(
    ("act", "field", "most"), [("message", "text", 500), ("decline", "reason", 200)]
)
def test_too_many_words(
    at_desk: Seat,
    book: Book,
    clock: StandingClock,
    database: Database,
    act: str,
    field: str,
    most: int,
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    answer = clerk.press(f"/requests/{request_id}/{act}", **{field: "长" * (most + 1)})
    assert f"{most}个字以内" in answer.text
    assert said_to_people(database) == []
    assert (
        clerk.press(f"/requests/{request_id}/{act}", **{field: "长" * 100_000}).status_code == 413
    )


def test_an_empty_message_is_not_sent(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    answer = at_desk("小李").press(f"/requests/{book.meal(clock())}/message", text=" ")
    assert "留言还是空的" in answer.text
    assert said_to_people(database) == []


@pytest.mark.parametrize("csrf", ["", "x", "张", None])
def test_a_change_without_the_session_s_secret_is_refused(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database, csrf: str | None
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    fields = {} if csrf is None else {"csrf": csrf}
    answer = clerk.client.post(f"/desk/requests/{request_id}/accept", data=fields)
    assert answer.status_code == 403
    assert events(database, EventKind.ACCEPTED) == 0


def test_another_clerk_s_secret_is_no_good(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    clerk.csrf = at_desk("小王").csrf
    assert clerk.press(f"/requests/{request_id}/accept").status_code == 403
    assert events(database, EventKind.ACCEPTED) == 0


def test_a_change_from_another_site_is_refused_even_with_the_secret(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    clerk = at_desk("小李")
    answer = clerk.client.post(
        f"/desk/requests/{book.meal(clock())}/accept",
        data={"csrf": clerk.csrf},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert events(database, EventKind.ACCEPTED) == 0


def test_without_scripts_the_buttons_still_work(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    answer = clerk.client.post(f"/desk/requests/{request_id}/accept", data={"csrf": clerk.csrf})
    assert "接下了" in answer.text
    assert f'href="/desk/requests/{request_id}"' in answer.text


def test_the_page_offers_the_moves_that_are_open(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    page = clerk.see(f"/requests/{request_id}").text
    assert 'data-moves="accepted declined"' in page
    clerk.press(f"/requests/{request_id}/accept")
    page = clerk.see(f"/requests/{request_id}").text
    assert 'data-moves="completed declined in_progress missed submitted"' in page
    clerk.press(f"/requests/{request_id}/complete")
    assert 'data-moves=""' in clerk.see(f"/requests/{request_id}").text


@pytest.mark.parametrize("request_id", ["0", "-1", "abc", "9" * 30, "1.5", "999999"])
def test_numbers_that_name_nothing(at_desk: Seat, request_id: str) -> None:
    clerk = at_desk("小李")
    assert clerk.see(f"/requests/{request_id}").status_code == 404
    assert clerk.press(f"/requests/{request_id}/accept").status_code == 404


def test_an_emergency_stands_on_every_page_until_someone_takes_it(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    meal, emergency = book.meal(clock()), book.emergency(clock())
    clock.go(minutes=3)
    clerks = [at_desk(who) for who in ("小李", "老周", "陈医生", "刘所长")]
    for clerk in clerks:
        page = clerk.see("/").text
        assert 'data-ringing="张建国"' in page
        for expected in ("胸口疼得厉害", "13800001111", "3号楼2单元501", "3分钟前"):
            assert expected in page
    assert 'data-ringing="张建国"' in clerks[0].see(f"/requests/{meal}").text
    answer = clerks[1].press(f"/requests/{emergency}/accept")
    assert "归您处理" in answer.text
    for clerk in clerks:
        page = clerk.see("/").text
        assert "data-ringing" not in page
        assert "老周在处理" in page
    assert "老周已经看到了" in said_to_people(database)[-1]
    late = clerks[0].press(f"/requests/{emergency}/accept")
    assert "老周已经接了" in late.text


def test_the_banner_goes_when_the_emergency_is_over(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    emergency = book.emergency(clock())
    clerk = at_desk("小李")
    clerk.press(f"/requests/{emergency}/accept")
    assert "处理好了" in clerk.press(f"/requests/{emergency}/complete").text
    assert "胸口疼" not in clerk.see("/").text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  好 \r\n明天见 ", "好 \n明天见"),
        ("\u202e倒过来\u200b", "倒过来"),
        ("\ufeff", ""),
        ("饭好了😀", "饭好了😀"),
    ],
)
def test_only_what_can_be_seen_is_kept(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_what_was_pressed_a_second_apart_is_one_message(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    clerk.press(f"/requests/{request_id}/message", text="到了。")
    clock.now += timedelta(seconds=1)
    clerk.press(f"/requests/{request_id}/message", text="到了。 ")
    at_desk("小王").press(f"/requests/{request_id}/message", text="到了。")
    assert events(database, EventKind.MESSAGE) == 2
