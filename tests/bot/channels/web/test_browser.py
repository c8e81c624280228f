"""The page in a real browser: talking, losing the line, old eyes, the keyboard, a screen reader."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from bot.incoming import Incoming, IncomingKind
from store.database import Database
from store.identity import Account
from store.messages import Button, Message
from tests.bot.channels.web.house import (
    House,
    answering,
    build_house,
    serving,
    settle_people,
)
from tests.conftest import StandingClock

PHONE: ViewportSize = {"width": 360, "height": 740}
Received = Callable[[], list[Incoming]]

DAYS = Message("要哪一天的？", ((Button("今天", "day:0"), Button("明天", "day:1")),))
WHAT_TO_DO = Message("您吩咐。", ((Button("订餐", "book:meal"),), (Button("找工作人员", "human"),)))


def answer(incoming: Incoming) -> Message | None:
    """Say what the real conversation might."""
    if incoming.kind is IncomingKind.COMMAND:
        return WHAT_TO_DO
    if incoming.action == "book:meal":
        return DAYS
    if "胸口疼" in incoming.text:
        return Message("请马上打120。坐下，别走动。")
    return Message(f"听到了：{incoming.text or incoming.label}")


class MovingClock(StandingClock):
    """A clock that moves on whenever it is looked at, as real ones do."""

    def __call__(self) -> datetime:
        return self.go(milliseconds=1)


@pytest.fixture
def clock() -> StandingClock:
    """Let time pass between question and answer."""
    return MovingClock()


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """Serve a demonstration house where somebody answers."""
    settle_people(house.database)
    with serving(house) as address, answering(house, answer):
        yield address


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[BrowserContext]:
    """Return a phone that has never been here."""
    context = chromium.new_context(
        viewport=PHONE, is_mobile=True, has_touch=True, base_url=address, locale="zh-CN"
    )
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Iterator[Page]:
    """Return the page on that phone; whatever its script or its policy trips over fails the test."""
    faults: list[str] = []
    page = phone.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if "Policy" in line.text else None)
    visit(page)
    yield page
    assert faults == []


def visit(page: Page, path: str = "/chat") -> None:
    """Open the page and wait until it can be used."""
    page.goto(path)
    expect(page.get_by_role("button", name="发送")).to_be_enabled()


def be(page: Page, name: str = "张建国 军休干部") -> None:
    """Choose who to be, and wait to be greeted."""
    page.get_by_role("button", name=name).click()
    expect(page.get_by_text("您吩咐。", exact=True)).to_be_visible()


def write(page: Page, text: str) -> None:
    """Type and send."""
    page.get_by_label("在这里写您想说的话").fill(text)
    page.get_by_role("button", name="发送").click()


def said(page: Page) -> list[str]:
    """Return every text of the conversation, in the order shown."""
    return page.locator("#log .entry[data-key] .text").all_text_contents()


# Talking


def test_one_chooses_asks_and_answers_by_button(page: Page, received: Received) -> None:
    be(page)
    expect(page.locator("#who")).to_contain_text("您是：张建国（军休干部）")
    page.get_by_role("button", name="订餐").click()
    page.get_by_role("button", name="明天").click()
    expect(page.get_by_text("听到了：明天")).to_be_visible()
    assert said(page) == ["您吩咐。", "订餐", "要哪一天的？", "明天", "听到了：明天"]
    assert [one.label for one in received() if one.kind is IncomingKind.TAP] == ["订餐", "明天"]
    page.reload()
    expect(page.get_by_text("听到了：明天")).to_be_visible()
    assert said(page) == ["您吩咐。", "订餐", "要哪一天的？", "明天", "听到了：明天"]


def test_asking_needs_no_choice(page: Page) -> None:
    page.get_by_role("button", name="先随便问问").click()
    expect(page.get_by_label("在这里写您想说的话")).to_be_focused()
    page.get_by_role("button", name="每年能体检几次？").click()
    expect(page.get_by_text("听到了：每年能体检几次？")).to_be_visible()


def test_older_buttons_step_back_but_still_work(page: Page) -> None:
    be(page)
    page.get_by_role("button", name="订餐").click()
    expect(page.get_by_role("button", name="明天")).to_be_visible()
    assert page.locator(".choices.now .choice").all_text_contents() == ["今天", "明天"]
    assert page.locator(".choices.before .choice.chosen").all_text_contents() == ["订餐"]
    page.get_by_role("log").get_by_role("button", name="找工作人员").click()
    expect(page.get_by_text("听到了：找工作人员")).to_be_visible()


def test_a_trembling_finger_taps_once(page: Page, received: Received) -> None:
    be(page)
    page.get_by_role("button", name="订餐").dblclick()
    expect(page.get_by_text("要哪一天的？")).to_be_visible()
    write(page, "好")
    expect(page.get_by_text("听到了：好")).to_be_visible()
    assert [one.label for one in received() if one.kind is IncomingKind.TAP] == ["订餐"]


def test_an_edit_replaces_words_and_buttons(page: Page, house: House) -> None:
    be(page)
    asked = house.say(account_id(house), DAYS)
    expect(page.get_by_role("button", name="明天")).to_be_visible()
    house.say(account_id(house), Message("定了明天。"), edits_id=asked)
    expect(page.get_by_text("定了明天。")).to_be_visible()
    expect(page.get_by_role("button", name="明天")).to_have_count(0)
    assert said(page)[-1] == "定了明天。"


def test_two_tabs_of_one_browser_show_the_same(page: Page, phone: BrowserContext) -> None:
    be(page)
    other = phone.new_page()
    visit(other)
    write(page, "从第一个窗口")
    expect(other.get_by_text("听到了：从第一个窗口")).to_be_visible()
    assert said(other) == said(page)


def test_leaving_makes_the_browser_a_stranger(page: Page) -> None:
    be(page)
    page.get_by_role("button", name="换人").click()
    page.get_by_role("button", name="不换了").click()
    assert said(page) == ["您吩咐。"]
    page.get_by_role("button", name="换人").click()
    page.get_by_role("dialog").get_by_role("button", name="换人").click()
    expect(page.get_by_text("您想以哪位的身份试用？")).to_be_visible()
    assert said(page) == []
    be(page, "张敏 家属，可以替张建国办事")
    expect(page.locator("#who")).to_contain_text("张敏（家属）")


def test_earlier_messages_come_on_demand(page: Page, house: House, clock: StandingClock) -> None:
    be(page)
    for number in range(40):
        clock.go(hours=1)
        house.say(account_id(house), Message(f"第{number}条"))
    page.reload()
    expect(page.get_by_text("第39条")).to_be_in_viewport()
    assert len(said(page)) == 30
    page.get_by_role("button", name="更早的").click()
    expect(page.get_by_text("第0条")).to_be_attached()
    assert said(page) == ["您吩咐。", *(f"第{number}条" for number in range(40))]
    expect(page.get_by_role("button", name="更早的")).to_be_hidden()
    days = page.locator("#log .day").all_text_contents()
    assert days == ["11月23日 星期一", "11月24日 星期二", "11月25日 星期三"]


def test_a_binding_link_is_sent_once_and_leaves_the_address(page: Page, received: Received) -> None:
    visit(page, "/chat?code=77-913522")
    expect(page.get_by_text("您吩咐。", exact=True)).to_be_visible()
    assert page.url.endswith("/chat")
    page.reload()
    write(page, "还在吗")
    expect(page.get_by_text("听到了：还在吗")).to_be_visible()
    assert received()[0] == Incoming(IncomingKind.COMMAND, action="start", text="77-913522")
    assert [one.kind for one in received()] == [IncomingKind.COMMAND, IncomingKind.TEXT]


def test_danger_brings_the_number_to_call_as_a_button(page: Page) -> None:
    be(page)
    write(page, "我胸口疼")
    call = page.get_by_role("link", name="拨打 120")
    expect(call).to_be_in_viewport()
    assert call.get_attribute("href") == "tel:120"
    # Nothing above it asks to be pressed any more.
    expect(page.locator(".choices.now")).to_have_count(0)
    page.reload()
    expect(call).to_be_in_viewport()


def test_an_empty_message_is_answered_on_the_spot(page: Page, received: Received) -> None:
    page.get_by_role("button", name="发送").click()
    expect(page.get_by_role("status").filter(has_text="您想说点什么")).to_be_visible()
    assert received() == []


def test_a_pasted_picture_is_refused_kindly(page: Page) -> None:
    page.evaluate(
        """() => {
          const carried = new DataTransfer();
          carried.items.add(new File(["x"], "x.png", { type: "image/png" }));
          document.getElementById("input").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: carried, bubbles: true }));
        }"""
    )
    expect(page.get_by_text("这里还收不了图片")).to_be_visible()


# Losing the line


def test_half_a_sentence_survives_a_reload(page: Page) -> None:
    box = page.get_by_label("在这里写您想说的话")
    box.press_sequentially("明天中午")
    page.reload()
    expect(box).to_have_value("明天中午")
    page.get_by_role("button", name="发送").click()
    expect(box).to_have_value("")
    page.reload()
    expect(box).to_have_value("")


def test_what_could_not_be_sent_is_sent_later_even_after_a_reload(
    page: Page, received: Received
) -> None:
    be(page)
    page.route("**/chat/messages", lambda route: route.abort())
    write(page, "第一句")
    write(page, "第二句")
    expect(page.get_by_text("没有发出去，正在再试")).to_be_visible()
    page.reload()
    expect(page.get_by_text("第二句")).to_be_visible()
    page.unroute("**/chat/messages")
    expect(page.get_by_text("听到了：第二句")).to_be_visible()
    assert [one.text for one in received()[1:]] == ["第一句", "第二句"]
    expect(page.get_by_text("正在再试")).to_have_count(0)


def test_a_lost_acknowledgement_sends_nothing_twice(page: Page, received: Received) -> None:
    be(page)
    lost: list[int] = []

    def lose_the_answer(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/chat/messages", lose_the_answer, times=2)
    write(page, "订一份饭")
    expect(page.get_by_text("听到了：订一份饭")).to_be_visible()
    write(page, "好")
    expect(page.get_by_text("听到了：好")).to_be_visible()
    assert lost == [202, 202]
    assert [one.text for one in received()[1:]] == ["订一份饭", "好"]
    assert said(page)[-4:] == ["订一份饭", "听到了：订一份饭", "好", "听到了：好"]


def test_a_server_that_was_away_is_found_again(
    chromium: Browser, database: Database, clock: StandingClock
) -> None:
    settle_people(database)
    house = build_house(database, clock)
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    with serving(house) as address, answering(house, answer):
        visit(page, f"{address}/chat")
        be(page)
    write(page, "说给没人听")
    expect(page.get_by_text("没有发出去，正在再试")).to_be_visible()
    house.say(account_id(house), Message("停机时写的"))
    again = build_house(database, clock)
    with serving(again, port=int(address.rpartition(":")[2])), answering(again, answer):
        expect(page.get_by_text("停机时写的")).to_be_visible(timeout=20_000)
        expect(page.get_by_text("听到了：说给没人听")).to_be_visible(timeout=20_000)
    context.close()


def test_it_works_on_plain_http_in_a_network_of_ones_own(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    visit(page, address.replace("127.0.0.1", "house.test") + "/chat")
    assert page.evaluate("isSecureContext") is False
    be(page)
    write(page, "从手机上")
    expect(page.get_by_text("听到了：从手机上")).to_be_visible()
    context.close()


def test_sending_too_fast_keeps_every_word(
    chromium: Browser, database: Database, clock: StandingClock
) -> None:
    settle_people(database)
    house = build_house(database, clock, messages_limit="1/second")
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    with serving(house) as address, answering(house, answer):
        visit(page, f"{address}/chat")
        for text in ("一句", "两句", "三句"):
            write(page, text)
        expect(page.get_by_text("您发得快了一点")).to_be_visible()
        expect(page.get_by_text("听到了：三句")).to_be_visible(timeout=20_000)
        own = page.locator("#log .own .text").all_text_contents()
        assert own == ["一句", "两句", "三句"]
    context.close()


def test_while_the_script_is_missing_the_page_says_what_to_do(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/chat")
    expect(page.get_by_text("JavaScript")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("button", name="发送")).to_be_disabled()
    context.close()


# Old eyes and hands

SMALLEST_TEXT = """() => Math.min(...[...document.querySelectorAll("body *")]
  .filter((node) => node.checkVisibility() && node.innerText?.trim() && !node.matches(".aside"))
  .map((node) => parseFloat(getComputedStyle(node).fontSize)))"""
SMALLEST_TARGET = """() => Math.min(...[...document.querySelectorAll("button, textarea, a")]
  .filter((node) => node.checkVisibility())
  .flatMap((node) => [node.offsetWidth, node.offsetHeight]))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXE: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}},
}


