"""Facts of a house, and clerks' answers: found by the question they were written for.

They are short, there are few of them, and each carries the question that people ask, so they
stand beside the search index, not in it: what a house says of its canteen never gets between
a question and the policy documents.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.asked import AskedKinds
from knowledge.embedding import Vector
from knowledge.fact_likeness import Asking, Likeness, Rarity, questions_of
from knowledge.generations import generations
from knowledge.house_words import HOUSE_ASKED_FILE, HouseWords
from knowledge.life import Lives, dated_on, read_lives
from knowledge.models import Document, DocumentKind, Passage, SourceKind, scope_of
from knowledge.vectors import VectorStore
from store.clock import local_date
from store.database import Database

KINDS = (DocumentKind.FACT, DocumentKind.ANSWER)
# In log odds. Of what is less likely than ENOUGH, most is another question; from SURE on, a
# fact goes before a document that answers, too; from PLAIN on, words that were taken for a
# wish or a complaint are heard as the question they ask.
ENOUGH = -1.5
SURE = 2.0
PLAIN = 3.5
_AS_LIKELY = 1.5


@dataclass(frozen=True, slots=True)
class HouseFact:
    """One fact, or one clerk's answer, as it may be quoted; days are local dates."""

    document_id: int
    passage_id: int
    document: str
    title: str
    source: SourceKind
    text: str
    written_on: date
    ends_on: date | None

    @property
    def least(self) -> float:
        """Return how likely it must answer.

        A clerk's answer on policy is acted on: only the very question it was given to counts.
        """
        return PLAIN if self.source is SourceKind.STAFF_ANSWER else ENOUGH

    @property
    def called(self) -> str:
        """Return the first way of asking, without its question mark, to name it by."""
        return questions_of(self.title)[0].rstrip("？?")


@dataclass(frozen=True, slots=True)
class FoundFact:
    """A fact that answers, and how likely it does."""

    fact: HouseFact
    likeness: float

    @property
    def is_sure(self) -> bool:
        """Tell whether it answers so surely that no document need be asked."""
        return self.likeness >= SURE

    @property
    def is_plain(self) -> bool:
        """Tell whether it answers the very question, whatever the words were taken for."""
        return self.likeness >= PLAIN


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The facts of one house at one generation, once for each way of asking."""

    generation: int
    lives: Lives
    facts: tuple[tuple[HouseFact, Asking], ...]
    rarity: Rarity


class HouseFacts:
    """Finds the fact of a house that answers a question."""

    def __init__(self, *, database: Database, vectors: VectorStore) -> None:
        """Read the word files of houses."""
        self._database = database
        kinds = AskedKinds(HOUSE_ASKED_FILE)
        self._likeness = Likeness(words=HouseWords(), kinds=kinds, vectors=vectors)
        self._shelves: dict[str, _Shelf] = {}
        self._lock = threading.Lock()

    def open_all(self) -> None:
        """Open the facts of every house, so that nobody's first question waits for them."""
        with self._database.read() as session:
            wanted = select(Document.institution_id).where(Document.kind.in_(KINDS))
            houses = session.scalars(wanted.distinct()).all()
        for institution_id in houses:
            if institution_id is not None:
                self._shelf(institution_id)

    def asks(self, words: str) -> bool:
        """Tell whether words ask for a kind of thing that houses are asked for."""
        return self._likeness.asks(words)

    def find(
        self, question: str, vector: Vector, *, institution_id: int | None, today: date
    ) -> tuple[FoundFact, ...]:
        """Return the fact that answers, and another that does as well; () when none does.

        Args:
            question: as it was typed.
            vector: its embedding.
            institution_id: whose facts; None has none.
            today: which facts are in force.
        """
        shelf = self._shelf(institution_id) if institution_id is not None else None
        if shelf is None or not shelf.facts:
            return ()
        in_force = shelf.lives.in_force(today)
        wish = self._likeness.wish(question, vector)
        best: dict[int, FoundFact] = {}
        for fact, asking in shelf.facts:
            if fact.document_id not in in_force:
                continue
            found = FoundFact(fact, self._likeness.of(wish, asking, shelf.rarity))
            known = best.get(fact.document_id)
            if found.likeness >= fact.least and (known is None or found.likeness > known.likeness):
                best[fact.document_id] = found
        ranked = sorted(best.values(), key=lambda each: -each.likeness)[:2]
        return tuple(each for each in ranked if each.likeness > ranked[0].likeness - _AS_LIKELY)

    def go_on(
        self,
        question: str,
        before: str,
        embed: Callable[[str], Vector],
        *,
        institution_id: int | None,
        today: date,
    ) -> tuple[FoundFact, ...]:
        """Return the fact that surely answers the question before, where it speaks of this one too.

        那周末呢, after 食堂几点开. The fact must know everything new that is said.
        """
        surely = [
            found
            for found in self.find(
                before, embed(before), institution_id=institution_id, today=today
            )
            if found.is_sure
        ]
        shelf = self._shelf(institution_id) if surely and institution_id is not None else None
        if shelf is None:
            return ()
        told = {
            fact.document_id
            for fact, asking in shelf.facts
            if self._likeness.speaks_of(question, asking)
        }
        return tuple(found for found in surely if found.fact.document_id in told)

    def _shelf(self, institution_id: int) -> _Shelf | None:
        scope = scope_of(institution_id)
        with self._database.read() as session:
            generation = generations(session, [scope]).get(scope)
            shelf = self._shelves.get(scope)
            if generation is None or (shelf is not None and shelf.generation == generation):
                return shelf if generation is not None else None
            facts, lives = _facts(session, scope), read_lives(session, scope)
        # What the verbs have not embedded is embedded here, with no transaction open.
        with self._lock:
            self._likeness.embed((fact.title, fact.text) for fact in facts)
            self._shelves[scope] = shelf = self._filled(generation, lives, facts)
        return shelf

    def _filled(self, generation: int, lives: Lives, facts: Sequence[HouseFact]) -> _Shelf:
        asked = tuple(
            (fact, self._likeness.asking(question, fact.text))
            for fact in facts
            for question in questions_of(fact.title)
        )
        return _Shelf(generation, lives, asked, Rarity(asking for _, asking in asked))


def _facts(session: Session, scope: str) -> list[HouseFact]:
    first = select(func.min(Passage.id)).where(Passage.document_id == Document.id).scalar_subquery()
    rows = session.execute(
        select(Document, first)
        .where(Document.scope == scope, Document.kind.in_(KINDS), Document.withdrawn_at.is_(None))
        .order_by(Document.id)
    )
    return [
        HouseFact(
            document_id=document.id,
            passage_id=passage_id,
            document=document.external_id,
            title=document.title,
            source=document.source,
            text=document.text.strip(),
            written_on=dated_on(document) or local_date(document.ingested_at),
            ends_on=document.ends_on,
        )
        for document, passage_id in rows
    ]
