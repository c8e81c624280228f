"""Looking documents up: the list of a house, one of them, what a new one takes the place of."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion import texts
from ingestion.loaded import NotThere
from ingestion.particulars import Named, plain_number
from knowledge.life import DocumentState, Life, Lives, read_lives
from knowledge.models import Document, DocumentKind, Passage, SourceKind, scope_of
from knowledge.words import comparable


@dataclass(frozen=True, slots=True)
class Listed:
    """A document as a list shows it.

    `passages` are those that may be quoted; `successors` the documents in force instead of it.
    """

    id: int
    institution_id: int | None
    external_id: str
    kind: DocumentKind
    title: str
    source: SourceKind
    version: int
    number: str | None
    starts_on: date | None
    ends_on: date | None
    ingested_at: datetime
    state: DocumentState
    passages: int
    successors: tuple[Life, ...]


def list_documents(
    session: Session,
    *,
    institution_id: int | None,
    today: date,
    kinds: Collection[DocumentKind] = tuple(DocumentKind),
) -> list[Listed]:
    """Return the documents of a house, or the national ones, newest first."""
    scope = scope_of(institution_id)
    lives = read_lives(session, scope)
    counted = (
        select(Passage.document_id, func.count().label("passages"))
        .where(Passage.is_heading.is_(False))
        .group_by(Passage.document_id)
        .subquery()
    )
    # Without the texts, which are long.
    columns = [getattr(Document, name) for name in _SHOWN]
    rows = session.execute(
        select(*columns, func.coalesce(counted.c.passages, 0))
        .outerjoin(counted, counted.c.document_id == Document.id)
        .where(Document.scope == scope, Document.kind.in_(kinds))
        .order_by(Document.ingested_at.desc(), Document.id.desc())
    )
    return [_listed(row[:-1], row[-1], lives, today) for row in rows]


_SHOWN = (
    "id",
    "institution_id",
    "external_id",
    "kind",
    "title",
    "source",
    "version",
    "number",
    "starts_on",
    "ends_on",
    "ingested_at",
)


def _listed(values: Iterable[object], passages: int, lives: Lives, today: date) -> Listed:
    shown = dict(zip(_SHOWN, values, strict=True))
    document_id = shown["id"]
    assert isinstance(document_id, int)  # noqa: S101 - the primary key.
    return Listed(
        **shown,  # type: ignore[arg-type] # The columns have the fields' types.
        passages=passages,
        state=lives.state(document_id, today),
        successors=tuple(lives.successors(document_id, today)),
    )


def document_of(session: Session, document_id: int, *, institution_id: int | None) -> Document:
    """Return a document of one house.

    Raises:
        NotThere: none, or another's.
    """
    document = session.get(Document, document_id)
    if document is None or document.institution_id != institution_id:
        raise NotThere(texts.NOT_THERE)
    return document


def passages_of(session: Session, document_id: int) -> list[Passage]:
    """Return the passages of a document in order."""
    return list(
        session.scalars(
            select(Passage).where(Passage.document_id == document_id).order_by(Passage.position)
        )
    )


def matching(
    session: Session,
    named: Iterable[Named],
    *,
    institution_id: int | None,
    besides: int | None = None,
) -> list[int]:
    """Return the ids of the documents of a house that a text names, in the order it names them.

    `besides` is the document whose text it is: often it has the title of the one it abolishes.

    A 文号 is decisive; a title must be the whole title, or stand in that of the paper that issued
    it: 关于印发《…》的通知.
    """
    rows = session.execute(
        select(Document.id, Document.title, Document.number).where(
            Document.scope == scope_of(institution_id), Document.id != (besides or 0)
        )
    ).all()
    found: dict[int, None] = {}
    for each in named:
        fitting = [row.id for row in rows if _is_called(each, row.title, row.number)]
        if len(fitting) == 1:
            found[fitting[0]] = None
    return list(found)


def _is_called(named: Named, title: str, number: str | None) -> bool:
    if named.number and number:
        return named.number == plain_number(number)
    wanted, own = comparable(named.title), comparable(title)
    return own == wanted or (f"《{wanted}》" in own and own.endswith("通知"))
