"""Documents and passages of one scope, as SQL has them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, defer

from knowledge.life import dated_on
from knowledge.models import Document, DocumentKind, Passage, SourceKind

MARK_BYTES = 16
_LOOK_UP = 500


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """What the index knows of a document beside its passages, read from SQL at each generation.

    `mark` changes when the words or the passages of the document do.
    """

    id: int
    external_id: str
    title: str
    number: str | None
    dated_on: date | None
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


def read_documents(session: Session, scope: str) -> list[HeldDocument]:
    """Return the documents of a scope, by id."""
    counted = {
        key: (count, total)
        for key, count, total in session.execute(
            select(Passage.document_id, func.count(), func.sum(Passage.id))
            .join(Document, Document.id == Passage.document_id)
            .where(_is_indexed(scope), Passage.is_heading.is_(False))
            .group_by(Passage.document_id)
        )
    }
    documents = session.scalars(
        select(Document)
        .options(defer(Document.text))
        .where(_is_indexed(scope))
        .order_by(Document.id)
    )
    return [
        HeldDocument(
            document.id,
            document.external_id,
            document.title,
            document.number,
            dated_on(document),
            _mark(
                document.id,
                document.version,
                document.content_hash,
                document.title,
                document.source.value,
                *counted.get(document.id, (0, 0)),
            ),
        )
        for document in documents
    ]


def _is_indexed(scope: str) -> ColumnElement[bool]:
    # Facts and answers of a house are found by the question they answer: `knowledge.house_facts`.
    return and_(Document.scope == scope, Document.kind == DocumentKind.TEXT)


def _mark(*parts: object) -> bytes:
    words = "\n".join(str(part) for part in parts)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).digest()[:MARK_BYTES]


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
