"""What known questions say about a new one: a second opinion on what the rules decided.

The rules of `knowledge.verdict` know words; known questions know how people mean them. A
logistic model over both decides whether the document answers. Its weights stand in
`experience.toml`; `python -m benchmarks.known_questions --fit` fits them anew.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from knowledge.answers import AnswerStatus
from knowledge.errors import FileWrong
from knowledge.grounding import shares
from knowledge.known_questions import KINDS, OFFTOPIC, UNANSWERABLE, Likeness
from knowledge.question import Question
from knowledge.retrieval import Candidate
from knowledge.verdict import NOTHING_ASKED, Verdict

WEIGHTS_FILE = Path(__file__).with_name("experience.toml")
WORDS_FILE = Path(__file__).with_name("experience_words.txt")

# How much of a lift in rank (log odds) the words get that answered all the known questions like
# this one; `python -m benchmarks.known_questions` prints it as fitted.
LIFT = 6.6
_SHARED_CHARACTERS = 12
# Leans to one kind enough to say so; between them the plainest refusal is right for both.
_SURE = 0.1


def features(
    question: Question, candidates: Sequence[Candidate], verdict: Verdict, likeness: Likeness
) -> dict[str, float]:
    """Return what the model looks at, by name; `candidates` best first, never empty."""
    best = candidates[0]
    definite = question.asks_something_definite
    return {
        **{f"leans_{kind}": far for kind, far in zip(KINDS, likeness.leaning, strict=True)},
        **{f"rules_{status.value}": float(verdict.status is status) for status in AnswerStatus},
        "holds": float(best.holds),
        "own_words_held": best.own_words,
        "definite": float(definite),
        "definite_not_held": float(definite and not best.holds),
        "of_another_world": float(bool(question.reading.elsewhere)),
        "personal": float(question.is_personal),
        "yes_or_no": float(question.is_yes_or_no),
        "asks": float(bool(question.asked)),
        "explained": float(question.is_explained),
    }


@dataclass(frozen=True, slots=True)
class Experience:
    """The fitted model; `words` are what people say as the word file had them at the fit."""

    weights: dict[str, float]
    constant: float
    threshold: float
    words: frozenset[str] = frozenset()

    def settle(
        self,
        question: Question,
        candidates: Sequence[Candidate],
        verdict: Verdict,
        likeness: Likeness,
    ) -> Verdict:
        """Return the verdict on candidates that are all of the document the questions are about."""
        if verdict.reason == NOTHING_ASKED:
            return verdict
        chance = self.chance(features(question, candidates, verdict, likeness))
        settled = self._settled(question, candidates, verdict, likeness, chance)
        return replace(settled, confidence=chance)

    def _settled(
        self,
        question: Question,
        candidates: Sequence[Candidate],
        verdict: Verdict,
        likeness: Likeness,
        chance: float,
    ) -> Verdict:
        if chance >= self.threshold:
            support = verdict.support if verdict.status is AnswerStatus.ANSWERED else candidates
            return Verdict(AnswerStatus.ANSWERED, tuple(support))
        if verdict.status is AnswerStatus.NEEDS_STAFF:
            return verdict
        leaning = dict(zip(KINDS, likeness.leaning, strict=True))
        if leaning[OFFTOPIC] >= _SURE and not question.reading.has_topic:
            return _refused(AnswerStatus.OUT_OF_SCOPE)
        if verdict.status is AnswerStatus.PARTIAL or leaning[UNANSWERABLE] >= _SURE:
            return Verdict(AnswerStatus.PARTIAL, verdict.support or tuple(candidates))
        return _refused(AnswerStatus.NOT_IN_DOCUMENTS)

    def chance(self, seen: dict[str, float]) -> float:
        """Return how likely the document answers (0 to 1)."""
        total = self.constant + sum(self.weights[name] * value for name, value in seen.items())
        return 1.0 / (1.0 + math.exp(-total))


def lifted(candidates: Sequence[Candidate], likeness: Likeness, document: str) -> list[Candidate]:
    """Return the candidates, those first that answered known questions like this one."""
    lifts = [
        replace(candidate, score=candidate.score + LIFT * share_answering(candidate, likeness))
        if candidate.passage.document == document
        else candidate
        for candidate in candidates
    ]
    return sorted(lifts, key=lambda candidate: -candidate.score)


def load_experience(path: Path = WEIGHTS_FILE, words: Path = WORDS_FILE) -> Experience:
    """Read the fitted weights.

    Raises:
        FileWrong: a weight is missing or is no number.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return Experience(
            weights={name: float(value) for name, value in table["weights"].items()},
            constant=float(table["constant"]),
            threshold=float(table["threshold"]),
            words=frozenset(words.read_text("utf-8").split("\n")),
        )
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileWrong(path, 1, "读不出权重，请重新拟合。") from error


def _refused(status: AnswerStatus) -> Verdict:
    return Verdict(status, reason=status.value)


def share_answering(candidate: Candidate, likeness: Likeness) -> float:
    """Return the share of known questions like this one that the passage answered."""
    quote = candidate.passage.quote
    return sum(share for words, share in likeness.gold if _answers(quote, words))


@lru_cache(maxsize=65_536)
def _answers(quote: str, words: str) -> bool:
    return shares(quote, words, characters=_SHARED_CHARACTERS)
