"""The search index of a scope: Chroma for meaning, pairs of characters for words, both from SQL.

SQL is the truth. An index carries the generation it was built from and is brought up to date
when the scope's generation has moved. What is derived lies in a folder that one process owns
and writes; another beside it reads the arrays, searches the vectors one by one, and keeps what
it has to work out in memory.
"""

import copy
import logging
import shutil
import threading
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from chromadb.errors import ChromaError
from numpy.typing import NDArray
from sqlalchemy import select

from knowledge.chroma_folder import ChromaFolder
from knowledge.embedding import Vector
from knowledge.generations import generations
from knowledge.index_files import NotUsable, read_arrays, write_arrays
from knowledge.life import Lives, read_lives
from knowledge.models import IndexGeneration, scope_of
from knowledge.nearest import ExactSearch, Nearest
from knowledge.passage_rows import HeldDocument, PassageRow, read_documents, read_passages
from knowledge.passages import Passages, Quotable
from knowledge.postings import Postings
from knowledge.scope_arrays import ScopeArrays, changed_documents, follow, nothing, rows_of
from knowledge.vectors import Progress, VectorStore, drop_orphans
from store.database import Database

__all__ = ["Indexes", "Quotable", "ScopeIndex"]

log = logging.getLogger(__name__)

LARGE = 20_000
_IMAGINED_DOCUMENTS = 50
_DOCUMENTS_REMEMBERED = 64
_DAYS_REMEMBERED = 2


