"""满意度评价: for the head, of his own house, and nobody is picked out."""

import csv
import io
from collections.abc import Callable

import pytest
from sqlalchemy import select

from booking.models import Request
from booking.ratings import rate
from store.database import Database
from store.identity import Person
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book

Seat = Callable[[str], ClerkAtDesk]
Rated = Callable[[int], None]


@pytest.fixture
def head(at_desk: Seat) -> ClerkAtDesk:
    """Return the head of the house."""
    return at_desk("刘所长")


@pytest.fixture
def rated(head: ClerkAtDesk, book: Book, database: Database, clock: StandingClock) -> Rated:
    """Return what lets so many lunches be eaten and praised."""

    def eat(count: int) -> None:
        for _ in range(count):
            request_id = book.meal(clock())
            head.press(f"/requests/{request_id}/accept")
            head.press(f"/requests/{request_id}/complete")
            with database.begin() as session:
                request = session.get_one(Request, request_id)
                actor = session.get_one(Person, request.beneficiary_id)
                rate(session, actor=actor, request_id=request_id, stars=5, now=clock())
            clock.go(minutes=3)

    return eat


def test_nine_ratings_are_neither_scored_nor_shown(head: ClerkAtDesk, rated: Rated) -> None:
    rated(9)
    page = head.see("/evaluation").text
    assert "不到10个，先不打总分" in page
    assert "★" not in page
    assert "5星" not in head.see("/evaluation/behind/satisfaction").text


def test_ten_ratings_make_a_score_that_opens_to_what_is_behind(
    head: ClerkAtDesk, rated: Rated
) -> None:
    rated(10)
    page = head.see("/evaluation").text
    assert "★★★★☆" in page or "★★★★★" in page
    assert "87.5" in page
    behind = head.see("/evaluation/behind/fulfilled").text
    assert behind.count("做到了") >= 10
    assert "餐1001" in behind


def test_the_ratings_behind_satisfaction_name_nobody(head: ClerkAtDesk, rated: Rated) -> None:
    rated(10)
    behind = head.see("/evaluation/behind/satisfaction").text
    assert behind.count("5星") == 10
    assert "餐10" not in behind
    assert "张建国" not in behind.split('id="live"')[1]


def test_the_ledger_for_an_assessor_holds_every_figure_and_every_line(
    head: ClerkAtDesk, rated: Rated
) -> None:
    rated(10)
    answer = head.see("/evaluation/ledger.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[1][:3] == ["满意度", "60", "10"]
    assert sum(row[:1] == ["办成"] and row[-1] == "做到了" for row in rows) == 10


def test_only_the_head_sees_it(at_desk: Seat) -> None:
    clerk = at_desk("小李")
    for path in ("", "/behind/on_time", "/ledger.csv"):
        assert clerk.see(f"/evaluation{path}").status_code == 403
    assert "/evaluation" not in clerk.see("/").text


def test_another_house_sees_none_of_it(at_desk: Seat, rated: Rated, database: Database) -> None:
    rated(10)
    other = at_desk("other-liu")
    page = other.see("/evaluation").text
    assert "只有0位" in page
    assert "餐1001" not in other.see("/evaluation/behind/fulfilled").text
    with database.read() as session:
        assert session.scalars(select(Request.id)).all()


@pytest.mark.parametrize("month", ["2026-13", "abc", "2026-1", "1999-01"])
def test_a_month_that_cannot_be_is_no_page(head: ClerkAtDesk, month: str) -> None:
    assert head.see(f"/evaluation?month={month}").status_code == 404


def test_a_month_ahead_is_the_present_one(head: ClerkAtDesk) -> None:
    assert "2026年11月" in head.see("/evaluation?month=2027-03").text


def test_many_stars_at_once_are_pointed_at(
    head: ClerkAtDesk, book: Book, rated: Rated, clock: StandingClock
) -> None:
    rated(8)
    assert "一下来了" not in head.see("/evaluation").text
    began = clock()
    for _ in range(8):
        rated(1)
        clock.now = began
    clock.go(minutes=1)
    # The eight, and the three of the ten minutes before.
    assert "一下来了11个五星" in head.see("/evaluation").text
