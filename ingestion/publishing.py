"""The life of a document: published, corrected, withdrawn, restored, removed.

Each verb takes the caller's session, moves the generation of the scope, and never commits. The
vectors of what is published are made before, outside any transaction.
"""

import enum
from collections import defaultdict
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ingestion import texts
from ingestion.entries import Entry, entry_of, reading_of
from ingestion.loaded import Refused
from ingestion.reading import LONGEST_TITLE, Reading
from knowledge.generations import move_generation
from knowledge.life import DocumentState, read_lives
from knowledge.models import (
    Document,
    DocumentDraft,
    DocumentVersion,
    Passage,
    scope_of,
)
from knowledge.vectors import content_hash, drop_orphans
from store.clock import local_date

HEADING_JOINT = " › "
_LONGEST_HEADING = 600
_LONGEST = {"title": LONGEST_TITLE, "issuer": 200, "number": 100, "region": 100}
_CALLED = {"title": "标题", "issuer": "发文机关", "number": "文号", "region": "适用地区"}


class Change(enum.Enum):
    """What taking a document in did."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def publish(
    session: Session,
    reading: Reading,
    entry: Entry,
    *,
    external_id: str,
    institution_id: int | None,
    now: datetime,
) -> tuple[Document, Change]:
    """Let a text answer: as a new document, or as the next version of the one of that id.

    The same text again is no new version; what is recorded of it is brought up to `entry`.

    Raises:
        Refused: the entry cannot be, or the new version would leave a gap before it begins.
    """
    document = find_document(session, external_id, institution_id=institution_id)
    check_entry(session, entry, document=document, institution_id=institution_id)
    if document is None:
        document = _new_document(session, external_id, institution_id)
        change = Change.ADDED
    elif document.content_hash == reading.digest:
        change = Change.UPDATED if amend(session, document, entry, now=now) else Change.UNCHANGED
        return document, change
    else:
        _check_no_gap(session, document, entry, now)
        _keep_version(session, document)
        change = Change.UPDATED
    document.text, document.content_hash = reading.text, reading.digest
    document.version += 1
    document.ingested_at, document.withdrawn_at = now, None
    _record(document, entry, reading)
    session.flush()
    _write_passages(session, document, reading, entry)
    move_generation(session, document.scope, now=now)
    return document, change


def amend(session: Session, document: Document, entry: Entry, *, now: datetime) -> bool:
    """Correct what is recorded of a document; False when it was so already.

    Raises:
        Refused: the entry cannot be.
    """
    if entry == entry_of(document):
        return False
    check_entry(session, entry, document=document, institution_id=document.institution_id)
    reading = reading_of(document)
    _record(document, entry, reading)
    _write_passages(session, document, reading, entry)
    move_generation(session, document.scope, now=now)
    return True


def withdraw(session: Session, document: Document, *, now: datetime) -> None:
    """Stop a document from answering, at once; what it replaced answers again.

    Raises:
        Refused: it is withdrawn already.
    """
    if document.withdrawn_at is not None:
        raise Refused(texts.WITHDRAWN_ALREADY.format(title=document.title))
    document.withdrawn_at = now
    move_generation(session, document.scope, now=now)


def restore(session: Session, document: Document, *, now: datetime) -> None:
    """Let a withdrawn document answer again.

    Raises:
        Refused: it was not withdrawn.
    """
    if document.withdrawn_at is None:
        raise Refused(texts.NOT_WITHDRAWN.format(title=document.title))
    document.withdrawn_at = None
    move_generation(session, document.scope, now=now)


def remove(session: Session, document: Document, *, now: datetime) -> None:
    """Remove a document with its versions, passages, and the vectors that nothing else needs.

    Whatever took its place takes the place of what it had replaced: that does not come back.
    """
    hashes = set(
        session.scalars(select(Passage.content_hash).where(Passage.document_id == document.id))
    )
    for table in (Document, DocumentDraft):
        session.execute(
            update(table)
            .where(table.replaces_id == document.id)
            .values(replaces_id=document.replaces_id)
        )
    scope = document.scope
    # The database takes passages and versions away with it.
    session.execute(delete(Document).where(Document.id == document.id))
    session.expunge(document)
    drop_orphans(session, hashes)
    move_generation(session, scope, now=now)


def find_document(
    session: Session, external_id: str, *, institution_id: int | None
) -> Document | None:
    """Return the document of an id in its scope."""
    return session.scalar(
        select(Document).where(
            Document.scope == scope_of(institution_id), Document.external_id == external_id
        )
    )


def check_entry(
    session: Session, entry: Entry, *, document: Document | None, institution_id: int | None
) -> None:
    """Refuse what cannot be recorded.

    Raises:
        Refused: no title, a field too long, days the wrong way round, or nothing to replace.
    """
    if not entry.title.strip():
        raise Refused(texts.NO_TITLE)
    for name, most in _LONGEST.items():
        if len(getattr(entry, name) or "") > most:
            raise Refused(texts.TOO_LONG.format(what=_CALLED[name], most=most))
    if entry.starts_on and entry.ends_on and entry.starts_on > entry.ends_on:
        raise Refused(texts.ENDS_BEFORE_IT_STARTS)
    if entry.replaces_id is None:
        return
    replaced = session.get(Document, entry.replaces_id)
    if replaced is None or replaced.institution_id != institution_id:
        raise Refused(texts.REPLACES_UNKNOWN)
    if document is not None:
        lives = read_lives(session, document.scope)
        if lives.would_go_in_circles(document.id, entry.replaces_id):
            raise Refused(texts.REPLACES_ITSELF)


def _new_document(session: Session, external_id: str, institution_id: int | None) -> Document:
    document = Document(
        institution_id=institution_id,
        scope=scope_of(institution_id),
        external_id=external_id,
        version=0,
    )
    session.add(document)
    return document


def _check_no_gap(session: Session, document: Document, entry: Entry, now: datetime) -> None:
    """Refuse a version that is for later while the present one answers: nothing would."""
    today = local_date(now)
    if entry.starts_on is None or entry.starts_on <= today:
        return
    if read_lives(session, document.scope).state(document.id, today) is DocumentState.IN_FORCE:
        day = f"{entry.starts_on.month}月{entry.starts_on.day}日"
        raise Refused(texts.VERSION_TOO_EARLY.format(title=document.title, day=day))


def _keep_version(session: Session, document: Document) -> None:
    session.add(
        DocumentVersion(
            institution_id=document.institution_id,
            document_id=document.id,
            version=document.version,
            title=document.title,
            text=document.text,
            ingested_at=document.ingested_at,
        )
    )


def _record(document: Document, entry: Entry, reading: Reading) -> None:
    document.title = entry.title.strip()
    document.source = entry.source or reading.source(is_national=document.institution_id is None)
    document.issuer, document.number = entry.issuer, entry.number
    document.region, document.replaces_id = entry.region, entry.replaces_id
    document.issued_on = entry.issued_on
    document.starts_on, document.ends_on = entry.starts_on, entry.ends_on


def _write_passages(session: Session, document: Document, reading: Reading, entry: Entry) -> None:
    """Give every piece its row: an old one of the same words where there is one."""
    old: dict[str, list[Passage]] = defaultdict(list)
    for passage in session.scalars(
        select(Passage).where(Passage.document_id == document.id).order_by(Passage.position.desc())
    ):
        old[passage.content_hash].append(passage)
    for position, piece in enumerate(reading.pieces):
        key = content_hash(reading.words(piece))
        row = old[key].pop() if old[key] else Passage(document_id=document.id, content_hash=key)
        row.institution_id = document.institution_id
        row.position = position
        row.source = entry.source or reading.source(
            piece, is_national=document.institution_id is None
        )
        row.is_heading = piece.is_heading
        row.heading = HEADING_JOINT.join(piece.headings)[:_LONGEST_HEADING]
        row.start, row.end = piece.start, piece.end
        row.text = reading.text[piece.start : piece.end]
        session.add(row)
    gone = [passage for rows in old.values() for passage in rows]
    for passage in gone:
        session.delete(passage)
    session.flush()
    drop_orphans(session, {passage.content_hash for passage in gone})
