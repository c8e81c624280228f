"""A clerk's approved answer as a document of the house: the question is its title.

Only the house's own people are answered from it, found by the question as facts of the house
are. The caller checks who may let it in, and writes the audit, in the same transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from ingestion.entries import Entry
from ingestion.loaded import LoadedDocument
from ingestion.publishing import publish, withdraw
from ingestion.reading import read
from knowledge.fact_likeness import texts_to_embed
from knowledge.models import Document, DocumentKind, SourceKind
from knowledge.vectors import VectorStore, content_hash, drop_orphans
from store.clock import local_date


@dataclass(frozen=True, slots=True)
class HouseAnswer:
    """What is let into the knowledge; the same `key` again takes the place of what it said.

    `ends_on` is the last day on which it answers (local date; None: without end).
    """

    key: str
    institution_id: int
    question: str
    text: str
    ends_on: date | None
    author_id: int
    approved_by_id: int


def embed_answer(vectors: VectorStore, question: str, text: str) -> None:
    """Embed what an answer is found by; call it with no transaction open."""
    vectors.vectors(list(dict.fromkeys(texts_to_embed(question, text))))


def let_in(session: Session, answer: HouseAnswer, *, now: datetime) -> Document:
    """Write the answer as a document that answers from now on."""
    entry = Entry(
        title=answer.question,
        source=SourceKind.STAFF_ANSWER,
        issued_on=local_date(now),
        ends_on=answer.ends_on,
    )
    document, _ = publish(
        session,
        read(LoadedDocument(answer.key, answer.text, answer.question)),
        entry,
        external_id=answer.key,
        institution_id=answer.institution_id,
        now=now,
    )
    document.kind = DocumentKind.ANSWER
    # The same words, let in again after they were taken out.
    document.withdrawn_at = None
    document.author_id, document.approved_by_id = answer.author_id, answer.approved_by_id
    session.flush()
    return document


def take_out(session: Session, document_id: int, *, now: datetime) -> None:
    """Stop a document from answering, at once; one that is out already stays so."""
    document = session.get_one(Document, document_id)
    if document.withdrawn_at is not None:
        return
    withdraw(session, document, now=now)
    session.flush()
    contents = texts_to_embed(document.title, document.text)
    drop_orphans(session, {content_hash(content) for content in contents})
