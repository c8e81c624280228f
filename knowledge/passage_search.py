"""Looking for a passage by words, over all that is in force, as a clerk does who knows it is there.

Straight from SQL, so that it works in any process; the search index belongs to one.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from knowledge.life import read_lives
from knowledge.models import Document, Passage, scope_of
from knowledge.words import bigrams
from store.clock import local_date

MOST_FOUND = 12
_MOST_PAIRS = 30
# The rarest pairs make up most of what is wanted; a passage with none of them is of other things.
_LEAST_SHARE = 0.2


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
    """Return the passages that have most of the words' pairs of characters, the rare ones first."""
    pairs = list(dict.fromkeys(pair for pair in bigrams(words) if len(pair) > 1))[:_MOST_PAIRS]
    rows = session.execute(
        _passages_in_force(session, institution_id, now)
        .where(Passage.is_heading.is_(False))
        .order_by(Document.id, Passage.position)
        .with_only_columns(Passage.id, Passage.text)
    )
    held = {key: _held(pairs, text.lower()) for key, text in rows}
    rarity = _rarity(held.values())
    least = _LEAST_SHARE * sum(rarity.values())
    scores = {key: sum(rarity[pair] for pair in found) for key, found in held.items() if found}
    best = sorted((key for key in scores if scores[key] >= least), key=lambda key: -scores[key])
    return passages_in_force(session, best[:MOST_FOUND], institution_id=institution_id, now=now)


def passages_in_force(
    session: Session, passage_ids: Collection[int], *, institution_id: int, now: datetime
) -> list[FoundPassage]:
    """Return those of the passages that may be quoted to the people of a house, in this order."""
    rows = session.execute(
        _passages_in_force(session, institution_id, now).where(Passage.id.in_(passage_ids))
    )
    found = {passage.id: _found(passage, document) for passage, document in rows}
    return [found[each] for each in dict.fromkeys(passage_ids) if each in found]


def _held(pairs: Sequence[str], text: str) -> list[str]:
    return [pair for pair in pairs if pair in text]


def _rarity(held: Collection[Sequence[str]]) -> dict[str, float]:
    """Return how much each pair tells, as BM25 weighs it, by the passages that have it."""
    counts = Counter(pair for found in held for pair in found)
    return {
        pair: math.log(1 + (len(held) - count + 0.5) / (count + 0.5))
        for pair, count in counts.items()
    }


def texts_in_force(session: Session, *, institution_id: int, now: datetime) -> Iterator[str]:
    """Yield the text of every document that may be quoted to the people of a house."""
    yield from session.scalars(
        select(Document.text).where(*_in_force(session, institution_id, now)).order_by(Document.id)
    )


def _passages_in_force(
    session: Session, institution_id: int, now: datetime
) -> Select[Passage, Document]:
    return (
        select(Passage, Document)
        .join(Document, Document.id == Passage.document_id)
        .where(*_in_force(session, institution_id, now))
    )


def _found(passage: Passage, document: Document) -> FoundPassage:
    return FoundPassage(
        passage.id, document.title, passage.source.value, passage.heading, passage.text.strip()
    )


def _in_force(session: Session, institution_id: int, now: datetime) -> list[ColumnElement[bool]]:
    scopes = [scope_of(None), scope_of(institution_id)]
    today = local_date(now)
    silent = [each for scope in scopes for each in read_lives(session, scope).silent(today)]
    return [Document.scope.in_(scopes), Document.id.not_in(silent)]
