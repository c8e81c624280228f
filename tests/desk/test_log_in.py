"""Coming in, staying in, going out."""

from collections.abc import Callable

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from booking.staff_access import SESSION_LIFE
from desk.site import staff_desk
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import PASSWORD, Book, House

Seat = Callable[[str], ClerkAtDesk]


def test_a_clerk_logs_in_and_sees_the_house(at_desk: Seat) -> None:
    page = at_desk("小李").see("/")
    assert page.status_code == 200
    assert "示范军休所" in page.text
    assert "小李" in page.text


def test_the_cookie_is_for_the_desk_only(client: TestClient, house: House) -> None:
    answer = client.post("/desk/log-in", data={"login": "xiaoli", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/desk;" in cookie
    assert "Secure" not in cookie


def test_under_https_the_cookie_travels_by_no_other_way(app: FastAPI, house: House) -> None:
    with TestClient(app, base_url="https://testserver", follow_redirects=False) as client:
        answer = client.post("/desk/log-in", data={"login": "xiaoli", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("login", "password"), [("xiaoli", "wrong"), ("ghost", PASSWORD), ("", "")]
)
def test_a_wrong_log_in_is_told_alike(
    client: TestClient, house: House, login: str, password: str
) -> None:
    answer = client.post("/desk/log-in", data={"login": login, "password": password})
    assert answer.status_code == 401
    assert "登录名或密码不对" in answer.text
    assert "set-cookie" not in answer.headers


def test_after_five_wrong_tries_one_waits(client: TestClient, house: House) -> None:
    for _ in range(5):
        client.post("/desk/log-in", data={"login": "xiaoli", "password": "wrong"})
    answer = client.post("/desk/log-in", data={"login": "XiaoLi ", "password": PASSWORD})
    assert answer.status_code == 429
    assert "请等1分钟再试" in answer.text
    assert int(answer.headers["retry-after"]) <= 60
    colleague = client.post("/desk/log-in", data={"login": "xiaowang", "password": PASSWORD})
    assert colleague.status_code == 303


def test_who_got_in_has_all_tries_back(client: TestClient, house: House) -> None:
    for _ in range(3):
        for _ in range(3):
            client.post("/desk/log-in", data={"login": "xiaoli", "password": "wrong"})
        answer = client.post("/desk/log-in", data={"login": "xiaoli", "password": PASSWORD})
        assert answer.status_code == 303
        client.cookies.clear()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_no_other_site_logs_anyone_in(
    client: TestClient, house: House, headers: dict[str, str]
) -> None:
    answer = client.post(
        "/desk/log-in", data={"login": "xiaoli", "password": PASSWORD}, headers=headers
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_one_comes_back_to_where_one_was(client: TestClient, house: House) -> None:
    asked = client.get("/desk/queues/meal?closed=true")
    assert asked.status_code == 303
    form = client.get(asked.headers["location"])
    assert 'value="/desk/queues/meal?closed=true"' in form.text
    answer = client.post(
        "/desk/log-in",
        data={"login": "xiaoli", "password": PASSWORD, "after": "/desk/queues/meal?closed=true"},
    )
    assert answer.headers["location"] == "/desk/queues/meal?closed=true"


@pytest.mark.parametrize(
    "after",
    [
        "https://elsewhere.example/desk/",
        "//elsewhere.example/desk/",
        "/desk//elsewhere.example",
        "/desk/\\elsewhere.example",
        "/chat",
        "javascript:alert(1)",
        "http://[",
        "/desk/log-out",
    ],
)
def test_the_way_back_never_leads_out(client: TestClient, house: House, after: str) -> None:
    data = {"login": "xiaoli", "password": PASSWORD, "after": after}
    location = client.post("/desk/log-in", data=data).headers["location"]
    assert location in {"/desk/"}


def test_a_session_over_leads_to_the_log_in(
    at_desk: Seat, clock: StandingClock, book: Book
) -> None:
    clerk = at_desk("小李")
    request_id = book.meal(clock())
    clock.go(seconds=SESSION_LIFE.total_seconds())
    page = clerk.see(f"/requests/{request_id}")
    assert page.headers["location"] == f"/desk/log-in?after=/desk/requests/{request_id}"
    part = clerk.client.post(
        f"/desk/requests/{request_id}/accept",
        headers={
            "HX-Request": "true",
            "HX-Current-URL": f"http://testserver/desk/requests/{request_id}",
            "X-CSRF-Token": clerk.csrf,
        },
    )
    assert part.status_code == 401
    assert part.headers["hx-redirect"] == f"/desk/log-in?after=/desk/requests/{request_id}"


def test_log_out_ends_the_session_on_the_server(at_desk: Seat) -> None:
    clerk = at_desk("小李")
    kept = dict(clerk.client.cookies)
    answer = clerk.client.post("/desk/log-out", data={"csrf": clerk.csrf})
    assert answer.headers["location"] == "/desk/log-in"
    clerk.client.cookies.update(kept)
    assert clerk.see("/").status_code == 303


def test_who_is_in_is_not_asked_again(at_desk: Seat) -> None:
    assert at_desk("小李").see("/log-in").headers["location"] == "/desk/"


def test_a_forged_cookie_opens_nothing(client: TestClient, house: House) -> None:
    client.cookies.set("junxiu_desk", "x" * 5000, path="/desk")
    assert client.get("/desk/").status_code == 303


def test_the_public_address_can_be_known_to_be_https(
    app: FastAPI, house: House, request: pytest.FixtureRequest
) -> None:
    secure = FastAPI()
    desk = staff_desk(
        database=request.getfixturevalue("database"),
        clock=request.getfixturevalue("clock"),
        catalog=request.getfixturevalue("catalog"),
        reading_room=request.getfixturevalue("reading_room"),
        fact_room=request.getfixturevalue("fact_room"),
        stopping=lambda: False,
        https_only=True,
    )
    secure.mount("/desk", desk)
    with TestClient(secure, follow_redirects=False) as client:
        answer = client.post("/desk/log-in", data={"login": "xiaoli", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]
