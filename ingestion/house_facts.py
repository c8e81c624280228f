"""Facts of a house: short, dated, each kept right by someone of its staff.

The verbs take the caller's session and never commit. What must be embedded is embedded before,
by `embed`, outside any transaction.
"""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.audit import note_operator
from booking.fact_upkeep import close_upkeep
from booking.staff_access import Clerk, note_act
from ingestion import texts
from ingestion.entries import Entry
from ingestion.library import document_of
from ingestion.loaded import LoadedDocument, NotThere, Refused
from ingestion.publishing import publish, withdraw
from ingestion.reading import Reading, read
from knowledge.fact_likeness import bare, questions_of, texts_to_embed
from knowledge.models import Document, DocumentKind, SourceKind, scope_of
from knowledge.vectors import VectorStore, content_hash, drop_orphans
from store.clock import local_date
from store.identity import Institution, Person, PersonKind

LONGEST_TITLE = 120
LONGEST_TEXT = 200
MOST_SENTENCES = 3
LONGEST_LIFE = timedelta(days=731)
_SENTENCE_ENDS = re.compile(r"[。！？!?]+")
_PAUSES = "，。；：！？、,;:!?"
_SHORTEST_QUESTION = 3


class FieldRefused(Refused):
    """Something in one field of a fact cannot be; the message says what to do."""

    def __init__(self, field: str, problem: str) -> None:
        """Name the field, as `FactWords` does, and the problem."""
        super().__init__(problem)
        self.field = field


@dataclass(frozen=True, slots=True)
class FactWords:
    """A fact as staff write it.

    Attributes:
        title: the question that people ask; several ways of asking, each with its question mark.
        text: one to three short sentences.
        owner_id: who of the staff keeps it right.
        ends_on: the last day on which it holds, a local date.
        starts_on: the first; None: at once.
    """

    title: str
    text: str
    owner_id: int
    ends_on: date
    starts_on: date | None = None


@dataclass(frozen=True, slots=True)
class ListedFact:
    """A fact as a list shows it; `owner` is None when he has left."""

    id: int
    institution_id: int
    title: str
    text: str
    owner_id: int
    owner: str | None
    starts_on: date | None
    ends_on: date
    written_on: date
    is_ended: bool
    mark: str

    def days_left(self, today: date) -> int:
        """Return how many days it still holds after today."""
        return (self.ends_on - today).days


def embed(vectors: VectorStore, wanted: FactWords) -> None:
    """Embed what a fact is found by; call it with no transaction open."""
    tidy = tidied(wanted)
    vectors.vectors(_contents(tidy.title, tidy.text))


def add_fact(
    session: Session,
    wanted: FactWords,
    *,
    institution_id: int,
    by: Clerk | None,
    now: datetime,
) -> Document:
    """Let a fact answer the people of a house; `by` None is the operator at the command line.

    Raises:
        FieldRefused: a field is empty, too long or cannot be, or the question is answered already.
    """
    wanted = tidied(wanted)
    _check(session, wanted, institution_id=institution_id, now=now)
    document = _write(session, wanted, f"fact-{secrets.token_hex(6)}", institution_id, now)
    _note(session, document, by, "add fact", now)
    return document


def change_fact(
    session: Session,
    fact_id: int,
    wanted: FactWords,
    *,
    institution_id: int,
    mark: str,
    by: Clerk | None,
    now: datetime,
) -> Document:
    """Put a fact right; whoever was reminded of its end need do nothing more.

    Args:
        mark: of the fact as it was read (`ListedFact.mark`); another one was changed since.

    Raises:
        NotThere: no such fact in this house. Refused: it was ended, or changed by another.
        FieldRefused: as `add_fact`.
    """
    wanted = tidied(wanted)
    document = fact_of(session, fact_id, institution_id=institution_id)
    if document.withdrawn_at is not None:
        raise Refused(texts.FACT_ENDED)
    if _mark(document) != mark:
        raise Refused(texts.FACT_CHANGED)
    _check(session, wanted, institution_id=institution_id, now=now, besides=fact_id)
    was = _contents(document.title, document.text)
    _write(session, wanted, document.external_id, institution_id, now)
    _forget(session, set(was) - set(_contents(wanted.title, wanted.text)))
    close_upkeep(session, fact_id=fact_id, actor_id=by.person_id if by else None, now=now)
    _note(session, document, by, "change fact", now)
    return document


