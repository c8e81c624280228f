"""Trying a question on a draft before it is published, and making its vectors meanwhile."""

import logging
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from ingestion.entries import Entry
from ingestion.loaded import LoadedDocument
from ingestion.pipeline import ingest
from ingestion.reading import Reading
from knowledge.answering import Answering
from knowledge.answers import Answer
from knowledge.embedding import Vector
from knowledge.index import Indexes
from knowledge.vectors import VectorStore
from store.base import Base
from store.database import Database
from store.keyring import Keyring

_log = logging.getLogger(__name__)
AnsweringOver = Callable[[Indexes], Answering]


class _Stopped(Exception):
    """The process is asked to stop."""


@dataclass(frozen=True, slots=True)
class _OpenDraft:
    """A draft in a home of its own, and what answers from it."""

    wanted: tuple[Reading, Entry]
    folder: tempfile.TemporaryDirectory[str]
    database: Database
    answering: Answering


class ReadingRoom:
    """Where a draft is read before the house can: it has the model, and an index of one draft."""

    def __init__(
        self,
        *,
        vectors: VectorStore,
        answering_over: AnsweringOver,
        keyring: Keyring,
        stopping: Callable[[], bool],
    ) -> None:
        """Take the vectors of the home, and what answers over an index."""
        self._vectors = vectors
        self._answering_over = answering_over
        self._keyring = keyring
        self._stopping = stopping
        self._embedding = threading.Lock()
        self._trying = threading.Lock()
        self._open: _OpenDraft | None = None
        self._preparing: list[threading.Thread] = []

    def prepare(self, reading: Reading) -> None:
        """Make the vectors of a draft while it is looked at; publishing then waits for none."""
        thread = threading.Thread(target=self._prepare, args=(reading,), daemon=True)
        self._preparing = [each for each in self._preparing if each.is_alive()]
        self._preparing.append(thread)
        thread.start()

    def embed(self, reading: Reading) -> None:
        """Make the vectors that are still missing; whoever publishes next finds them."""
        with self._embedding:
            self._vectors.vectors(reading.quotable)

    def ask(self, reading: Reading, entry: Entry, question: str, *, now: datetime) -> Answer:
        """Answer a question from a draft alone, as if it held today."""
        with self._trying:
            answering = self._answering(reading, entry, now)
            return answering.answer(question, institution_id=None, now=now)

    def close(self) -> None:
        """Wait for what is being prepared; it ends soon after the process is asked to stop."""
        for thread in self._preparing:
            thread.join()
        self._forget()

    def _prepare(self, reading: Reading) -> None:
        try:
            with self._embedding:
                self._vectors.vectors(reading.quotable, self._go_on)
        except _Stopped:
            pass
        except SQLAlchemyError as error:
            # Nothing is lost: whoever publishes makes them.
            _log.warning("the vectors of a draft could not be kept: %s", type(error).__name__)

    def _go_on(self, _done: int, _all: int) -> None:
        if self._stopping():
            raise _Stopped

    def _answering(self, reading: Reading, entry: Entry, now: datetime) -> Answering:
        """Return what answers from this draft; the last one stays open for the next question."""
        source = entry.source or reading.source(is_national=False)
        shown = replace(entry, source=source, starts_on=None, ends_on=None, replaces_id=None)
        wanted = (reading, shown)
        if self._open is None or self._open.wanted != wanted:
            self._forget()
            # A home of its own, gone with its folder.
            folder = tempfile.TemporaryDirectory(prefix="junxiu-draft-")
            database = Database(f"sqlite:///{folder.name}/draft.sqlite3", self._keyring)
            Base.metadata.create_all(database.engine)
            # Vectors are looked up and kept in the real home, so that publishing has them.
            vectors = VectorStore(database, _FromHome(self._vectors))
            document = LoadedDocument("draft", reading.text, reading.title)
            ingest(database, vectors, [document], given=shown, now=now)
            indexes = Indexes(database=database, vectors=vectors, directory=None)
            self._open = _OpenDraft(wanted, folder, database, self._answering_over(indexes))
        return self._open.answering

    def _forget(self) -> None:
        if self._open is not None:
            self._open.database.close()
            self._open.folder.cleanup()
            self._open = None


class _FromHome:
    """An embedder that takes the vectors which the home has, or makes and keeps them there."""

    def __init__(self, vectors: VectorStore) -> None:
        self._vectors = vectors
        self.name = vectors.embedder
        self.dimensions = vectors.dimensions

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Return one row for each text."""
        return self._vectors.vectors(texts)
