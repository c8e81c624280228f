"""The documents of a home, the model that finds them, and the index they are found in."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.home import Home, Tell
from app.progress import progress_bar
from app.saying import SAY
from app.settings import Settings
from ingestion.entries import Entry
from ingestion.pipeline import IngestReport, has_documents, ingest_bundled_notice, ingest_paths
from knowledge.embedding import Embedder, TextEmbedder
from knowledge.house_facts import HouseFacts
from knowledge.index import Indexes, ScopeIndex
from knowledge.reranker import Reranker
from knowledge.sentence_transformer import SentenceTransformerEmbedder
from knowledge.vectors import VectorStore, drop_orphans
from store.clock import Clock
from store.home import read_fact, write_fact

INDEX_FOLDER = "index"
EMBEDDER_FACT = "embedder"
_OTHER_EMBEDDER = "sentence-transformers:"


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of a home and the model that embeds them."""

    home: Home
    embedder: TextEmbedder
    vectors: VectorStore
    reranker: Reranker | None = None

    def take_in_notice(self, *, clock: Clock, tell: Tell) -> None:
        """Take in the bundled notice, where no document is there yet."""
        with self.home.database.read() as session:
            if has_documents(session):
                return
        tell(SAY.say("serve.reading"))
        with progress_bar(SAY.say("ingest.bar")) as progress:
            report = ingest_bundled_notice(
                self.home.database, self.vectors, now=clock(), progress=progress
            )
        tell(SAY.say("serve.read", passages=report.passages))

    def take_in(
        self,
        paths: Iterable[Path],
        *,
        institution_id: int | None = None,
        given: Entry | None = None,
        now: datetime,
    ) -> IngestReport:
        """Take in files and folders, as national documents or as an institution's own."""
        with progress_bar(SAY.say("ingest.bar")) as progress:
            return ingest_paths(
                self.home.database,
                self.vectors,
                paths,
                institution_id=institution_id,
                given=given,
                now=now,
                progress=progress,
            )

    def open_facts(self) -> HouseFacts:
        """Open the facts of every house.

        Whatever finds the passages, facts go by the embedded model, which they were measured with.
        """
        facts = HouseFacts(database=self.home.database, vectors=self.fact_vectors())
        facts.open_all()
        return facts

    def fact_vectors(self) -> VectorStore:
        """Return the vectors that facts of a house are found by."""
        embedder = self.embedder if isinstance(self.embedder, Embedder) else Embedder()
        return VectorStore(self.home.database, embedder)

    def follow(self, institution_id: int | None) -> None:
        """Bring the index on disk up to date; only for the owner of the home."""
        if (self.home.path / INDEX_FOLDER).exists():
            _indexes(self, owns_index=True).current(institution_id)


def open_library(home: Home, settings: Settings) -> Library:
    """Load the model that is set, and the reranker where one is.

    Raises:
        ExtraMissing, ModelNotUsable: it is not installed, or there is no such model.
    """
    embedder = _embedder(settings.embedder)
    reranker = Reranker(settings.reranker) if settings.reranker else None
    return Library(home, embedder, VectorStore(home.database, embedder), reranker)


def open_indexes(library: Library, *, owns_index: bool, tell: Tell) -> Indexes:
    """Open the search index of every scope, so that nobody's first question waits for it.

    Args:
        owns_index: this process is the only one on the home, so it writes the index there; any
            other reads it, and keeps in memory what it finds out of date.
        tell: is told when passages have to be embedded anew by another model.
    """
    indexes = _indexes(library, owns_index=owns_index)
    _tell_of_another_embedder(library, tell)
    with progress_bar(SAY.say("index.bar")) as progress:
        indexes.open_all(progress)
    if owns_index:
        _remember_embedder(library)
    return indexes


def rebuild_indexes(library: Library, *, tell: Tell) -> tuple[int, dict[str, ScopeIndex]]:
    """Build every index from SQL alone; return how many vectors nobody needed, and the indexes.

    The caller owns the home.
    """
    database = library.home.database
    with database.begin() as session:
        dropped = drop_orphans(session)
    indexes = _indexes(library, owns_index=database.is_sqlite)
    _tell_of_another_embedder(library, tell)
    with progress_bar(SAY.say("index.bar")) as progress:
        opened = indexes.rebuild(progress)
    # Their vectors are of no passage, so they went with those that nobody needs.
    library.open_facts()
    _remember_embedder(library)
    return dropped, opened


def _embedder(chosen: str) -> TextEmbedder:
    if chosen.startswith(_OTHER_EMBEDDER):
        return SentenceTransformerEmbedder(chosen.removeprefix(_OTHER_EMBEDDER))
    return Embedder()


def _indexes(library: Library, *, owns_index: bool) -> Indexes:
    if owns_index:
        # Where earlier versions kept it.
        shutil.rmtree(library.home.path / "chroma", ignore_errors=True)
    return Indexes(
        database=library.home.database,
        vectors=library.vectors,
        directory=library.home.path / INDEX_FOLDER,
        owns=owns_index,
    )


def _tell_of_another_embedder(library: Library, tell: Tell) -> None:
    with library.home.database.read() as session:
        before = read_fact(session, EMBEDDER_FACT)
    if before is not None and before != library.embedder.name:
        tell(SAY.say("index.other_embedder", before=before, now=library.embedder.name))


def _remember_embedder(library: Library) -> None:
    """Let the home say which model its index was built with."""
    with library.home.database.begin() as session:
        if read_fact(session, EMBEDDER_FACT) != library.embedder.name:
            write_fact(session, EMBEDDER_FACT, library.embedder.name)
