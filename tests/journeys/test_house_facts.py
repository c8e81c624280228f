"""A fact of the house: written at the desk, asked in the chat, changed, asked again, ended."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from booking.models import Opening
from store.clock import local_date, system_clock
from store.identity import Person
from tests.journeys.running import Junxiu, RunningServer, WebVisitor, open_database

SECONDS = 60_000
QUESTION = "剃头的哪天来"


@pytest.fixture
def server(start_server: Callable[..., RunningServer]) -> RunningServer:
    """Return a demonstration house that is being served."""
    return start_server()


@pytest.fixture
def clerk(server: RunningServer, chromium: Browser) -> Iterator[Page]:
    """Return a clerk who is no head, at the facts of the house."""
    context = chromium.new_context(locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{server.address}/desk/facts")
    page.fill("#login", "cheliang")
    page.fill("#password", server.log_ins()["cheliang"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#new-fact")
    yield page
    context.close()


@pytest.fixture
def zhang(server: RunningServer) -> WebVisitor:
    """Return 张建国 in the web chat."""
    database = open_database(server.home)
    with database.read() as session:
        person_id = session.scalars(select(Person.id).where(Person.name == "张建国")).one()
    database.close()
    visitor = _stranger(server)
    visitor.become(person_id)
    return visitor


def _stranger(server: RunningServer) -> WebVisitor:
    visitor = WebVisitor(server.address)
    visitor.open()
    return visitor


def _answer(visitor: WebVisitor, words: str = QUESTION) -> str:
    return "\n".join(entry["text"] for entry in visitor.types(words))


def _saved(page: Page, done: str, sentence: str) -> None:
    page.wait_for_url(re.compile(rf"/facts\?done={done}"))
    expect(page.locator("#notice")).to_contain_text(sentence, timeout=SECONDS)


def test_written_asked_changed_asked_again_and_ended(
    server: RunningServer, clerk: Page, zhang: WebVisitor, junxiu: Junxiu
) -> None:
    assert "星期三" not in _answer(zhang)
    clerk.click("#new-fact")
    clerk.fill("#title", "理发师傅哪天来？")
    clerk.fill("#text", "星期三下午2点到5点，在活动楼一层。")
    clerk.click("#save")
    _saved(clerk, "added", "写好了")
    clerk.fill("#question", QUESTION)
    clerk.click("#try")
    expect(clerk.locator("#tried")).to_contain_text("星期三下午2点", timeout=SECONDS)
    said = _answer(zhang)
    assert "星期三下午2点到5点，在活动楼一层。" in said
    today = local_date(system_clock())
    assert f"——本所信息《理发师傅哪天来》（{today.year}年{today.month}月{today.day}日）" in said
    assert "有效到" in said
    # Nobody's house is nobody's fact.
    assert "星期三" not in _answer(_stranger(server))
    clerk.click("text=理发师傅哪天来？")
    clerk.fill("#text", "改到星期五上午9点，还在活动楼一层。")
    clerk.click("#save")
    _saved(clerk, "changed", "改好了")
    assert "星期五上午9点" in (said := _answer(zhang))
    assert "星期三" not in said
    listed = junxiu("facts", "--home", str(server.home))
    number = re.search(r"^(\d+)　理发师傅哪天来？　小王管", listed, re.MULTILINE)
    assert number is not None, listed
    assert "停用了" in junxiu("facts", "end", number.group(1), "--home", str(server.home))
    assert "星期五" not in _answer(zhang)
    clerk.goto(f"{server.address}/desk/facts")
    expect(clerk.locator("#live")).to_contain_text("已停用", timeout=SECONDS)


def test_the_demonstration_house_knows_itself_and_its_tables(
    server: RunningServer, zhang: WebVisitor
) -> None:
    assert "午饭11:30到12:30" in _answer(zhang, "今儿食堂几点开")
    assert "身份证、军休证和医保卡" in _answer(zhang, "上总院看病要带啥证件")
    assert "水暖工老田" in _answer(zhang, "屋里暖气不热，找谁")
    database = open_database(server.home)
    with database.read() as session:
        dishes = session.scalars(
            select(Opening.details).where(
                Opening.service == "meal",
                Opening.period == "lunch",
                Opening.day == local_date(system_clock()),
            )
        ).first()
    database.close()
    assert dishes
    assert dishes in _answer(zhang, "今天中午吃什么")
    assert "还能约这些天" in _answer(zhang, "体检还有名额吗")
    assert "没有查到您" in _answer(zhang, "今年我体检过没有")
    assert "绑定码" in _answer(_stranger(server), "今天中午吃什么")