def talk(page: Page) -> None:
    """Have every kind of thing on the page."""
    be(page)
    page.get_by_role("button", name="订餐").click()
    expect(page.get_by_text("要哪一天的？")).to_be_visible()
    write(page, "我胸口疼")
    expect(page.get_by_role("link", name="拨打 120")).to_be_visible()
    page.route("**/chat/messages", lambda route: route.abort())
    write(page, "发不出去的")
    expect(page.get_by_text("没有发出去，正在再试")).to_be_visible()


def test_ordinary_letters_and_targets_are_large_enough(page: Page) -> None:
    assert page.evaluate(SMALLEST_TEXT) >= 18
    assert page.evaluate(SMALLEST_TARGET) >= 48
    talk(page)
    assert page.evaluate(SMALLEST_TEXT) >= 18
    assert page.evaluate(SMALLEST_TARGET) >= 48


def test_large_letters_are_large_everywhere_and_stay(page: Page) -> None:
    page.get_by_role("button", name="大字").click()
    assert page.evaluate(SMALLEST_TEXT) >= 30
    talk(page)
    page.reload()
    expect(page.get_by_role("button", name="普通字")).to_be_visible()
    assert page.evaluate(SMALLEST_TEXT) >= 30
    assert page.evaluate(SMALLEST_TARGET) >= 60


