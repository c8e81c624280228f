"""Which documents hold on a day, and which one has taken the place of another.

A document holds from `starts_on` to `ends_on`, both days included. It is superseded from the day
its successor begins, and stays so when the successor ends: what was abolished does not come back
by itself. A successor that was withdrawn counts as if it had never been published.
"""

import enum
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge.models import Document, DocumentKind
from knowledge.words import comparable
from store.clock import local_date

# A shorter title is a word that any question may hold.
_SHORTEST_TITLE = 5
_BRACKETS = re.compile(r"[\s〔〕\[\]()【】《》]")


class DocumentState(enum.StrEnum):
    """Where a document stands on a day; only one in force answers."""

    IN_FORCE = "in_force"
    NOT_YET = "not_yet"
    ENDED = "ended"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Life:
    """What decides whether a document holds; days are local dates."""

    document_id: int
    title: str
    number: str | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    is_withdrawn: bool = False
    replaces_id: int | None = None

    def has_begun(self, today: date) -> bool:
        """Tell whether it was ever in force by `today`."""
        return not self.is_withdrawn and (self.starts_on is None or self.starts_on <= today)

    def is_named_in(self, question: str) -> bool:
        """Tell whether a question names it, by its whole title or its 文号."""
        names = [self.title if len(self.title) >= _SHORTEST_TITLE else "", self.number or ""]
        return any(name and _bare(name) in _bare(question) for name in names)


class Lives:
    """The lives of the documents of one scope."""

    def __init__(self, lives: Iterable[Life]) -> None:
        """Take every document of the scope: successors are looked for among them."""
        self._lives = {life.document_id: life for life in lives}
        self._successors: dict[int, list[Life]] = {}
        for life in self._lives.values():
            if life.replaces_id is not None:
                self._successors.setdefault(life.replaces_id, []).append(life)
        # Every question of a day needs the same set.
        self._standing: tuple[date, frozenset[int]] | None = None

    def without(self, document_ids: Container[int]) -> "Lives":
        """Return the lives as if some documents were not there."""
        return Lives(life for key, life in self._lives.items() if key not in document_ids)

    def of(self, document_id: int) -> Life:
        """Return one document's life."""
        return self._lives[document_id]

    def state(self, document_id: int, today: date) -> DocumentState:
        """Return where a document stands on a day; one that is gone answers no more."""
        life = self._lives.get(document_id)
        if life is None or life.is_withdrawn:
            return DocumentState.WITHDRAWN
        if any(after.has_begun(today) for after in self._after(document_id)):
            return DocumentState.SUPERSEDED
        if not life.has_begun(today):
            return DocumentState.NOT_YET
        if life.ends_on is not None and life.ends_on < today:
            return DocumentState.ENDED
        return DocumentState.IN_FORCE

    def in_force(self, today: date) -> frozenset[int]:
        """Return the ids of the documents that may be quoted on a day."""
        if self._standing is None or self._standing[0] != today:
            holding = (each for each in self._lives if self._holds(each, today))
            self._standing = (today, frozenset(holding))
        return self._standing[1]

    def silent(self, today: date) -> frozenset[int]:
        """Return the ids of the documents that may not be quoted on a day."""
        return frozenset(self._lives) - self.in_force(today)

    def successors(self, document_id: int, today: date) -> list[Life]:
        """Return those in force that took the place of a document, by themselves or in turn."""
        return [
            after for after in self._after(document_id) if self._holds(after.document_id, today)
        ]

    def named_but_superseded(self, question: str, today: date) -> Life | None:
        """Return the superseded document that a question names, the longest title first."""
        named = [
            self._lives[document_id]
            for document_id in self._successors
            if document_id in self._lives
            and self._lives[document_id].is_named_in(question)
            and self.state(document_id, today) is DocumentState.SUPERSEDED
        ]
        return max(named, key=lambda life: len(life.title), default=None)

    def would_go_in_circles(self, document_id: int, replaces_id: int) -> bool:
        """Tell whether one of them would come to take its own place."""
        return replaces_id == document_id or any(
            after.document_id == replaces_id for after in self._after(document_id)
        )

    def _holds(self, document_id: int, today: date) -> bool:
        return self.state(document_id, today) is DocumentState.IN_FORCE

    def _after(self, document_id: int) -> Iterator[Life]:
        seen = {document_id}
        waiting = [document_id]
        while waiting:
            for after in self._successors.get(waiting.pop(), ()):
                if after.document_id not in seen:
                    seen.add(after.document_id)
                    waiting.append(after.document_id)
                    yield after


def read_lives(session: Session, scope: str) -> Lives:
    """Read the lives of all documents of a scope."""
    rows = session.execute(
        select(
            Document.id,
            Document.title,
            Document.number,
            Document.starts_on,
            Document.ends_on,
            Document.withdrawn_at.is_not(None),
            Document.replaces_id,
        ).where(Document.scope == scope)
    )
    return Lives(Life(*row) for row in rows)


def dated_on(document: Document) -> date | None:
    """Return the day a reader goes by: of issue, or when a house wrote a fact or an answer down."""
    if document.issued_on is not None or document.kind is DocumentKind.TEXT:
        return document.issued_on
    return document.starts_on or local_date(document.ingested_at)


def _bare(text: str) -> str:
    return _BRACKETS.sub("", comparable(text))
