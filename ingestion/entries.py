"""What is recorded of a document beside its words: read from it, or said by staff."""

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

from ingestion.loaded import LoadedDocument
from ingestion.reading import Reading, read
from knowledge.models import Document, SourceKind
from knowledge.vectors import content_hash

_READ_FIELDS = ("number", "issuer", "issued_on", "starts_on", "ends_on")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is recorded of a document; None where it is not known, or does not hold.

    `source` is set only by staff, where it differs from what the text as a whole shows itself to
    be: without it each part is what it shows itself to be. Days are local dates; `replaces_id` is the document that this one takes the place of.
    """

    title: str = ""
    source: SourceKind | None = None
    issuer: str | None = None
    number: str | None = None
    region: str | None = None
    issued_on: date | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    replaces_id: int | None = None


def entry_of(document: Document) -> Entry:
    """Return what is recorded of a document."""
    before = reading_of(document)
    shown = before.source(is_national=document.institution_id is None)
    return Entry(
        title=document.title,
        source=None if document.source is shown else document.source,
        **{name: getattr(document, name) for name in _READ_FIELDS},
        region=document.region,
        replaces_id=document.replaces_id,
    )


def read_entry(reading: Reading) -> Entry:
    """Return what a text says of itself."""
    return Entry(reading.title, **{name: getattr(reading.said, name) for name in _READ_FIELDS})


def settled(reading: Reading, given: Entry, document: Document | None) -> Entry:
    """Put together what is given, what the text says, and what staff once said of the document.

    What is given wins. What staff corrected stays, unless the new version says something new.
    """
    said = read_entry(reading) if document is None else _with_corrections(reading, document)
    wanted: dict[str, Any] = {
        field.name: value for field in fields(given) if (value := getattr(given, field.name))
    }
    return replace(said, **wanted)


def reading_of(document: Document) -> Reading:
    """Read the present version of a document again."""
    return read(LoadedDocument(document.external_id, document.text))


def _with_corrections(reading: Reading, document: Document) -> Entry:
    was, now, kept = read_entry(reading_of(document)), read_entry(reading), entry_of(document)
    wanted: dict[str, Any] = {}
    for name in _READ_FIELDS:
        by_hand = getattr(kept, name) != getattr(was, name)
        nothing_new = getattr(now, name) == getattr(was, name)
        if by_hand and (getattr(kept, name) is not None or nothing_new):
            wanted[name] = getattr(kept, name)
    if content_hash(f"{document.title}\n{document.text}") != document.content_hash:
        wanted["title"] = kept.title
    return replace(
        now, source=kept.source, region=kept.region, replaces_id=kept.replaces_id, **wanted
    )
