"""A text on its way into the knowledge: read in, looked at, corrected, published or put away."""

from dataclasses import fields, replace
from datetime import datetime
from pathlib import PurePath

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion import texts
from ingestion.entries import Entry, settled
from ingestion.library import matching
from ingestion.loaded import LoadedDocument, NotThere
from ingestion.publishing import (
    Change,
    check_entry,
    find_document,
    publish,
)
from ingestion.reading import LONGEST_TITLE, Reading, read
from knowledge.models import Document, DocumentDraft
from knowledge.vectors import content_hash, drop_orphans

_LONGEST_NAME = 400


def keep_draft(
    session: Session,
    loaded: LoadedDocument,
    *,
    institution_id: int,
    document: Document | None,
    uploaded_by_id: int,
    now: datetime,
) -> DocumentDraft:
    """Keep a text that was read in, with what it says of itself, until someone has looked at it.

    Args:
        loaded: its id is the name of the file.
        document: the one it becomes the next version of; None: a new one.

    Raises:
        NotConserved: a mistake in the cutting.
    """
    name = loaded.external_id[-_LONGEST_NAME:]
    reading = read(replace(loaded, external_id=name))
    entry = settled(reading, Entry(), document)
    if document is None:
        named = matching(session, reading.said.abolishes, institution_id=institution_id)
        title = PurePath(name).stem if reading.title == name else reading.title
        entry = replace(entry, title=title, replaces_id=next(iter(named), None))
    draft = DocumentDraft(
        institution_id=institution_id,
        external_id=name if document is None else document.external_id,
        document_id=None if document is None else document.id,
        file_name=name,
        text=loaded.text,
        uploaded_by_id=uploaded_by_id,
        uploaded_at=now,
    )
    _record(draft, entry)
    session.add(draft)
    session.flush()
    return draft


def drafts_of(session: Session, *, institution_id: int) -> list[DocumentDraft]:
    """Return the drafts of a house, newest first."""
    return list(
        session.scalars(
            select(DocumentDraft)
            .where(DocumentDraft.institution_id == institution_id)
            .order_by(DocumentDraft.id.desc())
        )
    )


def draft_of(session: Session, draft_id: int, *, institution_id: int) -> DocumentDraft:
    """Return a draft of one house.

    Raises:
        NotThere: none, another's, or no longer a draft.
    """
    draft = session.get(DocumentDraft, draft_id)
    if draft is None or draft.institution_id != institution_id:
        raise NotThere(texts.DRAFT_GONE)
    return draft


def reading_of_draft(draft: DocumentDraft) -> Reading:
    """Cut a draft's text as it will be cut when it is published."""
    return read(LoadedDocument(draft.external_id, draft.text))


def entry_of_draft(draft: DocumentDraft) -> Entry:
    """Return what is to be recorded of a draft."""
    return Entry(**{field.name: getattr(draft, field.name) for field in fields(Entry)})


def correct_draft(session: Session, draft: DocumentDraft, entry: Entry) -> None:
    """Keep what staff say of a draft.

    Raises:
        Refused: it cannot be.
    """
    check_entry(
        session,
        entry,
        document=_document_of(session, draft),
        institution_id=draft.institution_id,
    )
    _record(draft, entry)


def publish_draft(
    session: Session, draft: DocumentDraft, entry: Entry, *, now: datetime
) -> tuple[Document, Change]:
    """Let a draft answer from now on; its vectors are there already.

    Raises:
        Refused: what staff say of it cannot be recorded, or the version would leave a gap.
    """
    document = _document_of(session, draft)
    external_id = draft.external_id if document else _free_id(session, draft)
    published, change = publish(
        session,
        read(LoadedDocument(external_id, draft.text)),
        entry,
        external_id=external_id,
        institution_id=draft.institution_id,
        now=now,
    )
    session.delete(draft)
    session.flush()
    return published, change


def discard_draft(session: Session, draft: DocumentDraft) -> None:
    """Put a draft away with the vectors that were made for it."""
    reading = reading_of_draft(draft)
    session.delete(draft)
    session.flush()
    drop_orphans(session, {content_hash(words) for words in reading.quotable})


def _document_of(session: Session, draft: DocumentDraft) -> Document | None:
    return session.get(Document, draft.document_id) if draft.document_id else None


def _free_id(session: Session, draft: DocumentDraft) -> str:
    """Return the file's name, with a number where another document is known by it."""
    name = PurePath(draft.external_id)
    wanted, number = draft.external_id, 1
    while find_document(session, wanted, institution_id=draft.institution_id) is not None:
        number += 1
        wanted = f"{name.stem[: _LONGEST_NAME - 20]} ({number}){name.suffix}"
    return wanted


def _record(draft: DocumentDraft, entry: Entry) -> None:
    for field in fields(Entry):
        setattr(draft, field.name, getattr(entry, field.name))
    draft.title = entry.title.strip()[:LONGEST_TITLE]
