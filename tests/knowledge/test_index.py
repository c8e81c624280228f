"""The index follows SQL: new, changed and gone passages, scopes, and who owns the directory."""

import hashlib
import json
import threading
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import chromadb
import numpy as np
import pytest
from chromadb.config import Settings
from sqlalchemy import delete

from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.publishing import find_document, remove, withdraw
from knowledge.answers import AnswerStatus
from knowledge.embedding import Embedder, Vector
from knowledge.generations import move_generation
from knowledge.index import Indexes
from knowledge.index_files import read_arrays
from knowledge.life import DocumentState
from knowledge.models import Document, PassageVector
from knowledge.vectors import VectorStore, drop_orphans
from store.clock import local_date
from store.database import Database
from store.identity import Institution
from store.keyring import Keyring
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

TODAY = local_date(NOW)
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


class _MadeUp:
    """Vectors of few numbers, the same for the same words; waits where it is told to."""

    name = "made-up"
    dimensions = 16

    def __init__(self) -> None:
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.is_waiting = threading.Event()

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        self.is_waiting.set()
        assert self.may_go_on.wait(10)
        rows = [list(hashlib.sha256(text.encode()).digest()[: self.dimensions]) for text in texts]
        vectors = np.array(rows, dtype=np.float32) - 127.5
        made: Vector = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return made


@pytest.fixture
def made_up() -> _MadeUp:
    return _MadeUp()


def _remove(database: Database, external_id: str) -> None:
    with database.begin() as session:
        session.delete(session.query(Document).filter_by(external_id=external_id).one())
        move_generation(session, "national", now=NOW)


def _everything_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def _nearest(indexes: Indexes, vectors: VectorStore, words: str) -> str:
    (index,) = indexes.current(None)
    near = index.near(vectors.vectors([words])[0], 3)
    return index.passages[max(near, key=lambda place: near[place])].quote


def _many(count: int) -> LoadedDocument:
    return LoadedDocument("many", "".join(f"第{n}间房住着{n + 3}个人。\n" for n in range(count)))


def test_vectors_are_read_by_place(
    database: Database, vectors: VectorStore, tmp_path: Path
) -> None:
    ingest(database, vectors, [_HOURS], now=NOW)
    indexes = Indexes(database=database, vectors=vectors, directory=tmp_path / "index")
    (index,) = indexes.current(None)
    places = [1, 0, 1]
    wanted = vectors.vectors([index.passages[place].quote for place in places])
    assert index.vectors(places).dtype == np.float32
    assert index.vectors(places).tolist() == wanted.tolist()
    assert index.vectors([]).shape == (0, vectors.dimensions)


def test_a_removed_document_leaves_no_trace(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS, LoadedDocument("secret", "秘密的标题\n秘密的话。")], now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=folder)
    assert "秘密的话。" in _quotes(indexes)
    assert "秘密的话".encode() in _everything_below(folder)
    _remove(database, "secret")
    assert _quotes(indexes) == {"早饭7点开始，午饭11点半开始。", "晚饭17点开始。"}
    below = _everything_below(folder)
    assert "秘密".encode() not in below
    assert json.dumps("秘密").strip('"').encode() not in below
    with database.read() as session:
        assert session.query(PassageVector).count() == 2
    (chroma,) = folder.glob("national/chroma-*")
    client = chromadb.PersistentClient(chroma, Settings(anonymized_telemetry=False))
    assert client.get_collection("national").count() == 2


