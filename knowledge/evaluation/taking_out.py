"""Asking as if one document were not there, without building any index anew."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from knowledge.answering import Answering, IndexSource
from knowledge.embedding import Vector
from knowledge.index import Quotable, ScopeIndex
from knowledge.words import bigrams


def without_document(answering: Answering, document: str) -> Answering:
    """Return an answering that finds everything but the document of this id."""
    return answering.over(lambda whole: _IndexesWithout(whole, document))


class _IndexesWithout:
    """The indexes of all scopes, each without the document."""

    def __init__(self, whole: IndexSource, document: str) -> None:
        self._whole = whole
        self._document = document

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        return [
            IndexWithout(index, self._document)
            if any(passage.document == self._document for passage in index.passages)
            else index
            for index in self._whole.current(institution_id)
        ]


class IndexWithout(ScopeIndex):
    """A scope's index as if one of its documents had never been taken in.

    Its passages are gone, so that neither scores, nor their largest, nor the lead over the next
    document know of it. How rare a pair of characters is (BM25, and the share a document holds)
    is counted without it. Two things are approximated: the average length of a passage and of a
    document, by which BM25 weighs, still counts it; and the nearest passages are looked for
    among more neighbours, then the document's own are dropped, where an approximate index built
    without it might find others.
    """

    def __init__(self, whole: ScopeIndex, document: str) -> None:
        """Take an index and the id of one of its documents."""
        kept = [at for at, passage in enumerate(whole.passages) if passage.document != document]
        self._whole = whole
        self._kept = np.array(kept, dtype=np.intp)
        self._moved = {old: new for new, old in enumerate(kept)}
        self.generation = whole.generation
        self.passages: list[Quotable] = [whole.passages[at] for at in kept]
        self._documents = [passage.document_id for passage in whole.passages]
        self._document_count = len({*self._documents}) - 1

    def near(self, vector: Vector, count: int) -> dict[int, float]:
        """Return the places of the nearest passages with their cosine."""
        removed = len(self._whole.passages) - len(self.passages)
        found = self._whole.near(vector, count + removed).items()
        kept = sorted((-cosine, self._moved[at]) for at, cosine in found if at in self._moved)
        return {place: -far for far, place in kept[:count]}

    def matching(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage for a text."""
        return self._scores(text, self._whole.matching, list(range(len(self._documents))))

    def about(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every passage's whole document for a text."""
        return self._scores(text, self._whole.about, self._documents)

    def document_words(self, place: int) -> str:
        """Return the folded text of the whole document a passage is of, title included."""
        return self._whole.document_words(int(self._kept[place]))

    @property
    def document_count(self) -> int:
        """Return how many documents there are."""
        return self._document_count

    def documents_with(self, pair: str) -> int:
        """Return how many documents have a pair of characters."""
        holding = self._whole.about(pair)[self._kept] > 0
        return len({self.passages[at].document_id for at in np.flatnonzero(holding)})

    def _scores(
        self, text: str, score: Callable[[str], NDArray[np.float32]], units: list[int]
    ) -> NDArray[np.float32]:
        """Add up the scores of a text's pairs, each as rare as it is among what is left.

        A BM25 score is a sum over the pairs, and how rare one is stands in it as a factor.
        `units` tells for each passage what its score is of: itself, or its document.
        """
        of = np.array(units)
        total = np.zeros(len(self.passages), dtype=np.float32)
        all_units, kept_units = len({*units}), int(np.unique(of[self._kept]).size)
        for pair, times in Counter(bigrams(text)).items():
            column = score(pair)
            before = int(np.unique(of[column > 0]).size)
            after = int(np.unique(of[self._kept][column[self._kept] > 0]).size)
            if after:
                rarer = _rarity(after, kept_units) / _rarity(before, all_units)
                total += np.float32(times * rarer) * column[self._kept]
        return total


def _rarity(holding: int, count: int) -> float:
    """Return BM25's weight of a pair that so many of so many have (Lucene's form of it)."""
    return math.log(1 + (count - holding + 0.5) / (holding + 0.5))
