"""The board and the queues: what waits, in which order, in which words."""

import re
from collections.abc import Callable

import pytest

from desk import board
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book

Seat = Callable[[str], ClerkAtDesk]


def numbers(page: str) -> list[str]:
    """Return the request numbers of a page in the order in which they stand."""
    return re.findall(r'class="number">([^<]+)<', page)


def test_an_empty_desk_says_so(at_desk: Seat) -> None:
    page = at_desk("小李").see("/").text
    assert "现在没有要办的。" in page
    assert numbers(page) == []


def test_a_new_booking_is_on_the_board_with_its_button(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    page = at_desk("小李").see("/").text
    assert numbers(page) == ["餐1001"]
    assert f'action="/desk/requests/{request_id}/accept"' in page
    assert "今天 10:00前要接" in page
    assert "重点人员（独居）" in page


def test_what_is_late_says_by_how_much(at_desk: Seat, book: Book, clock: StandingClock) -> None:
    book.meal(clock())
    clock.go(minutes=85)
    page = at_desk("小李").see("/queues/meal").text
    assert "没接，已晚25分钟" in page
    assert "迟了 1" in page


def test_waiting_stands_before_taken(at_desk: Seat, book: Book, clock: StandingClock) -> None:
    first, _second = book.meal(clock()), book.meal(clock(), days=2)
    clerk = at_desk("小李")
    clerk.press(f"/requests/{first}/accept")
    assert numbers(clerk.see("/").text) == ["餐1002", "餐1001"]
    assert numbers(clerk.see("/queues/meal").text) == ["餐1002", "餐1001"]


def test_what_i_do_can_be_completed_at_once_what_others_do_names_them(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    mine, other = at_desk("小李"), at_desk("小王")
    mine.press(f"/requests/{request_id}/accept")
    assert f'action="/desk/requests/{request_id}/complete"' in mine.see("/").text
    page = other.see("/").text
    assert "小李在办" in page
    assert f'action="/desk/requests/{request_id}/complete"' not in page


def test_the_board_shows_the_first_and_says_how_many_more(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    for _ in range(7):
        book.meal(clock())
    page = at_desk("小李").see("/").text
    assert len(numbers(page)) == 5
    assert "还有 2 单" in page
    assert len(numbers(at_desk("小李").see("/queues/meal").text)) == 7


def test_closed_requests_are_shown_on_demand(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")
    clerk.press(f"/requests/{request_id}/decline", reason="满了")
    assert numbers(clerk.see("/queues/meal").text) == []
    page = clerk.see("/queues/meal?closed=true").text
    assert numbers(page) == ["餐1001"]
    assert "已退回" in page
    assert 'hx-get="/desk/queues/meal?closed=true"' in page


@pytest.mark.parametrize("path", ["/queues/pension", "/queues/", "/queues/meal/x"])
def test_a_queue_that_is_not(at_desk: Seat, path: str) -> None:
    answer = at_desk("刘所长").see(path)
    assert answer.status_code in {307, 404}
    assert "张建国" not in answer.text


def test_the_emergency_queue_is_in_the_menu_while_there_is_one(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    clerk = at_desk("小李")
    assert 'href="/desk/queues/emergency"' not in clerk.see("/").text
    book.emergency(clock())
    assert 'href="/desk/queues/emergency"' in clerk.see("/").text


def test_a_queue_too_long_to_list_says_so(
    at_desk: Seat, book: Book, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "ROWS_IN_QUEUE", 2)
    clerk = at_desk("小李")
    book.meal(clock())
    assert "先列最急的" not in clerk.see("/queues/meal").text
    book.meal(clock())
    book.meal(clock())
    page = clerk.see("/queues/meal").text
    assert numbers(page) == ["餐1001", "餐1002"]
    assert "先列最急的2单" in page


def test_a_row_says_to_whom_it_was_given_first(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    book.meal(clock())
    assert "先派给您" in at_desk("小李").see("/queues/meal").text
    assert "先派给小李" in at_desk("小王").see("/queues/meal").text