def test_nothing_runs_over_the_edge(page: Page) -> None:
    talk(page)
    for size in ("大字", "普通字"):
        # 180 is a small phone at twice the size.
        for width in (180, 320, 360, 640, 1280):
            page.set_viewport_size({"width": width, "height": 2 * width})
            assert page.evaluate(OVERFLOW) <= 0, width
        page.get_by_role("button", name=size).click()


@pytest.mark.parametrize("is_large", [False, True])
def test_axe_finds_nothing(page: Page, *, is_large: bool) -> None:
    if is_large:
        page.get_by_role("button", name="大字").click()
    assert faults_of(page) == []
    talk(page)
    assert faults_of(page) == []
    page.get_by_role("button", name="换人").click()
    assert faults_of(page) == []


def faults_of(page: Page) -> list[str]:
    """Return what axe-core holds against the page."""
    violations = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in violations]


def test_it_works_by_keyboard_alone(page: Page) -> None:
    page.get_by_role("button", name="张建国 军休干部").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("您吩咐。", exact=True)).to_be_visible()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "订餐":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert float(re.sub("px", "", outline)) >= 3
    page.keyboard.press("Enter")
    expect(page.get_by_text("要哪一天的？")).to_be_visible()
    page.get_by_label("在这里写您想说的话").focus()
    page.keyboard.type("后天")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("中午")
    page.keyboard.press("Enter")
    expect(page.get_by_text("听到了：后天\n中午")).to_be_visible()


