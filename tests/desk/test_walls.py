"""No page, act or address shows another house's data, or another post's queue."""

from collections.abc import Callable

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import select

from booking.models import AuditRow, EventKind, StaffRole
from booking.queues import open_request
from booking.services import Catalog
from booking.staff_access import Clerk
from desk.site import PAGES as PAGES_OF_THE_DESK
from knowledge.models import Document, DocumentDraft, EvaluationQuestion
from store.database import Database
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk, TwoHouses
from tests.desk.houses import Book, House, Library

Seat = Callable[[str], ClerkAtDesk]

OPEN_TO_ALL = {("GET", "/log-in"), ("POST", "/log-in")}
OF_A_QUESTION = {
    ("GET", "/questions/{log_id}"),
    ("POST", "/questions/{log_id}/find"),
    ("POST", "/questions/{log_id}/keep"),
    ("POST", "/questions/{log_id}/drop"),
}
OF_A_REQUEST = {
    ("GET", "/requests/{request_id}"),
    ("POST", "/requests/{request_id}/accept"),
    ("POST", "/requests/{request_id}/decline"),
    ("POST", "/requests/{request_id}/complete"),
    ("POST", "/requests/{request_id}/message"),
    ("POST", "/requests/{request_id}/start"),
    ("POST", "/requests/{request_id}/miss"),
    ("POST", "/requests/{request_id}/put-back"),
}
OF_A_DOCUMENT = {
    ("GET", "/documents/{document_id}"),
    ("POST", "/documents/{document_id}/versions"),
    ("POST", "/documents/{document_id}/entry"),
    ("POST", "/documents/{document_id}/withdraw"),
    ("POST", "/documents/{document_id}/restore"),
    ("POST", "/documents/{document_id}/remove"),
    ("GET", "/drafts/{draft_id}"),
    ("POST", "/drafts/{draft_id}/entry"),
    ("POST", "/drafts/{draft_id}/try"),
    ("POST", "/drafts/{draft_id}/publish"),
    ("POST", "/drafts/{draft_id}/discard"),
}
WORDS = {"reason": "满了", "text": "您好", "expected": "offtopic", "find": "体检"}
DAYS = {"day": "2026-11-24", "week": "2026-11-23", "figure": "on_time"}
TYPED = {"title": "食堂", "question": "早饭几点", "sure": "yes"}


def every_route() -> set[tuple[str, str]]:
    """Return method and path of every page and act the desk has."""
    return {
        (method, route.path)
        for pages in PAGES_OF_THE_DESK
        for route in pages.router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


def test_every_route_is_behind_the_log_in(
    client: TestClient,
    book: Book,
    library: Library,
    house: House,
    clock: StandingClock,
) -> None:
    request_id, log_id = book.meal(clock()), library.asked(house, "张建国问的", at=clock())
    closed = sorted(every_route() - OPEN_TO_ALL)
    # Far more than one page: the walls of a new page are looked at without anybody's doing.
    assert {("GET", "/"), ("POST", "/requests/{request_id}/miss"), ("GET", "/evaluation")} <= set(
        closed
    )
    for method, path in closed:
        filled = path.format_map(_Ids(request_id=request_id, log_id=log_id, service="meal"))
        answer = client.request(method, f"/desk{filled}", data=WORDS if method == "POST" else None)
        assert (answer.status_code, method, path) == (303, method, path)
        assert answer.headers["location"].startswith("/desk/log-in")
        assert "张建国" not in answer.text


class _Ids(dict[str, object]):
    """What fills the names in a path: those that are known, else the number 1."""

    def __missing__(self, name: str) -> object:
        return DAYS.get(name, 1)


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
    assert {line.kind for line in view.history} <= {EventKind.SUBMITTED, EventKind.ASSIGNED}


@pytest.mark.parametrize(("method", "path"), sorted(OF_A_DOCUMENT))
def test_another_house_s_document_is_not_there(
    at_desk: Seat, database: Database, method: str, path: str
) -> None:
    head, outsider = at_desk("刘所长"), at_desk("other-liu")
    for name in ("食堂.txt", "锅炉.txt"):
        head.bring("/documents", name, f"{name}\n早饭七点开始。".encode())
    head.press("/drafts/1/publish", title="食堂")
    address = path.format(document_id=1, draft_id=2)
    if path.endswith("/versions"):
        answer = outsider.bring(address, "a.txt", "食堂\n早饭八点。".encode())
    elif method == "POST":
        answer = outsider.press(address, **TYPED)
    else:
        answer = outsider.see(address)
    assert answer.status_code == 404
    assert "早饭七点" not in answer.text
    assert "食堂.txt" not in outsider.see("/documents").text
    with database.read() as session:
        document = session.scalars(select(Document)).one()
        draft = session.scalars(select(DocumentDraft)).one()
    assert (document.title, document.withdrawn_at, document.version) == ("食堂", None, 1)
    assert (draft.title, draft.external_id) == ("锅炉", "锅炉.txt")


@pytest.mark.parametrize(("method", "path"), sorted(OF_A_QUESTION))
@pytest.mark.parametrize("who", ["other-xiaoli", "other-liu"])
def test_another_house_s_question_is_not_there(
    at_desk: Seat,
    library: Library,
    clock: StandingClock,
    database: Database,
    house: House,
    method: str,
    path: str,
    who: str,
) -> None:
    log_id = library.asked(house, "张建国问的", at=clock())
    at_desk("小李").press(f"/questions/{log_id}/keep", expected="unanswerable")
    outsider = at_desk(who)
    address = path.format(log_id=log_id)
    answer = outsider.see(address) if method == "GET" else outsider.press(address, **WORDS)
    assert answer.status_code == 404
    assert "张建国" not in answer.text
    with database.read() as session:
        row = session.scalars(select(EvaluationQuestion)).one()
        assert (row.expected, row.institution_id) == ("unanswerable", house.id)
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act.startswith("question")))
        assert list(acts) == ["question_kept"]


