"""Choosing what is shown: at most three exact quotes, at most 240 characters of them."""

from collections.abc import Sequence

from knowledge.answers import Citation
from knowledge.index import Quotable
from knowledge.question import Question
from knowledge.retrieval import Candidate

MOST_QUOTES = 3
MOST_CHARACTERS = 240
_HEADING_JOINT = " › "
_WORTH_ADDING = 0.6


def choose_quotes(question: Question, support: Sequence[Candidate]) -> tuple[Citation, ...]:
    """Return the quotes of the best passages, the one that answers first."""
    chosen: list[Citation] = []
    left = MOST_CHARACTERS
    for candidate in support:
        if len(chosen) == MOST_QUOTES or candidate.score < support[0].score - _WORTH_ADDING:
            break
        citation = (
            cite(candidate.passage, most=left)
            if chosen == []
            else _cite_whole(candidate.passage, left)
        )
        if citation is not None:
            chosen.append(citation)
            left -= len(citation.quote)
    return tuple(chosen)


def cite(passage: Quotable, *, most: int) -> Citation:
    """Quote a passage, only its beginning where it is longer than `most`."""
    length = min(len(passage.quote), most)
    return Citation(
        document=passage.document,
        title=passage.title,
        source=passage.source.value,
        heading=_HEADING_JOINT.join(
            part for part in (passage.source.value, passage.heading) if part
        ),
        quote=passage.quote[:length],
        passage_id=passage.passage_id,
        start=passage.start,
        end=passage.start + length,
    )


def _cite_whole(passage: Quotable, most: int) -> Citation | None:
    return cite(passage, most=most) if len(passage.quote) <= most else None
