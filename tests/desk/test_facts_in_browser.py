"""本所信息 in a real browser: nothing typed is lost, nothing cut off, nothing needs a mouse."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from booking.staff_access import SESSION_LIFE
from tests.conftest import StandingClock
from tests.desk.conftest import Served
from tests.desk.houses import PASSWORD, House

Open = Callable[..., Page]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
WAIT = 30_000
TEXT = "早饭6:40到8:00，午饭11:20到12:40，晚饭17:20到18:30。星期六、星期天照常开。"


@pytest.fixture
def open_desk(chromium: Browser, served: Served, house: House) -> Iterator[Open]:
    """Return a function that opens a clerk's browser at the facts."""
    contexts: list[BrowserContext] = []

    def open_for(width: int = 1280) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{served.url}/desk/facts")
        _log_in(page, house.logins["小李"])
        page.wait_for_selector("#live")
        return page

    yield open_for
    for context in contexts:
        context.close()


def _log_in(page: Page, login: str) -> None:
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state()


def _check(page: Page, width: int) -> None:
    """Nothing stands outside the page, and axe-core finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(page, options=AXE).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in violations] == []


def _write(page: Page, title: str, text: str, ends_on: str) -> None:
    page.click("#new-fact")
    page.fill("#title", title)
    page.fill("#text", text)
    page.fill("#ends_on", ends_on)
    page.click("#save")
    page.wait_for_url(re.compile(r"/facts\?done=added"))
    page.wait_for_selector("#live")


@pytest.mark.parametrize("width", [360, 1280])
def test_from_writing_to_ending(open_desk: Open, tmp_path: Path, width: int) -> None:
    page = open_desk(width)
    _check(page, width)
    page.click("#new-fact")
    page.wait_for_selector("#entry")
    _check(page, width)
    page.screenshot(path=tmp_path / "new.png", full_page=True)
    page.go_back()
    _write(page, "食堂几点开？\n食堂周末开不开", TEXT, "2026-12-31")
    expect(page.locator("#notice")).to_contain_text("写好了")
    _write(page, "暖气不热找谁", "给锅炉房孙师傅打电话，内线2106，当天上门。", "2026-11-26")
    page.fill("#question", "礼拜天能去食堂吃饭吗")
    page.click("#try")
    expect(page.locator("#tried")).to_contain_text("照常开")
    _check(page, width)
    page.screenshot(path=tmp_path / "list.png", full_page=True)
    page.click("text=暖气不热找谁？")
    page.wait_for_selector("#entry")
    _check(page, width)
    page.screenshot(path=tmp_path / "change.png", full_page=True)
    page.click("#end")
    page.wait_for_url(re.compile(r"/facts\?done=ended"))
    expect(page.locator("#notice")).to_contain_text("停用了")
    page.screenshot(path=tmp_path / "ended.png", full_page=True)


def test_what_was_typed_survives_a_mistake(open_desk: Open) -> None:
    page = open_desk()
    page.click("#new-fact")
    page.fill("#title", "食堂几点开")
    page.fill("#text", "一句。两句。三句。四句。")
    page.click("#save")
    expect(page.locator("#notice")).to_contain_text("写得短一些")
    assert page.input_value("#title") == "食堂几点开"
    assert page.input_value("#text") == "一句。两句。三句。四句。"


def test_what_was_typed_survives_the_end_of_the_session_and_is_forgotten_when_written(
    open_desk: Open, clock: StandingClock, house: House
) -> None:
    page = open_desk()
    page.click("#new-fact")
    page.fill("#title", "食堂几点开")
    page.fill("#text", TEXT)
    page.fill("#ends_on", "2027-01-31")
    clock.now += SESSION_LIFE
    page.click("#save")
    page.wait_for_selector("#password")
    _log_in(page, house.logins["小李"])
    page.wait_for_selector("#entry")
    assert page.input_value("#title") == "食堂几点开"
    assert page.input_value("#text") == TEXT
    assert page.input_value("#ends_on") == "2027-01-31"
    page.click("#save")
    page.wait_for_url(re.compile(r"/facts\?done=added"))
    page.click("#new-fact")
    page.wait_for_selector("#entry")
    assert page.input_value("#title") == ""
    assert page.input_value("#text") == ""


def test_a_network_that_is_gone_loses_nothing(open_desk: Open) -> None:
    page = open_desk()
    page.click("#new-fact")
    page.fill("#title", "食堂几点开")
    page.fill("#text", TEXT)
    page.context.set_offline(True)
    page.click("#save")
    expect(page.locator("#notice")).to_contain_text("没有连上系统")
    assert page.input_value("#text") == TEXT
    page.context.set_offline(False)
    page.click("#save")
    page.wait_for_url(re.compile(r"/facts\?done=added"))
