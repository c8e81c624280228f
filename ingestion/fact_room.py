"""Where facts of a house are written: it has the model, and tells which fact answers a question."""

from dataclasses import dataclass
from datetime import datetime

from ingestion.house_facts import FactWords, embed
from ingestion.staff_answers import embed_answer
from knowledge.answering import QuestionEmbedder
from knowledge.answers import Citation
from knowledge.house_facts import HouseFacts
from knowledge.vectors import VectorStore
from knowledge.wording import Wording
from store.clock import local_date


@dataclass(frozen=True, slots=True)
class Tried:
    """What a question is answered from the facts of a house; `fact_id` is of the first."""

    fact_id: int
    text: str
    citations: tuple[Citation, ...]


class FactRoom:
    """Embeds facts before they are written, and tries questions on them."""

    def __init__(
        self,
        *,
        vectors: VectorStore,
        embedder: QuestionEmbedder,
        facts: HouseFacts,
        wording: Wording,
    ) -> None:
        """Take the vectors of the home, its model, its facts and how they are said."""
        self._vectors = vectors
        self._embedder = embedder
        self._facts = facts
        self._wording = wording

    def embed(self, wanted: FactWords) -> None:
        """Embed what a fact is found by; call it with no transaction open."""
        embed(self._vectors, wanted)

    def embed_answer(self, question: str, text: str) -> None:
        """Embed what a clerk's answer is found by; call it with no transaction open."""
        embed_answer(self._vectors, question, text)

    def ask(self, question: str, *, institution_id: int, now: datetime) -> Tried | None:
        """Answer a question from the facts of a house alone; None when none of them does."""
        found = self._facts.find(
            question,
            self._embedder.query_vector(question),
            institution_id=institution_id,
            today=local_date(now),
        )
        if not found:
            return None
        citations = self._wording.facts([each.fact for each in found])
        said = self._wording.of_the_house(citations, is_sure=found[0].is_sure)
        return Tried(found[0].fact.document_id, said, citations)
