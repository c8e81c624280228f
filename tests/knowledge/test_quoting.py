"""What is shown: exact, short, where it says it stands."""

import itertools

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import BUNDLED_NOTICE, ingest
from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.quoting import MOST_CHARACTERS, MOST_QUOTES
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

_QUESTIONS = (
    "到部队医院看病排队能不能优先",
    "这个通知是哪几个部门发的？",
    "疗养是怎么规定的",
    "老两口吃饭和出门怎么办",
    "所里办得好坏由谁来评",
    "为什么要出这个文件",
)


def test_quotes_are_exact_short_and_where_they_say(notice: Answering) -> None:
    text = BUNDLED_NOTICE.read_text(encoding="utf-8")
    for question in _QUESTIONS:
        citations = notice.answer(question, institution_id=None, now=NOW).citations
        assert citations, question
        assert len(citations) <= MOST_QUOTES
        assert sum(len(citation.quote) for citation in citations) <= MOST_CHARACTERS
        for citation in citations:
            assert text[citation.start : citation.end] == citation.quote


def test_a_lead_in_goes_on_to_what_it_leads_to(database: Database, embedder: Embedder) -> None:
    text = "洗衣房须知。烘干机使用办法如下：先刷卡，再放衣服，烘四十分钟自己会停。用完请把门关好。"
    vectors = VectorStore(database, embedder)
    other = LoadedDocument("b", "理发室须知。理发请先取号，按号排队，过号重取。")
    ingest(database, vectors, [LoadedDocument("a", text), other], now=NOW)
    answering = answering_of(database, embedder)
    answer = answering.answer("洗衣房的烘干机怎么使用", institution_id=None, now=NOW)
    assert "先刷卡" in answer.citations[0].quote
    assert answer.citations[0].quote in text


def test_a_long_passage_is_cut_at_its_pauses(database: Database, embedder: Embedder) -> None:
    parts = [f"第{number}号库房存放第{number}批煤炭和木材以及草席" for number in range(40)]
    text = "，".join([*parts, "钥匙在门卫老赵那里", *parts]) + "。"
    vectors = VectorStore(database, embedder)
    ingest(database, vectors, [LoadedDocument("a", text)], now=NOW)
    answering = answering_of(database, embedder)
    answer = answering.answer("放煤炭的库房，钥匙在门卫老赵那里吗", institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.ANSWERED
    assert "钥匙在门卫老赵那里" in answer.citations[0].quote
    assert len(answer.citations[0].quote) <= MOST_CHARACTERS
    assert answer.citations[0].quote in text


def test_the_stretch_most_likely_to_answer_is_shown_first(
    database: Database, embedder: Embedder
) -> None:
    text = (
        "洗衣房须知。洗衣房设在一号楼。烘干机每次收费3元，投币使用。洗衣房下午5点锁门，逾期不候。"
    )
    ingest(database, VectorStore(database, embedder), [LoadedDocument("a", text)], now=NOW)
    answering = answering_of(database, embedder)
    answer = answering.answer("洗衣房的烘干机每次收费多少钱", institution_id=None, now=NOW)
    assert "3元" in answer.citations[0].quote
    shown = [citation.quote for citation in answer.citations]
    assert len(set(shown)) == len(shown)
    # Nothing is shown twice.
    starts = sorted((citation.start, citation.end) for citation in answer.citations)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(starts))
