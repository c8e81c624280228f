"""How an answer is made, from the question to the words a person reads."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol, Self

from chromadb.errors import ChromaError
from sqlalchemy.exc import SQLAlchemyError

from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.asked import AskedKinds
from knowledge.embedding import Vector
from knowledge.errors import KnowledgeError
from knowledge.evidence import not_held
from knowledge.experience import Experience, lifted
from knowledge.house_facts import FoundFact, HouseFacts
from knowledge.index import ScopeIndex
from knowledge.known_questions import KnownQuestions
from knowledge.lexicon import Lexicon
from knowledge.personal import PersonalQuestions
from knowledge.question import Question, understand
from knowledge.quoting import choose_quotes
from knowledge.retrieval import Candidate, retrieve
from knowledge.superseding import (
    Superseded,
    asked_about_superseded,
    asked_of_the_new,
    named_superseded,
    part_by_life,
)
from knowledge.verdict import Verdict, judge
from knowledge.wording import Wording
from knowledge.words import comparable
from store.clock import local_date


class QuestionEmbedder(Protocol):
    """What turns a question into a vector."""

    def query_vector(self, text: str) -> Vector:
        """Embed a question."""


class InPlainWords(Protocol):
    """What may add one line of its own below the quotes."""

    def in_plain_words(
        self, question: str, clauses: Sequence[str], *, institution_id: int | None
    ) -> str:
        """Return a line that says only what the clauses say; "" where there is none."""


class IndexSource(Protocol):
    """What gives the search indexes of an institution's scopes."""

    def current(self, institution_id: int | None) -> list[ScopeIndex]:
        """Return the national index and the institution's own, both up to date."""


