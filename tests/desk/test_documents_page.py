"""Documents at the desk: brought, looked at, published, replaced, withdrawn, removed."""

import io
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import func, select

from booking.models import AuditRow
from desk.doorway import LARGEST_UPLOAD
from ingestion import texts
from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.trying import ReadingRoom
from knowledge.embedding import DIMENSIONS, Embedder, Vector
from knowledge.generations import generations
from knowledge.models import (
    Document,
    DocumentDraft,
    DocumentVersion,
    Passage,
    PassageVector,
    SourceKind,
    scope_of,
)
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW, StandingClock
from tests.desk import papers
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import House
from tests.fakes.embedder import CountingEmbedder

Seat = Callable[[str], ClerkAtDesk]
ENTRY = {"title": papers.TITLE, "issuer": "东山军休所", "number": "东军休〔2026〕12号"}


@pytest.fixture
def head(at_desk: Seat) -> ClerkAtDesk:
    """Return the head of the house at a desk."""
    return at_desk("刘所长")


def _led_to(answer: object) -> str:
    """Return the page that an act leads to, below the desk, without its question mark."""
    target = answer.headers["hx-redirect"]  # type: ignore[attr-defined] # A response.
    return str(target).removeprefix("/desk").partition("?")[0]


def _brought(head: ClerkAtDesk, content: bytes | None = None, path: str = "/documents") -> str:
    answer = head.bring(path, "食堂通知.docx", content or papers.notice())
    assert answer.status_code == 200, answer.text
    return _led_to(answer)


def _published(head: ClerkAtDesk, content: bytes | None = None, **entry: str) -> str:
    draft = _brought(head, content)
    answer = head.press(f"{draft}/publish", **{**ENTRY, **entry})
    assert "hx-redirect" in answer.headers, answer.text
    return _led_to(answer)


def _count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def _document(database: Database) -> Document:
    with database.read() as session:
        return session.scalars(select(Document)).one()


def _acts(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.about.is_not(None)))
        return [f"{row.act}: {row.about}" for row in rows]


def test_a_file_becomes_a_draft_with_what_it_says_of_itself(
    head: ClerkAtDesk, database: Database
) -> None:
    page = head.see(_brought(head)).text
    for value in (papers.TITLE, "东山军休所", "东军休〔2026〕12号", "2026-11-20"):
        assert f'value="{value}"' in page
    assert '<li class="is-heading">一、开饭时间</li>' in page
    assert "<li>餐次：午饭；开饭时间：11:30—12:30。</li>" in page
    assert "按文件自己的样子（政策文件）" in page
    assert _count(database, Document) == _count(database, Passage) == 0
    assert "等着发布的" in head.see("/documents").text


