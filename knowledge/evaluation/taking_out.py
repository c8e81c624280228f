"""Asking as if one document were not there."""

from knowledge.answering import Answering, IndexSource
from knowledge.index import ScopeIndex


def without_document(answering: Answering, document: str) -> Answering:
    """Return an answering that finds everything but the document of this id."""
    return answering.over(lambda whole: _IndexesWithout(whole, document))


class _IndexesWithout:
    """The indexes of all scopes, each without the document."""

    def __init__(self, whole: IndexSource, document: str) -> None:
        self._whole = whole
        self._document = document

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        return [index.without(self._document) for index in self._whole.current(institution_id)]
