"""名额 in a real browser: a session is added and lowered, and the page says so by itself."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select

from booking.models import Request
from store.database import Database
from tests.conftest import NOW
from tests.desk.houses import Book
from tests.desk.test_in_browser import Open, open_desk

__all__ = ["open_desk"]

SHOTS = os.environ.get("JUNXIU_SHOTS")


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def test_a_session_is_added_and_lowered(open_desk: Open, database: Database, book: Book) -> None:
    request_id = book.checkup(NOW)
    with database.read() as session:
        opening_id = session.execute(
            select(Request.opening_id).where(Request.id == request_id)
        ).scalar_one()
    page = open_desk("陈医生", "/places/checkup")
    page.fill("#day", "2026-12-20")
    page.fill("#places", "15")
    page.fill("#details", "总医院体检中心，空腹，带医保卡")
    page.click("#send-add")
    expect(page.locator("#notice")).to_contain_text("15个名额")
    expect(page.locator("#live")).to_contain_text("共15个名额")
    _shoot(page, "places")
    page.click(f"#opening-{opening_id}")
    page.fill("#fewer", "0")
    page.fill("#why-lower", "医生不来")
    page.click("#send-lower")
    expect(page.locator("#live")).to_contain_text("张建国")
    _shoot(page, "place")
    page.goto(page.url.replace(f"/{opening_id}", "/year"))
    expect(page.locator("#live")).to_contain_text("李秀英")
    _shoot(page, "year")