def test_publishing_takes_what_was_corrected(
    head: ClerkAtDesk, database: Database, house: House
) -> None:
    path = _published(
        head, source="本所信息", starts_on="2026-11-20", ends_on="2026-12-31", region="东山市"
    )
    document = _document(database)
    assert document.institution_id == house.id
    assert (document.title, document.source) == (papers.TITLE, SourceKind.HOUSE)
    assert (document.starts_on, document.ends_on) == (date(2026, 11, 20), date(2026, 12, 31))
    # Emptied by hand: the day that was read is not taken.
    assert document.issued_on is None
    assert _count(database, DocumentDraft) == 0
    with database.read() as session:
        scope = scope_of(house.id)
        assert generations(session, [scope])[scope] == 1
        quotable = session.scalars(select(Passage).where(Passage.is_heading.is_(False))).all()
        vectors = set(session.scalars(select(PassageVector.content_hash)))
    assert vectors == {passage.content_hash for passage in quotable}
    page = head.see(f"{path}?done=published").text
    assert "发布了，从现在起用来回答。" in page
    assert "现行，到2026年12月31日" in page
    about = "食堂通知.docx 《关于食堂开饭时间的通知》"
    assert _acts(database) == [f"upload document: {about}", f"publish document: {about}"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.docx", lambda: b"", texts.EMPTY),
        ("a.txt", lambda: b" \n ", texts.EMPTY),
        ("a.docx", lambda: b"plain words", texts.NOT_THE_KIND.format(kind="Word 文档（docx）")),
        ("a.pdf", papers.notice, texts.OTHER_KIND.format(kind="Word 文档（docx）")),
        (
            "a.docx",
            lambda: papers.OLE + "EncryptedPackage".encode("utf-16-le"),
            texts.ENCRYPTED,
        ),
        ("a.docx", papers.zip_bomb, texts.SWOLLEN),
        ("a.docx", lambda: b"PK\x03\x04 cut short", texts.BROKEN),
        ("a.doc", lambda: papers.OLE, texts.SAVE_AS.format(suffix=".docx")),
        ("a.exe", lambda: b"MZ", "这种文件在这里读不了，现在认得 txt、md、"),
        ("a.jsonl", lambda: b'{"id": "1", "text": "x"}', "这种文件在这里读不了"),
        ("noending", lambda: b"words", "这种文件在这里读不了"),
        ("", lambda: b"words", "请先选一份文件"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence_and_leaves_nothing(
    head: ClerkAtDesk,
    database: Database,
    name: str,
    content: Callable[[], bytes],
    sentence: str,
) -> None:
    answer = head.bring("/documents", name, content())
    assert sentence in answer.text
    assert answer.text.count("<p") == 1
    assert answer.headers["hx-retarget"] == "#notice"
    assert "Traceback" not in answer.text
    assert "/tmp" not in answer.text
    assert _count(database, DocumentDraft) == _count(database, Document) == 0
    assert _acts(database) == []


def test_a_scan_where_nothing_recognises_text(
    head: ClerkAtDesk, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a machine without the extra.
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PDF")
    answer = head.bring("/documents", "扫描.pdf", out.getvalue())
    assert texts.NEEDS_OCR in answer.text
    assert _count(database, DocumentDraft) == 0


def test_an_upload_that_is_too_large_is_not_read(head: ClerkAtDesk, database: Database) -> None:
    answer = head.client.post(
        "/desk/documents",
        content=b"x",
        headers={"content-length": str(LARGEST_UPLOAD + 1), "X-CSRF-Token": head.csrf},
    )
    assert answer.status_code == 413
    assert "文件太大了" in answer.text
    assert head.press("/documents/1/entry", title="长" * 70_000).status_code == 413


def test_only_a_page_of_ours_may_bring_a_file(
    head: ClerkAtDesk, client: TestClient, database: Database
) -> None:
    files = {"file": ("a.txt", "早饭七点。".encode())}
    assert head.client.post("/desk/documents", files=files).status_code == 403
    elsewhere = {"X-CSRF-Token": head.csrf, "Sec-Fetch-Site": "cross-site"}
    answer = head.client.post("/desk/documents", files=files, headers=elsewhere)
    assert answer.status_code == 403
    assert client.post("/desk/documents", files=files).status_code == 303
    # Without a script the secret is a field of the form.
    answer = head.client.post("/desk/documents", files=files, data={"csrf": head.csrf})
    assert answer.status_code == 303
    assert re.search(r"/desk/drafts/\d+\?done=read", answer.headers["location"])
    assert _count(database, DocumentDraft) == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"issued_on": "昨天"}, "“印发日期”的日期不对"),
        ({"starts_on": "2026-12-02", "ends_on": "2026-12-01"}, "前面"),
        ({"title": "  "}, "请写上文件的标题"),
        ({"number": "号" * 101}, "文号太长了"),
        ({"source": "小道消息"}, "几种文件里选一种"),
        ({"replaces_id": "9" * 30}, "要代替的那一份"),
        ({"replaces_id": "77"}, "不在这里"),
    ],
)
def test_what_cannot_be_recorded_is_said_and_the_draft_stays(
    head: ClerkAtDesk, database: Database, typed: dict[str, str], sentence: str
) -> None:
    draft = _brought(head)
    for verb in ("publish", "entry"):
        answer = head.press(f"{draft}/{verb}", **{**ENTRY, **typed})
        assert sentence in answer.text
        assert answer.text.count("<p") == 1
    assert _count(database, Document) == 0
    assert f'value="{papers.TITLE}"' in head.see(draft).text


