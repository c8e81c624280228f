"""Looking for a passage by words, over all that is in force, as a clerk does who knows it is there.

Straight from SQL, so that it works in any process; the search index belongs to one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, or_, select
from sqlalchemy.orm import Session

from knowledge.models import Document, Passage, scope_of
from knowledge.words import bigrams
from store.clock import local_date

MOST_FOUND = 12
_MOST_PAIRS = 30
# A question is mostly words of asking, of which the passage that answers it has none.
_LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage in force, and where it stands."""

    passage_id: int
    title: str
    source: str
    heading: str
    text: str


def find_passages(
    session: Session, words: str, *, institution_id: int, now: datetime
) -> list[FoundPassage]:
    """Return the passages that have most of the words' pairs of characters, best first."""
    pairs = list(dict.fromkeys(bigrams(words)))[:_MOST_PAIRS]
    if not pairs:
        return []
    held = sum((_holds(pair) for pair in pairs[1:]), _holds(pairs[0]))
    rows = session.execute(
        select(Passage, Document, held.label("held"))
        .join(Document, Document.id == Passage.document_id)
        .where(
            Passage.is_heading.is_(False),
            _in_force(institution_id, local_date(now)),
            held >= max(1, int(len(pairs) * _LEAST_SHARE)),
        )
        .order_by(held.desc(), Document.id, Passage.position)
        .limit(MOST_FOUND)
    )
    return [
        FoundPassage(
            passage.id, document.title, passage.source.value, passage.heading, passage.text.strip()
        )
        for passage, document, _held in rows
    ]


def texts_in_force(session: Session, *, institution_id: int, now: datetime) -> Iterator[str]:
    """Yield the text of every document that may be quoted to the people of a house."""
    yield from session.scalars(
        select(Document.text)
        .where(_in_force(institution_id, local_date(now)))
        .order_by(Document.id)
    )


def _holds(pair: str) -> ColumnElement[int]:
    return case((Passage.text.contains(pair, autoescape=True), 1), else_=0)


def _in_force(institution_id: int, today: date) -> ColumnElement[bool]:
    return and_(
        Document.scope.in_([scope_of(None), scope_of(institution_id)]),
        Document.withdrawn_at.is_(None),
        or_(Document.starts_on.is_(None), Document.starts_on <= today),
        or_(Document.ends_on.is_(None), Document.ends_on >= today),
    )
