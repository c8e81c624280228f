"""The passages of one scope by place: an object is made of one when it is asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import overload

import numpy as np

from knowledge.models import SourceKind
from knowledge.passage_rows import HeldDocument
from knowledge.scope_arrays import ScopeArrays
from knowledge.words import comparable

_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Quotable:
    """A passage as an answer may quote it; `start` is the offset of its `tile`.

    `tile` is the passage with the white space around it, so that neighbours put together are
    the document. `number` is the document's 文号, `dated_on` the day it was issued; of a fact or a
    clerk's answer, the day it was written down. `words` is the text folded for comparison,
    `context` the folded heading path and title.
    """

    passage_id: int
    document_id: int
    document: str
    title: str
    source: SourceKind
    heading: str
    position: int
    tile: str
    start: int
    number: str | None
    dated_on: date | None
    words: str
    context: str

    @property
    def quote(self) -> str:
        """Return the passage without the white space around it."""
        return self.tile.strip()


class Passages(Sequence[Quotable]):
    """The passages of a scope by place; each is put together when it is asked for."""

    def __init__(self, arrays: ScopeArrays, documents: Sequence[HeldDocument]) -> None:
        """Take the arrays, and the documents in the order of `arrays.documents`."""
        self._passages = arrays.passages
        self._tiles = arrays.tiles
        self._strings = arrays.strings
        self._documents = documents
        self._at = lru_cache(_REMEMBERED)(self._read)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._passages)

    @overload
    def __getitem__(self, place: int) -> Quotable: ...
    @overload
    def __getitem__(self, place: slice) -> list[Quotable]: ...
    def __getitem__(self, place: int | slice) -> Quotable | list[Quotable]:
        """Return the passage at a place, or those of a stretch of places."""
        if isinstance(place, slice):
            return [self._at(at) for at in range(*place.indices(len(self)))]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._at(at)

    def __iter__(self) -> Iterator[Quotable]:
        """Go through all of them, remembering none."""
        return map(self._read, range(len(self)))

    def words(self, places: Iterable[int]) -> list[str]:
        """Return the folded texts of some passages."""
        return [comparable(self._tile(self._passages[place])) for place in places]

    def _tile(self, passage: np.void) -> str:
        data = self._tiles[passage["begins"] : passage["ends"]]
        return data.tobytes().decode("utf-8", "surrogatepass")

    def _read(self, place: int) -> Quotable:
        passage = self._passages[place]
        document = self._documents[passage["row"]]
        heading = self._strings[passage["heading"]]
        tile = self._tile(passage)
        return Quotable(
            passage_id=int(passage["id"]),
            document_id=document.id,
            document=document.external_id,
            title=document.title,
            source=SourceKind(self._strings[passage["source"]]),
            heading=heading,
            position=int(passage["position"]),
            tile=tile,
            start=int(passage["start"]),
            number=document.number,
            dated_on=document.dated_on,
            words=comparable(tile),
            context=comparable(f"{document.title} {heading}"),
        )
