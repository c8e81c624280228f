"""The whole story in two browsers: ask, book, accept, complete, rate; danger rings."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.running import RunningServer

SECONDS = 15_000


@pytest.fixture
def server(start_server: Callable[..., RunningServer]) -> Iterator[RunningServer]:
    server = start_server()
    yield server
    assert server.stop() == 0


@pytest.fixture
def retiree(chromium: Browser, server: RunningServer) -> Iterator[Page]:
    """Return the chat page of 张建国, on a phone."""
    context = chromium.new_context(viewport={"width": 390, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{server.address}/chat")
    page.get_by_role("button", name=re.compile("^张建国")).click()
    _hears(page, "张老")
    yield page
    context.close()


def _clerk(chromium: Browser, server: RunningServer, login: str) -> Page:
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{server.address}/desk")
    page.fill("#login", login)
    page.fill("#password", server.log_ins()[login])
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    return page


def _says(page: Page, words: str) -> None:
    page.fill("#input", words)
    page.keyboard.press("Enter")


def _hears(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator(".entry.ours .text").last).to_contain_text(words, timeout=SECONDS)


def _taps(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).last.click()


def test_ask_book_accept_complete_rate(
    retiree: Page, chromium: Browser, server: RunningServer
) -> None:
    _says(retiree, "每年能体检几次")
    _hears(retiree, "每年健康体检1次")
    _hears(retiree, "官方解读")

    _says(retiree, "我要订餐")
    _hears(retiree, "哪一天")
    retiree.get_by_role("button", name=re.compile("^后天")).last.click()
    _hears(retiree, "哪一顿")
    _says(retiree, "每年能体检几次")
    _hears(retiree, "咱们接着订餐")
    _taps(retiree, "午饭")
    _hears(retiree, "什么样的")
    _taps(retiree, "软饭")
    _hears(retiree, "几份")
    _taps(retiree, "1份")
    _hears(retiree, "请您看一看")
    _taps(retiree, "确认")
    _hears(retiree, "收到了")
    said = retiree.locator(".entry.ours .text").last.inner_text()
    number = re.search(r"餐\d+", said)
    assert number is not None

    clerk = _clerk(chromium, server, "canyin")
    clerk.get_by_text(number.group()).first.click()
    clerk.get_by_role("button", name="接单").click()
    _hears(retiree, "定好了")
    _hears(retiree, "小李")
    clerk.get_by_role("button", name="完成").click()
    _hears(retiree, "打个分")
    _taps(retiree, "5星")
    _hears(retiree, "5颗星")
    clerk.context.close()


def test_danger_rings_on_every_desk_and_says_who_has_seen_it(
    retiree: Page, chromium: Browser, server: RunningServer
) -> None:
    driver_clerk = _clerk(chromium, server, "cheliang")
    _says(retiree, "我胸口疼得厉害")
    expect(retiree.locator(".entry.ours .text", has_text="请马上打120").last).to_be_visible()
    _hears(retiree, "还没有人回")
    expect(driver_clerk.get_by_text("我胸口疼得厉害").first).to_be_visible(timeout=SECONDS)
    driver_clerk.get_by_role("button", name="我来处理").first.click()
    _hears(retiree, "小王已经看到了")
    driver_clerk.context.close()


def test_ctrl_c_stops_it_with_pages_open(
    chromium: Browser, start_server: Callable[..., RunningServer]
) -> None:
    own = start_server()
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{own.address}/chat")
    clerk = _clerk(chromium, own, "suozhang")
    assert own.stop(seconds=8) == 0
    context.close()
    clerk.context.close()