class ScopeIndex:
    """One scope at one generation; never changed once it is built.

    A passage has a place, in the order of documents and positions; `rows` gives the number of
    each place's document, ascending.
    """

    def __init__(
        self,
        generation: int,
        documents: Sequence[HeldDocument],
        arrays: ScopeArrays,
        nearest: Nearest,
        lives: Lives,
    ) -> None:
        self.generation = generation
        self.lives = lives
        self.passages = Passages(arrays, documents)
        self.documents = documents
        self._arrays = arrays
        self._nearest = nearest
        self.rows = rows_of(arrays)
        self._postings = Postings(arrays.pairs, self.rows)
        self._standing_on = lru_cache(_DAYS_REMEMBERED)(self._standing_anew)
        self._words_of = lru_cache(_DOCUMENTS_REMEMBERED)(self._words_of_document)

    def without(self, document: str) -> "ScopeIndex":
        """Return the index as if the document of this id were not there.

        Its vectors are searched one by one, where the whole may ask an approximate index.
        """
        left = [each for each in self.documents if each.external_id != document]
        if len(left) == len(self.documents):
            return self
        arrays = follow(self._arrays, left, [], self._arrays.vectors[:0])
        return ScopeIndex(self.generation, left, arrays, ExactSearch(arrays.vectors), self.lives)

    def under(self, lives: Lives) -> "ScopeIndex":
        """Return the index as it is, judged by other lives: what was withdrawn since is silent."""
        other = copy.copy(self)
        other.lives = lives
        other._standing_on = lru_cache(_DAYS_REMEMBERED)(other._standing_anew)
        return other

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        return self._nearest.nearest(vector, count)

    def vectors(self, places: Sequence[int] | NDArray[np.intp]) -> Vector:
        """Return the vectors of some passages: one row of float32 for each place, length one."""
        rows: Vector = self._arrays.vectors[np.asarray(places, dtype=np.intp)]
        return rows

    def standing(self, today: date) -> NDArray[np.bool_]:
        """Tell of every passage whether its document is in force on a day."""
        return self._standing_on(today)

    def _standing_anew(self, today: date) -> NDArray[np.bool_]:
        in_force = self.lives.in_force(today)
        stands = np.array([each.id in in_force for each in self.documents], dtype=np.bool_)
        return stands[self.rows]

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage for a text."""
        return self._postings.passage_scores(text)

    def about(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage's whole document for a text."""
        return self._postings.document_scores(text)[self.rows]

    def document_words(self, place: int) -> str:
        """Return the folded text of the whole document a passage is of, title included."""
        return self._words_of(int(self.rows[place]))

    def _words_of_document(self, row: int) -> str:
        since, until = np.searchsorted(self.rows, [row, row + 1]).tolist()
        title = self.passages[since].context
        return " ".join([title, *self.passages.words(range(since, until))])

    @property
    def document_count(self) -> int:
        """Return how many documents have something to be found by."""
        return self._postings.documents

    def counts(self, pairs: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return in how many documents, and in how many passages, each pair stands."""
        return self._postings.held_by(pairs)

    def passages_with(self, pairs: Sequence[str], places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return how many passages of each place's document have each pair: places by pairs."""
        rows = self.rows[places]
        since = np.searchsorted(self.rows, rows)
        until = np.searchsorted(self.rows, rows, side="right")
        return self._postings.passages_with(pairs, since, until)

    def share_held(self, pairs: Iterable[str], place: int) -> float:
        """Return the share of bigrams that a passage's whole document holds, the rare more."""
        document = self.document_words(place)
        told = self._rarities(list(dict.fromkeys(pairs)))
        held = sum(rarity for pair, rarity in told.items() if pair in document)
        return held / (sum(told.values()) or 1.0)

    def _rarities(self, pairs: Sequence[str]) -> dict[str, float]:
        # As if there were more documents: in a home of one, a word it has is not common.
        count = self.document_count + _IMAGINED_DOCUMENTS
        held, _ = self.counts(pairs)
        rarities = np.log(1 + (count - held + 0.5) / (held + 0.5))
        return dict(zip(pairs, rarities.tolist(), strict=True))

    def after(self, place: int) -> Quotable | None:
        """Return the passage that goes on where this one ends, under the same heading."""
        if place + 1 >= len(self.passages):
            return None
        here, there = self.passages[place], self.passages[place + 1]
        goes_on = (
            there.document_id == here.document_id
            and there.position == here.position + 1
            and there.heading == here.heading
            and "\n" not in here.tile.rstrip(" ")[-1:] + there.tile[:1]
        )
        return there if goes_on else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """What SQL had of a scope at one moment: all documents, the passages of those that changed."""

    generation: int
    documents: list[HeldDocument]
    lives: Lives
    rows: list[PassageRow]
    has_changed: bool


class _Scope:
    """One scope's index, and what it is kept in."""

    def __init__(
        self,
        name: str,
        *,
        database: Database,
        vectors: VectorStore,
        folder: Path | None,
        owns: bool,
        large: int,
    ) -> None:
        self.name = name
        self.index: ScopeIndex | None = None
        self._database = database
        self._vectors = vectors
        self._folder = folder
        self._chroma = (
            ChromaFolder(folder, scope=name, embedder=vectors.embedder)
            if folder is not None and owns
            else None
        )
        self._arrays: ScopeArrays | None = None
        self._in_chroma: ScopeArrays | None = None
        self._large = large
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def is_behind(self, generation: int) -> bool:
        return self.index is None or self.index.generation < generation

    def bring_to(self, generation: int, progress: Progress | None = None) -> None:
        """Follow SQL; while another thread is at it, the index before goes on answering."""
        if self._lock.acquire(blocking=self.index is None):
            try:
                if self.is_behind(generation):
                    self._follow(progress)
            finally:
                self._lock.release()

    def _follow(self, progress: Progress | None) -> None:
        before = self._arrays if self._arrays is not None else self._kept()
        reading = self._read(before)
        if not reading.has_changed:
            self._publish(reading, before, progress)
            return
        fresh = self._vectors.vectors([row.text.strip() for row in reading.rows], progress)
        arrays = follow(before, reading.documents, reading.rows, fresh)
        self._forget(before, arrays)
        if self.index is None or len(arrays.passages) < self._large:
            self._publish(reading, self._written(reading.generation, arrays), progress)
            return
        # Somebody waits for an answer: the disk can wait. Until the next start this process
        # answers from what it has in memory.
        self._publish(reading, arrays, progress)
        threading.Thread(target=self._write_later, args=(reading.generation, arrays)).start()

    def _write_later(self, generation: int, arrays: ScopeArrays) -> None:
        with self._writing:
            if self._arrays is arrays:
                self._written(generation, arrays)

    def _publish(self, reading: _Reading, arrays: ScopeArrays, progress: Progress | None) -> None:
        searched = self._searched(arrays, progress)
        self._arrays = arrays
        self.index = ScopeIndex(
            reading.generation, reading.documents, arrays, searched, reading.lives
        )

    def _kept(self) -> ScopeArrays:
        """Return the arrays on disk, or none."""
        empty = nothing(self._vectors.dimensions)
        if self._folder is None:
            return empty
        try:
            kept = read_arrays(
                self._folder,
                scope=self.name,
                embedder=self._vectors.embedder,
                dimensions=self._vectors.dimensions,
            )
        except NotUsable as reason:
            log.warning("the index of %s is built anew from SQL: %s", self.name, reason)
            return empty
        return kept or empty

    def _read(self, before: ScopeArrays) -> _Reading:
        with self._database.read() as session:
            # First the generation: what is read after it can only be newer.
            generation = generations(session, [self.name])[self.name]
            documents = read_documents(session, self.name)
            lives = read_lives(session, self.name)
            changed = changed_documents(before, documents)
            rows = read_passages(session, changed)
        has_changed = bool(changed) or len(documents) != len(before.documents)
        return _Reading(generation, documents, lives, rows, has_changed)

    def _written(self, generation: int, arrays: ScopeArrays) -> ScopeArrays:
        if self._folder is None or self._chroma is None:
            return arrays
        try:
            return write_arrays(
                self._folder,
                arrays,
                scope=self.name,
                generation=generation,
                embedder=self._vectors.embedder,
            )
        except OSError:
            log.exception("the index of %s cannot be written; it stays in memory", self.name)
            return arrays

    def _forget(self, before: ScopeArrays, after: ScopeArrays) -> None:
        """Drop the vectors of words that no passage has any more."""
        if self._folder is not None and self._chroma is None:
            return
        gone = ~np.isin(before.passages["id"], after.passages["id"])
        if gone.any():
            hashes = [row.tobytes().hex() for row in before.passages["hash"][gone]]
            with self._database.begin() as session:
                drop_orphans(session, hashes)

    def _searched(self, arrays: ScopeArrays, progress: Progress | None) -> Nearest:
        if self._chroma is None:
            return ExactSearch(arrays.vectors)
        before, self._in_chroma = self._in_chroma, None
        try:
            searched = self._chroma.follow(arrays, before, progress)
        except (ChromaError, OSError):
            log.exception("Chroma cannot follow %s; its vectors are searched one by one", self.name)
            return ExactSearch(arrays.vectors)
        self._in_chroma = arrays
        return searched


class Indexes:
    """The indexes of all scopes, opened as they are asked for."""

    def __init__(
        self,
        *,
        database: Database,
        vectors: VectorStore,
        directory: Path | None,
        owns: bool = True,
        large: int = LARGE,
    ) -> None:
        """Take what the indexes are made from and where they are kept.

        Args:
            directory: one folder for each scope; None keeps everything in memory.
            owns: this process is the only one that writes there; any other reads only.
            large: a scope of so many passages is written after whoever waits has his answer.
        """
        self._database = database
        self._vectors = vectors
        self._directory = directory
        self._owns = owns
        self._large = large
        self._scopes: dict[str, _Scope] = {}
        self._lock = threading.Lock()

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        """Return the national index and the institution's own, both up to date.

        While another thread brings one up to date, its generation before is returned, without
        what was withdrawn, removed or replaced since.
        """
        names = list(dict.fromkeys([scope_of(None), scope_of(institution_id)]))
        with self._database.read() as session:
            wanted = generations(session, names)
        for name, generation in wanted.items():
            self._scope(name).bring_to(generation)
        indexes = [
            self._present(self._scope(name).index, name, wanted[name])
            for name in names
            if name in wanted
        ]
        return [index for index in indexes if index is not None]

    def _present(self, index: ScopeIndex | None, name: str, wanted: int) -> ScopeIndex | None:
        if index is None or index.generation >= wanted:
            return index
        with self._database.read() as session:
            lives, documents = read_lives(session, name), read_documents(session, name)
        # What is removed leaves its number to the next document.
        called = {each.id: each.external_id for each in documents}
        others = {each.id for each in index.documents if called.get(each.id) != each.external_id}
        return index.under(lives.without(others))

    def open_all(self, progress: Progress | None = None) -> dict[str, ScopeIndex]:
        """Open the index of every scope, so that nobody's first question waits for it."""
        with self._database.read() as session:
            rows = session.execute(select(IndexGeneration.scope, IndexGeneration.generation))
            wanted = {row.scope: row.generation for row in rows}
        self._drop_others(wanted)
        for name, generation in wanted.items():
            self._scope(name).bring_to(generation, progress)
        opened = {name: self._scope(name).index for name in wanted}
        return {name: index for name, index in opened.items() if index is not None}

    def rebuild(self, progress: Progress | None = None) -> dict[str, ScopeIndex]:
        """Throw away all that is derived, and build it from SQL again."""
        with self._lock:
            self._scopes.clear()
        self._drop_others({})
        return self.open_all(progress)

    def _drop_others(self, wanted: Container[str]) -> None:
        """Leave nothing on disk of scopes that SQL does not have."""
        if self._directory is None or not self._owns or not self._directory.exists():
            return
        for folder in self._directory.iterdir():
            if folder.name not in wanted:
                shutil.rmtree(folder, ignore_errors=True)

    def _scope(self, name: str) -> _Scope:
        with self._lock:
            if name not in self._scopes:
                self._scopes[name] = _Scope(
                    name,
                    database=self._database,
                    vectors=self._vectors,
                    folder=self._directory / name if self._directory else None,
                    owns=self._owns,
                    large=self._large,
                )
            return self._scopes[name]
