"""The passages of one scope, as arrays: derived from SQL, and following it document by document.

A hundred thousand passages are five arrays and a blob of text, not objects; what an answer may
quote is made of them when it is asked for. A document that did not change keeps its stretch of
every array, so that following a change costs copying memory, not reading everything again.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import overload

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.embedding import Vector
from knowledge.models import Document, Passage, SourceKind
from knowledge.postings import PairCounts, Places, count_pairs, merge
from knowledge.words import comparable

_LOOK_UP = 500
_REMEMBERED = 4096
_MARK_BYTES = 16

PASSAGE = np.dtype(
    [
        ("id", "<i8"),
        ("row", "<i4"),  # Of its document.
        ("position", "<i4"),
        ("start", "<i4"),
        ("heading", "<i4"),  # Place in `strings`, as is `source`.
        ("source", "<i4"),
        ("begins", "<i8"),  # In `tiles`, in bytes.
        ("ends", "<i8"),
        ("hash", "u1", (32,)),
    ]
)


@dataclass(frozen=True, slots=True)
class Quotable:
    """A passage as an answer may quote it; `start` is the offset of its `tile`.

    `tile` is the passage with the white space around it, so that neighbours put together are
    the document. `words` is the text folded for comparison, `context` the folded heading path
    and title.
    """

    passage_id: int
    document_id: int
    document: str
    title: str
    source: SourceKind
    heading: str
    position: int
    tile: str
    start: int
    ends_on: date | None
    words: str
    context: str

    @property
    def quote(self) -> str:
        """Return the passage without the white space around it."""
        return self.tile.strip()


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """What the index knows of a document beside its passages, read from SQL at each generation.

    `mark` changes when the words or the passages of the document do.
    """

    id: int
    external_id: str
    title: str
    ends_on: date | None
    mark: bytes


@dataclass(frozen=True, slots=True)
class PassageRow:
    """A passage as SQL has it."""

    id: int
    document_id: int
    position: int
    start: int
    heading: str
    source: SourceKind
    text: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class ScopeArrays:
    """Everything derived from the passages of a scope, in the order of documents and positions.

    Attributes:
        documents: their ids (int64), ascending; `marks` is what each looked like (16 bytes).
        passages: one PASSAGE each; `tiles` is their text, `strings` their headings and sources.
        pairs: what the words of each are, heading and title included.
        vectors: one row of float32 each.
    """

    documents: NDArray[np.int64]
    marks: NDArray[np.uint8]
    passages: NDArray[np.void]
    tiles: NDArray[np.uint8]
    strings: tuple[str, ...]
    pairs: PairCounts
    vectors: Vector


def nothing(dimensions: int) -> ScopeArrays:
    """Return the arrays of a scope without passages."""
    return ScopeArrays(
        np.empty(0, dtype=np.int64),
        np.empty((0, _MARK_BYTES), dtype=np.uint8),
        np.empty(0, dtype=PASSAGE),
        np.empty(0, dtype=np.uint8),
        (),
        count_pairs([]),
        np.empty((0, dimensions), dtype=np.float32),
    )


def read_documents(session: Session, scope: str) -> list[HeldDocument]:
    """Return the documents of a scope, by id."""
    counted = {
        key: (count, total)
        for key, count, total in session.execute(
            select(Passage.document_id, func.count(), func.sum(Passage.id))
            .join(Document, Document.id == Passage.document_id)
            .where(Document.scope == scope, Passage.is_heading.is_(False))
            .group_by(Passage.document_id)
        )
    }
    rows = session.execute(
        select(
            Document.id,
            Document.external_id,
            Document.title,
            Document.ends_on,
            Document.version,
            Document.content_hash,
        )
        .where(Document.scope == scope)
        .order_by(Document.id)
    )
    return [
        HeldDocument(
            row.id,
            row.external_id,
            row.title,
            row.ends_on,
            _mark(row.id, row.version, row.content_hash, row.title, *counted.get(row.id, (0, 0))),
        )
        for row in rows
    ]


def _mark(*parts: object) -> bytes:
    words = "\n".join(str(part) for part in parts)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:_MARK_BYTES]


def changed_documents(before: ScopeArrays, documents: Sequence[HeldDocument]) -> list[int]:
    """Return the ids of the documents whose passages must be read."""
    known = dict(zip(before.documents.tolist(), map(bytes, before.marks), strict=True))
    return [document.id for document in documents if known.get(document.id) != document.mark]


def read_passages(session: Session, document_ids: Sequence[int]) -> list[PassageRow]:
    """Return what may be quoted of some documents, in order; `document_ids` ascending."""
    found: list[PassageRow] = []
    for at in range(0, len(document_ids), _LOOK_UP):
        rows = session.execute(
            select(
                Passage.id,
                Passage.document_id,
                Passage.position,
                Passage.start,
                Passage.heading,
                Passage.source,
                Passage.text,
                Passage.content_hash,
            )
            .where(
                Passage.document_id.in_(document_ids[at : at + _LOOK_UP]),
                Passage.is_heading.is_(False),
            )
            .order_by(Passage.document_id, Passage.position)
        )
        found += [PassageRow(*row) for row in rows]
    return found


def follow(
    before: ScopeArrays,
    documents: Sequence[HeldDocument],
    rows: Sequence[PassageRow],
    vectors: Vector,
) -> ScopeArrays:
    """Return the arrays of `documents`: `rows` are the passages of those that changed.

    Args:
        before: the arrays of an earlier generation, or `nothing`.
        documents: all of them, by id.
        rows: in the order of documents and positions.
        vectors: one row for each of `rows`.
    """
    changed = set(changed_documents(before, documents))
    fresh = _arranged([each for each in documents if each.id in changed], rows, vectors)
    sides = (before, fresh)
    runs = _runs(sides, documents, changed)
    total = sum(until - since for _, since, until in runs)
    moved = [np.full(len(side.passages), -1, dtype=np.intp) for side in sides]
    at = 0
    for side, since, until in runs:
        moved[side][since:until] = np.arange(at, at + until - since)
        at += until - since
    passages = _joined([sides[s].passages[i:j] for s, i, j in runs], PASSAGE)
    tiles = _move_tiles(passages, sides, runs)
    passages["row"] = _rows(sides, runs, documents)
    strings = _move_strings(passages, sides, runs)
    return ScopeArrays(
        np.array([document.id for document in documents], dtype=np.int64),
        _marks(documents),
        passages,
        tiles,
        strings,
        merge([(side.pairs, places) for side, places in zip(sides, moved, strict=True)], total),
        np.concatenate([sides[s].vectors[i:j] for s, i, j in runs] or [vectors[:0]]),
    )


# A run is a stretch of places that is taken over as it is: 0 from before, 1 from the fresh.
_Run = tuple[int, int, int]


def _runs(
    sides: tuple[ScopeArrays, ScopeArrays], documents: Sequence[HeldDocument], changed: set[int]
) -> list[_Run]:
    bounds = [_bounds(side) for side in sides]
    runs: list[_Run] = []
    for document in documents:
        side = int(document.id in changed)
        since, until = bounds[side][document.id]
        if runs and runs[-1][0] == side and runs[-1][2] == since:
            runs[-1] = (side, runs[-1][1], until)
        elif until > since:
            runs.append((side, since, until))
    return runs


def _bounds(arrays: ScopeArrays) -> dict[int, tuple[int, int]]:
    """Return where the passages of each document begin and end."""
    edges = np.searchsorted(arrays.passages["row"], np.arange(len(arrays.documents) + 1)).tolist()
    return {
        document: (edges[row], edges[row + 1])
        for row, document in enumerate(arrays.documents.tolist())
    }


def _arranged(
    documents: Sequence[HeldDocument], rows: Sequence[PassageRow], vectors: Vector
) -> ScopeArrays:
    """Return the arrays of passages that were just read."""
    row_of = {document.id: row for row, document in enumerate(documents)}
    strings = tuple(dict.fromkeys(s for row in rows for s in (row.heading, row.source.value)))
    place_of = {string: place for place, string in enumerate(strings)}
    tiles = [row.text.encode("utf-8", "surrogatepass") for row in rows]
    passages = np.empty(len(rows), dtype=PASSAGE)
    ends = np.cumsum([len(tile) for tile in tiles], dtype=np.int64)
    passages["id"] = [row.id for row in rows]
    passages["row"] = [row_of[row.document_id] for row in rows]
    passages["position"] = [row.position for row in rows]
    passages["start"] = [row.start for row in rows]
    passages["heading"] = [place_of[row.heading] for row in rows]
    passages["source"] = [place_of[row.source.value] for row in rows]
    passages["begins"] = ends - [len(tile) for tile in tiles]
    passages["ends"] = ends
    digests = b"".join(bytes.fromhex(row.content_hash) for row in rows)
    passages["hash"] = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 32)
    titles = {document.id: document.title for document in documents}
    folded = lru_cache(1024)(comparable)
    words = [
        f"{folded(f'{titles[row.document_id]} {row.heading}')} {comparable(row.text)}"
        for row in rows
    ]
    return ScopeArrays(
        np.array([document.id for document in documents], dtype=np.int64),
        _marks(documents),
        passages,
        np.frombuffer(b"".join(tiles), dtype=np.uint8),
        strings,
        count_pairs(words),
        vectors,
    )


def _marks(documents: Sequence[HeldDocument]) -> NDArray[np.uint8]:
    marks = b"".join(document.mark for document in documents)
    return np.frombuffer(marks, dtype=np.uint8).reshape(-1, _MARK_BYTES)


def _joined(parts: Sequence[NDArray[np.void]], kind: np.dtype[np.void]) -> NDArray[np.void]:
    return np.concatenate(parts) if parts else np.empty(0, dtype=kind)


def _rows(
    sides: tuple[ScopeArrays, ScopeArrays],
    runs: Sequence[_Run],
    documents: Sequence[HeldDocument],
) -> NDArray[np.int32]:
    """Return the row of the document of every passage."""
    ids = [sides[s].documents[sides[s].passages["row"][i:j]] for s, i, j in runs]
    now = np.array([document.id for document in documents], dtype=np.int64)
    whose = np.concatenate(ids) if ids else now[:0]
    return np.searchsorted(now, whose).astype(np.int32)


def _move_tiles(
    passages: NDArray[np.void], sides: tuple[ScopeArrays, ScopeArrays], runs: Sequence[_Run]
) -> NDArray[np.uint8]:
    """Bring the text of the runs together, and tell the passages where theirs is now."""
    parts: list[NDArray[np.uint8]] = []
    at = bytes_before = 0
    for side, since, until in runs:
        part = sides[side].passages[since:until]
        begins, ends = int(part["begins"][0]), int(part["ends"][-1])
        here = passages[at : at + until - since]
        here["begins"] += bytes_before - begins
        here["ends"] += bytes_before - begins
        parts.append(sides[side].tiles[begins:ends])
        at += until - since
        bytes_before += ends - begins
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.uint8)


def _move_strings(
    passages: NDArray[np.void], sides: tuple[ScopeArrays, ScopeArrays], runs: Sequence[_Run]
) -> tuple[str, ...]:
    """Keep the strings that are still in use, and no trace of the others."""
    both = sides[0].strings + sides[1].strings
    at = 0
    for side, since, until in runs:
        if side:
            here = passages[at : at + until - since]
            here["heading"] += len(sides[0].strings)
            here["source"] += len(sides[0].strings)
        at += until - since
    used = np.union1d(passages["heading"], passages["source"])
    place_of: dict[str, int] = {}
    new = np.zeros(len(both), dtype=np.int32)
    for old in used.tolist():
        new[old] = place_of.setdefault(both[old], len(place_of))
    passages["heading"] = new[passages["heading"]]
    passages["source"] = new[passages["source"]]
    return tuple(place_of)


class Passages(Sequence[Quotable]):
    """The passages of a scope by place; each is put together when it is asked for."""

    def __init__(self, arrays: ScopeArrays, documents: Sequence[HeldDocument]) -> None:
        """Take the arrays, and the documents in the order of `arrays.documents`."""
        self._passages = arrays.passages
        self._tiles = arrays.tiles
        self._strings = arrays.strings
        self._documents = documents
        self._at = lru_cache(_REMEMBERED)(self._read)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._passages)

    @overload
    def __getitem__(self, place: int) -> Quotable: ...
    @overload
    def __getitem__(self, place: slice) -> list[Quotable]: ...
    def __getitem__(self, place: int | slice) -> Quotable | list[Quotable]:
        """Return the passage at a place, or those of a stretch of places."""
        if isinstance(place, slice):
            return [self._at(at) for at in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._at(at)

    def __iter__(self) -> Iterator[Quotable]:
        """Go through all of them, remembering none."""
        return map(self._read, range(len(self)))

    def words(self, places: Iterable[int]) -> list[str]:
        """Return the folded texts of some passages."""
        return [comparable(self._tile(self._passages[place])) for place in places]

    def _tile(self, passage: np.void) -> str:
        data = self._tiles[passage["begins"] : passage["ends"]]
        return data.tobytes().decode("utf-8", "surrogatepass")

    def _read(self, place: int) -> Quotable:
        passage = self._passages[place]
        document = self._documents[passage["row"]]
        heading = self._strings[passage["heading"]]
        tile = self._tile(passage)
        return Quotable(
            passage_id=int(passage["id"]),
            document_id=document.id,
            document=document.external_id,
            title=document.title,
            source=SourceKind(self._strings[passage["source"]]),
            heading=heading,
            position=int(passage["position"]),
            tile=tile,
            start=int(passage["start"]),
            ends_on=document.ends_on,
            words=comparable(tile),
            context=comparable(f"{document.title} {heading}"),
        )


def rows_of(arrays: ScopeArrays) -> Places:
    """Return the row of the document of every passage."""
    return arrays.passages["row"].astype(np.intp)