def test_what_was_saved_is_there_again(head: ClerkAtDesk, database: Database) -> None:
    draft = _brought(head)
    answer = head.press(f"{draft}/entry", **ENTRY, region="东山市", starts_on="2026-12-01")
    assert "保存了" in answer.text
    assert "desk-done" in answer.headers["hx-trigger"]
    page = head.see(draft).text
    assert 'value="东山市"' in page
    assert 'value="2026-12-01"' in page
    assert _count(database, Document) == 0


def test_a_question_is_tried_on_the_draft_alone(
    head: ClerkAtDesk, database: Database, house: House
) -> None:
    draft = _brought(head)
    answer = head.press(f"{draft}/try", question="午饭多少钱一份")
    assert "午饭每份12元，一律刷卡，不收现金。" in answer.text
    assert "政策文件 › 二、收费" in answer.text
    again = head.press(f"{draft}/try", question="今天天气怎么样")
    assert "没有找到能引用的话" in again.text
    assert "请先写一个问题" in head.press(f"{draft}/try", question=" ").text
    with database.read() as session:
        assert generations(session, [scope_of(house.id)]) == {}
    assert _count(database, Passage) == 0


def test_a_new_version_shows_what_it_changes_and_keeps_the_old_one(
    head: ClerkAtDesk, database: Database
) -> None:
    path = _published(head)
    draft = _brought(head, papers.notice("12:00—13:00", "三、送餐到家。"), f"{path}/versions")
    page = head.see(draft).text
    assert "和《关于食堂开饭时间的通知》第1版比" in page
    assert re.search(
        r"<del>.*餐次：午饭；开饭时间：11:30—12:30。</del>\s*<ins>.*12:00—13:00。</ins>", page
    )
    assert re.search(r"<li>\s*<ins>.*三、送餐到家。</ins></li>", page)
    assert _led_to(head.press(f"{draft}/publish", **ENTRY)) == path
    document = _document(database)
    assert document.version == 2
    assert "12:00—13:00" in document.text
    page = head.see(path).text
    assert "第1版" in page
    assert "11:30—12:30" in page.partition("以前的版本")[2]


def test_the_same_file_again_changes_nothing(head: ClerkAtDesk, database: Database) -> None:
    path = _published(head, issued_on="2026-11-20")
    draft = _brought(head, None, f"{path}/versions")
    assert "一个字也没有变。" in head.see(draft).text
    head.press(f"{draft}/publish", **ENTRY, issued_on="2026-11-20")
    assert _document(database).version == 1
    assert _count(database, DocumentVersion) == 0


def test_another_file_of_the_same_name_is_another_document(
    head: ClerkAtDesk, database: Database
) -> None:
    path = _published(head)
    draft = _brought(head, papers.notice("12:00—13:00"))
    page = head.see(draft).text
    assert "已经有一份同名的文件" in page
    assert f"/desk{path}" in page
    head.press(f"{draft}/publish", **ENTRY)
    with database.read() as session:
        ids = session.scalars(select(Document.external_id).order_by(Document.id)).all()
    assert ids == ["食堂通知.docx", "食堂通知 (2).docx"]


def test_a_version_for_later_is_refused_with_the_way_out(
    head: ClerkAtDesk, database: Database
) -> None:
    path = _published(head)
    draft = _brought(head, papers.notice("12:00—13:00"), f"{path}/versions")
    answer = head.press(f"{draft}/publish", **ENTRY, starts_on="2026-12-01")
    assert "12月1日" in answer.text
    assert "另一份文件" in answer.text
    assert _document(database).version == 1
    # Nothing typed is lost.
    assert 'value="2026-12-01"' in head.see(draft).text


