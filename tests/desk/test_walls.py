"""No page, act or address shows another house's data, or another post's queue."""

from collections.abc import Callable

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from booking.models import StaffRole
from booking.queues import open_request
from booking.services import Catalog
from booking.staff_access import Clerk
from desk import board, log_in, request_page
from store.database import Database
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

Seat = Callable[[str], ClerkAtDesk]

OPEN_TO_ALL = {("GET", "/log-in"), ("POST", "/log-in")}
PAGES = {("GET", "/"), ("GET", "/queues/{service}"), ("GET", "/live"), ("POST", "/log-out")}
OF_A_REQUEST = {
    ("GET", "/requests/{request_id}"),
    ("POST", "/requests/{request_id}/accept"),
    ("POST", "/requests/{request_id}/decline"),
    ("POST", "/requests/{request_id}/complete"),
    ("POST", "/requests/{request_id}/message"),
}
WORDS = {"reason": "满了", "text": "您好"}


def every_route() -> set[tuple[str, str]]:
    """Return method and path of every page and act the desk has."""
    return {
        (method, route.path)
        for pages in (log_in, board, request_page)
        for route in pages.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_route_is_known_to_these_tests() -> None:
    assert every_route() == OPEN_TO_ALL | PAGES | OF_A_REQUEST


@pytest.mark.parametrize(("method", "path"), sorted(PAGES | OF_A_REQUEST))
def test_without_log_in_there_is_only_the_log_in(
    client: TestClient, book: Book, clock: StandingClock, method: str, path: str
) -> None:
    request_id = book.meal(clock())
    address = "/desk" + path.format(request_id=request_id, service="meal")
    answer = client.request(method, address, data=WORDS if method == "POST" else None)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/desk/log-in")
    assert "张建国" not in answer.text


@pytest.mark.parametrize(("method", "path"), sorted(OF_A_REQUEST))
@pytest.mark.parametrize("who", ["other-xiaoli", "other-liu"])
def test_another_house_s_request_is_not_there(
    at_desk: Seat,
    book: Book,
    clock: StandingClock,
    database: Database,
    catalog: Catalog,
    house: House,
    method: str,
    path: str,
    who: str,
) -> None:
    request_id = book.meal(clock())
    outsider = at_desk(who)
    address = path.format(request_id=request_id)
    answer = outsider.see(address) if method == "GET" else outsider.press(address, **WORDS)
    assert answer.status_code == 404
    assert "张建国" not in answer.text
    head = Clerk(1, house.people["刘所长"], house.id, "刘所长", frozenset({StaffRole.HEAD}))
    with database.read() as session:
        view = open_request(
            session, catalog=catalog, clerk=head, request_id=request_id, now=clock()
        )
    assert view.row.status.value == "submitted"
    assert len(view.history) == 1


@pytest.mark.parametrize("path", ["/", "/queues/meal", "/queues/emergency", "/queues/human"])
def test_pages_of_another_house_show_nothing_of_ours(
    at_desk: Seat, book: Book, clock: StandingClock, path: str
) -> None:
    book.meal(clock())
    book.human(clock())
    book.emergency(clock())
    page = at_desk("other-liu").see(path)
    assert page.status_code == 200
    assert "张建国" not in page.text
    assert "胸口疼" not in page.text


@pytest.mark.parametrize(("method", "path"), sorted(OF_A_REQUEST))
def test_a_cook_has_no_hand_in_checkups(
    at_desk: Seat, book: Book, clock: StandingClock, method: str, path: str
) -> None:
    request_id = book.checkup(clock())
    cook = at_desk("小李")
    address = path.format(request_id=request_id)
    answer = cook.see(address) if method == "GET" else cook.press(address, **WORDS)
    assert answer.status_code == 403
    assert "张建国" not in answer.text
    assert "别的岗位" in answer.text


def test_a_cook_sees_the_queues_of_a_cook(at_desk: Seat, book: Book, clock: StandingClock) -> None:
    book.checkup(clock())
    cook = at_desk("小李")
    board_page = cook.see("/").text
    assert "检1001" not in board_page
    assert "/desk/queues/checkup" not in board_page
    assert cook.see("/queues/checkup").status_code == 403
    assert cook.see("/queues/meal").status_code == 200
    assert cook.see("/queues/human").status_code == 200


def test_the_head_sees_every_queue(at_desk: Seat, book: Book, clock: StandingClock) -> None:
    book.meal(clock())
    book.ride(clock())
    book.checkup(clock())
    page = at_desk("刘所长").see("/").text
    assert all(number in page for number in ("餐1001", "车1001", "检1001"))


def test_health_words_are_for_those_who_need_them(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    meal, checkup = book.meal(clock()), book.checkup(clock())
    assert "硝酸甘油" not in at_desk("小李").see(f"/requests/{meal}").text
    assert "硝酸甘油" in at_desk("陈医生").see(f"/requests/{checkup}").text
    emergency = book.emergency(clock())
    assert "硝酸甘油" in at_desk("小李").see(f"/requests/{emergency}").text
