"""Vectors of passages, kept in SQL by embedder and content, so that nothing is embedded twice."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from knowledge.embedding import PassageEmbedder, Vector
from knowledge.models import Passage, PassageVector
from store.database import Database
from store.statements import insert_into

_BATCH = 8
_LOOK_UP = 500

Progress = Callable[[int, int], None]


def content_hash(text: str) -> str:
    """Return the key of a text (64 hex digits)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def drop_orphans(session: Session, hashes: Iterable[str] | None = None) -> int:
    """Drop the vectors that no passage needs any more, of any embedder; return how many.

    Args:
        session: a transaction that writes.
        hashes: look at these only; None looks at all of them.
    """
    unneeded = delete(PassageVector).where(
        ~exists().where(Passage.content_hash == PassageVector.content_hash)
    )
    if hashes is None:
        return _deleted(session, unneeded)
    wanted = sorted(set(hashes))
    return sum(
        _deleted(
            session,
            unneeded.where(PassageVector.content_hash.in_(wanted[at : at + _LOOK_UP])),
        )
        for at in range(0, len(wanted), _LOOK_UP)
    )


class VectorStore:
    """Gives the vectors of texts, embedding only those it has never seen."""

    def __init__(self, database: Database, embedder: PassageEmbedder) -> None:
        self._database = database
        self._embedder = embedder

    @property
    def embedder(self) -> str:
        """Name the model the vectors are of."""
        return self._embedder.name

    @property
    def dimensions(self) -> int:
        """Return how many numbers a vector has."""
        return self._embedder.dimensions

    def vectors(self, texts: Sequence[str], progress: Progress | None = None) -> Vector:
        """Return one row for each text, in order.

        No transaction is open while the model works; each batch is kept as soon as it is
        there, so that an interrupted run goes on where it was.
        """
        text_of = {content_hash(text): text for text in texts}
        row_of = {key: row for row, key in enumerate(text_of)}
        distinct = np.empty((len(text_of), self.dimensions), dtype=np.float32)
        missing = set(row_of)
        for key, vector in self._known(list(row_of)):
            distinct[row_of[key]] = vector
            missing.discard(key)
        # Texts of one length in a batch: the model pads a batch to its longest.
        waiting = sorted(missing, key=lambda key: len(text_of[key]))
        for at in range(0, len(waiting), _BATCH):
            batch = waiting[at : at + _BATCH]
            fresh = self._embedder.passage_vectors([text_of[key] for key in batch])
            self._keep(batch, fresh)
            distinct[[row_of[key] for key in batch]] = fresh
            if progress:
                progress(min(at + _BATCH, len(waiting)), len(waiting))
        if len(text_of) == len(texts):
            return distinct
        return distinct[[row_of[content_hash(text)] for text in texts]]

    def _known(self, hashes: Sequence[str]) -> Iterable[tuple[str, Vector]]:
        """Yield what is kept; a row that is not a vector of this embedder counts as missing."""
        with self._database.read() as session:
            for at in range(0, len(hashes), _LOOK_UP):
                rows = session.execute(
                    select(PassageVector.content_hash, PassageVector.vector).where(
                        PassageVector.embedder == self._embedder.name,
                        PassageVector.content_hash.in_(hashes[at : at + _LOOK_UP]),
                    )
                )
                for key, data in rows:
                    if len(data) == 4 * self.dimensions:
                        vector = np.frombuffer(data, dtype="<f4")
                        if np.isfinite(vector).all():
                            yield key, vector

    def _keep(self, hashes: Sequence[str], fresh: Vector) -> None:
        with self._database.begin() as session:
            statement = insert_into(session, PassageVector)
            session.execute(
                statement.on_conflict_do_update(
                    index_elements=[PassageVector.embedder, PassageVector.content_hash],
                    set_={"vector": statement.excluded.vector},
                ),
                [
                    {
                        "embedder": self._embedder.name,
                        "content_hash": key,
                        "vector": vector.astype("<f4").tobytes(),
                    }
                    for key, vector in zip(hashes, fresh, strict=True)
                ],
            )


def _deleted(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]
    return int(result.rowcount)
