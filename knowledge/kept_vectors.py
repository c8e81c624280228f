"""Vectors of a file's sentences, kept beside the file so that a start does not embed them."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from knowledge.embedding import Vector

Embed = Callable[[str], Vector]

# Embedded anew at each start: it tells whether the kept vectors are this embedder's.
_PROBE = "军休干部"
_SAME_EMBEDDER = 0.98


def keep_vectors(path: Path, sentences: Sequence[str], embed: Embed) -> None:
    """Write the vectors of all sentences to `path` (npz), one byte a component."""
    kept = (_PROBE, *sentences)
    rows = np.asarray([embed(sentence) for sentence in kept], dtype=np.float32)
    # One byte a component is enough to tell which sentence is nearer.
    scale = np.float32(127 / np.abs(rows).max())
    small = np.round(rows * scale).astype(np.int8)
    marks = np.asarray([_mark(sentence) for sentence in kept])
    np.savez_compressed(path, marks=marks, rows=small, scale=scale)


def vectors_of(path: Path, sentences: Sequence[str], embed: Embed) -> Vector:
    """Return one row a sentence (n, dimensions): the kept one, embedded only where it is not."""
    kept = _kept(path, embed)
    rows = [
        kept[mark] if (mark := _mark(sentence)) in kept else embed(sentence)
        for sentence in sentences
    ]
    return np.asarray(rows, dtype=np.float32)


def missing(path: Path, sentences: Sequence[str]) -> list[str]:
    """Return the sentences whose vector is not in the file."""
    with np.load(path) as kept:
        marks = set(kept["marks"].tolist())
    return [sentence for sentence in sentences if _mark(sentence) not in marks]


def _kept(path: Path, embed: Embed) -> dict[str, Vector]:
    """Return the kept vectors by mark, none when they are another embedder's."""
    if not path.exists():
        return {}
    with np.load(path) as kept:
        rows = kept["rows"].astype(np.float32) / kept["scale"]
        vectors = dict(zip(kept["marks"].tolist(), rows, strict=True))
    probe, own = vectors[_mark(_PROBE)], embed(_PROBE)
    same = probe.shape == own.shape and float(probe @ own) > _SAME_EMBEDDER
    return vectors if same else {}


def _mark(sentence: str) -> str:
    return hashlib.sha256(sentence.encode()).hexdigest()[:16]
