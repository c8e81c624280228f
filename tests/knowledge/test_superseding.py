"""Only what is in force answers; who asks about what no longer holds is told what does."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ingestion.entries import Entry
from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.publishing import withdraw
from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.grounding import unbacked_numbers
from knowledge.models import Document
from knowledge.vectors import VectorStore
from store.clock import local_date
from store.database import Database
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

TODAY = local_date(NOW)
A_DAY = timedelta(days=1)
OLD = "军休所食堂暂行规定\n第一条 早饭七点开始，晚来的留饭。\n第二条 伙食费每人每月600元。\n第三条 带客人提前半天说。"
NEW = "军休所食堂管理办法\n第一条 早饭七点开始，晚来的留饭。\n第二条 伙食费每人每月750元。"
COST = "伙食费每人每月多少钱"


class Home:
    """A home whose documents come and go."""

    def __init__(self, database: Database, embedder: Embedder) -> None:
        self._database = database
        self._vectors = VectorStore(database, embedder)
        self.answering: Answering = answering_of(database, embedder)

    def take(self, key: str, text: str, *, replaces: str | None = None, **given: Any) -> None:
        if replaces is not None:
            given["replaces_id"] = self.document(replaces).id
        documents = [LoadedDocument(key, text)]
        ingest(self._database, self._vectors, documents, given=Entry(**given), now=NOW)

    def document(self, key: str) -> Document:
        with self._database.read() as session:
            return session.scalars(select(Document).where(Document.external_id == key)).one()

    def withdraw(self, key: str) -> None:
        with self._database.begin() as session:
            document = session.get_one(Document, self.document(key).id)
            withdraw(session, document, now=NOW)

    def ask(self, question: str, *, days: int = 0) -> tuple[str, list[str], AnswerStatus]:
        """Return what is read, the documents quoted, and how it ended; no number is made up."""
        answer = self.answering.answer(question, institution_id=None, now=NOW + days * A_DAY)
        quotes = [citation.quote for citation in answer.citations]
        if quotes:
            assert unbacked_numbers(answer.text, quotes=quotes, question=question) == []
        return answer.text, [citation.document for citation in answer.citations], answer.status


@pytest.fixture
def home(database: Database, embedder: Embedder) -> Home:
    return Home(database, embedder)


def test_a_superseded_clause_is_answered_from_its_successor_and_said_so(home: Home) -> None:
    home.take("old", OLD)
    assert home.ask(COST)[1] == ["old"]
    home.take("new", NEW, replaces="old")
    text, documents, status = home.ask(COST)
    assert text.startswith(
        "《军休所食堂暂行规定》已经由《军休所食堂管理办法》代替，下面是现在有效的说法。\n"
    )
    assert "750元" in text
    assert "600元" not in text
    assert documents == ["new"]
    assert status is AnswerStatus.ANSWERED


def test_of_a_clause_that_still_reads_the_same_nothing_is_said(home: Home) -> None:
    home.take("old", OLD)
    home.take("new", NEW, replaces="old")
    text, documents, _ = home.ask("早饭几点开始")
    assert "代替" not in text
    assert documents[0] == "new"


def test_a_successor_for_later_changes_nothing_before_its_day(home: Home) -> None:
    home.take("old", OLD)
    home.take("new", NEW, replaces="old", starts_on=TODAY + A_DAY)
    text, documents, _ = home.ask(COST)
    assert "600元" in text
    assert "代替" not in text
    assert set(documents) == {"old"}
    text, documents, _ = home.ask(COST, days=1)
    assert "750元" in text
    assert "代替" in text
    assert set(documents) == {"new"}


@pytest.mark.parametrize(
    "question",
    [
        "《军休所食堂暂行规定》里伙食费每人每月多少钱",
        "军休所食堂暂行规定说伙食费每人每月多少钱",
        "军休发[2019]3号里伙食费每人每月多少钱",
    ],
)
def test_a_question_that_names_the_old_document(home: Home, question: str) -> None:
    home.take("old", OLD, number="军休发〔2019〕3号")
    home.take("new", NEW, replaces="old")
    text, documents, status = home.ask(question)
    assert text.startswith("《军休所食堂暂行规定》已经由《军休所食堂管理办法》代替")
    assert "750元" in text
    assert documents[0] == "new"
    assert status is AnswerStatus.ANSWERED


def test_what_the_successor_no_longer_says_is_not_said(home: Home) -> None:
    home.take("old", OLD)
    home.take("new", NEW, replaces="old")
    text, documents, status = home.ask("按军休所食堂暂行规定，带客人要提前多久说")
    assert "半天" not in text
    assert status is not AnswerStatus.ANSWERED or "new" in documents
    assert text.startswith("《军休所食堂暂行规定》已经由《军休所食堂管理办法》代替")


def test_a_number_in_a_title_is_never_said_without_a_source(home: Home) -> None:
    home.take("old", OLD.replace("暂行规定", "暂行规定2019年版"))
    home.take("new", NEW.replace("管理办法", "管理办法2026年版"), replaces="old")
    text, _, _ = home.ask(COST)
    assert text.startswith("原来的文件已经由新的代替，下面是现在有效的说法。")


def test_two_of_one_title(home: Home) -> None:
    home.take("old", OLD.replace("暂行规定", "管理办法"))
    home.take("new", NEW, replaces="old")
    text, documents, _ = home.ask(COST)
    assert text.startswith("《军休所食堂管理办法》已经换了新的，下面是现在有效的说法。")
    assert documents == ["new"]


def test_a_successor_withdrawn_lets_the_old_one_answer_again(home: Home) -> None:
    home.take("old", OLD)
    home.take("new", NEW, replaces="old")
    home.withdraw("new")
    text, documents, _ = home.ask(COST)
    assert "600元" in text
    assert "代替" not in text
    assert documents == ["old"]


def test_a_chain_is_answered_from_its_end(home: Home) -> None:
    home.take("old", OLD)
    home.take("new", NEW, replaces="old")
    home.take("newest", NEW.replace("750", "800").replace("管理", "服务"), replaces="new")
    text, documents, _ = home.ask("《军休所食堂暂行规定》里伙食费每人每月多少钱")
    assert text.startswith("《军休所食堂暂行规定》已经由《军休所食堂服务办法》代替")
    assert "800元" in text
    assert documents[0] == "newest"


def test_many_that_no_longer_hold_do_not_crowd_out_the_one_that_does(home: Home) -> None:
    for number in range(60):
        home.take(f"past-{number}", OLD.replace("600", str(100 + number)), ends_on=TODAY - A_DAY)
    home.take("present", NEW.replace("每人每月", "标准是一位老同志一个月"))
    text, documents, _ = home.ask(COST)
    assert "750元" in text
    assert set(documents) == {"present"}


def test_where_it_stands(home: Home) -> None:
    home.take("new", NEW, number="军休发〔2026〕3号", issued_on=date(2026, 3, 1))
    answer = home.answering.answer(COST, institution_id=None, now=NOW)
    first = answer.citations[0]
    assert (first.title, first.source) == ("军休所食堂管理办法", "政策文件")
    assert (first.number, first.dated_on) == ("军休发〔2026〕3号", date(2026, 3, 1))
