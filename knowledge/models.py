"""Tables of the knowledge side: documents, their passages, vectors, and what was asked.

SQL is the truth. Every search index is derived from these tables and carries the generation
of the scope it was built from.
"""

import enum
from datetime import date, datetime

from sqlalchemy import (
    JSON,
    Date,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.answers import AnswerStatus
from store.base import Base, BigId
from store.identity import text_enum
from store.types import EncryptedText, UtcDateTime

NATIONAL = "national"


class SourceKind(enum.StrEnum):
    """What a text is, as people are told; a report of a notice is not the notice itself."""

    NEWS = "新闻报道"
    INTERPRETATION = "官方解读"
    POLICY = "政策文件"
    HOUSE = "本所信息"
    STAFF_ANSWER = "本所答复"


class DocumentKind(enum.StrEnum):
    """How a document came about: read from a file, one fact of the house, or a clerk's answer."""

    TEXT = "text"
    FACT = "fact"
    ANSWER = "answer"


def scope_of(institution_id: int | None) -> str:
    """Return the name of the scope (and of its search collection) a document lives in."""
    return NATIONAL if institution_id is None else f"institution-{institution_id}"


class Document(Base):
    """One text that may be quoted; the same external id again is its next version.

    Days are local dates: it answers from `starts_on` (None: at once) to `ends_on` (None: without
    end), unless it was withdrawn or the document that replaces it is in force.

    Attributes:
        number: the 文号.
        issuer, region: who issued it, and where it holds, in words.
        replaces_id: the document that this one takes the place of.
        author_id, approved_by_id: who wrote a clerk's answer, and who let it into the knowledge.
        owner_id: who keeps a fact of the house right; `reminded_on` is the day he was last told
            that it ends.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("scope", "external_id"),
        Index("ix_documents_replaces_id", "replaces_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    scope: Mapped[str] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(400))
    kind: Mapped[DocumentKind] = mapped_column(
        text_enum(DocumentKind), default=DocumentKind.TEXT, server_default=DocumentKind.TEXT.value
    )
    title: Mapped[str] = mapped_column(String(400))
    source: Mapped[SourceKind] = mapped_column(text_enum(SourceKind))
    text: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    issuer: Mapped[str | None] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    issued_on: Mapped[date | None] = mapped_column(Date)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    author_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reminded_on: Mapped[date | None] = mapped_column(Date)
    ingested_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentVersion(Base):
    """What a document said before its present version, to show what changed."""

    __tablename__ = "document_versions"
    __table_args__ = (UniqueConstraint("document_id", "version"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(400))
    text: Mapped[str] = mapped_column(Text)
    ingested_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DocumentDraft(Base):
    """A text that was read in and waits to be looked at and published.

    Attributes:
        document_id: the document that it becomes the next version of; None: a new one.
        source: what staff say it is; None: what the text shows itself to be.
    """

    __tablename__ = "document_drafts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    external_id: Mapped[str] = mapped_column(String(400))
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))
    file_name: Mapped[str] = mapped_column(String(400))
    title: Mapped[str] = mapped_column(String(400))
    source: Mapped[SourceKind | None] = mapped_column(text_enum(SourceKind))
    text: Mapped[str] = mapped_column(Text)
    issuer: Mapped[str | None] = mapped_column(String(200))
    number: Mapped[str | None] = mapped_column(String(100))
    region: Mapped[str | None] = mapped_column(String(100))
    issued_on: Mapped[date | None] = mapped_column(Date)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))
    uploaded_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Passage(Base):
    """A clause-sized piece of a document: `document.text[start:end] == text`.

    The passages of a document, put together in order, are the document, headings and white
    space included. `heading` is the path of headings above it, joined by ` › `.
    `content_hash` is of what is embedded, so that an unchanged passage of a new version keeps
    its row and its vector.
    """

    __tablename__ = "passages"
    __table_args__ = (
        Index("ix_passages_document_id_position", "document_id", "position"),
        Index("ix_passages_content_hash", "content_hash"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    position: Mapped[int]
    source: Mapped[SourceKind] = mapped_column(text_enum(SourceKind))
    is_heading: Mapped[bool] = mapped_column(default=False)
    heading: Mapped[str] = mapped_column(String(600))
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(String(64))


class PassageVector(Base):
    """A cached embedding: 32-bit floats, little endian, by embedder and content."""

    __tablename__ = "passage_vectors"

    embedder: Mapped[str] = mapped_column(String(80), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    vector: Mapped[bytes] = mapped_column(LargeBinary)


class IndexGeneration(Base):
    """Grows by one with every change to a scope's passages; an index carries the one it has."""

    __tablename__ = "index_generations"

    scope: Mapped[str] = mapped_column(String(40), primary_key=True)
    generation: Mapped[int] = mapped_column(BigId, default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuestionLogRow(Base):
    """One question a person asked, how it ended and what was said; the words are encrypted.

    `understood_as` is the question with what an earlier one lent it, as it was understood.
    """

    __tablename__ = "question_log"
    __table_args__ = (
        Index("ix_question_log_institution_id_asked_at", "institution_id", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    question: Mapped[str] = mapped_column(EncryptedText)
    status: Mapped[AnswerStatus] = mapped_column(text_enum(AnswerStatus))
    understood_as: Mapped[str | None] = mapped_column(EncryptedText)
    answer: Mapped[str | None] = mapped_column(EncryptedText)
    passage_ids: Mapped[list[int]] = mapped_column(JSON)
    seconds: Mapped[float] = mapped_column(Float)


class EvaluationQuestion(Base):
    """A question that staff put into the house's own evaluation set, and what is right for it.

    `expected` is answerable, unanswerable or offtopic; of an answerable one, `gold` are the
    words a right quote shares.
    """

    __tablename__ = "evaluation_questions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"), index=True)
    question: Mapped[str] = mapped_column(EncryptedText)
    expected: Mapped[str] = mapped_column(String(24))
    gold: Mapped[list[str]] = mapped_column(JSON)
    log_id: Mapped[int | None] = mapped_column(
        ForeignKey("question_log.id", ondelete="SET NULL"), unique=True
    )
    added_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