def test_a_successor_takes_the_place(head: ClerkAtDesk, database: Database) -> None:
    old = _published(head)
    text = (
        "食堂办法\n第一条 早饭七点。\n《关于食堂开饭时间的通知》（东军休〔2026〕12号）同时废止。\n"
    )
    draft = _led_to(head.bring("/documents", "办法.txt", text.encode()))
    page = head.see(draft).text
    old_id = old.rpartition("/")[2]
    assert f'<option value="{old_id}" selected>' in page
    assert "文中写着废止《关于食堂开饭时间的通知》" in page
    new = _led_to(head.press(f"{draft}/publish", title="食堂办法", replaces_id=old_id))
    listed = head.see("/documents").text
    assert "已被代替" in listed
    assert "现在用《食堂办法》" in listed
    assert f'href="/desk{old}"' in head.see(new).text


def test_withdrawn_restored_corrected(head: ClerkAtDesk, database: Database) -> None:
    path = _published(head)
    assert _led_to(head.press(f"{path}/withdraw")) == path
    assert "已撤回" in head.see(path).text
    assert "已经撤回了" in head.press(f"{path}/withdraw").text
    head.press(f"{path}/restore")
    assert "现行" in head.see(path).text
    head.press(f"{path}/entry", **ENTRY, ends_on="2026-11-22")
    assert "2026年11月22日已到期" in head.see(path).text
    assert (
        "done=same"
        in head.press(f"{path}/entry", **ENTRY, ends_on="2026-11-22").headers["hx-redirect"]
    )
    acts = [act.partition(":")[0] for act in _acts(database)]
    assert acts[2:] == [
        "withdraw document",
        "restore document",
        "correct document",
        "correct document",
    ]


def test_removing_asks_twice_and_leaves_nothing(head: ClerkAtDesk, database: Database) -> None:
    path = _published(head)
    draft = _brought(head, papers.notice("12:00—13:00"), f"{path}/versions")
    head.press(f"{draft}/publish", **ENTRY)
    assert "没有删" in head.press(f"{path}/remove").text
    assert _count(database, Document) == 1
    assert _led_to(head.press(f"{path}/remove", sure="yes")) == "/documents"
    for table in (Document, Passage, PassageVector, DocumentVersion):
        assert _count(database, table) == 0
    assert head.see(path).status_code == 404
    assert _acts(database)[-1] == "remove document: 食堂通知.docx 《关于食堂开饭时间的通知》"


def test_a_draft_is_published_or_put_away_once(head: ClerkAtDesk, database: Database) -> None:
    draft = _brought(head)
    assert _led_to(head.press(f"{draft}/discard")) == "/documents"
    for verb in ("publish", "discard", "entry", "try"):
        answer = head.press(f"{draft}/{verb}", **ENTRY, question="午饭几点")
        assert answer.status_code == 404
        assert "没有找到这份文件" in answer.text
    assert _count(database, Document) == 0


@pytest.mark.parametrize("name", ["../../etc/食堂.txt", "C:\\文件\\食堂.txt", "食\u202e堂.txt"])
def test_a_file_s_name_is_only_a_name(head: ClerkAtDesk, database: Database, name: str) -> None:
    head.bring("/documents", name, "食堂\n早饭七点开始。".encode())
    with database.read() as session:
        assert session.scalars(select(DocumentDraft.external_id)).one() == "食堂.txt"


def test_words_in_a_document_are_never_part_of_the_page(head: ClerkAtDesk) -> None:
    text = "<script>alert(1)</script>\n一、{{csrf}}\n<img src=x onerror=alert(1)> 早饭七点。\n"
    draft = _led_to(head.bring("/documents", "<b>.txt", text.encode()))
    page = head.see(draft).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "一、{{csrf}}" in page


