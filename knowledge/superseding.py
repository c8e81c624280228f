"""A question about what no longer holds is answered from what holds now, and is told so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from knowledge.answers import Citation
from knowledge.index import ScopeIndex
from knowledge.life import DocumentState, Life
from knowledge.retrieval import Candidate
from knowledge.words import comparable

# A clause that is out of force is what was asked about when it fits nearly as well as the one
# that is quoted.
_FITS_AS_WELL = 0.5


@dataclass(frozen=True, slots=True)
class Superseded:
    """A document that no longer holds, and the one in force in its place.

    `is_quoted` tells whether the answer rests on the one in force.
    """

    old: Life
    new: Life
    is_quoted: bool


def part_by_life(
    candidates: Sequence[Candidate], today: date
) -> tuple[list[Candidate], list[Candidate]]:
    """Part the candidates into those in force, and those of documents that were superseded."""
    holding: list[Candidate] = []
    superseded: list[Candidate] = []
    for candidate in candidates:
        state = candidate.index.lives.state(candidate.passage.document_id, today)
        if state is DocumentState.IN_FORCE:
            holding.append(candidate)
        elif state is DocumentState.SUPERSEDED:
            superseded.append(candidate)
    return holding, superseded


def asked_of_the_new(question: str, named: Superseded | None) -> str:
    """Return the question with the name of the document in force for that of the old one."""
    if named is None:
        return question
    for name in (named.old.title, named.old.number or ""):
        if name and name in question:
            return question.replace(name, named.new.title)
    return question


def named_superseded(
    question: str, indexes: Sequence[ScopeIndex], today: date
) -> Superseded | None:
    """Return the superseded document that a question names, if one in force took its place."""
    for index in indexes:
        old = index.lives.named_but_superseded(question, today)
        new = index.lives.successors(old.document_id, today) if old else []
        if old and new:
            return Superseded(old, new[0], is_quoted=False)
    return None


def asked_about_superseded(
    superseded: Sequence[Candidate],
    support: Sequence[Candidate],
    citations: Sequence[Citation],
    named: Superseded | None,
    today: date,
) -> Superseded | None:
    """Return what the answer must say of a document that no longer holds, if anything.

    Args:
        superseded, support: candidates, best first: of what no longer holds, and of the answer.
        citations: the quotes.
        named: the superseded document that the question names.
        today: the day asked on.
    """
    ids = {each.passage.passage_id: each.passage.document_id for each in support}
    quoted = [ids[citation.passage_id] for citation in citations]
    if named is not None:
        return replace(named, is_quoted=named.new.document_id in quoted)
    for candidate in superseded:
        if not quoted or candidate.score < support[0].score - _FITS_AS_WELL:
            break
        lives, old = candidate.index.lives, candidate.passage
        for life in lives.successors(old.document_id, today):
            # Of a clause that still reads the same there is nothing to say.
            still_reads = old.words in comparable(citations[0].quote)
            if life.document_id == quoted[0] and not still_reads:
                return Superseded(lives.of(old.document_id), life, is_quoted=True)
    return None
