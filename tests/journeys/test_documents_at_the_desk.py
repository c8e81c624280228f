"""A paper of the house from the head's machine to the chat, replaced, withdrawn; two houses apart.

The pages and the workers run as two processes, so what is published in one answers in the other.
"""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update

from knowledge.models import Document, DocumentKind
from store.identity import Institution, Person, PersonKind
from tests.conftest import NOW
from tests.desk import papers
from tests.journeys.running import (
    Junxiu,
    RunningServer,
    WebVisitor,
    open_database,
    start_command,
)

SECONDS = 60_000
QUESTION = "食堂午饭几点开饭"


@pytest.fixture(scope="module")
def web(prepared_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Return the web pages of a demonstration home, with a worker beside them."""
    home = shutil.copytree(prepared_home, tmp_path_factory.mktemp("apart") / "var")
    server = RunningServer(Path(home))
    _end_facts(server)
    server.words = ("web",)
    server.start()
    worker = start_command("worker", "--home", str(server.home))
    _wait_until_it_works(worker)
    yield server
    for ending in (_end(worker), server.stop()):
        assert ending == 0


def _end_facts(server: RunningServer) -> None:
    """Let the house say nothing of itself: its facts would answer before its papers."""
    database = open_database(server.home)
    with database.begin() as session:
        session.execute(
            update(Document).where(Document.kind == DocumentKind.FACT).values(withdrawn_at=NOW)
        )
    database.close()


def _wait_until_it_works(worker: "subprocess.Popen[str]") -> None:
    assert worker.stdout is not None
    for line in worker.stdout:
        if "按 Ctrl-C" in line:
            return
    raise AssertionError("the worker ended by itself")


def _end(worker: "subprocess.Popen[str]") -> int:
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=20)
    return worker.returncode


def _person(server: RunningServer, name: str) -> int:
    database = open_database(server.home)
    with database.read() as session:
        found = session.scalars(select(Person.id).where(Person.name == name)).one()
    database.close()
    return found


def _chat_of(server: RunningServer, name: str) -> WebVisitor:
    visitor = WebVisitor(server.address)
    visitor.open()
    visitor.become(_person(server, name))
    return visitor


def _answer(visitor: WebVisitor) -> str:
    return "\n".join(entry["text"] for entry in visitor.types(QUESTION))


def _head(chromium: Browser, server: RunningServer) -> Page:
    page = chromium.new_context(locale="zh-CN").new_page()
    page.set_default_timeout(SECONDS)
    page.goto(f"{server.address}/desk/documents")
    page.fill("#login", "suozhang")
    page.fill("#password", server.log_ins()["suozhang"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#upload")
    return page


def _bring_and_publish(page: Page, file: Path, form: str) -> None:
    page.set_input_files(f"#{form}-file", file)
    page.click(f"#{form}-send")
    page.wait_for_url(re.compile(r"/drafts/\d+"))
    page.click("#publish")
    page.wait_for_url(re.compile(r"/documents/\d+"))
    expect(page.locator("#notice")).to_contain_text("发布了", timeout=SECONDS)


def test_a_paper_is_published_replaced_and_withdrawn(
    web: RunningServer, chromium: Browser, tmp_path: Path
) -> None:
    visitor = _chat_of(web, "张建国")
    assert "11:30" not in _answer(visitor)
    head = _head(chromium, web)
    first, second = tmp_path / "食堂通知.docx", tmp_path / "新通知.docx"
    first.write_bytes(papers.notice())
    second.write_bytes(papers.notice("12:00—13:00"))
    _bring_and_publish(head, first, "upload")
    said = _answer(visitor)
    assert "餐次：午饭；开饭时间：11:30—12:30。" in said
    assert "《关于食堂开饭时间的通知》（东军休〔2026〕12号，2026年11月20日），一、开饭时间" in said
    _bring_and_publish(head, second, "version")
    said = _answer(visitor)
    assert "餐次：午饭；开饭时间：12:00—13:00。" in said
    assert "11:30" not in said
    head.click("#withdraw")
    expect(head.locator("h1")).to_contain_text("已撤回", timeout=SECONDS)
    said = _answer(visitor)
    assert "12:00" not in said
    assert "开饭时间：" not in said
    head.context.close()


def test_each_house_is_answered_from_its_own_papers(
    web: RunningServer, junxiu: Junxiu, tmp_path: Path
) -> None:
    database = open_database(web.home)
    with database.begin() as session:
        house = Institution(name="西山军休所", is_demonstration=True, created_at=NOW)
        session.add(house)
        session.flush()
        session.add(
            Person(
                institution_id=house.id,
                kind=PersonKind.RETIREE,
                name="吴援朝",
                salutation="吴老",
                created_at=NOW,
            )
        )
    database.close()
    for name, hour in (("示范军休所", "十一点"), ("西山军休所", "十二点")):
        file = tmp_path / f"{name}.txt"
        file.write_text(f"{name}食堂\n午饭{hour}开饭，晚来的留饭。\n", encoding="utf-8")
        junxiu("ingest", str(file), "--house", name, "--home", str(web.home))
    ours, theirs = _chat_of(web, "张建国"), _chat_of(web, "吴援朝")
    stranger = WebVisitor(web.address)
    stranger.open()
    assert "午饭十一点开饭，晚来的留饭。" in (said := _answer(ours))
    assert "十二点" not in said
    assert "《示范军休所食堂》" in said
    assert "午饭十二点开饭，晚来的留饭。" in (said := _answer(theirs))
    assert "十一点" not in said
    said = _answer(stranger)
    assert "十一点" not in said
    assert "十二点" not in said