def test_a_screen_reader_is_told_who_speaks(page: Page) -> None:
    be(page)
    log = page.get_by_role("log", name="聊天记录")
    assert log.get_attribute("aria-live") == "polite"
    expect(log.get_by_role("group", name="可以这样回答")).to_be_visible()
    expect(log).to_contain_text("助手：您吩咐。")


def test_a_long_answer_is_shown_from_its_first_line(page: Page, house: House) -> None:
    be(page)
    house.say(account_id(house), Message("开头。\n" + "中间的话。\n" * 60 + "结尾。"))
    expect(page.get_by_text("开头。")).to_be_in_viewport()
    down = page.get_by_role("button", name="往下看")
    for _ in range(20):
        if down.is_visible():
            down.click()
    expect(down).to_be_hidden()
    assert page.evaluate("document.querySelector('main').scrollTop") > 2 * PHONE["height"]


@pytest.mark.parametrize("height", [460, 300])
def test_the_newest_stays_in_sight_when_the_keyboard_comes(
    page: Page, house: House, height: int
) -> None:
    be(page)
    for number in range(10):
        house.say(account_id(house), Message(f"第{number}条"))
    expect(page.get_by_text("第9条")).to_be_in_viewport()
    for now in (height, PHONE["height"]):
        page.set_viewport_size({"width": PHONE["width"], "height": now})
        expect(page.get_by_text("第9条")).to_be_in_viewport()


def account_id(house: House) -> int:
    """Return the last account that came."""
    with house.database.read() as session:
        return max(account.id for account in session.query(Account))
