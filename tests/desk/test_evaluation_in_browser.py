"""满意度评价 in a browser: at a desk and on a telephone, whole and readable for everybody."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from booking import requests
from booking.models import Request, StaffRole
from booking.ratings import rate
from booking.services import Catalog
from booking.staff_access import Clerk
from store.database import Database
from store.identity import Person
from tests.conftest import StandingClock
from tests.desk.houses import Book, House
from tests.desk.test_in_browser import open_desk  # noqa: F401 - a fixture.

Open = Callable[..., Page]
# Most people are content; two are not.
GIVEN = (5, 5, 4, 5, 3, 5, 5, 4, 5, 2, 5, 4, 5, 1, 5, 5)


@pytest.fixture
def a_month(
    database: Database, catalog: Catalog, house: House, book: Book, clock: StandingClock
) -> None:
    """Let a house be rated for a month."""
    head = Clerk(0, house.people["刘所长"], house.id, "刘所长", frozenset({StaffRole.HEAD}))
    for stars in GIVEN:
        request_id = book.meal(clock())
        with database.begin() as session:
            for verb in (requests.accept, requests.complete):
                verb(session, catalog=catalog, request_id=request_id, clerk=head, now=clock())
            actor = session.get_one(Person, session.get_one(Request, request_id).beneficiary_id)
            rate(session, actor=actor, request_id=request_id, stars=stars, now=clock())
        clock.go(minutes=20)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.usefixtures("a_month")
def test_the_month_is_seen_whole(open_desk: Open, width: int) -> None:  # noqa: F811
    page = open_desk("刘所长", "/evaluation", width=width)
    expect(page.locator(".whole")).to_contain_text("分")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("link", name="16 看满意度背后的单子").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("满意度")
