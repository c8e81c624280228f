"""Amounts, days and counts of a house's own papers: the answer, and never said to be missing."""

import pytest

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest, ingest_bundled_notice
from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

RIDES = """军休干部出行保障办法
第一条 军休干部因病就医用车，每月免费不超过4次。
第二条 用车应当提前1天向军休机构申请，急病随叫随到。
第三条 外地就医用车，每公里收费0.8元。
"""
WIDOWS = """军休干部遗属生活补助发放办法
第二条 遗属生活补助按下表标准按月发放，每月15日前发到本人银行卡。
人员类别：红军遗属；居住地：城镇；每月标准（元）：2380。
人员类别：其他军休干部遗属；居住地：城镇；每月标准（元）：1520。
"""
REPAIRS = """关于房屋维修基金使用的通知
由住户向军休机构提出书面申请，军休机构应当在10个工作日内答复。
每户每年使用维修基金不超过8000元。超出部分由住户自行承担。
"""


@pytest.fixture
def papers(database: Database, embedder: Embedder) -> Answering:
    """Return an Answering over the notice and three papers of the kind a house has."""
    vectors = VectorStore(database, embedder)
    ingest_bundled_notice(database, vectors, now=NOW)
    texts = {"rides": RIDES, "widows": WIDOWS, "repairs": REPAIRS}
    documents = [LoadedDocument(name, text) for name, text in texts.items()]
    ingest(database, vectors, documents, now=NOW)
    return answering_of(database, embedder)


def test_what_stands_beside_its_subject_answers(papers: Answering) -> None:
    held = {
        "看病用车一个月免费几次": "4次",
        "外地看病一公里多少钱": "0.8元",
        "用车要提前几天申请": "1天",
        "红军遗属每月多少钱": "2380",
        "遗属补助几号到账": "15日",
        "申请维修基金多久给回话": "10个工作日",
    }
    answers = {each: papers.answer(each, institution_id=None, now=NOW) for each in held}
    assert {each: answer.status for each, answer in answers.items()} == dict.fromkeys(
        held, AnswerStatus.ANSWERED
    )
    assert [
        each for each, words in held.items() if words not in answers[each].citations[0].quote
    ] == []


def test_an_amount_is_no_telephone_number(papers: Answering) -> None:
    answer = papers.answer("维修基金电话多少", institution_id=None, now=NOW)
    assert answer.status is not AnswerStatus.ANSWERED
