"""The search index of a scope: Chroma for meaning, pairs of characters for words, both from SQL.

SQL is the truth. An index carries the generation it was built from and is brought up to date
when the scope's generation has moved. What is derived lies in a folder that one process owns
and writes; another beside it reads the arrays, searches the vectors one by one, and keeps what
it has to work out in memory.
"""

import logging
import math
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from knowledge.chroma_folder import ChromaFolder
from knowledge.embedding import Vector
from knowledge.generations import generations
from knowledge.index_files import NotUsable, read_arrays, write_arrays
from knowledge.models import IndexGeneration, scope_of
from knowledge.nearest import ExactSearch, Nearest
from knowledge.passages import (
    HeldDocument,
    PassageRow,
    Passages,
    Quotable,
    ScopeArrays,
    changed_documents,
    follow,
    nothing,
    read_documents,
    read_passages,
    rows_of,
)
from knowledge.postings import Postings
from knowledge.vectors import Progress, VectorStore, drop_orphans
from store.database import Database

__all__ = ["Indexes", "Quotable", "ScopeIndex"]

log = logging.getLogger(__name__)

_IMAGINED_DOCUMENTS = 50
_DOCUMENTS_REMEMBERED = 64


class ScopeIndex:
    """One scope at one generation; never changed once it is built."""

    def __init__(
        self,
        generation: int,
        documents: Sequence[HeldDocument],
        arrays: ScopeArrays,
        nearest: Nearest,
    ) -> None:
        self.generation = generation
        self.passages = Passages(arrays, documents)
        self._arrays = arrays
        self._documents = documents
        self._nearest = nearest
        self._row = rows_of(arrays)
        self._postings = Postings(arrays.pairs, self._row)
        self._words_of = lru_cache(_DOCUMENTS_REMEMBERED)(self._words_of_document)

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        return self._nearest.nearest(vector, count)

    def vectors(self, places: Sequence[int] | NDArray[np.intp]) -> Vector:
        """Return the vectors of some passages: one row of float32 for each place, length one."""
        rows: Vector = self._arrays.vectors[np.asarray(places, dtype=np.intp)]
        return rows

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage for a text."""
        return self._postings.passage_scores(text)

    def about(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage's whole document for a text."""
        return self._postings.document_scores(text)[self._row]

    def document_words(self, place: int) -> str:
        """Return the folded text of the whole document a passage is of, title included."""
        return self._words_of(int(self._row[place]))

    def _words_of_document(self, row: int) -> str:
        since, until = np.searchsorted(self._row, [row, row + 1]).tolist()
        title = self.passages[since].context
        return " ".join([title, *self.passages.words(range(since, until))])

    def share_held(self, pairs: Iterable[str], place: int) -> float:
        """Return the share of bigrams that a passage's whole document holds, the rare more."""
        document = self.document_words(place)
        told = self._rarities(pairs)
        held = sum(rarity for pair, rarity in told.items() if pair in document)
        return held / (sum(told.values()) or 1.0)

    @property
    def document_count(self) -> int:
        """Return how many documents there are."""
        return self._postings.documents

    def documents_with(self, pair: str) -> int:
        """Return how many documents have a pair of characters."""
        return self._postings.documents_with([pair])[pair]

    def _rarities(self, pairs: Iterable[str]) -> dict[str, float]:
        # As if there were more documents: in a home of one, a word it has is not common.
        count = self._postings.documents + _IMAGINED_DOCUMENTS
        return {
            pair: math.log(1 + (count - held + 0.5) / (held + 0.5))
            for pair, held in self._postings.documents_with(pairs).items()
        }

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
        self._lock = threading.Lock()

    def is_behind(self, generation: int) -> bool:
        return self.index is None or self.index.generation != generation

    def bring_to(self, generation: int, progress: Progress | None = None) -> None:
        """Follow SQL; while another thread is at it, the index before goes on answering."""
        if self._lock.acquire(blocking=self.index is None):
            try:
                if self.is_behind(generation):
                    self.index = self._built(progress)
            finally:
                self._lock.release()

    def _built(self, progress: Progress | None) -> ScopeIndex:
        before = self._arrays if self._arrays is not None else self._kept()
        reading = self._read(before)
        arrays = before
        if reading.has_changed:
            fresh = self._vectors.vectors([row.text.strip() for row in reading.rows], progress)
            arrays = follow(before, reading.documents, reading.rows, fresh)
            arrays = self._keep(reading.generation, arrays)
            self._forget(before, arrays)
        self._arrays = arrays
        return ScopeIndex(
            reading.generation, reading.documents, arrays, self._searched(arrays, progress)
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
        return kept.arrays if kept else empty

    def _read(self, before: ScopeArrays) -> _Reading:
        with self._database.read() as session:
            # First the generation: what is read after it can only be newer.
            generation = generations(session, [self.name])[self.name]
            documents = read_documents(session, self.name)
            changed = changed_documents(before, documents)
            rows = read_passages(session, changed)
        has_changed = bool(changed) or len(documents) != len(before.documents)
        return _Reading(generation, documents, rows, has_changed)

    def _keep(self, generation: int, arrays: ScopeArrays) -> ScopeArrays:
        if self._folder is None or self._chroma is None:
            return arrays
        return write_arrays(
            self._folder,
            arrays,
            scope=self.name,
            generation=generation,
            embedder=self._vectors.embedder,
        )

    def _forget(self, before: ScopeArrays, after: ScopeArrays) -> None:
        """Drop the vectors of words that no passage has any more."""
        if self._folder is not None and self._chroma is None:
            return
        here = set(map(bytes, after.passages["hash"]))
        gone = {key.hex() for key in map(bytes, before.passages["hash"]) if key not in here}
        if gone:
            with self._database.begin() as session:
                drop_orphans(session, gone)

    def _searched(self, arrays: ScopeArrays, progress: Progress | None) -> Nearest:
        if self._chroma is None:
            return ExactSearch(arrays.vectors)
        searched = self._chroma.follow(arrays, self._in_chroma, progress)
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
    ) -> None:
        """Take what the indexes are made from and where they are kept.

        Args:
            directory: one folder for each scope; None keeps everything in memory.
            owns: this process is the only one that writes there; any other reads only.
        """
        self._database = database
        self._vectors = vectors
        self._directory = directory
        self._owns = owns
        self._scopes: dict[str, _Scope] = {}
        self._lock = threading.Lock()

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        """Return the national index and the institution's own, both up to date.

        While another thread brings one up to date, its generation before is returned.
        """
        names = list(dict.fromkeys([scope_of(None), scope_of(institution_id)]))
        with self._database.read() as session:
            wanted = generations(session, names)
        for name, generation in wanted.items():
            self._scope(name).bring_to(generation)
        indexes = [self._scope(name).index for name in names if name in wanted]
        return [index for index in indexes if index is not None]

    def open_all(self, progress: Callable[[str], Progress] | None = None) -> list[str]:
        """Open the index of every scope, so that nobody's first question waits for it."""
        with self._database.read() as session:
            rows = session.execute(select(IndexGeneration.scope, IndexGeneration.generation))
            wanted = {row.scope: row.generation for row in rows}
        for name, generation in wanted.items():
            self._scope(name).bring_to(generation, progress(name) if progress else None)
        return list(wanted)

    def _scope(self, name: str) -> _Scope:
        with self._lock:
            if name not in self._scopes:
                self._scopes[name] = _Scope(
                    name,
                    database=self._database,
                    vectors=self._vectors,
                    folder=self._directory / name if self._directory else None,
                    owns=self._owns,
                )
            return self._scopes[name]
