"""Fixtures of the knowledge side: the real model and a home that holds the notice."""

from pathlib import Path

import pytest
from sqlalchemy import text

from ingestion.pipeline import KNOWN_QUESTIONS, NOTICE_ID, ingest_bundled_notice
from knowledge.answering import Answering, InPlainWords
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.experience import load_experience
from knowledge.house_facts import HouseFacts
from knowledge.index import Indexes
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.personal import PersonalExamples, PersonalQuestions
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.database import Database
from store.keyring import Keyring
from tests.conftest import NOW

SERVICE_TOPICS = {
    "meal": ["就餐", "外卖配送", "吃饭"],
    "ride": ["出行", "网上约车", "打车"],
    "checkup": ["体检"],
}


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    """Return the real model, loaded once."""
    return Embedder()


def answering_of(
    database: Database,
    embedder: Embedder,
    *,
    language_model: InPlainWords | None = None,
    lexicon: Lexicon | None = None,
) -> Answering:
    """Return an Answering over a database, its index in memory."""
    vectors = VectorStore(database, embedder)
    return Answering(
        indexes=Indexes(database=database, vectors=vectors, directory=None),
        house_facts=HouseFacts(database=database, vectors=vectors),
        embedder=embedder,
        lexicon=lexicon or Lexicon(),
        kinds=AskedKinds(),
        personal=PersonalQuestions(examples=PersonalExamples(embedder.query_vector)),
        wording=Wording(),
        known=KnownQuestions(KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector),
        experience=load_experience(),
        service_topics=SERVICE_TOPICS,
        language_model=language_model,
    )


@pytest.fixture(scope="session")
def notice_file(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    keyring: Keyring,
    embedder: Embedder,
) -> Path:
    """Return a database file that holds the bundled notice, made once, to be copied."""
    target = tmp_path_factory.mktemp("notice") / "junxiu.sqlite3"
    target.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{target}", keyring)
    ingest_bundled_notice(database, VectorStore(database, embedder), now=NOW)
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    return target


@pytest.fixture(scope="session")
def notice_database(notice_file: Path, keyring: Keyring) -> Database:
    """Return a database that holds the bundled notice; for reading only."""
    return Database(f"sqlite:///{notice_file}", keyring)


@pytest.fixture(scope="session")
def notice(notice_database: Database, embedder: Embedder) -> Answering:
    """Return an Answering over the bundled notice."""
    return answering_of(notice_database, embedder)
