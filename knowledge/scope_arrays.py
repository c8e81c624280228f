"""The passages of one scope, as arrays: derived from SQL, and following it document by document.

A hundred thousand passages are a few arrays and a blob of text, not objects. A document that did
not change keeps its stretch of every array, so that following a change costs copying memory, not
reading everything again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from knowledge.embedding import Vector
from knowledge.passage_rows import MARK_BYTES, HeldDocument, PassageRow
from knowledge.postings import PairCounts, Places, count_pairs, merge
from knowledge.words import comparable

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
        np.empty((0, MARK_BYTES), dtype=np.uint8),
        np.empty(0, dtype=PASSAGE),
        np.empty(0, dtype=np.uint8),
        (),
        count_pairs([]),
        np.empty((0, dimensions), dtype=np.float32),
    )


def changed_documents(before: ScopeArrays, documents: Sequence[HeldDocument]) -> list[int]:
    """Return the ids of the documents whose passages must be read."""
    known = dict(zip(before.documents.tolist(), map(bytes, before.marks), strict=True))
    return [document.id for document in documents if known.get(document.id) != document.mark]


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
    return np.frombuffer(marks, dtype=np.uint8).reshape(-1, MARK_BYTES)


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


def rows_of(arrays: ScopeArrays) -> Places:
    """Return the row of the document of every passage."""
    return arrays.passages["row"].astype(np.intp)
