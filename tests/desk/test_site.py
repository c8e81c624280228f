"""What every answer says about itself, and what a clerk reads when something fails."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from desk.site import STATIC
from store.database import Database
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House, Library

Seat = Callable[[str], ClerkAtDesk]


@pytest.mark.parametrize(
    "path", ["/log-in", "/", "/nothing/here", "/requests/1", "/static/desk.css", "/static/none"]
)
def test_every_answer_carries_the_policy(client: TestClient, path: str) -> None:
    headers = client.get(f"/desk{path}").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    expected = "no-cache" if path.startswith("/static/") else "no-store"
    assert headers["cache-control"] == expected


def test_pages_hold_nothing_the_policy_forbids(
    at_desk: Seat, book: Book, library: Library, house: House, clock: StandingClock
) -> None:
    request_id, log_id = book.meal(clock()), library.asked(house, "体检几次", at=clock())
    library.document("每年健康体检1次。")
    book.emergency(clock())
    clerk = at_desk("刘所长")
    paths = ("/", "/queues/meal", f"/requests/{request_id}", "/questions", f"/questions/{log_id}")
    for path in paths:
        page = clerk.see(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page)
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on", page)
        assert not re.search(r'(src|href)="(https?:)?//', page)


def test_the_first_load_is_small(at_desk: Seat) -> None:
    page = at_desk("小李").see("/").text
    linked = re.findall(r'(?:src|href)="/desk/static/([^"]+)"', page)
    assert len(linked) == 6
    assert len(page.encode()) + sum((STATIC / name).stat().st_size for name in linked) < 300_000


def test_a_library_not_ours_comes_with_version_and_licence() -> None:
    vendored = [path.name for path in STATIC.glob("htmx-*.js")]
    assert vendored == ["htmx-2.0.11.min.js"]
    licence = Path(STATIC / "htmx-2.0.11.LICENSE.txt").read_text(encoding="utf-8")
    assert "Zero-Clause BSD" in licence


@pytest.mark.parametrize("path", ["/nothing", "/static/../site.py", "/requests/x", "/openapi.json"])
def test_an_unknown_page_is_one_kind_sentence(at_desk: Seat, path: str) -> None:
    answer = at_desk("小李").see(path)
    assert answer.status_code == 404
    assert "没有找到这一页" in answer.text
    assert "回到工作台" in answer.text


def test_a_wrong_method_is_no_page(at_desk: Seat) -> None:
    assert "没有找到" in at_desk("小李").press("/queues/meal").text


def test_a_busy_database_keeps_the_page_and_says_so(
    at_desk: Seat, book: Book, clock: StandingClock, database: Database
) -> None:
    request_id = book.meal(clock())
    clerk = at_desk("小李")

    def busy(*_args: object) -> None:
        raise OperationalError("BEGIN IMMEDIATE", {}, Exception("database is locked"))

    event.listen(database.engine, "begin", busy)
    answer = clerk.press(f"/requests/{request_id}/accept")
    event.remove(database.engine, "begin", busy)
    assert answer.status_code == 503
    assert "请过几秒再按一次" in answer.text
    assert answer.headers["hx-retarget"] == "#notice"
    assert "接下了" in clerk.press(f"/requests/{request_id}/accept").text


def test_a_fault_shows_a_sentence_and_no_trace(at_desk: Seat, database: Database) -> None:
    clerk = at_desk("小李")

    def fault(*_args: object) -> None:
        raise ZeroDivisionError("13800001111")

    event.listen(database.engine, "begin", fault)
    answer = clerk.see("/")
    event.remove(database.engine, "begin", fault)
    assert answer.status_code == 500
    assert "系统出了点问题" in answer.text
    assert "Traceback" not in answer.text
    assert "13800001111" not in answer.text


def test_a_post_that_does_not_say_how_long_it_is_is_turned_away(at_desk: Seat) -> None:
    clerk = at_desk("小李")
    answer = clerk.client.post("/desk/log-out", content=iter([b"csrf=x"]))
    assert answer.status_code == 413


def test_reading_a_page_writes_nothing(
    at_desk: Seat,
    book: Book,
    library: Library,
    house: House,
    clock: StandingClock,
    database: Database,
) -> None:
    request_id, log_id = book.meal(clock()), library.asked(house, "体检几次", at=clock())
    paths = ("/", "/queues/meal", f"/requests/{request_id}", "/questions", f"/questions/{log_id}")
    clerk = at_desk("小李")
    with database.engine.connect() as connection:
        before = connection.execute(text("PRAGMA data_version")).scalar_one()
        for path in paths:
            assert clerk.see(path).status_code == 200
        assert clerk.press(f"/questions/{log_id}/find", find="体检").status_code == 200
        assert connection.execute(text("PRAGMA data_version")).scalar_one() == before
