"""Vectors of passages, kept in SQL by embedder and content, so that nothing is embedded twice."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from sqlalchemy import insert, select

from knowledge.embedding import DIMENSIONS, Vector
from knowledge.models import PassageVector
from store.database import Database

_BATCH = 8
_LOOK_UP = 500

Progress = Callable[[int, int], None]


class PassageEmbedder(Protocol):
    """What turns passages into vectors; `name` tells one model's vectors from another's."""

    name: str

    def passage_vectors(self, texts: Sequence[str]) -> Vector:
        """Embed passages: one row each."""


def content_hash(text: str) -> str:
    """Return the key of a text (64 hex digits)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class VectorStore:
    """Gives the vectors of texts, embedding only those it has never seen."""

    def __init__(self, database: Database, embedder: PassageEmbedder) -> None:
        self._database = database
        self._embedder = embedder

    @property
    def embedder(self) -> str:
        """Name the model the vectors are of."""
        return self._embedder.name

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Return one row for each text, in order.

        No transaction is open while the model works; each batch is kept as soon as it is
        there, so that an interrupted run goes on where it was.
        """
        hashes = [content_hash(text) for text in texts]
        known = self._known(hashes)
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        # Texts of one length in a batch: the model pads a batch to its longest.
        waiting = sorted(missing.items(), key=lambda entry: len(entry[1]))
        for at in range(0, len(waiting), _BATCH):
            batch = dict(waiting[at : at + _BATCH])
            fresh = self._embedder.passage_vectors(list(batch.values()))
            self._keep(dict(zip(batch, fresh, strict=True)))
            known.update(zip(batch, fresh, strict=True))
            if progress:
                progress(min(at + _BATCH, len(waiting)), len(waiting))
        if not hashes:
            return np.empty((0, DIMENSIONS), dtype=np.float32)
        return np.stack([known[key] for key in hashes])

    def _known(self, hashes: list[str]) -> dict[str, Vector]:
        known: dict[str, Vector] = {}
        with self._database.read() as session:
            for at in range(0, len(hashes), _LOOK_UP):
                rows = session.execute(
                    select(PassageVector.content_hash, PassageVector.vector).where(
                        PassageVector.embedder == self._embedder.name,
                        PassageVector.content_hash.in_(hashes[at : at + _LOOK_UP]),
                    )
                )
                known.update((key, np.frombuffer(data, dtype="<f4")) for key, data in rows)
        return known

    def _keep(self, fresh: dict[str, Vector]) -> None:
        with self._database.begin() as session:
            there = set(
                session.scalars(
                    select(PassageVector.content_hash).where(
                        PassageVector.embedder == self._embedder.name,
                        PassageVector.content_hash.in_(list(fresh)),
                    )
                )
            )
            rows = [
                {
                    "embedder": self._embedder.name,
                    "content_hash": key,
                    "vector": vector.astype("<f4").tobytes(),
                }
                for key, vector in fresh.items()
                if key not in there
            ]
            if rows:
                session.execute(insert(PassageVector), rows)
