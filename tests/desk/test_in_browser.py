"""A clerk's morning in a real browser, on a real server: live, ringing, nothing written is lost."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from booking.staff_access import SESSION_LIFE
from tests.conftest import StandingClock
from tests.desk.conftest import Served
from tests.desk.houses import PASSWORD, Book, House, Library

Open = Callable[..., Page]


@pytest.fixture
def open_desk(chromium: Browser, served: Served, house: House) -> Iterator[Open]:
    """Return a function that opens a clerk's browser at a page of the desk."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_for(who: str, path: str = "/", width: int = 1280) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if _is_fault(said.text) else None
        )
        page.goto(f"{served.url}/desk{path}")
        page.fill("#login", house.logins[who])
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#live")
        page.wait_for_load_state()
        return page

    yield open_for
    for context in contexts:
        context.close()
    assert complaints == []


def _is_fault(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text


def test_a_booking_appears_by_itself_and_two_clerks_press_together(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    first, second = open_desk("小李"), open_desk("小王", "/queues/meal")
    book.meal(clock())
    for page in (first, second):
        expect(page.get_by_text("餐1001")).to_be_visible()
        expect(page.locator("#menu-meal .waits")).to_have_text("1")
    # Both still see the button; the click of the second is sent before the news arrives.
    second.route("**/desk/queues/meal", lambda route: route.abort())
    first.get_by_role("button", name="接单").click()
    expect(first.locator("#notice")).to_contain_text("接下了：餐1001，张建国")
    expect(first.get_by_text("您在办")).to_be_visible()
    second.get_by_role("button", name="接单").click()
    expect(second.locator("#notice")).to_contain_text("小李已经接了这一单")
    second.unroute("**/desk/queues/meal")
    second.reload()
    expect(second.get_by_text("小李在办")).to_be_visible()


def test_half_written_words_survive_the_news(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    page = open_desk("小李", f"/requests/{request_id}")
    colleague = open_desk("小王", f"/requests/{request_id}")
    page.fill("#text", "饭放在门口")
    page.fill("#reason", "灶坏了")
    colleague.get_by_role("button", name="接单").click()
    expect(page.locator("h1 .status")).to_have_text("已接单")
    expect(page.get_by_role("button", name="完成")).to_be_visible()
    assert page.input_value("#text") == "饭放在门口"
    assert page.input_value("#reason") == "灶坏了"
    page.locator("#reason").press("End")
    page.keyboard.type("，在修")
    colleague.get_by_role("button", name="完成").click()
    expect(page.locator("h1 .status")).to_have_text("已完成")
    expect(page.locator("#reason")).to_be_hidden()
    assert page.input_value("#text") == "饭放在门口"


def test_a_usual_reason_is_picked_and_edited(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    page = open_desk("小李", f"/requests/{book.meal(clock())}")
    picks = page.locator("[data-fill=reason]")
    picks.nth(0).click()
    picks.nth(1).click()
    assert page.input_value("#reason") == picks.nth(1).text_content()
    page.keyboard.type("明天请早些订。")
    page.locator("#send-decline").click()
    expect(page.locator("#notice")).to_contain_text("退回了：餐1001")
    expect(page.locator(".history")).to_contain_text("明天请早些订。")
    expect(page.locator("#reason")).to_be_hidden()


def test_a_message_leaves_and_its_box_is_empty_again(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    page = open_desk("小李", f"/requests/{book.meal(clock())}")
    page.fill("#text", "饭放在门口的架子上。")
    page.locator("#send-message").click()
    expect(page.locator("#notice")).to_contain_text("发出去了")
    expect(page.locator("#text")).to_have_value("")
    expect(page.locator(".history")).to_contain_text("饭放在门口的架子上。")
    page.reload()
    expect(page.locator("#text")).to_have_value("")


def test_words_survive_a_session_that_ended(
    open_desk: Open, book: Book, clock: StandingClock, house: House
) -> None:
    request_id = book.meal(clock())
    page = open_desk("小李", f"/requests/{request_id}")
    page.fill("#text", "饭放在门口")
    clock.go(seconds=SESSION_LIFE.total_seconds())
    page.locator("#send-message").click()
    page.wait_for_selector("#password")
    page.fill("#login", house.logins["小李"])
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/requests/{request_id}")
    expect(page.locator("#text")).to_have_value("饭放在门口")


def test_an_emergency_rings_everywhere_until_someone_takes_it(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    request_id = book.meal(clock())
    cook = open_desk("小李", f"/requests/{request_id}")
    driver = open_desk("老周", "/queues/human")
    expect(cook.locator("html")).to_have_attribute("data-ringing", "no")
    plain_title = cook.title()
    cook.locator("#bell").click()
    book.emergency(clock())
    for page in (cook, driver):
        banner = page.locator(".emergency.is-waiting")
        expect(banner).to_contain_text("胸口疼得厉害")
        expect(banner).to_contain_text("3号楼2单元501")
        expect(banner.get_by_role("link", name="13800001111")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-ringing", "yes")
        expect(page).to_have_title(re.compile("紧急：张建国"))
    expect(cook.locator("html")).to_have_attribute("data-bell", "on")
    driver.get_by_role("button", name="我来处理").click()
    expect(driver.locator("#notice")).to_contain_text("归您处理")
    expect(cook.locator("#emergencies")).to_contain_text("老周在处理")
    for page in (cook, driver):
        expect(page.locator(".is-waiting")).to_have_count(0)
        expect(page.locator("html")).to_have_attribute("data-ringing", "no")
    expect(cook).to_have_title(plain_title)


def test_by_keyboard_alone(open_desk: Open, book: Book, clock: StandingClock) -> None:
    book.meal(clock())
    page = open_desk("小李")
    page.get_by_role("button", name="接单").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="完成")).to_be_visible()
    page.get_by_role("link", name="张建国").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#text")
    page.wait_for_load_state()
    page.locator("#text").focus()
    page.keyboard.type("好的")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("发出去了")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off(
    open_desk: Open,
    book: Book,
    library: Library,
    house: House,
    clock: StandingClock,
    served: Served,
    width: int,
) -> None:
    library.document("每年健康体检一次。" * 30)
    log_id = library.asked(house, "A" * 200, at=clock())
    book.ride(clock())
    request_id = book.meal(clock())
    book.emergency(clock(), words="摔倒了" * 60)
    page = open_desk("刘所长", width=width)
    paths = ("/", "/queues/meal", f"/requests/{request_id}", "/questions", f"/questions/{log_id}")
    for path in paths:
        page.goto(f"{served.url}/desk{path}")
        page.wait_for_selector("#live")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_lost_connection_is_said(
    open_desk: Open, book: Book, clock: StandingClock, served: Served
) -> None:
    page = open_desk("小李", f"/requests/{book.meal(clock())}")
    page.fill("#text", "饭放在门口")
    page.context.set_offline(True)
    page.locator("#send-message").click()
    expect(page.locator("#notice")).to_contain_text("没有连上系统")
    expect(page.locator("#text")).to_have_value("饭放在门口")
    page.context.set_offline(False)
    page.locator("#send-message").click()
    expect(page.locator("#notice")).to_contain_text("发出去了")


def test_what_reads_the_same_stays_untouched(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    book.meal(clock())
    page = open_desk("刘所长", "/queues/meal")
    page.evaluate("document.getElementById('live').untouched = true")
    book.ride(clock())
    expect(page.locator("#menu-ride .waits")).to_have_text("1")
    assert page.evaluate("document.getElementById('live').untouched") is True
    book.meal(clock())
    expect(page.get_by_text("餐1002")).to_be_visible()
    assert page.evaluate("document.getElementById('live').untouched") is None


def test_a_slow_double_click_does_not_press_the_next_button(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    page = open_desk("小李", f"/requests/{book.meal(clock())}")
    page.evaluate(
        """() => document.body.addEventListener("htmx:oobAfterSwap", () => {
            const button = document.querySelector(".next button");
            if (!button) return;
            const box = button.getBoundingClientRect();
            const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
            document.body.dataset.underFinger = `${button.textContent}:${hit === button}`;
        })"""
    )
    page.get_by_role("button", name="接单").click()
    expect(page.locator("body")).to_have_attribute("data-under-finger", "完成:false")
    page.get_by_role("button", name="完成").click()
    expect(page.locator("h1 .status")).to_have_text("已完成")


def test_pages_too_many_come_back_when_looked_at(
    open_desk: Open, book: Book, clock: StandingClock, served: Served
) -> None:
    first = open_desk("小李")
    context = first.context
    others = [context.new_page() for _ in range(4)]
    for page in others:
        with page.expect_response("**/desk/live*"):
            page.goto(f"{served.url}/desk/")
    book.meal(clock())
    expect(others[-1].get_by_text("餐1001")).to_be_visible()
    for page in others:
        page.close()
    first.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(first.get_by_text("餐1001")).to_be_visible()


def test_a_question_is_put_into_the_set_with_the_passage_that_answers_it(
    open_desk: Open, library: Library, house: House, clock: StandingClock
) -> None:
    library.document("建立荣誉疗养制度，制定年度计划。", "每年组织军休干部进行1次健康体检。")
    log_id = library.asked(house, "身子骨一年给瞧几趟", at=clock())
    page = open_desk("小李", "/questions")
    page.get_by_role("link", name="身子骨一年给瞧几趟").click()
    expect(page.locator("#found")).to_contain_text("没有找到")
    page.fill("#gold", "写了一半")
    page.fill("#find", "健康体检")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_contain_text("每年组织军休干部")
    # The words looked for are in no address, which logs keep; what was pasted is still there.
    assert page.url.endswith(f"/questions/{log_id}")
    assert page.input_value("#gold") == "写了一半"
    page.get_by_role("button", name="就是这一段").click()
    expect(page.locator("#notice")).to_contain_text("收进题库了")
    expect(page.locator("#live")).to_contain_text("已在题库")
    expect(page.locator("#find")).to_be_hidden()
    page.get_by_role("button", name="从题库拿出来").click()
    expect(page.locator("#notice")).to_contain_text("拿出来了")
    expect(page.locator("#find")).to_be_visible()
    page.get_by_role("button", name="材料里没有写").click()
    expect(page.locator("#live")).to_contain_text("应当说材料里没有")


def test_given_back_to_the_queue_with_a_reason(
    open_desk: Open, book: Book, clock: StandingClock
) -> None:
    page = open_desk("小李", f"/requests/{book.meal(clock())}")
    expect(page.get_by_role("button", name="交回队列")).to_be_hidden()
    page.get_by_role("button", name="接单").click()
    page.get_by_label("办不了，退回").fill("我下午不在")
    page.get_by_role("button", name="交回队列").click()
    expect(page.locator("#notice")).to_contain_text("交回队列了")
    expect(page.locator("h1 .status")).to_have_text("等接单")
