"""Taking documents in: the same twice changes nothing, a new version changes only what changed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingestion.loaded import LoadedDocument, NothingToRead, Unreadable
from ingestion.pipeline import NOTICE_ID, ingest, ingest_bundled_notice, ingest_paths
from knowledge.embedding import Embedder, Vector
from knowledge.generations import generations
from knowledge.models import NATIONAL, Document, Passage, SourceKind
from knowledge.vectors import VectorStore
from store.database import Database
from tests.conftest import NOW


class CountingEmbedder:
    """The real model, with a note of what it was given."""

    def __init__(self) -> None:
        self._model = Embedder()
        self.name = self._model.name
        self.dimensions = self._model.dimensions
        self.given: list[str] = []

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        self.given += texts
        return self._model.passage_vectors(texts)


@pytest.fixture(scope="module")
def model() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def vectors(database: Database, model: CountingEmbedder) -> VectorStore:
    model.given.clear()
    return VectorStore(database, model)


def _rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {row.text.strip(): row.id for row in session.scalars(select(Passage))}


def _generation(database: Database) -> int:
    with database.read() as session:
        return generations(session, [NATIONAL])[NATIONAL]


def test_the_notice_knows_its_parts(database: Database, vectors: VectorStore) -> None:
    ingest_bundled_notice(database, vectors, now=NOW)
    with database.read() as session:
        document = session.scalars(select(Document)).one()
        passages = session.scalars(select(Passage).order_by(Passage.position)).all()
        assert document.external_id == NOTICE_ID
        assert "".join(passage.text for passage in passages) == document.text
        assert all(document.text[p.start : p.end] == p.text for p in passages)
        assert passages[2].source is SourceKind.NEWS
        assert passages[-1].source is SourceKind.INTERPRETATION
        assert passages[-1].heading == "8、关于下一步将开展的工作"


def test_the_same_again_changes_nothing(
    database: Database, vectors: VectorStore, model: CountingEmbedder
) -> None:
    ingest_bundled_notice(database, vectors, now=NOW)
    before, generation = _rows(database), _generation(database)
    model.given.clear()
    report = ingest_bundled_notice(database, vectors, now=NOW + timedelta(days=1))
    assert (report.added, report.updated, report.unchanged) == (0, 0, 1)
    assert _rows(database) == before
    assert _generation(database) == generation
    assert model.given == []


def test_a_new_version_changes_only_what_changed(
    database: Database, vectors: VectorStore, model: CountingEmbedder
) -> None:
    text = "第一条 每年体检一次。第二条 每天送餐两顿。第三条 用车提前一天说。"
    ingest(database, vectors, [LoadedDocument("rules", text)], now=NOW)
    before = _rows(database)
    model.given.clear()
    changed = text.replace("两顿", "三顿").replace("第三条 用车提前一天说。", "")
    report = ingest(database, vectors, [LoadedDocument("rules", changed)], now=NOW)
    after = _rows(database)
    kept = before.keys() & after.keys()
    assert report.updated == 1
    assert kept
    assert all(before[words] == after[words] for words in kept)
    assert not any("两顿" in words or "用车" in words for words in after)
    assert all("三顿" in words for words in model.given)


def test_a_folder_gives_its_files_by_their_paths(
    database: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    folder = tmp_path / "docs"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("早饭七点开始，晚来的留饭。", encoding="gb18030")
    (folder / "sub" / "b.jsonl").write_text(
        '{"id": "x", "text": "班车八点开，准时走。", "title": "班车"}\n\n', encoding="utf-8-sig"
    )
    (folder / "picture.png").write_bytes(b"\x89PNG")
    ingest_paths(database, vectors, [folder], now=NOW)
    ingest_paths(database, vectors, [folder / "a.txt"], now=NOW)
    with database.read() as session:
        found = {d.external_id: d.title for d in session.scalars(select(Document))}
    assert found == {"a.txt": "a.txt", "x": "班车"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.txt", b"  \n"),
        ("broken.txt", b"\xff\xff\x00\x01\xfa"),
        ("no.jsonl", b'{"id": "1", "text": "x"}\n{"id": 2, "text": "x"}'),
        ("not.jsonl", b"hello"),
        ("list.jsonl", b"[1]"),
    ],
)
def test_an_unreadable_file_leaves_nothing(
    database: Database, vectors: VectorStore, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / "a.txt").write_text("这一份读得出来。", encoding="utf-8")
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unreadable, match=name):
        ingest_paths(database, vectors, [tmp_path / "a.txt", tmp_path / name], now=NOW)
    assert _rows(database) == {}


def test_a_path_to_nothing_is_said(
    database: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    with pytest.raises(NothingToRead):
        ingest_paths(database, vectors, [tmp_path / "nowhere"], now=NOW)
