"""What thinks: the embedder, the search index and answering, understanding; built once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.home import Home, Tell
from app.progress import progress_bar
from app.saying import SAY
from booking.services import Catalog
from bot.understanding.examples import load_examples
from bot.understanding.understanding import Understanding
from bot.understanding.words import load_words
from ingestion.pipeline import (
    IngestReport,
    has_documents,
    ingest_bundled_notice,
    ingest_paths,
)
from knowledge.answering import Answering
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, Vector
from knowledge.index import Indexes
from knowledge.lexicon import Lexicon
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.clock import Clock


@dataclass(frozen=True, slots=True)
class Library:
    """The documents of a home and the model that embeds them."""

    home: Home
    embedder: Embedder
    vectors: VectorStore

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

    def take_in(self, paths: Iterable[Path], *, now: datetime) -> IngestReport:
        """Take in files and folders as national documents."""
        with progress_bar(SAY.say("ingest.bar")) as progress:
            return ingest_paths(self.home.database, self.vectors, paths, now=now, progress=progress)


@dataclass(frozen=True, slots=True)
class Mind:
    """One embedder for understanding and answering alike."""

    embedder: Embedder
    answering: Answering
    understanding: Understanding


def open_library(home: Home) -> Library:
    """Load the model."""
    embedder = Embedder()
    return Library(home, embedder, VectorStore(home.database, embedder))


def build_mind(library: Library, catalog: Catalog, *, owns_index: bool) -> Mind:
    """Open the search index and put answering and understanding together.

    Args:
        owns_index: this process is the only one on the home, so the index is kept on disk;
            any other builds its own in memory, from the same vectors.
    """
    indexes = Indexes(
        database=library.home.database,
        vectors=library.vectors,
        directory=library.home.path / "chroma" if owns_index else None,
    )
    # Now, so that nobody's first question waits for it.
    indexes.current(None)
    answering = Answering(
        indexes=indexes,
        embedder=library.embedder,
        lexicon=Lexicon(),
        kinds=AskedKinds(),
        wording=Wording(),
        service_topics={service.id: service.topics for service in catalog.bookable},
    )
    return Mind(library.embedder, answering, build_understanding(library.embedder.query_vector))


def build_understanding(embed: Callable[[str], Vector]) -> Understanding:
    """Read the bundled words and examples."""
    return Understanding(words=load_words(), examples=load_examples(), embed=embed)