class SecondLook(Protocol):
    """What puts the best candidates into a better order."""

    def reordered(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the same candidates, best first."""


class Answering:
    """Answers questions from the documents of a home."""

    def __init__(
        self,
        *,
        indexes: IndexSource,
        house_facts: HouseFacts | None = None,
        embedder: QuestionEmbedder,
        lexicon: Lexicon,
        kinds: AskedKinds,
        personal: PersonalQuestions,
        wording: Wording,
        service_topics: Mapping[str, Sequence[str]],
        language_model: InPlainWords | None = None,
        known: KnownQuestions,
        experience: Experience,
        reranker: SecondLook | None = None,
        finder: QuestionEmbedder | None = None,
    ) -> None:
        """Take what is needed.

        Args:
            house_facts: without them, the documents are asked alone.
            embedder: the embedded model, which callers and the known questions go by.
            service_topics: each service's id and its topic words.
            language_model: without one, the answer is the quotes alone.
            reranker: looks at the best candidates again.
            finder: the model that the passages are embedded with, where it is another one.
        """
        self._indexes = indexes
        self._house_facts = house_facts
        self._embedder = embedder
        self._lexicon = lexicon
        self._kinds = kinds
        self._personal = personal
        self._wording = wording
        self._service_topics = service_topics
        self._language_model = language_model
        self._known = known
        self._experience = experience
        self._reranker = reranker
        self._finder = finder

    def over(self, other_indexes: Callable[[IndexSource], IndexSource]) -> Self:
        """Return the same answering over other indexes, made from its own."""
        other = copy.copy(self)
        other._indexes = other_indexes(self._indexes)
        return other

    def answer(
        self,
        question: str,
        *,
        institution_id: int | None,
        vector: Vector | None = None,
        before: str | None = None,
        now: datetime,
    ) -> Answer:
        """Answer from the facts of the house, the national documents and the house's own.

        Args:
            question: as it was typed.
            institution_id: None leaves only the national documents.
            vector: the question as the embedded model sees it, where the caller has that.
            before: the question before it in the same conversation, `understood_as`.
            now: which documents are in force.
        """
        started, today, words = time.perf_counter(), local_date(now), question
        asked = understand(question, self._lexicon, self._kinds, before=before)
        try:
            indexes = self._indexes.current(institution_id)
            named = named_superseded(question, indexes, today)
            if named is not None:
                words, vector = asked_of_the_new(question, named), None
                asked = understand(words, self._lexicon, self._kinds, before=before)
            words = asked.text if asked.reworded else words
            if vector is None or asked.reworded:
                vector = self._embedder.query_vector(words)
            # In its own words: what was put right by ear was heard as a word of the notice.
            wanted = asked.text if asked.reworded else question
            facts = self._facts(wanted, vector, institution_id, today)
            if before is not None and asked.goes_on and not (facts and facts[0].is_sure):
                going_on = self._going_on(question, before, institution_id, today)
                if going_on:
                    return self._from_the_house(asked, going_on, started, understood_as=before)
            familiar = self._in_familiar_words(asked)
            seen = vector if familiar == asked.text else self._embedder.query_vector(familiar)
            near = self._finder.query_vector(words) if self._finder else seen
            found = retrieve(asked, near, indexes, today=today)
        except (KnowledgeError, SQLAlchemyError, ChromaError, OSError):
            return self._ended(AnswerStatus.ERROR, "error", started, asked)
        asked_vector = vector
        if self._personal.asks(asked.text, lambda: asked_vector) and not (
            facts and facts[0].is_plain
        ):
            # Nobody's own case stands in a document; what is quoted would be taken for it.
            return self._ended(AnswerStatus.NEEDS_STAFF, "needs_staff", started, asked)
        candidates, superseded = part_by_life(found, today)
        if self._reranker is not None:
            candidates = self._reranker.reordered(asked.text, candidates)
        verdict = self._judged(asked, seen, candidates)
        if facts and (facts[0].is_sure or verdict.status is not AnswerStatus.ANSWERED):
            return self._from_the_house(asked, facts, started)
        if not verdict.support:
            held_back = self._ended(verdict.status, verdict.reason, started, asked, named)
            return replace(held_back, confidence=verdict.confidence)
        citations = choose_quotes(asked, verdict.support)
        about = asked_about_superseded(superseded, verdict.support, citations, named, today)
        plain = self._in_plain_words(asked, verdict, citations, institution_id)
        said = self._said(asked, verdict, citations, plain)
        return Answer(
            status=verdict.status,
            text=self._wording.with_superseded(said, about, citations, question=question),
            citations=citations,
            services=self._topical(asked, verdict.support[0].passage.words),
            seconds=time.perf_counter() - started,
            understood_as=asked.text,
            plain=plain,
            confidence=verdict.confidence,
        )

    def plainly_of_the_house(
        self,
        question: str,
        *,
        institution_id: int,
        vector: Callable[[], Vector],
        before: str | None = None,
        now: datetime,
    ) -> Answer | None:
        """Answer words that were not taken for a question, where a fact of the house plainly does.

        None also when the facts cannot be read: the words are then what they were taken for.
        `vector` gives the embedding, where it is needed; `before` is the question before.
        """
        if self._house_facts is None:
            return None
        started, today = time.perf_counter(), local_date(now)
        asked = understand(question, self._lexicon, self._kinds, before=before)
        try:
            if before is not None and asked.goes_on:
                facts = self._going_on(question, before, institution_id, today)
                if facts:
                    return self._from_the_house(asked, facts, started, understood_as=before)
            if not (asked.is_yes_or_no or self._house_facts.asks(question)):
                return None
            facts = self._facts(question, vector(), institution_id, today)
        except (KnowledgeError, SQLAlchemyError):
            return None
        if not facts or not facts[0].is_plain:
            return None
        return self._from_the_house(asked, facts, started)

    def _facts(
        self, question: str, vector: Vector, institution_id: int | None, today: date
    ) -> tuple[FoundFact, ...]:
        if self._house_facts is None:
            return ()
        return self._house_facts.find(question, vector, institution_id=institution_id, today=today)

    def _going_on(
        self, question: str, before: str, institution_id: int | None, today: date
    ) -> tuple[FoundFact, ...]:
        """Return the fact that answered the question before and answers this one too."""
        if self._house_facts is None:
            return ()
        return self._house_facts.go_on(
            question,
            before,
            self._embedder.query_vector,
            institution_id=institution_id,
            today=today,
        )

    def _in_familiar_words(self, asked: Question) -> str:
        """Put the documents' words for what was written into the word file since the fit.

        The known questions were weighed without it; what it means is known all the same.
        """
        words = asked.text
        for meaning in asked.reading.meanings:
            if meaning.background or meaning.helps:
                continue
            for said in meaning.said:
                if said in words and said not in self._experience.words:
                    words = words.replace(said, meaning.official[0])
        return words

    def _judged(self, asked: Question, vector: Vector, candidates: Sequence[Candidate]) -> Verdict:
        """Let the rules decide, and known questions on the document they are about."""
        likeness = self._known.likeness(vector)
        candidates = lifted(candidates, likeness, self._known.document)
        known = [c for c in candidates if c.passage.document == self._known.document]
        if not known or candidates[0] is not known[0]:
            return judge(asked, candidates)
        verdict = self._experience.settle(asked, known, judge(asked, known), likeness)
        others = [c for c in candidates if c.passage.document != self._known.document]
        if verdict.status is AnswerStatus.ANSWERED or not others:
            return verdict
        elsewhere = judge(asked, others)
        return elsewhere if elsewhere.status is AnswerStatus.ANSWERED else verdict

    def _ended(
        self,
        status: AnswerStatus,
        reason: str,
        started: float,
        asked: Question,
        named: Superseded | None = None,
    ) -> Answer:
        refused = self._wording.refused(reason)
        text = self._wording.with_superseded(refused, named, (), question=asked.text)
        seconds = time.perf_counter() - started
        return Answer(status, text, (), (), seconds, understood_as=asked.text)

    def _from_the_house(
        self,
        asked: Question,
        facts: Sequence[FoundFact],
        started: float,
        *,
        understood_as: str = "",
    ) -> Answer:
        """Say what the house says of itself; what goes on is of the matter before."""
        citations = self._wording.facts([found.fact for found in facts])
        first = facts[0].fact
        return Answer(
            status=AnswerStatus.ANSWERED,
            text=self._wording.of_the_house(citations, is_sure=facts[0].is_sure),
            citations=citations,
            services=self._topical(asked, comparable(f"{first.title} {first.text}")),
            seconds=time.perf_counter() - started,
            understood_as=understood_as or asked.text,
        )

    def _in_plain_words(
        self,
        asked: Question,
        verdict: Verdict,
        citations: tuple[Citation, ...],
        institution_id: int | None,
    ) -> str:
        if self._language_model is None:
            return ""
        # Of a partial answer only the first quote is shown.
        shown = citations[:1] if verdict.status is AnswerStatus.PARTIAL else citations
        return self._language_model.in_plain_words(
            asked.text, [citation.quote for citation in shown], institution_id=institution_id
        )

    def _said(
        self, asked: Question, verdict: Verdict, citations: tuple[Citation, ...], plain: str
    ) -> str:
        if verdict.status is AnswerStatus.PARTIAL:
            first = citations[0]
            quote = comparable(first.quote)
            missing = not_held(asked, quote, title=first.title, heading=first.heading)
            is_there = asked.asks_something_definite and not missing
            return self._wording.partial(citations, missing, is_there=is_there, plain=plain)
        return self._wording.answered(citations, is_yes=asked.is_yes_or_no, plain=plain)

    def _topical(self, asked: Question, quote: str) -> tuple[str, ...]:
        """Return the services that the question and the first quote are both about."""
        official = asked.official_words
        return tuple(
            service
            for service, topics in self._service_topics.items()
            if any(topic in asked.text or topic in official for topic in topics)
            and any(topic in quote for topic in topics)
        )