def test_another_house_s_document_answers_no_question_of_ours(
    at_desk: Seat, library: Library, two_houses: TwoHouses, clock: StandingClock, database: Database
) -> None:
    words = "邻市食堂中午十一点半开门，凭就餐卡。"
    (passage,) = library.document(words, house=two_houses.other)
    log_id = library.asked(two_houses.ours, "邻市食堂几点开门", at=clock())
    clerk = at_desk("小李")
    assert words not in clerk.see(f"/questions/{log_id}").text
    assert words not in clerk.press(f"/questions/{log_id}/find", find="邻市食堂").text
    for fields in ({"passage": str(passage)}, {"gold": words}):
        answer = clerk.press(f"/questions/{log_id}/keep", expected="answerable", **fields)
        assert "没有找到一字不差" in answer.text
    with database.read() as session:
        assert session.scalars(select(EvaluationQuestion)).all() == []


@pytest.mark.parametrize("verb", ["find", "keep", "drop"])
def test_an_act_on_a_question_needs_the_page_s_secret(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, verb: str
) -> None:
    log_id = library.asked(house, "体检几次", at=clock())
    clerk = at_desk("小李")
    clerk.csrf = "another's"
    answer = clerk.press(f"/questions/{log_id}/{verb}", expected="offtopic")
    assert answer.status_code == 403
    assert "放得太久" in answer.text


@pytest.mark.parametrize(
    "path", ["/", "/queues/meal", "/queues/emergency", "/queues/human", "/questions"]
)
def test_pages_of_another_house_show_nothing_of_ours(
    at_desk: Seat, book: Book, library: Library, house: House, clock: StandingClock, path: str
) -> None:
    library.asked(house, "张建国问的", at=clock())
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


def test_no_number_of_ours_opens_anything_for_another_house(
    at_desk: Seat, book: Book, library: Library, house: House, clock: StandingClock
) -> None:
    request_id, log_id = book.meal(clock()), library.asked(house, "张建国问的", at=clock())
    head, outsider = at_desk("刘所长"), at_desk("other-liu")
    ids = _Ids(
        request_id=request_id,
        log_id=log_id,
        person_id=house.people["张建国"],
        service_id="meal",
        service="meal",
    )
    opened = []
    for method, path in sorted(every_route()):
        if "_id}" not in path.replace("service_id", ""):
            continue
        address = path.format_map(ids)
        if method == "GET" and head.see(address).status_code == 200:
            opened.append(path)
            assert outsider.see(address).status_code in {403, 404}, address
        elif method == "POST":
            answer = outsider.press(address, **WORDS, **TYPED)
            # A form that is not filled in is sent back before anything is looked up.
            is_refused = answer.status_code in {403, 404} or 'class="bad"' in answer.text
            assert is_refused, (address, answer.text)
    assert {"/requests/{request_id}", "/people/{person_id}"} <= set(opened)
