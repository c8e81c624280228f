"""Taking documents in: read, cut, embed, then write once.

The same content again changes nothing. The same id with other content is the next version:
passages that are still there keep their row and their vector.
"""

import enum
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion.loaded import LoadedDocument
from ingestion.loaders import load
from ingestion.structure import Outline, Part, Piece, outline
from knowledge.generations import move_generation
from knowledge.models import Document, Passage, SourceKind, scope_of
from knowledge.vectors import Progress, VectorStore, content_hash
from store.database import Database

BUNDLED_NOTICE = Path(__file__).with_name("bundled") / "notice.txt"
KNOWN_QUESTIONS = BUNDLED_NOTICE.with_name("notice_questions.jsonl")
NOTICE_ID = "notice"
_HEADING_JOINT = " › "
_LONGEST_TITLE = 400
_LONGEST_HEADING = 600


class Change(enum.Enum):
    """What taking a document in did."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """How many documents were added, updated and found unchanged, and their passages."""

    added: int
    updated: int
    unchanged: int
    passages: int


def ingest_paths(
    database: Database,
    vectors: VectorStore,
    paths: Iterable[Path],
    *,
    institution_id: int | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in files, folders and .jsonl files.

    Everything is read before anything is written, so that an unreadable file leaves the home
    as it was.

    Raises:
        IngestionError: a path that leads nowhere, or a file that cannot be read.
    """
    documents = [document for path in paths for document in load(path)]
    return ingest(
        database, vectors, documents, institution_id=institution_id, now=now, progress=progress
    )


def ingest_bundled_notice(
    database: Database, vectors: VectorStore, *, now: datetime, progress: Progress | None = None
) -> IngestReport:
    """Take in the notice that comes with the program, under the id `notice`."""
    text = BUNDLED_NOTICE.read_text(encoding="utf-8")
    document = LoadedDocument(NOTICE_ID, text)
    return ingest(database, vectors, [document], now=now, progress=progress)


def has_documents(session: Session) -> bool:
    """Tell whether anything can be quoted at all."""
    return session.scalar(select(Document.id).limit(1)) is not None


def ingest(
    database: Database,
    vectors: VectorStore,
    documents: Iterable[LoadedDocument],
    *,
    institution_id: int | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in documents that are already read, national ones or an institution's own."""
    latest = {document.external_id: document for document in documents}
    outlines = {key: outline(document.text) for key, document in latest.items()}
    # Embedded before anything is written: no transaction waits for the model, and a search
    # index that follows the new generation finds every vector there.
    vectors.vectors(_texts_to_embed(latest, outlines), progress)
    changes: list[Change] = []
    with database.begin() as session:
        for key, document in latest.items():
            changes.append(
                _store(session, document, outlines[key], institution_id=institution_id, now=now)
            )
        if any(change is not Change.UNCHANGED for change in changes):
            move_generation(session, scope_of(institution_id), now=now)
    return IngestReport(
        added=changes.count(Change.ADDED),
        updated=changes.count(Change.UPDATED),
        unchanged=changes.count(Change.UNCHANGED),
        passages=sum(len(found.pieces) for found in outlines.values()),
    )


def _texts_to_embed(
    documents: dict[str, LoadedDocument], outlines: dict[str, Outline]
) -> list[str]:
    return [
        documents[key].text[piece.start : piece.end].strip()
        for key, found in outlines.items()
        for piece in found.pieces
        if not piece.is_heading
    ]


def _store(
    session: Session,
    loaded: LoadedDocument,
    found: Outline,
    *,
    institution_id: int | None,
    now: datetime,
) -> Change:
    scope = scope_of(institution_id)
    title = (loaded.title or found.title or loaded.external_id)[:_LONGEST_TITLE]
    digest = content_hash(f"{title}\n{loaded.text}")
    document = session.scalar(
        select(Document).where(Document.scope == scope, Document.external_id == loaded.external_id)
    )
    if document is not None and document.content_hash == digest:
        return Change.UNCHANGED
    change = Change.ADDED if document is None else Change.UPDATED
    if document is None:
        document = Document(
            institution_id=institution_id, scope=scope, external_id=loaded.external_id, version=0
        )
        session.add(document)
    document.title = title
    document.text = loaded.text
    document.content_hash = digest
    document.version += 1
    document.ingested_at = now
    document.source = _source(found.pieces[0].part, institution_id)
    session.flush()
    _write_passages(session, document, found.pieces)
    return change


def _write_passages(session: Session, document: Document, pieces: tuple[Piece, ...]) -> None:
    """Give every piece its row: an old one of the same words where there is one."""
    old: dict[str, list[Passage]] = defaultdict(list)
    for passage in session.scalars(
        select(Passage).where(Passage.document_id == document.id).order_by(Passage.position.desc())
    ):
        old[passage.content_hash].append(passage)
    for position, piece in enumerate(pieces):
        text = document.text[piece.start : piece.end]
        key = content_hash(text.strip())
        row = old[key].pop() if old[key] else Passage(document_id=document.id, content_hash=key)
        row.institution_id = document.institution_id
        row.position = position
        row.source = _source(piece.part, document.institution_id)
        row.is_heading = piece.is_heading
        row.heading = _HEADING_JOINT.join(piece.headings)[:_LONGEST_HEADING]
        row.start, row.end, row.text = piece.start, piece.end, text
        session.add(row)
    for gone in (passage for rows in old.values() for passage in rows):
        session.delete(gone)
    session.flush()


def _source(part: Part, institution_id: int | None) -> SourceKind:
    if institution_id is not None:
        return SourceKind.HOUSE
    by_part = {
        Part.NEWS: SourceKind.NEWS,
        Part.INTERPRETATION: SourceKind.INTERPRETATION,
        Part.PLAIN: SourceKind.POLICY,
    }
    return by_part[part]
