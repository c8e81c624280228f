"""Conservation: the passages put together are the document, whatever its layout."""

import logging
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingestion.loaded import LoadedDocument, NotConserved
from ingestion.pipeline import BUNDLED_NOTICE, ingest
from ingestion.reading import check_conserved, read
from ingestion.structure import Part, Piece
from knowledge.models import Document, Passage
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW
from tests.fakes.embedder import CountingEmbedder

_SENTENCES = st.sampled_from(
    [
        "军休干部每年健康体检1次。",
        "采取自办、引进或签约外卖配送；搭建网上约车服务平台。",
        "前款所称“重点人员”，是指失能、失智、独居、空巢的军休干部（以下简称重点人员）。",
        "联系电话：010-62001234，每天8:00—17:30。",
        "标准为每人每月1.5万元？",
        "星期：周一；早餐：豆浆、油条；午餐：红烧肉。",
        "根据国发〔2021〕3号文件第3.2条办理！",
        "〇○①②🚑é\u200b。",
    ]
)
_WHOLE = re.compile(
    r"第[一二三四五六七八九十]+[章节条]|〔\d{4}〕\d+号|\d+(?:[.:：—-]\d+)+|\d{4}年\d{1,2}月\d{1,2}日"
    r"|（[一二三四五六七八九十]）|\d+[次元]"
)
_ENDS = st.sampled_from(["\n", "\n\n", "\n　　", " ", "　　", "\r\n", "\t", ""])
_NUMBERS = st.sampled_from(
    [
        "第一章 ",
        "第一节　",
        "第十二条 ",
        "一、",
        "（一）",
        "(二)",
        "1.",
        "2、",
        "（3）",
        "1.2 ",
        "①",
        "附件1：",
    ]
)
_HEADINGS = st.sampled_from(
    ["总则", "就餐和出行", "关于医疗健康服务优先", "附则", "权威解读：政策问答"]
)
_PARAGRAPHS = st.builds(
    lambda number, heading, sentences, end: f"{number}{heading}{''.join(sentences)}{end}",
    st.one_of(st.just(""), _NUMBERS),
    st.one_of(st.just(""), _HEADINGS.map(lambda words: f"{words}\n")),
    st.lists(_SENTENCES, max_size=4),
    _ENDS,
)
_HEADERS = st.sampled_from(
    [
        "",
        "东山市退役军人事务局文件\n东退役军人发〔2026〕12号\n\n关于印发《食堂管理办法》的通知\n各军休所：\n",
        "000123\n特急\n国办发〔2021〕 3 号　　签发人：李四\n国务院办公厅关于做好军休服务的意见\n",
        "军休干部服务管理办法\n（2021年3月1日局务会议通过）\n",
        "关于开饭时间的通知 军休发〔2026〕3号 各位老同志： ",
        "6部门：进一步提升服务\n\n管理水平\n中新网北京11月9日电 (记者 李纯)",
    ]
)
_FOOTERS = st.sampled_from(
    [
        "",
        "东山军休所\n2026年11月20日\n",
        "\n\n　　　　民政部　财政部\n　　　二〇二一年三月一日\n附件：开饭时间表",
        "   \n",
    ]
)
_DOCUMENTS = st.builds(
    lambda header, body, footer: f"{header}{''.join(body)}{footer}",
    _HEADERS,
    st.lists(_PARAGRAPHS, max_size=12),
    _FOOTERS,
)


@given(_DOCUMENTS)
@settings(max_examples=300)
def test_the_passages_of_any_official_layout_are_the_text(text: str) -> None:
    reading = read(LoadedDocument("layout", text))
    assert "".join(text[piece.start : piece.end] for piece in reading.pieces) == text
    assert all(reading.words(piece) for piece in reading.pieces) or not text.strip()


@given(_DOCUMENTS)
@settings(max_examples=300)
def test_no_number_is_cut_in_two(text: str) -> None:
    cuts = {piece.end for piece in read(LoadedDocument("layout", text)).pieces}
    for number in _WHOLE.finditer(text):
        assert cuts.isdisjoint(range(number.start() + 1, number.end()))


def test_what_is_written_is_the_document_with_exact_offsets(database: Database) -> None:
    texts = [BUNDLED_NOTICE.read_text(encoding="utf-8"), "  \n食堂\n\n早饭七点。 \n", "一行而已"]
    documents = [LoadedDocument(str(number), text) for number, text in enumerate(texts)]
    ingest(database, VectorStore(database, CountingEmbedder()), documents, now=NOW)
    with database.read() as session:
        for document in session.scalars(select(Document)):
            passages = session.scalars(
                select(Passage).where(Passage.document_id == document.id).order_by(Passage.position)
            ).all()
            assert "".join(passage.text for passage in passages) == document.text
            assert all(document.text[p.start : p.end] == p.text for p in passages)


def _pieces(*spans: tuple[int, int]) -> list[Piece]:
    return [Piece(start, end, (), is_heading=False, part=Part.PLAIN) for start, end in spans]


@pytest.mark.parametrize(
    "spans",
    [
        [],
        [(0, 4)],
        [(0, 3), (4, 6)],
        [(0, 4), (3, 6)],
        [(1, 6)],
        [(0, 6), (6, 7)],
        [(0, 4), (4, 2)],
    ],
)
def test_a_cut_that_loses_anything_is_refused_and_logged(
    spans: list[tuple[int, int]], caplog: pytest.LogCaptureFixture
) -> None:
    text = "早饭七点。"
    assert len(text) == 5
    with caplog.at_level(logging.ERROR), pytest.raises(NotConserved, match=r"menu\.docx"):
        check_conserved("menu.docx", f"{text}\n", _pieces(*spans))
    assert "not its text" in caplog.text
    assert text not in caplog.text


def test_a_whole_cut_passes() -> None:
    check_conserved("menu.docx", "早饭七点。\n", _pieces((0, 2), (2, 6)))
