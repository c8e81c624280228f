"""Which passages hold which pairs of characters, and BM25 over them, in two sorted arrays.

bm25s, which this replaces, keeps finished scores: one more passage changes every one of them,
so that it has to be built anew from Python lists, and its vocabulary is a dictionary of strings
that is read whole at every start. Here only counts are kept, the formula (Lucene's, as there)
is worked out for the pairs of a question, and a change is a merge of sorted arrays that lie
memory-mapped on disk.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.words import bigrams

_K1 = 1.5
_B = 0.75
# An entry is the two characters and the place, in 64 bits: sorted by pair, then by place.
_CHARACTER_BITS = 21
_PLACE_BITS = 22
MOST_PASSAGES = 1 << _PLACE_BITS
_MOST_COUNTED = 255
_QUESTIONS_REMEMBERED = 4

Places = NDArray[np.intp]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How often each passage holds each pair.

    Attributes:
        entries: pair and place in one number (uint64), ascending.
        counts: how often, 255 at most (uint8), one for each entry.
        lengths: pairs in each passage (int32), one for each place.
    """

    entries: NDArray[np.uint64]
    counts: NDArray[np.uint8]
    lengths: NDArray[np.int32]


def count_pairs(folded: Sequence[str]) -> PairCounts:
    """Count the pairs of texts that are folded already, exactly those that `bigrams` gives."""
    if len(folded) > MOST_PASSAGES:
        raise ValueError(f"{len(folded)} passages in one scope; at most {MOST_PASSAGES} fit")
    text = "\n".join(folded) + "\n"
    characters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    long = np.fromiter((len(one) + 1 for one in folded), dtype=np.intp, count=len(folded))
    places = np.repeat(np.arange(len(folded), dtype=np.uint64), long)
    is_word = _are_words(characters)
    goes_on = np.append(is_word[1:], False)
    came_on = np.insert(is_word[:-1], 0, False)
    keys = characters.astype(np.uint64) << np.uint64(_CHARACTER_BITS)
    pairs = np.flatnonzero(is_word & goes_on)
    alone = np.flatnonzero(is_word & ~goes_on & ~came_on)
    keys[pairs] |= characters[pairs + 1].astype(np.uint64)
    used = np.concatenate([pairs, alone])
    entries = np.sort((keys[used] << np.uint64(_PLACE_BITS)) | places[used])
    first = np.flatnonzero(np.append(True, entries[1:] != entries[:-1])[: len(entries)])
    counts = np.diff(np.append(first, len(entries)))
    lengths = np.bincount(places[used].astype(np.intp), minlength=len(folded))
    return PairCounts(
        entries[first],
        np.minimum(counts, _MOST_COUNTED).astype(np.uint8),
        lengths.astype(np.int32),
    )


