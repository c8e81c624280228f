"""How like a question is to the one a fact was written for, and whether the fact can answer it.

Only a fact that holds the kind of thing asked for, and is not silent on a special day that is
named, can answer; how likely it does is then weighed.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from knowledge.asked import Asked, AskedKinds
from knowledge.embedding import Vector
from knowledge.house_words import HouseWords
from knowledge.vectors import VectorStore
from knowledge.words import comparable, spoken

# How much counts: nearness of the question to the one it was written for, nearness of its best
# sentence (both in standard deviations of unrelated questions, so that they mean the same with
# any embedder), the share of the question's words that stand in it, the share of its own
# question's words that were said, and the weight of the words it does not know. Fitted by
# logistic regression on the questions of three invented houses and on questions about other
# things (tests/knowledge/data); `python -m benchmarks.house_facts` fits them again, and prints
# what weights fitted on two of the houses do in the third.
WEIGHTS = np.array([0.64, 1.23, 1.83, 1.96, -1.24])
BIAS = -3.52
SAME_QUESTION = 20.0
_IMAGINED_FACTS = 30
_MOST_UNKNOWN = 3.0
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]?")
_QUESTION = re.compile(r"[^？?\n]+[？?]?")
_NOT_LETTERS = re.compile(r"[^\w]+")
# What only says that a question goes on: 那周末呢.
_GOING_ON = re.compile(r"^(?:那么?|还有|另外)|呢?[?!。]*$")


def questions_of(title: str) -> list[str]:
    """Return the ways of asking that a title holds; each ends with its question mark."""
    return [found.strip() for found in _QUESTION.findall(title) if found.strip()]


def bare(question: str) -> str:
    """Return what of a question counts when it is asked whether two are the same."""
    return _NOT_LETTERS.sub("", spoken(question))


def texts_to_embed(title: str, text: str) -> list[str]:
    """Return what must be embedded for a fact to be found, so that no question waits for it."""
    return [line for question in questions_of(title) for line in _lines(question, text)]


def _lines(question: str, text: str) -> list[str]:
    sentences = [found.strip() for found in _SENTENCE.findall(text) if found.strip()]
    return [question, f"{question}{text}", *(f"{question}{each}" for each in sentences)]


@dataclass(frozen=True, slots=True)
class Wish:
    """A question taken apart; `vector` is its embedding."""

    folded: str
    bare: str
    words: frozenset[str]
    asked: tuple[Asked, ...]
    vector: Vector


@dataclass(frozen=True, slots=True)
class Asking:
    """One way of asking for one fact.

    `vectors` are of the question, of it with the whole text, and of it with each sentence.
    """

    bare: str
    kinds: frozenset[str]
    title_words: frozenset[str]
    words: frozenset[str]
    text: str
    folded: str
    vectors: Vector

    def knows(self, word: str) -> bool:
        """Tell whether a word of a question stands in it."""
        return word in self.words or (not word.startswith("=") and word in self.folded)

    def holds(self, asked: Iterable[Asked]) -> bool:
        """Tell whether it was written for these kinds of things, or holds them all the same."""
        return all(kind.name in self.kinds or kind.held_by(self.text) for kind in asked)


class Rarity:
    """How much a word tells, among all the facts of a house and some that are imagined."""

    def __init__(self, askings: Iterable[Asking]) -> None:
        """Count in how many each word stands."""
        each = [asking.words for asking in askings]
        self._told = Counter(word for words in each for word in words)
        self._count = len(each) + _IMAGINED_FACTS

    def of(self, words: Iterable[str]) -> float:
        """Return how much words tell together."""
        return sum(
            math.log(1 + (self._count - self._told[word] + 0.5) / (self._told[word] + 0.5))
            for word in words
        )


class Likeness:
    """Weighs questions against facts."""

    def __init__(self, *, words: HouseWords, kinds: AskedKinds, vectors: VectorStore) -> None:
        """Take the words and the kinds of things asked for, of houses."""
        self._words = words
        self._kinds = kinds
        self._vectors = vectors
        self._unlike: tuple[float, float] | None = None

    def asks(self, words: str) -> bool:
        """Tell whether words ask for any kind of thing."""
        return bool(self._kinds.read(spoken(words)))

    def wish(self, question: str, vector: Vector) -> Wish:
        """Take a question apart."""
        folded = spoken(question)
        return Wish(
            folded=folded,
            bare=bare(question),
            words=self._words.content(folded),
            asked=tuple(kind for kind in self._kinds.read(folded) if kind.answer is not None),
            vector=vector,
        )

    def embed(self, facts: Iterable[tuple[str, str]]) -> None:
        """Embed what was never embedded of facts (title, text), all in one go."""
        self._vectors.vectors([line for fact in facts for line in texts_to_embed(*fact)])
        self._scale()

    def asking(self, question: str, text: str) -> Asking:
        """Prepare one way of asking for a fact; embeds what was never embedded."""
        return Asking(
            bare=bare(question),
            kinds=frozenset(kind.name for kind in self._kinds.read(spoken(question))),
            title_words=self._words.content(question),
            words=self._words.content(f"{question} {text}"),
            text=comparable(text),
            folded=comparable(f"{question} {text}"),
            vectors=self._vectors.vectors(_lines(question, text)),
        )

    def of(self, wish: Wish, asking: Asking, rarity: Rarity) -> float:
        """Return how likely the fact answers: log odds, minus infinity where it cannot."""
        if wish.bare == asking.bare:
            return SAME_QUESTION
        if not self.can_answer(wish, asking):
            return -math.inf
        return float(WEIGHTS @ self.features(wish, asking, rarity)) + BIAS

    def can_answer(self, wish: Wish, asking: Asking) -> bool:
        """Tell whether the fact holds what is asked for, and speaks of the day that is named."""
        return (
            bool(wish.words)
            and asking.holds(wish.asked)
            and not self._words.leaves_out(wish.folded, asking.folded)
            and not self._words.is_about_a_document(wish.folded, asking.folded)
        )

    def speaks_of(self, question: str, asking: Asking) -> bool:
        """Tell whether a fact knows everything that a question which only goes on says."""
        folded = _GOING_ON.sub("", spoken(question))
        words = self._words.content(folded)
        return (
            bool(words)
            and all(asking.knows(word) for word in words)
            and not self._words.leaves_out(folded, asking.folded)
        )

    def features(self, wish: Wish, asking: Asking, rarity: Rarity) -> Vector:
        """Return what `WEIGHTS` weigh, in their order."""
        mean, spread = self._scale()
        near = (asking.vectors @ wish.vector - mean) / spread
        unknown = rarity.of(word for word in wish.words if not asking.knows(word))
        said = rarity.of(asking.title_words & wish.words)
        return np.array(
            [
                near[:2].mean(),
                near[2:].max(),
                1.0 - unknown / rarity.of(wish.words),
                said / (rarity.of(asking.title_words) or 1.0),
                min(unknown / 10, _MOST_UNKNOWN),
            ],
            dtype=np.float32,
        )

    def _scale(self) -> tuple[float, float]:
        """Return how near unrelated questions are in the model in use, and how that varies."""
        if self._unlike is None:
            vectors = self._vectors.vectors(self._words.unlike)
            pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), k=1)]
            self._unlike = (float(pairs.mean()), float(pairs.std()) or 1.0)
        return self._unlike
