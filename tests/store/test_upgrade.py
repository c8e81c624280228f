"""A home of the version before: upgraded with its documents in it, nothing is lost."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from app.schema import all_tables
from ingestion.entries import entry_of
from ingestion.library import list_documents, passages_of
from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.reading import read
from knowledge.life import DocumentState
from knowledge.models import Document, DocumentKind
from knowledge.vectors import VectorStore, content_hash
from store.clock import local_date
from store.database import Database
from store.keyring import Keyring
from store.migration import SCRIPTS, migrate
from tests.conftest import NOW
from tests.fakes.embedder import CountingEmbedder

TEXT = "食堂管理办法\n第一条 早饭七点开始，晚来的留饭。\n第二条 一律刷卡，不收现金。\n"
_AT = "2026-11-01 00:00:00"


@pytest.fixture(params=["sqlite", "postgresql"])
def old_home(
    request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring
) -> Iterator[Database]:
    """Return a database as the first version of the program left it."""
    all_tables()
    url = f"sqlite:///{tmp_path / 'junxiu.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server")
    database = Database(url, keyring)
    if request.param == "postgresql":
        with database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
    scripts = Path(shutil.copytree(SCRIPTS, tmp_path / "scripts"))
    for script in (scripts / "versions").glob("0*.py"):
        if not script.name.startswith("0001"):
            script.unlink()
    migrate(database, home_dir=tmp_path, now=NOW, scripts=scripts)
    yield database
    database.close()


def _write(connection: Connection, table: str, **values: object) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def _fill(connection: Connection) -> None:
    """Write what the first version wrote: a national document and a house's own."""
    _write(
        connection, "institutions", id=1, name="东山军休所", is_demonstration=False, created_at=_AT
    )
    reading = read(LoadedDocument("rules.txt", TEXT))
    for document_id, house, scope in ((1, None, "national"), (2, 1, "institution-1")):
        _write(
            connection,
            "documents",
            id=document_id,
            institution_id=house,
            scope=scope,
            external_id="rules.txt",
            title="食堂管理办法",
            source="政策文件" if house is None else "本所信息",
            text=TEXT,
            content_hash=reading.digest,
            version=3,
            ends_on="2026-12-31" if house else None,
            ingested_at=_AT,
        )
        for position, piece in enumerate(reading.pieces):
            words = reading.words(piece)
            _write(
                connection,
                "passages",
                id=10 * document_id + position,
                institution_id=house,
                document_id=document_id,
                position=position,
                source="政策文件" if house is None else "本所信息",
                is_heading=piece.is_heading,
                heading="",
                start=piece.start,
                end=piece.end,
                text=TEXT[piece.start : piece.end],
                content_hash=content_hash(words),
            )
        _write(connection, "index_generations", scope=scope, generation=7, changed_at=_AT)
    for words in reading.quotable:
        vector = CountingEmbedder().passage_vectors([words])[0].astype("<f4").tobytes()
        _write(
            connection,
            "passage_vectors",
            embedder="counting",
            content_hash=content_hash(words),
            vector=vector,
        )
    _write(
        connection,
        "audit",
        institution_id=1,
        at=_AT,
        actor="staff 1",
        act="log_in",
        permission="password",
    )


def _rows(connection: Connection, table: str) -> list[dict[str, object]]:
    found = connection.execute(text(f"SELECT * FROM {table}")).mappings()
    return sorted((dict(row) for row in found), key=lambda row: str(sorted(row.items(), key=str)))


TABLES = ("documents", "passages", "passage_vectors", "index_generations", "audit", "institutions")


def test_nothing_is_lost(old_home: Database, tmp_path: Path) -> None:
    with old_home.engine.begin() as connection:
        _fill(connection)
        before = {table: _rows(connection, table) for table in TABLES}
    assert migrate(old_home, home_dir=tmp_path, now=NOW)
    with old_home.engine.connect() as connection:
        for table in TABLES:
            columns = before[table][0].keys()
            kept = [{name: row[name] for name in columns} for row in _rows(connection, table)]
            assert sorted(kept, key=str) == sorted(before[table], key=str), table
            assert len(kept) > 0


def test_the_documents_go_on_living(old_home: Database, tmp_path: Path) -> None:
    with old_home.engine.begin() as connection:
        _fill(connection)
        if not old_home.is_sqlite:
            for table in ("documents", "passages", "institutions", "audit"):
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)")
                )
    migrate(old_home, home_dir=tmp_path, now=NOW)
    model = CountingEmbedder()
    vectors = VectorStore(old_home, model)
    with old_home.read() as session:
        document = session.get_one(Document, 1)
        assert document.kind is DocumentKind.TEXT
        assert entry_of(document).title == "食堂管理办法"
        passages = passages_of(session, 1)
        assert "".join(passage.text for passage in passages) == TEXT
        today = local_date(NOW)
        for house in (None, 1):
            (listed,) = list_documents(session, institution_id=house, today=today)
            assert listed.state is DocumentState.IN_FORCE
    same = ingest(old_home, vectors, [LoadedDocument("rules.txt", TEXT)], now=NOW)
    assert same.unchanged == 1
    assert model.given == []
    newer = TEXT.replace("一律刷卡，不收现金", "刷卡和现金都行")
    ingest(old_home, vectors, [LoadedDocument("rules.txt", newer)], now=NOW)
    with old_home.read() as session:
        kept = {passage.text: passage.id for passage in passages_of(session, 1)}
        assert session.get_one(Document, 1).version == 4
    before = {passage.text: passage.id for passage in passages}
    assert kept.keys() & before.keys()
    assert all(kept[words] == before[words] for words in kept.keys() & before.keys())
    assert model.given == ["第二条 刷卡和现金都行。"]


def test_the_copy_before_is_complete(old_home: Database, tmp_path: Path, keyring: Keyring) -> None:
    if not old_home.is_sqlite:
        pytest.skip("on PostgreSQL the operator's own backups are the ones to trust")
    with old_home.engine.begin() as connection:
        _fill(connection)
    migrate(old_home, home_dir=tmp_path, now=NOW)
    (backup,) = (tmp_path / "backups").iterdir()
    copy = Database(f"sqlite:///{backup}", keyring)
    with copy.engine.connect() as connection:
        assert [row["title"] for row in _rows(connection, "documents")] == ["食堂管理办法"] * 2
    copy.close()
