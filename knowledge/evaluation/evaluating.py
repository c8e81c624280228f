"""Asking a question set: every question once, and again without its document where wanted."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from knowledge.answering import Answering
from knowledge.answers import Answer, AnswerStatus
from knowledge.evaluation.risk_coverage import Curve, Judged, Point, risk_coverage
from knowledge.evaluation.scoring import (
    breaches,
    score,
    score_without_document,
    shows_what_is_right,
)
from knowledge.evaluation.sets import QuestionSet, Score, SetQuestion
from knowledge.evaluation.taking_out import without_document
from knowledge.models import Document, scope_of
from knowledge.vectors import Progress
from store.database import Database

_Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of how many."""

    name: Score
    right: int
    asked: int

    @property
    def rate(self) -> float:
        """Return the share that is right."""
        return self.right / self.asked if self.asked else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return Wilson's 95 % interval of the rate."""
        if not self.asked:
            return (0.0, 1.0)
        spread = _Z_95**2 / self.asked
        middle = self.rate + spread / 2
        around = _Z_95 * math.sqrt((self.rate * (1 - self.rate) + spread / 4) / self.asked)
        return ((middle - around) / (1 + spread), (middle + around) / (1 + spread))


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question, what was said, and what of it was right.

    `without` is what was said with the right document taken out, where that was asked too.
    """

    asked: SetQuestion
    answer: Answer
    scores: Mapping[Score, bool]
    without: Answer | None = None

    @property
    def missed(self) -> tuple[Score, ...]:
        """Return what it was not right on."""
        return tuple(name for name, right in self.scores.items() if not right)


@dataclass(frozen=True, slots=True)
class Report:
    """The score of a set.

    Attributes:
        curve: of the answers by confidence, those without their document among them.
        working_point: where on that plane the answers stand that ended in `answered`.
        breaches: what was said that no answer may say.
    """

    set_name: str
    outcomes: tuple[Outcome, ...]
    tallies: tuple[Tally, ...]
    bars: Mapping[Score, float]
    curve: Curve
    working_point: Point
    breaches: tuple[str, ...]
    median_seconds: float

    @property
    def bars_missed(self) -> tuple[Score, ...]:
        """Return the scores that stay below the set's own bar."""
        return tuple(
            tally.name for tally in self.tallies if tally.rate < self.bars.get(tally.name, 0.0)
        )

    @property
    def holds(self) -> bool:
        """Tell whether every bar is held and nothing was said that may not be said."""
        return not (self.bars_missed or self.breaches)


@dataclass(slots=True)
class _Asking:
    """One run over a set."""

    answering: Answering
    institution_id: int | None
    now: datetime
    progress: Progress | None
    steps: int
    done: int = field(default=0)

    def ask(self, question: SetQuestion, *, without: bool) -> Answer:
        answering = self.answering
        if without and question.document is not None:
            answering = without_document(answering, question.document)
        answer = answering.answer(
            question.question, institution_id=self.institution_id, now=self.now
        )
        self.done += 1
        if self.progress:
            self.progress(self.done, self.steps)
        return answer


def evaluate(
    answering: Answering,
    database: Database,
    questions: QuestionSet,
    *,
    institution_id: int | None,
    now: datetime,
    without_documents: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Ask every question and score the answers.

    Args:
        answering: over the documents of `database`.
        database: to look up what a quote must stand in.
        questions: the set.
        institution_id: whose documents answer besides the national ones.
        now: which documents are in force.
        without_documents: ask each question that names its document a second time, as if that
            document were not there.
        progress: called with how many answers there are, and of how many.
    """
    asked = questions.questions
    named = [q for q in asked if q.document is not None] if without_documents else []
    asking = _Asking(answering, institution_id, now, progress, len(asked) + len(named))
    answers = [asking.ask(question, without=False) for question in asked]
    bare = {id(question): asking.ask(question, without=True) for question in named}
    outcomes = tuple(
        _outcome(question, answer, bare.get(id(question)))
        for question, answer in zip(asked, answers, strict=True)
    )
    judged = _judged(outcomes)
    return Report(
        questions.name,
        outcomes,
        _tallies(outcomes),
        questions.bars,
        risk_coverage(answer for answer, _ended in judged),
        _working_point(judged),
        tuple(_breaches(database, outcomes, institution_id)),
        statistics.median(answer.seconds for answer in answers),
    )


def _outcome(question: SetQuestion, answer: Answer, without: Answer | None) -> Outcome:
    scores = score(question, answer)
    if without is not None:
        scores |= score_without_document(without)
    return Outcome(question, answer, scores, without)


def _tallies(outcomes: Sequence[Outcome]) -> tuple[Tally, ...]:
    counted = [name for name in Score if any(name in one.scores for one in outcomes)]
    return tuple(
        Tally(
            name,
            right=sum(one.scores.get(name, False) for one in outcomes),
            asked=sum(name in one.scores for one in outcomes),
        )
        for name in counted
    )


def _judged(outcomes: Sequence[Outcome]) -> list[tuple[Judged, bool]]:
    """Return each answer for the curve, and whether it ended in `answered`.

    An answer that shows nothing, or was given without the right document, shows nothing right.
    """
    found: list[tuple[Judged, bool]] = []
    for one in outcomes:
        is_right = shows_what_is_right(one.asked, one.answer)
        found.append(_placed(one.answer, is_right=is_right))
        if one.without is not None:
            found.append(_placed(one.without, is_right=False))
    return found


def _placed(answer: Answer, *, is_right: bool) -> tuple[Judged, bool]:
    return Judged(answer.confidence, is_right), answer.status is AnswerStatus.ANSWERED


def _working_point(judged: Sequence[tuple[Judged, bool]]) -> Point:
    answered = [one for one, ended in judged if ended]
    wrong = sum(not one.is_right for one in answered)
    return Point(len(answered) / len(judged), wrong / len(answered) if answered else 0.0)


def _breaches(
    database: Database, outcomes: Sequence[Outcome], institution_id: int | None
) -> list[str]:
    said = [
        (one.asked, answer) for one in outcomes for answer in (one.answer, one.without) if answer
    ]
    cited = {citation.document for _asked, answer in said for citation in answer.citations}
    texts = _texts(database, sorted(cited), institution_id)
    return [
        f"{breach}（{asked.id} {asked.question}）"
        for asked, answer in said
        for breach in breaches(asked.question, answer, texts)
    ]


def _texts(
    database: Database, documents: Sequence[str], institution_id: int | None
) -> dict[str, list[str]]:
    """Return the texts of the cited documents; one id may stand for a national and an own one."""
    scopes = {scope_of(None), scope_of(institution_id)}
    found: dict[str, list[str]] = {}
    with database.read() as session:
        for document in documents:
            found[document] = list(
                session.scalars(
                    select(Document.text).where(
                        Document.external_id == document, Document.scope.in_(scopes)
                    )
                )
            )
    return found