def end_fact(
    session: Session, fact_id: int, *, institution_id: int, by: Clerk | None, now: datetime
) -> Document:
    """Stop a fact from answering, at once; one that is ended already stays so.

    Raises:
        NotThere: no such fact in this house.
    """
    document = fact_of(session, fact_id, institution_id=institution_id)
    if document.withdrawn_at is not None:
        return document
    withdraw(session, document, now=now)
    _forget(session, set(texts_to_embed(document.title, document.text)))
    close_upkeep(session, fact_id=fact_id, actor_id=by.person_id if by else None, now=now)
    _note(session, document, by, "end fact", now)
    return document


def fact_of(session: Session, fact_id: int, *, institution_id: int) -> Document:
    """Return a fact of one house.

    Raises:
        NotThere: none, or another's, or a document that is no fact.
    """
    document = document_of(session, fact_id, institution_id=institution_id)
    if document.kind is not DocumentKind.FACT:
        raise NotThere(texts.NOT_THERE)
    return document


def list_facts(session: Session, *, institution_id: int | None = None) -> list[ListedFact]:
    """Return the facts of a house, or of all houses, those that end first first."""
    wanted = (
        select(Document, Person)
        .outerjoin(Person, Person.id == Document.owner_id)
        .where(Document.kind == DocumentKind.FACT)
        .order_by(Document.institution_id, Document.ends_on, Document.id)
    )
    if institution_id is not None:
        wanted = wanted.where(Document.institution_id == institution_id)
    rows = session.execute(wanted)
    return [_listed(document, owner) for document, owner in rows]


def listed_fact(session: Session, fact_id: int, *, institution_id: int) -> ListedFact:
    """Return one fact of a house as the list shows it.

    Raises:
        NotThere: as `fact_of`.
    """
    document = fact_of(session, fact_id, institution_id=institution_id)
    return _listed(document, session.get(Person, document.owner_id))


def possible_owners(session: Session, *, institution_id: int) -> list[Person]:
    """Return the staff of a house who may keep a fact."""
    return list(
        session.scalars(
            select(Person)
            .where(
                Person.institution_id == institution_id,
                Person.kind == PersonKind.STAFF,
                Person.active.is_(True),
            )
            .order_by(Person.id)
        )
    )


def tidied(wanted: FactWords) -> FactWords:
    """Return the words without stray signs, every question with its mark."""
    asked = [line.rstrip("？?。 ") for line in questions_of("\n".join(_lines(wanted.title)))]
    said = _lines(wanted.text)
    joined = "".join(line if line.endswith(tuple(_PAUSES)) else f"{line}；" for line in said[:-1])
    return replace(
        wanted,
        title="".join(f"{line}？" for line in asked if line),
        text=joined + "".join(said[-1:]),
    )


def _lines(text: str) -> list[str]:
    """Return the lines that say something, without the signs no one can see."""
    clean = ("".join(sign for sign in line if sign.isprintable()) for line in text.splitlines())
    return [line.strip() for line in clean if line.strip()]


