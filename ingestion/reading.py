"""A text that was read: its passages, and what it says of itself.

Conservation is checked here, on every text that is to be taken in: the passages put together
are the text, letter by letter.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion import texts
from ingestion.loaded import LoadedDocument, NotConserved
from ingestion.particulars import Particulars, read_particulars
from ingestion.structure import Part, Piece, outline
from knowledge.models import SourceKind
from knowledge.vectors import content_hash

LONGEST_TITLE = 400
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text, cut; `title` is the one it gives itself or its loader found."""

    text: str
    title: str
    pieces: tuple[Piece, ...]
    said: Particulars

    @property
    def digest(self) -> str:
        """Return what tells one version of a document from another."""
        return content_hash(f"{self.title}\n{self.text}")

    def words(self, piece: Piece) -> str:
        """Return a passage without the white space around it: what is embedded and quoted."""
        return self.text[piece.start : piece.end].strip()

    @property
    def quotable(self) -> list[str]:
        """Return the words of every passage that may be quoted."""
        return [self.words(piece) for piece in self.pieces if not piece.is_heading]

    def source(self, piece: Piece | None = None, *, is_national: bool) -> SourceKind:
        """Return what a passage shows itself to be; without one, the document as a whole.

        A house's own paper is 本所信息, unless it bears an official number.
        """
        if not is_national and self.said.number is None:
            return SourceKind.HOUSE
        parts = {
            Part.NEWS: SourceKind.NEWS,
            Part.INTERPRETATION: SourceKind.INTERPRETATION,
            Part.PLAIN: SourceKind.POLICY,
        }
        if piece is None:
            return parts[self.pieces[0].part] if self.pieces else SourceKind.POLICY
        return parts[piece.part]


def read(loaded: LoadedDocument) -> Reading:
    """Cut a text and read what it says of itself.

    Raises:
        NotConserved: a mistake in the cutting; it is logged.
    """
    found = outline(loaded.text)
    check_conserved(loaded.external_id, loaded.text, found.pieces)
    said = read_particulars(loaded.text)
    title = loaded.title or said.title or found.title or loaded.external_id
    return Reading(loaded.text, title[:LONGEST_TITLE], found.pieces, said)


def check_conserved(name: str, text: str, pieces: Sequence[Piece]) -> None:
    """Refuse passages that are not the whole text in order.

    Raises:
        NotConserved: a gap, an overlap, or an end before the text's own.
    """
    at = 0
    for piece in pieces:
        if piece.start != at or piece.end < piece.start:
            break
        at = piece.end
    else:
        if at == len(text):
            return
    _log.error("the passages of a document are not its text, from character %d on", at)
    raise NotConserved(texts.NOT_CONSERVED.format(name=name))
