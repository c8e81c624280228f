"""The index follows SQL: new, changed and gone passages, scopes, and who owns the directory."""

from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder
from knowledge.index import Indexes
from knowledge.models import Document
from knowledge.vectors import VectorStore
from store.database import Database
from store.identity import Institution
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

_HOURS = LoadedDocument("canteen", "食堂开饭时间\n早饭7点开始，午饭11点半开始。\n晚饭17点开始。")


def _quotes(indexes: Indexes, institution_id: int | None = None) -> set[str]:
    return {p.quote for index in indexes.current(institution_id) for p in index.passages}


@pytest.fixture
def vectors(database: Database, embedder: Embedder) -> VectorStore:
    return VectorStore(database, embedder)


def _house(database: Database, name: str) -> int:
    with database.begin() as session:
        house = Institution(name=name, created_at=NOW)
        session.add(house)
        session.flush()
        return house.id


def test_an_index_follows_a_new_version(database: Database, vectors: VectorStore) -> None:
    indexes = Indexes(database=database, vectors=vectors, directory=None)
    ingest(database, vectors, [_HOURS], now=NOW)
    assert "晚饭17点开始。" in _quotes(indexes)
    changed = LoadedDocument("canteen", _HOURS.text.replace("17", "18"))
    ingest(database, vectors, [changed], now=NOW)
    assert "晚饭18点开始。" in _quotes(indexes)
    assert "晚饭17点开始。" not in _quotes(indexes)
    (index,) = indexes.current(None)
    near = index.near(vectors.vectors(["晚饭18点开始。"])[0], 10)
    assert set(near) == set(range(len(index.passages)))


def test_a_persistent_index_is_opened_as_it_was_left(
    database: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    ingest(database, vectors, [_HOURS], now=NOW)
    first = Indexes(database=database, vectors=vectors, directory=tmp_path / "index")
    second = Indexes(database=database, vectors=vectors, directory=tmp_path / "index")
    question = vectors.vectors(["晚饭17点开始。"])[0]
    near = [max(i.current(None)[0].near(question, 5).values()) for i in (first, second)]
    assert near == pytest.approx([1.0, 1.0], abs=1e-4)


def test_another_embedder_never_mixes_its_vectors(
    database: Database, embedder: Embedder, tmp_path: Path
) -> None:
    class Turned:
        name = "turned"
        dimensions = embedder.dimensions

        def passage_vectors(self, texts):  # type: ignore[no-untyped-def]
            return -embedder.passage_vectors(texts)

    stores = [VectorStore(database, embedder), VectorStore(database, Turned())]
    for store in stores:
        ingest(database, store, [_HOURS], now=NOW)
        indexes = Indexes(database=database, vectors=store, directory=tmp_path / "index")
        question = store.vectors(["晚饭17点开始。"])[0]
        assert max(indexes.current(None)[0].near(question, 5).values()) == pytest.approx(
            1.0, abs=1e-4
        )


def test_a_house_is_answered_from_its_own_documents(
    database: Database, vectors: VectorStore, embedder: Embedder
) -> None:
    ours, theirs = _house(database, "甲所"), _house(database, "乙所")
    ingest(database, vectors, [_HOURS], institution_id=ours, now=NOW)
    other = LoadedDocument("canteen", _HOURS.text.replace("17点", "18点"))
    ingest(database, vectors, [other], institution_id=theirs, now=NOW)
    answering = answering_of(database, embedder)
    shown = {
        house: answering.answer("食堂晚饭几点开始", institution_id=house, now=NOW)
        for house in (ours, theirs, None)
    }
    assert "17点" in shown[ours].citations[0].quote
    assert "18点" in shown[theirs].citations[0].quote
    assert shown[ours].citations[0].source == "本所信息"
    assert shown[None].status is AnswerStatus.NOT_IN_DOCUMENTS


def test_a_document_past_its_end_no_longer_answers(
    database: Database, vectors: VectorStore, embedder: Embedder
) -> None:
    ingest(database, vectors, [_HOURS], now=NOW)
    with database.begin() as session:
        document = session.query(Document).one()
        document.ends_on = NOW.date()
    answering = answering_of(database, embedder)
    today = answering.answer("食堂晚饭几点开始", institution_id=None, now=NOW)
    later = answering.answer("食堂晚饭几点开始", institution_id=None, now=NOW + timedelta(days=1))
    assert today.status is AnswerStatus.ANSWERED
    assert later.status is AnswerStatus.NOT_IN_DOCUMENTS
