"""Taking documents in: read, cut, embed, then write once.

The same content again changes nothing. The same id with other content is the next version:
passages that are still there keep their row and their vector.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion import texts
from ingestion.entries import Entry, entry_of, settled
from ingestion.library import matching
from ingestion.loaded import LoadedDocument, Refused
from ingestion.loaders import load
from ingestion.publishing import Change, amend, find_document, publish
from ingestion.reading import Reading, read
from knowledge.models import Document
from knowledge.vectors import Progress, VectorStore
from store.database import Database

BUNDLED_NOTICE = Path(__file__).with_name("bundled") / "notice.txt"
KNOWN_QUESTIONS = BUNDLED_NOTICE.with_name("notice_questions.jsonl")
NOTICE_ID = "notice"


@dataclass(frozen=True, slots=True)
class IngestReport:
    """How many documents were added, updated and found unchanged, and their passages.

    `changed` are the ids of what was added or updated. `still_answering` are ids of documents that
    a text abolishes beside the one it replaces: only staff can say whether they go as well.
    """

    added: int
    updated: int
    unchanged: int
    passages: int
    changed: tuple[int, ...] = ()
    still_answering: tuple[int, ...] = ()


def ingest_paths(
    database: Database,
    vectors: VectorStore,
    paths: Iterable[Path],
    *,
    institution_id: int | None = None,
    given: Entry | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in files, folders and .jsonl files.

    Everything is read before anything is written, so that an unreadable file leaves the home
    as it was.

    Raises:
        IngestionError: a path that leads nowhere, a file that cannot be read, or as `ingest`.
    """
    documents = [document for path in paths for document in load(path)]
    return ingest(
        database,
        vectors,
        documents,
        institution_id=institution_id,
        given=given,
        now=now,
        progress=progress,
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
    given: Entry | None = None,
    now: datetime,
    progress: Progress | None = None,
) -> IngestReport:
    """Take in documents that are already read, national ones or an institution's own.

    Args:
        given: what is recorded of each of them, whatever its text says.

    Raises:
        NotConserved: the passages of one are not its text.
        Refused: what is to be recorded of one cannot be.
    """
    readings = {document.external_id: read(document) for document in documents}
    if given and len(readings) > 1 and (given.title or given.number or given.replaces_id):
        raise Refused(texts.OF_ONE_ONLY.format(count=len(readings)))
    # Embedded before anything is written: no transaction waits for the model, and a search
    # index that follows the new generation finds every vector there.
    quotable = [words for reading in readings.values() for words in reading.quotable]
    vectors.vectors(quotable, progress)
    with database.begin() as session:
        taken = [
            _take(session, key, reading, given or Entry(), institution_id=institution_id, now=now)
            for key, reading in readings.items()
        ]
        still_answering = _link_abolished(session, taken, now=now)
    changes = [each.change for each in taken]
    return IngestReport(
        added=changes.count(Change.ADDED),
        updated=changes.count(Change.UPDATED),
        unchanged=changes.count(Change.UNCHANGED),
        passages=sum(len(reading.pieces) for reading in readings.values()),
        changed=tuple(each.document.id for each in taken if each.change is not Change.UNCHANGED),
        still_answering=still_answering,
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """One document that was taken in, and what that did."""

    document: Document
    reading: Reading
    change: Change


def _take(
    session: Session,
    key: str,
    reading: Reading,
    given: Entry,
    *,
    institution_id: int | None,
    now: datetime,
) -> _Taken:
    before = find_document(session, key, institution_id=institution_id)
    entry = settled(reading, given, before)
    document, change = publish(
        session, reading, entry, external_id=key, institution_id=institution_id, now=now
    )
    return _Taken(document, reading, change)


def _link_abolished(session: Session, taken: Iterable[_Taken], *, now: datetime) -> tuple[int, ...]:
    """Let each new document take the place of the first one that its text abolishes.

    Return the others: a document replaces one.
    """
    still_answering: list[int] = []
    for each in taken:
        document, named = each.document, each.reading.said.abolishes
        if each.change is not Change.ADDED or not named or document.replaces_id is not None:
            continue
        others = matching(
            session, named, institution_id=document.institution_id, besides=document.id
        )
        if others and _take_the_place(session, document, others[0], now=now):
            del others[0]
        still_answering += others
    return tuple(still_answering)


def _take_the_place(session: Session, document: Document, other: int, *, now: datetime) -> bool:
    try:
        amend(session, document, replace(entry_of(document), replaces_id=other), now=now)
    except Refused:
        # Two texts that abolish each other: staff must say which one holds.
        return False
    return True
