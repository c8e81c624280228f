"""Asking as if a document were not there is asking where it is not there."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.evaluation.evaluating import evaluate
from knowledge.evaluation.sets import Kind, QuestionSet, Score, SetQuestion
from knowledge.evaluation.taking_out import without_document
from knowledge.generations import move_generation
from knowledge.models import Document, Passage
from knowledge.vectors import VectorStore
from store.database import Database
from store.keyring import Keyring
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

PLACES = ("洗衣房", "理发室", "门球场", "图书室", "开水房", "储物间", "停车棚", "活动室")
RULES = (
    "{}上午8点开门，下午5点锁门。钥匙由值班员保管，丢失照价赔偿。",
    "{}每次收费{}元，投币使用。雨天停用，天晴当天恢复。",
    "{}的设备坏了请先登记。修理工星期{}上门，材料费由所里出。",
)
NUMBERS = "三四五六七八九十"


def houses() -> list[LoadedDocument]:
    """Return small documents that have many words in common."""
    found: list[LoadedDocument] = []
    for number, place in enumerate(PLACES):
        body = "".join(rule.format(place, NUMBERS[number]) for rule in RULES)
        found.append(LoadedDocument(f"house-{number}", f"{place}须知\n{body}"))
    return found


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    keyring: Keyring,
    embedder: Embedder,
) -> Path:
    """Return a database file that holds the documents."""
    file = tmp_path_factory.mktemp("town") / "junxiu.sqlite3"
    shutil.copyfile(migrated_file, file)
    database = Database(f"sqlite:///{file}", keyring)
    ingest(database, VectorStore(database, embedder), houses(), now=NOW)
    database.close()
    return file


@pytest.fixture
def database(tmp_path: Path, town: Path, keyring: Keyring) -> Iterator[Database]:
    """Return a database of this test's own with the documents in it."""
    file = tmp_path / "junxiu.sqlite3"
    shutil.copyfile(town, file)
    database = Database(f"sqlite:///{file}", keyring)
    yield database
    database.close()


@pytest.fixture
def answering(database: Database, embedder: Embedder) -> Answering:
    return answering_of(database, embedder)


def take_out(database: Database, external_id: str) -> None:
    """Take a document really out."""
    with database.begin() as session:
        document = session.scalars(
            select(Document).where(Document.external_id == external_id)
        ).one()
        session.execute(delete(Passage).where(Passage.document_id == document.id))
        session.delete(document)
        move_generation(session, document.scope, now=NOW)


@pytest.mark.parametrize("number", range(len(PLACES)))
def test_it_is_as_if_the_document_were_gone(
    answering: Answering, database: Database, embedder: Embedder, number: int
) -> None:
    asked = (
        f"{PLACES[number]}每次收费多少元",
        f"{PLACES[number]}设备坏了星期几修理",
        f"{PLACES[number - 1]}每次收费多少元",
    )
    without = without_document(answering, f"house-{number}")
    as_if = [without.answer(question, institution_id=None, now=NOW) for question in asked]
    take_out(database, f"house-{number}")
    gone = answering_of(database, embedder)
    for question, one in zip(asked, as_if, strict=True):
        other = gone.answer(question, institution_id=None, now=NOW)
        assert one.status is other.status, question
        assert one.citations == other.citations
        assert one.confidence == pytest.approx(other.confidence, abs=0.02)


def test_the_document_answers_before_and_never_after(answering: Answering) -> None:
    question = "开水房每次收费多少元"
    assert answering.answer(question, institution_id=None, now=NOW).citations[0].document == (
        "house-4"
    )
    without = without_document(answering, "house-4").answer(question, institution_id=None, now=NOW)
    assert "house-4" not in {citation.document for citation in without.citations}


def test_with_its_only_document_gone_nothing_is_found(notice: Answering) -> None:
    answer = without_document(notice, "notice").answer("每年体检几次", institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.NOT_IN_DOCUMENTS


def test_a_document_that_is_not_there_changes_nothing(answering: Answering) -> None:
    question = "开水房每次收费多少元"
    before = answering.answer(question, institution_id=None, now=NOW)
    after = without_document(answering, "no such").answer(question, institution_id=None, now=NOW)
    assert (after.status, after.citations) == (before.status, before.citations)
    assert after.confidence == before.confidence


def test_a_set_is_asked_twice_where_it_names_a_document(
    answering: Answering, database: Database
) -> None:
    questions = (
        SetQuestion(
            "1", "开水房每次收费多少元", Kind.DOCUMENT, ("每次收费七元",), document="house-4"
        ),
        SetQuestion("2", "明天下不下雨", Kind.OFFTOPIC),
    )
    report = evaluate(
        answering,
        database,
        QuestionSet("town", questions),
        institution_id=None,
        now=NOW,
        without_documents=True,
    )
    first, second = report.outcomes
    assert first.without is not None
    assert "house-4" not in {citation.document for citation in first.without.citations}
    assert second.without is None
    # Both askings of the first, one of the second.
    assert report.curve.points[-1].coverage == 1.0
    counted = {tally.name: tally.asked for tally in report.tallies}
    assert counted[Score.WITHOUT_DOCUMENT] == 1
    assert counted[Score.OFFTOPIC] == 1
