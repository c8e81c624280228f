"""The page of a document: everybody reads what is national, a house's own only its people."""

import re
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from bot.channels.web.documents import page_of
from knowledge.models import Document
from store.database import Database
from store.identity import Account, Institution
from store.messages import Button, Message
from tests.bot.channels.web.conftest import visiting
from tests.bot.channels.web.house import House, serving, settle_people
from tests.conftest import NOW
from tests.documents import make_document


def write(database: Database, *, house_id: int | None = None, **what: object) -> tuple[int, int]:
    """Write a document; return its id and that of the clause on checkups."""
    with database.begin() as session:
        document, passages = make_document(
            session, NOW, institution_id=house_id, external_id=f"made-{house_id}"
        )
        for name, value in what.items():
            setattr(document, name, value)
        return document.id, passages[2].id


def test_a_national_document_is_read_by_everybody(house: House, database: Database) -> None:
    document_id, passage_id = write(database, issuer="退役军人事务部", issued_on=date(2026, 11, 9))
    page = TestClient(house.app).get(f"/documents/{document_id}")
    assert page.status_code == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in page.headers
    assert f'<span id="p{passage_id}">每年组织1次健康体检。</span>' in page.text
    for words in ("政策文件", "退役军人事务部", "军休发〔2026〕3号", "2026年11月9日", "一、医疗"):
        assert words in page.text
    assert page.text.index("一、医疗") < page.text.index("健康体检") < page.text.index("二、疗养")


def test_a_house_s_own_is_read_by_its_people_only(house: House, database: Database) -> None:
    people = settle_people(database)
    with database.begin() as session:
        own_house = session.scalars(select(Institution.id)).one()
        other = Institution(name="邻市军休所", created_at=NOW)
        session.add(other)
        session.flush()
        other_house = other.id
    own, _ = write(database, house_id=own_house)
    others, _ = write(database, house_id=other_house)
    with visiting(house) as client:
        assert client.get(f"/documents/{own}").status_code == 404
        client.post("/chat/identity", json={"person_id": people["张建国"]})
        page = client.get(f"/documents/{own}")
        assert page.status_code == 200
        assert page.url.path == f"/chat/documents/{own}"
        assert "每年组织1次健康体检。" in page.text
        refused = client.get(f"/documents/{others}")
        assert refused.status_code == 404
        assert "健康体检" not in refused.text


def test_what_is_not_there_looks_like_what_is_not_one_s_own(
    house: House, database: Database
) -> None:
    with database.begin() as session:
        other = Institution(name="邻市军休所", created_at=NOW)
        session.add(other)
        session.flush()
        other_id = other.id
    others, _ = write(database, house_id=other_id)
    client = TestClient(house.app)
    texts = {
        client.get(f"/documents/{each}").text
        for each in (str(others), "999", "0", "x", "9" * 30, "1%2F2", "-1")
    }
    assert len(texts) == 1
    assert "没有找到这份材料" in texts.pop()


def test_what_does_not_hold_says_so(house: House, database: Database) -> None:
    document_id, _ = write(database, ends_on=(NOW - timedelta(days=3)).date())
    client = TestClient(house.app)
    assert "现在不能作数了" in client.get(f"/documents/{document_id}").text
    with database.begin() as session:
        document = session.get_one(Document, document_id)
        document.ends_on, document.starts_on = None, date(2027, 1, 1)
    assert "从2027年1月1日起才作数" in client.get(f"/documents/{document_id}").text
    with database.begin() as session:
        session.get_one(Document, document_id).withdrawn_at = NOW
    gone = client.get(f"/documents/{document_id}")
    assert gone.status_code == 410
    assert "撤下来" in gone.text
    assert "健康体检" not in gone.text


def test_nothing_in_a_document_is_markup(house: House, database: Database) -> None:
    with database.begin() as session:
        document, _ = make_document(
            session, NOW, title="<b>题</b>", lines=("<script>alert(1)</script>你好。",)
        )
    page = TestClient(house.app).get(f"/documents/{document.id}").text
    assert "<script" not in page
    assert "&lt;b&gt;题" in page


@pytest.mark.parametrize(
    ("action", "page"),
    [
        ("doc:12:34", "/documents/12#p34"),
        ("doc:12", ""),
        ("doc:x:1", ""),
        ("doc:1:2:3", ""),
        ("book:meal", ""),
    ],
)
def test_which_buttons_open_a_page(action: str, page: str) -> None:
    assert page_of(action) == page


def test_the_button_is_a_link_that_leads_to_the_marked_clause(
    house: House, database: Database, chromium: Browser
) -> None:
    document_id, passage_id = write(database)
    with serving(house) as address:
        context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
        page = context.new_page()
        page.goto(f"{address}/chat")
        page.fill("#input", "看原文")
        # The page shows what is typed at once; the account is there when the server has it.
        with page.expect_response(lambda response: response.request.method == "POST"):
            page.keyboard.press("Enter")
        expect(page.locator(".entry.own")).to_have_count(1)
        with database.read() as session:
            account_id = session.scalars(select(Account.id)).one()
        button = Button("看整篇", f"doc:{document_id}:{passage_id}")
        house.say(account_id, Message("原文", ((button,),)))
        link = page.get_by_role("link", name="看整篇")
        expect(link).to_be_visible()
        link.click()
        marked = page.locator(":target")
        expect(marked).to_have_text("每年组织1次健康体检。")
        expect(marked).to_be_in_viewport()
        page.get_by_role("link", name="回到聊天").first.click()
        expect(page.get_by_role("link", name="看整篇")).to_have_attribute(
            "href", re.compile(r"/documents/")
        )
        context.close()