def _check(
    session: Session,
    wanted: FactWords,
    *,
    institution_id: int,
    now: datetime,
    besides: int | None = None,
) -> None:
    # Two clerks who write the same question at the same moment take turns.
    session.get_one(Institution, institution_id, with_for_update=True)
    today = local_date(now)
    if any(len(bare(each)) < _SHORTEST_QUESTION for each in questions_of(wanted.title) or [""]):
        raise FieldRefused("title", texts.FACT_NO_QUESTION)
    if len(wanted.title) > LONGEST_TITLE:
        raise FieldRefused("title", texts.FACT_TITLE_LONG.format(most=LONGEST_TITLE))
    sentences = [each for each in _SENTENCE_ENDS.split(wanted.text) if each.strip()]
    if not any(sign.isalnum() for sign in wanted.text):
        raise FieldRefused("text", texts.FACT_NO_TEXT)
    if len(wanted.text) > LONGEST_TEXT or len(sentences) > MOST_SENTENCES:
        problem = texts.FACT_TEXT_LONG.format(most=LONGEST_TEXT, sentences=MOST_SENTENCES)
        raise FieldRefused("text", problem)
    owners = possible_owners(session, institution_id=institution_id)
    if wanted.owner_id not in {owner.id for owner in owners}:
        raise FieldRefused("owner", texts.FACT_NO_OWNER)
    if wanted.ends_on < today:
        raise FieldRefused("ends_on", texts.FACT_OVER)
    if wanted.ends_on > today + LONGEST_LIFE:
        raise FieldRefused("ends_on", texts.FACT_TOO_LONG_LIVED)
    if wanted.starts_on is not None and wanted.starts_on > wanted.ends_on:
        raise FieldRefused("starts_on", texts.FACT_STARTS_LATE)
    other = _with_same_question(session, wanted, institution_id, today, besides)
    if other is not None:
        raise FieldRefused("title", texts.FACT_ASKED_ALREADY.format(title=other.title))


def _with_same_question(
    session: Session,
    wanted: FactWords,
    institution_id: int,
    today: date,
    besides: int | None,
) -> Document | None:
    """Return a fact that answers the same question on one of the same days."""
    asked = {bare(question) for question in questions_of(wanted.title)}
    others = session.scalars(
        select(Document).where(
            Document.scope == scope_of(institution_id),
            Document.kind == DocumentKind.FACT,
            Document.withdrawn_at.is_(None),
            Document.ends_on >= (wanted.starts_on or today),
            Document.id != (besides or 0),
        )
    )
    for other in others:
        begins_later = other.starts_on is not None and other.starts_on > wanted.ends_on
        if not begins_later and asked & {bare(each) for each in questions_of(other.title)}:
            return other
    return None


def _write(
    session: Session, wanted: FactWords, external_id: str, institution_id: int, now: datetime
) -> Document:
    """Write the fact; the day on which someone last looked at it is its date."""
    today = local_date(now)
    entry = Entry(
        title=wanted.title,
        source=SourceKind.HOUSE,
        issued_on=today,
        starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
    )
    document, _ = publish(
        session,
        _reading(wanted.title, wanted.text),
        entry,
        external_id=external_id,
        institution_id=institution_id,
        now=now,
    )
    document.kind = DocumentKind.FACT
    document.owner_id = wanted.owner_id
    # Whoever writes the last day down need not be told of it as if it were news.
    document.reminded_on = today
    session.flush()
    return document


def _reading(title: str, text: str) -> Reading:
    return read(LoadedDocument("fact", text, title))


def _contents(title: str, text: str) -> list[str]:
    """Return everything of a fact that is embedded: it stands in no search index."""
    return list(dict.fromkeys(texts_to_embed(title, text)))


def _forget(session: Session, contents: set[str]) -> None:
    session.flush()
    drop_orphans(session, {content_hash(content) for content in contents})


def _mark(document: Document) -> str:
    """Return what tells one state of a fact from another."""
    state = (
        document.title,
        document.text,
        document.owner_id,
        document.starts_on,
        document.ends_on,
        document.withdrawn_at is not None,
    )
    return content_hash(repr(state))[:16]


def _listed(document: Document, owner: Person | None) -> ListedFact:
    assert document.institution_id is not None  # noqa: S101 - a fact is of a house,
    assert document.ends_on is not None  # noqa: S101 - and has an end.
    return ListedFact(
        id=document.id,
        institution_id=document.institution_id,
        title=document.title,
        text=document.text,
        owner_id=document.owner_id or 0,
        owner=owner.name if owner is not None and owner.active else None,
        starts_on=document.starts_on,
        ends_on=document.ends_on,
        written_on=document.issued_on or local_date(document.ingested_at),
        is_ended=document.withdrawn_at is not None,
        mark=_mark(document),
    )


def _note(session: Session, document: Document, by: Clerk | None, act: str, now: datetime) -> None:
    if by is not None:
        note_act(session, by, act=act, about=document.title, now=now)
        return
    note_operator(
        session,
        institution_id=document.institution_id,
        act=act,
        about=document.title,
        now=now,
    )
