"""The page behind a link, as a browser without any log-in sees it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from booking.models import Request, RequestStatus
from booking.work_links import revoke
from desk.work_site import work_site
from store.database import Database
from tests.booking.meals.rounds import AT_THE_DOOR, Lunch, make_lunch
from tests.conftest import StandingClock


@pytest.fixture
def lunch(database: Database) -> Lunch:
    """Return a house with tomorrow's lunch."""
    return make_lunch(database)


@pytest.fixture
def phone(lunch: Lunch) -> Iterator[TestClient]:
    """Return a phone at the door, without cookies."""
    app = FastAPI()
    clock = StandingClock(AT_THE_DOOR)
    app.mount("/round", work_site(database=lunch.database, clock=clock, catalog=lunch.catalog))
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def test_the_page_shows_the_round_and_nothing_else(phone: TestClient, lunch: Lunch) -> None:
    lunch.book(lunch.house.zhang, 2)
    make_lunch_of_another_house = phone.get(f"/round/{lunch.link.token}")
    page = make_lunch_of_another_house.text
    assert make_lunch_of_another_house.status_code == 200
    assert "幸福里1号楼101" in page
    assert "13900000001" not in page or "tel:13900000001" in page
    assert "李秀英" not in page
    assert "独居" not in page


def test_what_the_answer_says_about_itself(phone: TestClient, lunch: Lunch) -> None:
    headers = phone.get(f"/round/{lunch.link.token}").headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert phone.get("/round/static/work.js").status_code == 200


def test_a_mark_is_saved_with_and_without_scripts(phone: TestClient, lunch: Lunch) -> None:
    first, second = lunch.book(lunch.house.zhang), lunch.book(lunch.house.li)
    at = f"/round/{lunch.link.token}"
    data = {"accept": "application/json"}
    for _ in range(2):
        said = phone.post(f"{at}/{first}/delivered", headers=data)
        assert said.json() == {"said": "记下了：送到了。", "state": "completed"}
    plain = phone.post(f"{at}/{second}/no-answer", headers={"origin": "null"})
    assert plain.status_code == 303
    assert plain.headers["location"].endswith(f"#stop-{second}")
    with lunch.database.read() as session:
        assert session.get_one(Request, first).status is RequestStatus.COMPLETED
        assert session.get_one(Request, second).status is RequestStatus.MISSED
    assert "敲门没有人应" in phone.get(at).text


def test_what_is_not_this_rounds_is_not_there(phone: TestClient, lunch: Lunch) -> None:
    request = lunch.book(lunch.house.zhang)
    at = f"/round/{lunch.link.token}"
    for path in (f"{at}/{request}/explode", f"{at}/999/delivered", f"{at}/x/delivered"):
        answer = phone.post(path, headers={"accept": "application/json"})
        assert answer.status_code == 404
        assert "刷新" in answer.json()["said"]


def test_a_wrong_or_revoked_link_says_what_to_do(phone: TestClient, lunch: Lunch) -> None:
    answer = phone.get("/round/not-a-link")
    assert answer.status_code == 404
    assert "要一个新的" in answer.text
    with lunch.database.begin() as session:
        revoke(session, institution_id=lunch.house.id, link_id=lunch.link.id, now=AT_THE_DOOR)
    assert phone.get(f"/round/{lunch.link.token}").status_code == 404


def test_guessing_ends(phone: TestClient) -> None:
    answers = [phone.get(f"/round/guess-{each}").status_code for each in range(62)]
    assert answers[:60] == [404] * 60
    assert answers[60:] == [429] * 2
