"""Vectors are kept by embedder and content: nothing twice, nothing broken, nothing forgotten."""

from collections.abc import Sequence

import numpy as np
import pytest
from sqlalchemy import func, select, update

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from knowledge.embedding import Vector
from knowledge.models import Document, PassageVector
from knowledge.vectors import VectorStore, content_hash, drop_orphans
from store.database import Database
from tests.conftest import NOW


class _Lengths:
    """Embeds a text as its length, and counts what it was given."""

    def __init__(self, name: str = "lengths") -> None:
        self.name = name
        self.dimensions = 3
        self.given: list[str] = []

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        self.given += texts
        return np.array([[len(text), 1, 0] for text in texts], dtype=np.float32)


@pytest.fixture
def lengths() -> _Lengths:
    return _Lengths()


def _count(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(PassageVector)) or 0


def test_each_text_is_embedded_once(either_database: Database, lengths: _Lengths) -> None:
    store = VectorStore(either_database, lengths)
    texts = ["一", "一二", "一", *(f"第{n}段" for n in range(20))]
    rows = store.vectors(texts)
    assert rows[:, 0].tolist() == [len(text) for text in texts]
    assert sorted(lengths.given) == sorted(set(texts))
    steps: list[tuple[int, int]] = []
    assert store.vectors(["一二", "新的"], lambda *step: steps.append(step))[:, 0].tolist() == [
        2,
        2,
    ]
    assert lengths.given[-1:] == ["新的"]
    assert steps == [(1, 1)]
    assert store.vectors([]).shape == (0, 3)


@pytest.mark.parametrize("broken", [b"", b"\0" * 8, np.full(3, np.nan, dtype="<f4").tobytes()])
def test_what_is_no_vector_is_embedded_anew(
    either_database: Database, lengths: _Lengths, broken: bytes
) -> None:
    store = VectorStore(either_database, lengths)
    store.vectors(["一"])
    with either_database.begin() as session:
        session.execute(update(PassageVector).values(vector=broken))
    assert store.vectors(["一"]).tolist() == [[1, 1, 0]]
    assert lengths.given == ["一", "一"]
    store.vectors(["一"])
    assert lengths.given == ["一", "一"]


def test_vectors_nobody_needs_are_dropped(either_database: Database, lengths: _Lengths) -> None:
    store = VectorStore(either_database, lengths)
    documents = [LoadedDocument("a", "甲说的话。\n甲又说。"), LoadedDocument("b", "乙说的话。")]
    ingest(either_database, store, documents, now=NOW)
    VectorStore(either_database, _Lengths("other")).vectors(["甲说的话。", "没有这段。"])
    assert _count(either_database) == 5
    with either_database.begin() as session:
        assert drop_orphans(session, [content_hash("甲说的话。")]) == 0
        assert drop_orphans(session, []) == 0
        assert drop_orphans(session) == 1
    with either_database.begin() as session:
        session.delete(session.query(Document).filter_by(external_id="a").one())
    with either_database.begin() as session:
        assert drop_orphans(session, [content_hash("甲说的话。")]) == 2
    assert _count(either_database) == 2