def _are_words(characters: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Tell which characters are `\\w` in a regular expression."""
    kinds, which = np.unique(characters, return_inverse=True)
    words = [chr(code).isalnum() or code == ord("_") for code in kinds.tolist()]
    found: NDArray[np.bool_] = np.array(words, dtype=np.bool_)[which]
    return found


def merge(parts: Sequence[tuple[PairCounts, Places]], total: int) -> PairCounts:
    """Bring counts together, each place of a part moved to its new one (-1: gone).

    The first part is the big one: the others are put in between its entries.
    """
    lengths = np.zeros(total, dtype=np.int32)
    entries = np.empty(0, dtype=np.uint64)
    counts = np.empty(0, dtype=np.uint8)
    for part, moved in parts:
        stays = moved >= 0
        lengths[moved[stays]] = part.lengths[stays]
        new, new_counts = _moved(part, moved)
        at = np.searchsorted(entries, new)
        entries = np.insert(entries, at, new) if len(entries) else new
        counts = np.insert(counts, at, new_counts) if len(counts) else new_counts
    return PairCounts(entries, counts, lengths)


def _moved(part: PairCounts, moved: Places) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """Return entries and counts at the new places."""
    if np.array_equal(moved, np.arange(len(moved))):
        # A new document is the last one: nothing else moves.
        return part.entries, part.counts
    mask = np.uint64(MOST_PASSAGES - 1)
    places = moved[(part.entries & mask).view(np.intp)]
    kept = places >= 0
    # Places keep their order, so that the entries stay sorted.
    return (part.entries[kept] & ~mask) | places[kept].view(np.uint64), part.counts[kept]


@dataclass(frozen=True, slots=True)
class _Found:
    """The entries of some pairs: the pair's number, the place and the count of each."""

    pair: Places
    place: Places
    count: NDArray[np.float32]


class Postings:
    """BM25 of passages, and of the documents they make up."""

    def __init__(self, counted: PairCounts, rows: Places) -> None:
        """Take the counts, and the row of the document that each place is of, ascending."""
        self._entries = counted.entries
        self._counts = counted.counts
        self._rows = rows
        self._passages = len(rows)
        whole = np.bincount(rows, weights=counted.lengths)
        # A document that is all headings has nothing to be found by.
        self.documents = int(np.count_nonzero(np.bincount(rows)))
        self._passage_norm = _norm(counted.lengths)
        self._document_norm = _norm(whole)
        # The same question is put to the passages and to the documents.
        self._find = lru_cache(_QUESTIONS_REMEMBERED)(self._find_anew)

    def passage_scores(self, text: str) -> Scores:
        """Return the score of every passage for a text."""
        pairs = Counter(bigrams(text))
        if not pairs or not self._passages:
            return np.zeros(self._passages, dtype=np.float32)
        found = self._find(tuple(pairs))
        weights = _weights(found.pair, pairs, self._passages)
        return _sum(found, weights, self._passage_norm)

    def document_scores(self, text: str) -> Scores:
        """Return the score of every document for a text."""
        pairs = Counter(bigrams(text))
        if not pairs or not self.documents:
            return np.zeros(len(self._document_norm), dtype=np.float32)
        found = self._in_documents(tuple(pairs))
        weights = _weights(found.pair, pairs, self.documents)
        return _sum(found, weights, self._document_norm)

    def held_by(self, pairs: Sequence[str]) -> tuple[Places, Places]:
        """Return in how many documents, and in how many passages, each pair stands."""
        found = self._find(tuple(pairs))
        together = self._in_documents(tuple(pairs))
        documents = np.bincount(together.pair, minlength=len(pairs))
        return documents, np.bincount(found.pair, minlength=len(pairs))

    def passages_with(self, pairs: Sequence[str], since: Places, until: Places) -> Places:
        """Return in how many passages of each stretch of places each pair stands.

        Args:
            pairs: one column for each.
            since, until: where each stretch begins and ends, one row for each.
        """
        found = self._find(tuple(pairs))
        # The entries of one pair after those of another, each by place.
        ordered = found.pair * self._passages + found.place
        columns = np.arange(len(pairs)) * self._passages
        ends = np.searchsorted(ordered, columns[None, :] + until[:, None])
        held: Places = ends - np.searchsorted(ordered, columns[None, :] + since[:, None])
        return held

    def _find_anew(self, pairs: tuple[str, ...]) -> _Found:
        keys = np.array([_key(pair) for pair in pairs], dtype=np.uint64)
        shift = np.uint64(_PLACE_BITS)
        starts = np.searchsorted(self._entries, keys << shift)
        ends = np.searchsorted(self._entries, (keys + np.uint64(1)) << shift)
        many = ends - starts
        pair = np.repeat(np.arange(len(pairs)), many)
        at = np.arange(int(many.sum())) + np.repeat(starts - np.cumsum(many) + many, many)
        mask = np.uint64(MOST_PASSAGES - 1)
        place = (self._entries[at] & mask).astype(np.intp)
        return _Found(pair, place, self._counts[at].astype(np.float32))

    def _in_documents(self, pairs: tuple[str, ...]) -> _Found:
        """Return what is found, the passages of a document put together."""
        found = self._find(pairs)
        if not len(found.place):
            return found
        row = self._rows[found.place]
        first = np.flatnonzero(
            np.append(True, (row[1:] != row[:-1]) | (found.pair[1:] != found.pair[:-1]))
        )
        return _Found(found.pair[first], row[first], np.add.reduceat(found.count, first))


def _key(pair: str) -> int:
    return (ord(pair[0]) << _CHARACTER_BITS) | (ord(pair[1]) if len(pair) > 1 else 0)


def _norm(lengths: NDArray[Any]) -> Scores:
    mean = float(lengths.sum()) / (int(np.count_nonzero(lengths)) or 1)
    return (_K1 * (1 - _B + _B * lengths / (mean or 1.0))).astype(np.float32)


def _weights(pair: Places, pairs: Counter[str], total: int) -> NDArray[np.float64]:
    """Return the rarity of each pair, times how often the question has it."""
    held = np.bincount(pair, minlength=len(pairs))
    rarity = np.log(1 + (total - held + 0.5) / (held + 0.5))
    weights: NDArray[np.float64] = rarity * np.fromiter(pairs.values(), dtype=np.float64)
    return weights


def _sum(found: _Found, weights: NDArray[np.float64], norm: Scores) -> Scores:
    parts = weights[found.pair] * found.count / (found.count + norm[found.place])
    return np.bincount(found.place, weights=parts, minlength=len(norm)).astype(np.float32)