def test_a_scope_without_documents_is_empty(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store = VectorStore(database, made_up)
    ingest(database, store, [_HOURS], now=NOW)
    _remove(database, "canteen")
    indexes = Indexes(database=database, vectors=store, directory=tmp_path / "index")
    (index,) = indexes.current(None)
    assert not len(index.passages)
    assert index.near(store.vectors(["晚饭"])[0], 5) == {}
    assert index.matching("晚饭").shape == index.about("晚饭").shape == (0,)


def test_the_generation_before_answers_while_the_next_is_built(
    database: Database, made_up: _MadeUp
) -> None:
    store = VectorStore(database, made_up)
    ingest(database, store, [_HOURS], now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=None)
    before = _quotes(indexes)
    # The passages are there, their vectors are not: whoever follows has to wait for the model.
    ingest(database, store, [LoadedDocument("b", "锅炉房在一楼。")], now=NOW)
    with database.begin() as session:
        drop_orphans(session)
        session.execute(delete(PassageVector))
    made_up.is_waiting.clear()
    made_up.may_go_on.clear()
    following = threading.Thread(target=indexes.current, args=(None,))
    following.start()
    assert made_up.is_waiting.wait(10)
    assert _quotes(indexes) == before
    made_up.may_go_on.set()
    following.join(10)
    assert _quotes(indexes) == before | {"锅炉房在一楼。"}


def test_what_is_withdrawn_or_removed_is_silent_while_the_next_is_built(
    database: Database, made_up: _MadeUp
) -> None:
    store = VectorStore(database, made_up)
    boiler, chess = LoadedDocument("b", "锅炉房在一楼。"), LoadedDocument("c", "下棋在二楼。")
    ingest(database, store, [_HOURS, boiler, chess], now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=None)
    indexes.current(None)
    with database.begin() as session:
        for name, verb in (("b", withdraw), ("c", remove)):
            document = find_document(session, name, institution_id=None)
            assert document is not None
            verb(session, document, now=NOW)
    ingest(database, store, [LoadedDocument("d", "理发在三楼。")], now=NOW)
    with database.begin() as session:
        session.execute(delete(PassageVector))
    made_up.is_waiting.clear()
    made_up.may_go_on.clear()
    following = threading.Thread(target=indexes.current, args=(None,))
    following.start()
    assert made_up.is_waiting.wait(10)
    (index,) = indexes.current(None)
    standing = {index.passages[int(at)].document for at in np.flatnonzero(index.standing(TODAY))}
    assert standing == {"canteen"}
    gone = [each.id for each in index.documents if each.external_id == "c"]
    assert index.lives.state(gone[0], TODAY) is DocumentState.WITHDRAWN
    made_up.may_go_on.set()
    following.join(10)


def test_beside_the_owner_the_index_is_read_and_never_written(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    Indexes(database=database, vectors=store, directory=folder).open_all()
    ingest(database, store, [LoadedDocument("b", "锅炉房在一楼。")], now=NOW)
    there = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    made_up.is_waiting.clear()
    beside = Indexes(database=database, vectors=store, directory=folder, owns=False)
    beside.open_all()
    assert _nearest(beside, store, "锅炉房在一楼。") == "锅炉房在一楼。"
    assert _nearest(beside, store, "晚饭17点开始。") == "晚饭17点开始。"
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == there
    assert not made_up.is_waiting.is_set()


@pytest.mark.parametrize(
    "damaged", ["passages-*/tiles.npy", "passages-*/manifest.json", "chroma.json", "chroma-*/*/*"]
)
def test_a_damaged_index_is_noticed_and_built_anew(
    database: Database,
    made_up: _MadeUp,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    damaged: str,
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    # As many as it takes for Chroma to write its graph.
    ingest(database, store, [_many(1100)], now=NOW)
    Indexes(database=database, vectors=store, directory=folder).open_all()
    files = list((folder / "national").glob(damaged))
    assert files
    for file in files:
        file.write_bytes(file.read_bytes()[:-7])
    indexes = Indexes(database=database, vectors=store, directory=folder)
    with caplog.at_level("WARNING"):
        indexes.open_all()
    assert [r.message for r in caplog.records if "built anew from SQL" in r.message] == [
        record.message for record in caplog.records
    ]
    assert len(caplog.records) == 1
    assert _nearest(indexes, store, "第700间房住着703个人。") == "第700间房住着703个人。"
    caplog.clear()
    again = Indexes(database=database, vectors=store, directory=folder)
    assert _nearest(again, store, "第700间房住着703个人。") == "第700间房住着703个人。"
    assert not caplog.records


def test_an_index_that_was_left_half_written_is_built_anew(
    database: Database, made_up: _MadeUp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    Indexes(database=database, vectors=store, directory=folder).open_all()
    (folder / "national" / "chroma.json").unlink()
    indexes = Indexes(database=database, vectors=store, directory=folder)
    assert _nearest(indexes, store, "晚饭17点开始。") == "晚饭17点开始。"
    assert "half-written" in caplog.text


def test_an_index_of_another_home_is_not_answered_from(
    database: Database, made_up: _MadeUp, tmp_path: Path, migrated_file: Path, keyring: Keyring
) -> None:
    # As when a backup is restored: the generation is the same, the passages are others.
    other_file = tmp_path / "other.sqlite3"
    other_file.write_bytes(migrated_file.read_bytes())
    other = Database(f"sqlite:///{other_file}", keyring)
    folder = tmp_path / "index"
    for each, document in ((other, _HOURS), (database, LoadedDocument("b", "锅炉房在一楼。"))):
        store = VectorStore(each, made_up)
        ingest(each, store, [document], now=NOW)
        indexes = Indexes(database=each, vectors=store, directory=folder)
        near = _nearest(indexes, store, "锅炉房在一楼。")
    other.close()
    assert near == "锅炉房在一楼。"
    assert _quotes(indexes) == {"锅炉房在一楼。"}


def test_where_chroma_fails_the_vectors_are_searched_one_by_one(
    database: Database, made_up: _MadeUp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=folder)
    indexes.open_all()
    (chroma,) = folder.glob("national/chroma-*")
    client = chromadb.PersistentClient(chroma, Settings(anonymized_telemetry=False))
    client.delete_collection("national")
    assert _nearest(indexes, store, "晚饭17点开始。") == "晚饭17点开始。"
    assert "Chroma does not answer" in caplog.text


def test_a_large_scope_is_written_after_the_answer(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=folder, large=0)
    indexes.open_all()
    for number in range(3):
        ingest(database, store, [LoadedDocument(f"b{number}", f"锅炉房在{number}楼。")], now=NOW)
        assert f"锅炉房在{number}楼。" in _quotes(indexes)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(10)
    (index,) = indexes.current(None)
    assert index.vectors([0]).tolist() == store.vectors([index.passages[0].quote]).tolist()
    assert [place.name for place in folder.glob("national/passages-*")] == ["passages-4"]
    kept = read_arrays(
        folder / "national",
        scope="national",
        embedder=made_up.name,
        dimensions=made_up.dimensions,
    )
    assert kept is not None
    assert len(kept.passages) == len(index.passages) == 5


def test_pairs_are_counted_by_document(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store = VectorStore(database, made_up)
    ingest(database, store, [_HOURS, LoadedDocument("b", "锅炉房在晚饭后关。")], now=NOW)
    (index,) = Indexes(database=database, vectors=store, directory=None).current(None)
    assert index.document_count == 2
    assert index.rows.tolist() == [0, 0, 1]
    documents, passages = index.counts(["晚饭", "早饭"])
    assert (documents.tolist(), passages.tolist()) == ([2, 1], [2, 1])
    held = index.passages_with(["晚饭", "开始"], np.array([0, 2]))
    assert held.tolist() == [[1, 2], [1, 0]]


def test_a_disk_that_cannot_be_written_stops_no_answer(
    database: Database, made_up: _MadeUp, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    folder.mkdir()
    (folder / "national").write_text("a file where a folder should be", encoding="utf-8")
    indexes = Indexes(database=database, vectors=store, directory=folder)
    assert _nearest(indexes, store, "晚饭17点开始。") == "晚饭17点开始。"
    assert "cannot be written" in caplog.text
    ingest(database, store, [LoadedDocument("b", "锅炉房在一楼。")], now=NOW)
    assert _nearest(indexes, store, "锅炉房在一楼。") == "锅炉房在一楼。"


def test_rebuilding_needs_nothing_but_sql(
    database: Database, made_up: _MadeUp, tmp_path: Path
) -> None:
    store, folder = VectorStore(database, made_up), tmp_path / "index"
    ingest(database, store, [_HOURS], now=NOW)
    ours = _house(database, "甲所")
    ingest(database, store, [LoadedDocument("b", "锅炉房在一楼。")], institution_id=ours, now=NOW)
    indexes = Indexes(database=database, vectors=store, directory=folder)
    indexes.open_all()
    with database.begin() as session:
        session.execute(delete(PassageVector))
    (folder / "institution-99").mkdir()
    (folder / "institution-99" / "old").write_text("old", encoding="utf-8")
    rebuilt = indexes.rebuild()
    assert {name: len(index.passages) for name, index in rebuilt.items()} == {
        "national": 2,
        f"institution-{ours}": 1,
    }
    assert sorted(f.name for f in folder.iterdir()) == [f"institution-{ours}", "national"]
    with database.read() as session:
        assert session.query(PassageVector).count() == 3


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
