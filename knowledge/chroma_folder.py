"""The nearest passages from Chroma: one folder with one collection for each scope.

Chroma changes its files in place and trusts what it finds there: a damaged graph does not
raise, it ends the process. So whenever this process has brought a folder up to date it seals
it with the sizes and checksums of the graph's files, and opens none whose seal is broken. Only
ids and vectors are given to Chroma, so that no text can stay behind in it.
"""

import hashlib
import json
import logging
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import chromadb
import numpy as np
from chromadb.api import ClientAPI
from chromadb.api.models.Collection import Collection
from chromadb.config import Settings
from chromadb.errors import ChromaError

from knowledge.embedding import Vector
from knowledge.index_files import NotUsable, summed, write_whole
from knowledge.nearest import ExactSearch
from knowledge.postings import Places
from knowledge.scope_arrays import ScopeArrays

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

_SEAL = "chroma.json"
_PREFIX = "chroma-"
_ADD_AT_ONCE = 2000
# How many passages a search looks at before it settles. Chroma's own 100 finds 81 of the 40
# nearest in a hundred among 100,000 made-up ones, 400 finds 96 and 800 finds 99, at 3 and 4 ms.
_LOOKED_AT = 500
_PROBES = 8
_SAME = 1e-3


class ChromaSearch:
    """Asks Chroma; whatever goes wrong there, the answer is found without it."""

    def __init__(self, collection: Collection, arrays: ScopeArrays) -> None:
        """Take a collection that holds exactly the passages of the arrays."""
        self._collection = collection
        self._exact = ExactSearch(arrays.vectors)
        self._count = len(arrays.passages)
        self._order = np.argsort(arrays.passages["id"], kind="stable")
        self._ids = arrays.passages["id"][self._order]

    def nearest(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the `count` nearest passages with their cosine."""
        wanted = min(count, self._count)
        if not wanted:
            return {}
        try:
            found = _query(self._collection, vector[None], wanted)
        except ChromaError:
            log.exception("Chroma does not answer; the vectors are searched one by one")
            return self._exact.nearest(vector, count)
        ids, distances = found["ids"][0], found["distances"][0]
        keys = np.array([_passage_of(key) for key in ids], dtype=np.int64)
        at = np.minimum(np.searchsorted(self._ids, keys), self._count - 1)
        # A later generation may already have taken passages out, and put others in.
        known = self._ids[at] == keys
        return {
            int(self._order[place]): 1.0 - far
            for place, far, is_known in zip(at, distances, known, strict=True)
            if is_known
        }


class ChromaFolder:
    """The Chroma of one scope, for the one process that owns it."""

    def __init__(self, folder: Path, *, scope: str, embedder: str) -> None:
        """Name the scope's folder; nothing is opened yet."""
        self._folder = folder
        self._scope = scope
        self._embedder = embedder
        self._collection: Collection | None = None
        self._place = folder
        self._sealed_as: str | None = None
        self._sums: dict[tuple[Path, int, int], list[int]] = {}

    def follow(
        self, arrays: ScopeArrays, before: ScopeArrays | None, progress: Progress | None = None
    ) -> ChromaSearch:
        """Bring Chroma to what the arrays hold.

        Args:
            arrays: what must be found.
            before: what this object has brought it to last, None the first time.
            progress: told how many of the vectors that must go in are in.
        """
        try:
            collection = self._collection or self._open()
            if collection is None:
                collection = self._anew(arrays, progress)
            elif self._sealed_as != self._state(arrays):
                self._change(collection, arrays, before, progress)
            else:
                _probe(collection, arrays)
        except (NotUsable, ChromaError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("the Chroma of %s is built anew from SQL: %s", self._scope, error)
            collection = self._anew(arrays, progress)
        self._collection = collection
        return ChromaSearch(collection, arrays)

    def _open(self) -> Collection | None:
        """Open the folder as it was sealed; None where there is none.

        Raises:
            NotUsable: it is not what was sealed.
        """
        try:
            seal: dict[str, Any] = json.loads((self._folder / _SEAL).read_text(encoding="utf-8"))
        except FileNotFoundError:
            if any(self._folder.glob(f"{_PREFIX}*")):
                raise NotUsable("it was left half-written") from None
            return None
        place = self._folder / str(seal["folder"])
        if seal["embedder"] != self._embedder:
            raise NotUsable(f"it holds the vectors of {seal['embedder']}")
        if seal["files"] != self._graph_files(place):
            raise NotUsable("its files are not what was sealed")
        collection = _client(place).get_collection(self._scope, embedding_function=None)
        self._place = place
        self._sealed_as = str(seal["state"])
        return collection

    def _change(
        self,
        collection: Collection,
        arrays: ScopeArrays,
        before: ScopeArrays | None,
        progress: Progress | None,
    ) -> None:
        self._break_seal()
        if before is not None:
            gone = ~np.isin(before.passages["id"], arrays.passages["id"])
            _take_out(collection, _keys(before, np.flatnonzero(gone)))
            is_new = ~np.isin(arrays.passages["id"], before.passages["id"])
        else:
            there = set(collection.get(include=[])["ids"])
            wanted = _keys(arrays, np.arange(len(arrays.passages)))
            _take_out(collection, sorted(there.difference(wanted)))
            is_new = np.array([key not in there for key in wanted], dtype=np.bool_)
        _put_in(collection, np.flatnonzero(is_new), arrays, progress)
        _probe(collection, arrays)
        self._seal(self._state(arrays))

    def _anew(self, arrays: ScopeArrays, progress: Progress | None) -> Collection:
        self._break_seal()
        for old in self._folder.glob(f"{_PREFIX}*"):
            shutil.rmtree(old, ignore_errors=True)
        # Never the same name twice: Chroma remembers the folders it has opened.
        self._place = self._folder / f"{_PREFIX}{secrets.token_hex(6)}"
        self._place.mkdir(parents=True)
        collection = _client(self._place).create_collection(
            self._scope,
            embedding_function=None,
            configuration={"hnsw": {"space": "cosine", "ef_search": _LOOKED_AT}},
        )
        _put_in(collection, np.arange(len(arrays.passages)), arrays, progress)
        _probe(collection, arrays)
        self._seal(self._state(arrays))
        return collection

    def _state(self, arrays: ScopeArrays) -> str:
        seen = hashlib.sha256(self._embedder.encode())
        seen.update(arrays.marks.tobytes())
        return seen.hexdigest()

    def _break_seal(self) -> None:
        self._sealed_as = None
        (self._folder / _SEAL).unlink(missing_ok=True)

    def _seal(self, state: str) -> None:
        write_whole(
            self._folder / _SEAL,
            {
                "folder": self._place.name,
                "embedder": self._embedder,
                "state": state,
                "files": self._graph_files(self._place),
            },
        )
        self._sealed_as = state

    def _graph_files(self, place: Path) -> dict[str, list[int]]:
        """Return size and checksum of the files of the graph; SQLite looks after its own."""
        before, self._sums = self._sums, {}
        for file in sorted(place.glob("*/*")):
            state = file.stat()
            seen = (file, state.st_size, state.st_mtime_ns)
            # Chroma writes them once in a thousand changes: most of the time they are as before.
            self._sums[seen] = before.get(seen) or list(summed(file))
        return {str(file.relative_to(place)): sums for (file, _, _), sums in self._sums.items()}


def _client(place: Path) -> ClientAPI:
    return chromadb.PersistentClient(place, Settings(anonymized_telemetry=False))


def _keys(arrays: ScopeArrays, places: Places) -> list[str]:
    """Return the ids of some passages in Chroma: their own, and what their words were."""
    passages = arrays.passages[places]
    ids = passages["id"].tolist()
    words = passages["hash"][:, :8].tobytes().hex()
    return [f"{key}-{words[16 * at : 16 * at + 16]}" for at, key in enumerate(ids)]


def _passage_of(key: str) -> int:
    return int(key.partition("-")[0])


def _query(collection: Collection, vectors: Vector, count: int) -> Any:
    return collection.query(query_embeddings=vectors, n_results=count, include=["distances"])


def _take_out(collection: Collection, keys: Sequence[str]) -> None:
    for at in range(0, len(keys), _ADD_AT_ONCE):
        collection.delete(ids=list(keys[at : at + _ADD_AT_ONCE]))


def _put_in(
    collection: Collection,
    places: Places,
    arrays: ScopeArrays,
    progress: Progress | None,
) -> None:
    for at in range(0, len(places), _ADD_AT_ONCE):
        some = places[at : at + _ADD_AT_ONCE]
        collection.add(ids=_keys(arrays, some), embeddings=arrays.vectors[some])
        if progress:
            progress(min(at + _ADD_AT_ONCE, len(places)), len(places))


def _probe(collection: Collection, arrays: ScopeArrays) -> None:
    """Look whether some passages are found by their own vectors.

    Raises:
        NotUsable: there are more or fewer than there should be, or most are not found.
    """
    many = len(arrays.passages)
    if collection.count() != many:
        raise NotUsable(f"it holds {collection.count()} passages, not {many}")
    if not many:
        return
    places = np.unique(np.linspace(0, many - 1, _PROBES).astype(int))
    found = _query(collection, arrays.vectors[places], 1)
    near = [bool(row) and row[0] < _SAME for row in found["distances"]]
    if 2 * sum(near) < len(near):
        raise NotUsable("it does not find passages by their own vectors")
