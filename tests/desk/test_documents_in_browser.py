"""A document's way into the knowledge in a real browser: nothing typed is lost, nothing cut off."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, expect

from booking.staff_access import SESSION_LIFE
from tests.conftest import StandingClock
from tests.desk import papers
from tests.desk.conftest import Served
from tests.desk.houses import PASSWORD, House

Open = Callable[..., Page]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"target-size": {"enabled": True}},
}
WAIT = 30_000


@pytest.fixture
def open_desk(chromium: Browser, served: Served, house: House) -> Iterator[Open]:
    """Return a function that opens a clerk's browser at the documents."""
    contexts: list[BrowserContext] = []

    def open_for(who: str = "刘所长", width: int = 1280) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT)
        page.goto(f"{served.url}/desk/documents")
        _log_in(page, house.logins[who])
        return page

    yield open_for
    for context in contexts:
        context.close()


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """Return a Word file on the clerk's machine."""
    file = tmp_path / "食堂通知.docx"
    file.write_bytes(papers.notice())
    return file


def _log_in(page: Page, login: str) -> None:
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    page.wait_for_load_state()


def _bring(page: Page, paper: Path, form: str = "upload") -> None:
    page.set_input_files(f"#{form}-file", paper)
    page.click(f"#{form}-send")
    page.wait_for_url(re.compile(r"/drafts/\d+"))
    page.wait_for_load_state()


def _publish(page: Page) -> None:
    page.click("#publish")
    page.wait_for_url(re.compile(r"/documents/\d+"))
    page.wait_for_load_state()


def _check(page: Page, width: int) -> None:
    """Nothing stands outside the page, and axe-core finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    violations = Axe().run(page, options=AXE).response["violations"]
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in violations] == []


@pytest.mark.parametrize("width", [360, 1280])
def test_from_file_to_removal(open_desk: Open, paper: Path, tmp_path: Path, width: int) -> None:
    page = open_desk(width=width)
    _check(page, width)
    _bring(page, paper)
    expect(page.locator("#notice")).to_contain_text("读好了", timeout=WAIT)
    page.fill("#question", "午饭多少钱一份")
    page.click("#try")
    expect(page.locator("#tried")).to_contain_text("午饭每份12元", timeout=WAIT)
    _check(page, width)
    page.fill("#region", "东山市")
    _publish(page)
    expect(page.locator("#notice")).to_contain_text("发布了", timeout=WAIT)
    expect(page.locator("#live")).to_contain_text("东山市", timeout=WAIT)
    newer = tmp_path / "新.docx"
    newer.write_bytes(papers.notice("12:00—13:00"))
    _bring(page, newer, "version")
    expect(page.locator("del")).to_contain_text("11:30—12:30", timeout=WAIT)
    expect(page.locator("ins")).to_contain_text("12:00—13:00", timeout=WAIT)
    _check(page, width)
    _publish(page)
    page.get_by_text("更正登记的内容").click()
    page.get_by_text("删除……").click()
    page.get_by_text("第1版").click()
    expect(page.locator("del")).to_be_visible()
    _check(page, width)
    page.click("#withdraw")
    expect(page.locator("h1")).to_contain_text("已撤回", timeout=WAIT)
    page.click("#restore")
    expect(page.locator("h1")).to_contain_text("现行", timeout=WAIT)
    page.get_by_text("删除……").click()
    page.click("#remove")
    expect(page.locator("#notice")).to_contain_text("删掉了", timeout=WAIT)
    expect(page.locator("#live")).to_contain_text("本所还没有文件", timeout=WAIT)


def test_a_half_filled_form_survives_an_error_and_an_ended_session(
    open_desk: Open, paper: Path, clock: StandingClock, house: House
) -> None:
    page = open_desk()
    _bring(page, paper)
    page.fill("#region", "东山市")
    page.fill("#issuer", "")
    page.fill("#starts_on", "2026-12-02")
    page.fill("#ends_on", "2026-12-01")
    page.click("#publish")
    expect(page.locator("#notice")).to_contain_text("停用的日子在启用的日子前面", timeout=WAIT)
    assert page.input_value("#region") == "东山市"
    clock.go(seconds=SESSION_LIFE.total_seconds())
    page.click("#publish")
    page.wait_for_selector("#password")
    _log_in(page, house.logins["刘所长"])
    assert "/drafts/" in page.url
    for field, value in (
        ("region", "东山市"),
        ("issuer", ""),
        ("starts_on", "2026-12-02"),
        ("ends_on", "2026-12-01"),
        ("number", "东军休〔2026〕12号"),
    ):
        assert page.input_value(f"#{field}") == value
    page.fill("#ends_on", "2026-12-31")
    page.click("#save-entry")
    expect(page.locator("#notice")).to_contain_text("保存了", timeout=WAIT)
    page.reload()
    assert page.input_value("#ends_on") == "2026-12-31"


def test_a_refusal_leaves_the_page_as_it_is(open_desk: Open, tmp_path: Path) -> None:
    page = open_desk()
    wrong = tmp_path / "a.docx"
    wrong.write_bytes(papers.OLE)
    page.set_input_files("#upload-file", wrong)
    page.click("#upload-send")
    expect(page.locator("#notice")).to_contain_text("这是旧版的 Office 文件", timeout=WAIT)
    expect(page.locator("#upload-send")).to_be_enabled()
    # Half of a file too large would end in a broken connection: it is not sent at all.
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(60_000_000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.set_input_files("#upload-file", large)
    page.click("#upload-send")
    expect(page.locator("#notice")).to_contain_text("文件太大了", timeout=WAIT)
    assert "POST" not in sent


def test_what_is_looked_at_is_refreshed_but_not_what_is_typed(open_desk: Open, paper: Path) -> None:
    page, other = open_desk(), open_desk()
    _bring(page, paper)
    page.fill("#region", "东山市")
    other.goto(page.url.partition("?")[0])
    other.fill("#title", "食堂的新通知")
    other.click("#save-entry")
    expect(other.locator("#notice")).to_contain_text("保存了", timeout=WAIT)
    page.evaluate("htmx.trigger(document.body, 'desk-changed')")
    expect(page.locator("h1")).to_contain_text("食堂的新通知", timeout=WAIT)
    assert page.input_value("#region") == "东山市"
