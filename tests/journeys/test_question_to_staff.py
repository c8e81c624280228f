"""A question the notice leaves open, all the way: to the staff, back, approved, found by the next."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from booking.people import issue_code
from store.clock import system_clock
from store.identity import Institution, Person, PersonKind
from tests.journeys.running import RunningServer, WebVisitor, open_database

SECONDS = 15_000
ASKED = "疗养一年能去几次"
ASKED_OTHERWISE = "一年疗养几趟"
ANSWER = "咱们所按两年一次安排，每次七天，名单每年三月公布。"


@pytest.fixture
def server(start_server: Callable[..., RunningServer]) -> Iterator[RunningServer]:
    server = start_server()
    yield server
    assert server.stop() == 0


Open = Callable[[str, int], Page]


@pytest.fixture
def open_page(chromium: Browser, server: RunningServer) -> Iterator[Open]:
    """Return a function that opens a page of the server in a browser of its own."""
    opened: list[Page] = []

    def open_at(path: str, width: int) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 844}, locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.goto(f"{server.address}{path}")
        opened.append(page)
        return page

    yield open_at
    for page in opened:
        page.context.close()


def be(page: Page, name: str) -> Page:
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    hears(page, "好。吃饭、用车、体检，您吩咐。")
    return page


def log_in(page: Page, server: RunningServer, login: str) -> Page:
    page.fill("#login", login)
    page.fill("#password", server.log_ins()[login])
    page.keyboard.press("Enter")
    page.wait_for_selector("#live")
    return page


def says(page: Page, words: str) -> None:
    page.fill("#input", words)
    page.keyboard.press("Enter")


def hears(page: Page, words: str) -> None:
    expect(page.locator(".entry.ours .text").last).to_contain_text(words, timeout=SECONDS)


def taps(page: Page, label: str) -> None:
    page.get_by_role("button", name=label, exact=True).last.click()


def hand_over(retiree: Page) -> str:
    """Ask, look at the original, hand the question over; return the request's number."""
    says(retiree, ASKED)
    hears(retiree, "材料里没有写")
    taps(retiree, "看原文")
    hears(retiree, "您看的这一段")
    retiree.get_by_role("link", name="看整篇").last.click()
    expect(retiree.locator(":target")).to_contain_text("疗养")
    retiree.get_by_role("link", name="回到聊天").first.click()
    taps(retiree, "请工作人员答复")
    hears(retiree, "工作人员给您回话")
    said = retiree.locator(".entry.ours .text").last.inner_text()
    number = re.search(r"政\d+", said)
    assert number is not None
    assert re.search(r"(今天|明天|星期.|月\d+日).*[上中下]午.+点半?前", said)
    return number.group()


def answer(clerk: Page, number: str) -> None:
    """Write the answer, for the others as well."""
    clerk.get_by_text(number).first.click()
    clerk.fill("#answer", ANSWER)
    clerk.check("#share")
    label = clerk.locator("label[for=share]").bounding_box()
    assert label is not None
    assert label["width"] > label["height"]
    clerk.get_by_role("button", name="发给本人").click()
    expect(clerk.locator("#notice")).to_contain_text("还要同事看一遍")


def approve(colleague: Page) -> None:
    """Read what waits, and let it in."""
    colleague.click("#menu-answers")
    colleague.get_by_role("link", name=ASKED).click()
    expect(colleague.locator("#live")).to_contain_text(ANSWER)
    colleague.click("#approve")
    expect(colleague.locator("#notice")).to_contain_text("就照这条答")


def test_a_clerk_s_answer_is_found_by_the_next_of_the_house_and_by_nobody_else(
    open_page: Open, server: RunningServer
) -> None:
    retiree = be(open_page("/chat", 390), "张建国")
    number = hand_over(retiree)
    answer(log_in(open_page("/desk", 1280), server, "canyin"), number)
    hears(retiree, f"小李答复：{ANSWER}")

    neighbour = be(open_page("/chat", 390), "李秀英")
    says(neighbour, ASKED_OTHERWISE)
    hears(neighbour, "材料里没有写")

    approve(log_in(open_page("/desk", 1280), server, "cheliang"))
    says(neighbour, ASKED_OTHERWISE)
    hears(neighbour, f"所里答复过“{ASKED}”：“{ANSWER}”")
    hears(neighbour, "本所答复")

    stranger = of_another_house(server)
    said = "\n".join(entry["text"] for entry in stranger.types(ASKED))
    assert "材料里没有写" in said
    assert "两年一次" not in said


def of_another_house(server: RunningServer) -> WebVisitor:
    """Return the browser of a retiree of a house beside the demonstration's."""
    database, now = open_database(server.home), system_clock()
    with database.begin() as session:
        house = Institution(name="邻市军休所", created_at=now)
        session.add(house)
        session.flush()
        person = Person(
            institution_id=house.id,
            kind=PersonKind.RETIREE,
            name="孙立人",
            salutation="孙老",
            created_at=now,
        )
        session.add(person)
        session.flush()
        code = issue_code(session, person=person, issued_by="test", now=now)
    database.close()
    visitor = WebVisitor(server.address)
    visitor.open()
    visitor.types(code)
    return visitor


def test_a_fraud_is_told_on_and_shown_at_the_desk(open_page: Open, server: RunningServer) -> None:
    retiree = be(open_page("/chat", 390), "张建国")
    says(retiree, "让我交三百办军休卡，是你们吗")
    expect(retiree.get_by_text("所里办事从来不收这种钱").last).to_be_visible()
    hears(retiree, "提醒大家")
    taps(retiree, "告诉所里")
    hears(retiree, "骗1001")
    clerk = log_in(open_page("/desk", 1280), server, "jiankang")
    clerk.get_by_text("骗1001").first.click()
    expect(clerk.locator("#live")).to_contain_text("让我交三百办军休卡")
    clerk.get_by_role("button", name="接单").click()
    hears(retiree, "会给您打电话")