def test_a_long_document_is_shown_in_part_and_whole(head: ClerkAtDesk) -> None:
    text = "锅炉房记录\n" + "\n".join(
        f"第{number}次巡查一切正常，没有异样。" for number in range(400)
    )
    draft = _led_to(head.bring("/documents", "记录.txt", text.encode()))
    page = head.see(draft).text
    assert "第200次" in page
    assert "第399次" not in page
    assert "还有 101 段" in page
    assert "第399次" in head.see(f"{draft}?whole=true").text


def test_of_very_many_documents_the_newest_are_listed(
    head: ClerkAtDesk, database: Database
) -> None:
    many = [LoadedDocument(f"{n}", f"第{n}号文件\n这是第{n}号文件的正文。") for n in range(103)]
    ingest(database, VectorStore(database, CountingEmbedder()), many, now=NOW)
    page = head.see("/documents").text
    assert "第102号文件" in page
    assert "第1号文件" not in page
    assert "还有 3 份" in page
    assert "第1号文件" in head.see("/documents?whole=true").text


def test_clerks_may_look_and_the_national_ones_are_for_looking_only(
    at_desk: Seat, head: ClerkAtDesk, database: Database, embedder: Embedder
) -> None:
    document, draft = _published(head), _brought(head)
    ingest(
        database,
        VectorStore(database, CountingEmbedder()),
        [LoadedDocument("law", "服务条例\n第一条 每年体检一次。")],
        now=NOW,
    )
    with database.read() as session:
        national = session.scalars(select(Document.id).where(Document.scope == "national")).one()
    for who in ("小李", "刘所长"):
        clerk = at_desk(who)
        listed = clerk.see("/documents").text
        assert "服务条例" in listed
        page = clerk.see(f"/documents/{national}")
        assert "每年体检一次" in page.text
        assert '<form class="words' not in page.text
        assert clerk.press(f"/documents/{national}/withdraw").status_code in {403, 404}
    cook = at_desk("小李")
    for path in (document, draft, "/documents"):
        page = cook.see(path)
        assert page.status_code == 200
        assert '<form class="words' not in page.text
        assert "由所领导办" in page.text
    for path in (
        f"{document}/entry",
        f"{document}/withdraw",
        f"{document}/restore",
        f"{document}/remove",
        f"{draft}/entry",
        f"{draft}/publish",
        f"{draft}/discard",
        f"{draft}/try",
    ):
        answer = cook.press(path, **ENTRY, sure="yes", question="午饭几点")
        assert answer.status_code == 403
        assert "由所领导办" in answer.text
    assert cook.bring("/documents", "a.txt", b"x").status_code == 403
    assert cook.bring(f"{document}/versions", "a.txt", b"x").status_code == 403
    assert _count(database, DocumentDraft) == 1
    assert _count(database, Document) == 2


class _WritingEmbedder(CountingEmbedder):
    """Embeds while someone else writes: an open transaction of ours would make it wait."""

    def __init__(self, database: Database, house: House) -> None:
        super().__init__()
        self._database = database
        self._house = house
        self.written = 0

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        with self._database.begin() as session:
            session.add(
                AuditRow(
                    institution_id=self._house.id, at=NOW, actor="test", act="x", permission="x"
                )
            )
        self.written += 1
        vectors = super().passage_vectors(texts)
        assert vectors.shape[1] == DIMENSIONS
        return vectors


def test_nothing_is_held_while_vectors_are_made(
    head: ClerkAtDesk,
    database: Database,
    house: House,
    reading_room: Callable[[], ReadingRoom],
    clock: StandingClock,
) -> None:
    draft = _brought(head)
    model = _WritingEmbedder(database, house)
    reading_room()._vectors = VectorStore(database, model)
    clock.go(minutes=1)
    answer = head.press(f"{draft}/publish", **ENTRY)
    assert "hx-redirect" in answer.headers
    assert model.written >= 1
    assert _document(database).ingested_at == NOW + timedelta(minutes=1)
