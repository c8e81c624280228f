"""The original behind a quote: a clause with what stands around it, or the whole document."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import Document, DocumentKind, Passage

_MOST_AROUND = 120
_CUT = "……"
_HEADING_JOINT = " › "


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a document is: its title, who issued it under which number, and its days.

    `institution_id` is None for what everybody may read. Days are local dates.
    """

    document_id: int
    institution_id: int | None
    title: str
    source: str
    issuer: str | None
    number: str | None
    issued_on: date | None
    starts_on: date | None
    ends_on: date | None
    is_withdrawn: bool

    def may_be_read_by(self, institution_id: int | None) -> bool:
        """Tell whether people of a house (None: of none that is known) may read it."""
        return self.institution_id is None or self.institution_id == institution_id


@dataclass(frozen=True, slots=True)
class Clause:
    """A passage in its context: where it stands, what comes before it and after it."""

    document: Particulars
    passage_id: int
    source: str
    heading: tuple[str, ...]
    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph that is one passage."""

    passage_id: int
    words: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A heading or a paragraph; `source` tells what the text says of itself from here on."""

    is_heading: bool
    source: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Original:
    """A whole document, paragraph by paragraph."""

    document: Particulars
    paragraphs: tuple[Paragraph, ...]


def read_clause(session: Session, passage_id: int) -> Clause | None:
    """Return a passage with its neighbours; None when it is gone."""
    passage = session.get(Passage, passage_id)
    if passage is None:
        return None
    document = session.get_one(Document, passage.document_id)
    # A fact of the house and a clerk's answer are short enough to be shown whole.
    is_whole = document.kind is not DocumentKind.TEXT
    return Clause(
        document=_particulars(document),
        passage_id=passage.id,
        source=passage.source.value,
        heading=tuple(part for part in passage.heading.split(_HEADING_JOINT) if part),
        before="" if is_whole else _around(session, passage, step=-1),
        words=(document.text if is_whole else passage.text).strip(),
        after="" if is_whole else _around(session, passage, step=1),
    )


def read_original(session: Session, document_id: int) -> Original | None:
    """Return a whole document; None when there is none of that id."""
    document = session.get(Document, document_id)
    if document is None:
        return None
    passages = session.scalars(
        select(Passage).where(Passage.document_id == document_id).order_by(Passage.position)
    ).all()
    paragraphs = tuple(
        Paragraph(
            is_heading=together[0].is_heading,
            source=together[0].source.value,
            pieces=_pieces(together),
        )
        for together in _paragraphs(passages)
    )
    return Original(_particulars(document), paragraphs)


def _pieces(together: Sequence[Passage]) -> tuple[Piece, ...]:
    """Return the passages of a paragraph, without the white space around the whole of it."""
    words = [each.text for each in together]
    words[0] = words[0].lstrip()
    words[-1] = words[-1].rstrip()
    return tuple(Piece(each.id, text) for each, text in zip(together, words, strict=True))


def _particulars(document: Document) -> Particulars:
    return Particulars(
        document_id=document.id,
        institution_id=document.institution_id,
        title=document.title,
        source=document.source.value,
        issuer=document.issuer,
        number=document.number,
        issued_on=document.issued_on,
        starts_on=document.starts_on,
        ends_on=document.ends_on,
        is_withdrawn=document.withdrawn_at is not None,
    )


def _around(session: Session, passage: Passage, *, step: int) -> str:
    """Return the words before or after a passage, as far as a reader needs them."""
    neighbour = session.scalars(
        select(Passage).where(
            Passage.document_id == passage.document_id,
            Passage.position == passage.position + step,
        )
    ).first()
    # A heading is told with the place; a text under another heading is another matter.
    if neighbour is None or neighbour.is_heading or neighbour.heading != passage.heading:
        return ""
    words = neighbour.text.strip()
    if len(words) <= _MOST_AROUND:
        return words
    return _CUT + words[-_MOST_AROUND:] if step < 0 else words[:_MOST_AROUND] + _CUT


def _paragraphs(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Put together the passages that no line break parts."""
    together: list[Passage] = []
    for passage in passages:
        if together and _begins_anew(together[-1], passage):
            yield together
            together = []
        together.append(passage)
    if together:
        yield together


def _begins_anew(before: Passage, passage: Passage) -> bool:
    ends = before.text.rstrip(" \u3000").endswith("\n")
    begins = passage.text.lstrip(" \u3000").startswith("\n")
    return before.is_heading or passage.is_heading or ends or begins
