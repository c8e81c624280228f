"""Draws the README's pictures: `python -m tests.journeys.screenshots docs/images`."""

import re
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import CHROMIUM_FLAGS, DEBIANS_CHROMIUM
from tests.journeys.running import RunningServer

SECONDS = 15_000


def main(folder: Path) -> None:
    """Play the story on a new demonstration home and draw each page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        server = RunningServer(Path(home) / "var").start()
        browser = playwright.chromium.launch(
            executable_path=str(DEBIANS_CHROMIUM), args=CHROMIUM_FLAGS
        )
        chat = _page(browser, 390, 844)
        _draw_chat(chat, server, folder)
        desk = _page(browser, 1280, 800)
        _draw_desk(desk, chat, server, folder)
        browser.close()
        server.stop()


def _page(browser: Browser, width: int, height: int) -> Page:
    page = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN"
    ).new_page()
    page.set_default_timeout(SECONDS)
    return page


def _draw_chat(page: Page, server: RunningServer, folder: Path) -> None:
    page.goto(f"{server.address}/chat")
    page.get_by_role("button", name=re.compile("^张建国")).click()
    _hears(page, "张老")
    _says(page, "每年能体检几次")
    _hears(page, "每年健康体检1次")
    page.screenshot(path=folder / "chat-answer.png")
    _says(page, "后天中午送一份软饭")
    _hears(page, "请您看一看")
    page.screenshot(path=folder / "chat-card.png")
    page.get_by_role("button", name="确认", exact=True).last.click()
    _hears(page, "收到了")


def _draw_desk(page: Page, chat: Page, server: RunningServer, folder: Path) -> None:
    page.goto(f"{server.address}/desk")
    page.screenshot(path=folder / "desk-log-in.png")
    page.fill("#login", "suozhang")
    page.fill("#password", server.log_ins()["suozhang"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    page.screenshot(path=folder / "desk-board.png")
    page.get_by_text("餐1001").first.click()
    page.wait_for_selector("text=经过")
    page.screenshot(path=folder / "desk-request.png")
    _says(chat, "我胸口疼得厉害")
    _hears(chat, "还没有人回")
    chat.screenshot(path=folder / "chat-danger.png")
    expect(page.get_by_text("我胸口疼得厉害").first).to_be_visible(timeout=SECONDS)
    page.screenshot(path=folder / "desk-danger.png")


def _says(page: Page, words: str) -> None:
    page.fill("#input", words)
    page.keyboard.press("Enter")


def _hears(page: Page, words: str) -> None:
    expect(page.locator(".entry.ours .text").last).to_contain_text(words, timeout=SECONDS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
