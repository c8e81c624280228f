"""What a message sounds like: the sayings it resembles and the rules, weighed together.

A rule hears a word; people have more ways to say a thing than a file of rules will ever hold.
So what is heard is decided in two steps, both fitted by `python -m benchmarks.sayings --fit`
and kept in ear.npz. First the message is held against the sayings, by meaning (nearness to
landmarks among them, after K. Williams and M. Seeger's Nyström method) and by its runs of one to
three characters: how far does it lean to each kind? Then logistic models weigh these leanings
together with what the rules heard: one tells danger from no danger, one tells the intents apart.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.commands import Intent, Understood, Vector
from bot.understanding.danger import DangerSigns
from bot.understanding.sayings import HEARD

EAR_FILE = Path(__file__).with_name("ear.npz")
DANGER = "danger"
SIDES = (*HEARD, DANGER)

Numbers = NDArray[np.float32]

_WIDTH = 2.0
_LONGEST_GRAM = 3
_SINGLE_WEIGHT = 0.7
_BREAK = re.compile(r"[，。！？；]")


class EarBroken(Exception):
    """The fitted numbers do not fit this program; they have to be fitted anew."""


def grams(text: str) -> list[str]:
    """Return the runs of one to three characters of cleaned text; punctuation is all one."""
    plain = _BREAK.sub("|", text)
    return [
        plain[at : at + size]
        for size in range(1, _LONGEST_GRAM + 1)
        for at in range(len(plain) - size + 1)
    ]


def nearness(landmarks: Numbers, placed: Numbers) -> Numbers:
    """Return how near rows (n, d) are to the landmarks (m, d), both of unit length: (n, m)."""
    near: Numbers = np.exp(_WIDTH * (placed @ landmarks.T - 1.0)).astype(np.float32)
    return near


@dataclass(frozen=True, slots=True)
class GramTable:
    """The runs of characters that are known, and how much each tells (its rarity)."""

    rows: Mapping[str, int]
    rarity: Numbers

    def features(self, text: str) -> tuple[NDArray[np.int64], Numbers]:
        """Return the rows of the runs in `text` and their weights, of unit length together."""
        counts = Counter(self.rows[gram] for gram in grams(text) if gram in self.rows)
        rows = np.fromiter(counts, dtype=np.int64, count=len(counts))
        said = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
        weights = (1.0 + np.log(said)) * self.rarity[rows] if len(rows) else said
        length = float(np.linalg.norm(weights))
        return rows, (weights / length if length else weights).astype(np.float32)


def gram_rarity(gram: str, count: int, sentences: int) -> float:
    """Return how much a run tells that stands in `count` of so many sentences."""
    rarity = math.log(sentences / count)
    return rarity * _SINGLE_WEIGHT if len(gram) == 1 else rarity


@dataclass(frozen=True, slots=True)
class Resemblance:
    """The first step: leanings, about 1 to the own side and -1 to the others.

    Attributes:
        middle: (d,), the mean of the sayings' vectors, which all texts share.
        landmarks: (m, d), unit vectors with the mean taken off.
        by_meaning, by_words: (m, sides), (g, sides).
        constant: (sides,).
        words_alone, words_alone_constant: (g,) and a number: danger by the words alone, for the
            clauses of a message, which have no vector of their own.
    """

    middle: Numbers
    landmarks: Numbers
    table: GramTable
    by_meaning: Numbers
    by_words: Numbers
    constant: Numbers
    words_alone: Numbers
    words_alone_constant: float

    def leaning(self, text: str, vector: Vector) -> Numbers:
        """Return how far cleaned text leans to each of SIDES."""
        moved = vector - self.middle
        placed = (moved / max(float(np.linalg.norm(moved)), 1e-9))[None, :].astype(np.float32)
        rows, weights = self.table.features(text)
        meant = nearness(self.landmarks, placed)[0] @ self.by_meaning
        found: Numbers = meant + weights @ self.by_words[rows] + self.constant
        return found

    def danger_in_words(self, text: str) -> float:
        """Return how far the most dangerous clause leans to danger, by its words alone."""
        clauses = [clause for clause in _BREAK.split(text) if clause]
        return max((self._of_clause(clause) for clause in clauses), default=-1.0)

    def _of_clause(self, clause: str) -> float:
        rows, weights = self.table.features(clause)
        return float(weights @ self.words_alone[rows]) + self.words_alone_constant


@dataclass(frozen=True, slots=True)
class Opinion:
    """What was heard.

    Attributes:
        danger: how likely it is danger, 0 to 1.
        chances: how likely each intent of HEARD is, together 1.
    """

    danger: float
    chances: Mapping[Intent, float]

    @property
    def first(self) -> tuple[Intent, float]:
        """The likeliest intent besides danger, which is decided by itself."""
        others = {each: chance for each, chance in self.chances.items() if each != "emergency"}
        likeliest = max(others, key=others.__getitem__)
        return likeliest, others[likeliest]


def features(
    leaning: Numbers, danger_in_words: float, signs: DangerSigns, understood: Understood
) -> dict[str, float]:
    """Return what the second step looks at, by name."""
    first = understood.first
    intent, sure = first.intent.outside, understood.confident
    return {
        **{f"leans_{side}": float(far) for side, far in zip(SIDES, leaning, strict=True)},
        "clause_leans_danger": danger_in_words,
        **{f"sign_{each.name}": float(getattr(signs, each.name)) for each in fields(signs)},
        **{f"rules_{each}": float(intent is each) for each in HEARD},
        "rules_unsure_question": float(not sure and intent is Intent.QUESTION),
        "rules_unsure_book": float(not sure and intent is Intent.BOOK),
        "rules_several": float(len(understood.commands) > 1),
        "names_service": float(first.slots.service is not None),
    }


@dataclass(frozen=True, slots=True)
class Weighing:
    """The second step: `for_danger` (f,), `for_intents` (f, intents), and their constants."""

    names: tuple[str, ...]
    for_danger: Numbers
    danger_constant: float
    for_intents: Numbers
    intent_constants: Numbers

    def opinion(self, seen: Mapping[str, float]) -> Opinion:
        """Weigh the features by name."""
        values = np.asarray([seen[name] for name in self.names], dtype=np.float32)
        danger = 1.0 / (1.0 + math.exp(-float(values @ self.for_danger) - self.danger_constant))
        scores = values @ self.for_intents + self.intent_constants
        chances = np.exp(scores - scores.max())
        chances /= chances.sum()
        return Opinion(danger, dict(zip(HEARD, map(float, chances), strict=True)))


@dataclass(frozen=True, slots=True)
class Ear:
    """Both steps, and the mark of the sayings they were learnt from."""

    resemblance: Resemblance
    weighing: Weighing
    mark: str

    def hear(
        self, text: str, vector: Callable[[], Vector], signs: DangerSigns, understood: Understood
    ) -> Opinion:
        """Return what cleaned text sounds like, given what the rules heard in it."""
        seen = features(
            self.resemblance.leaning(text, vector()),
            self.resemblance.danger_in_words(text),
            signs,
            understood,
        )
        return self.weighing.opinion(seen)


def load_ear(path: Path = EAR_FILE) -> Ear:
    """Read the fitted numbers.

    Raises:
        EarBroken: they were fitted for another version of the program.
    """
    try:
        with np.load(path) as kept:
            held = {name: kept[name] for name in kept.files}
        table = GramTable(
            {gram: row for row, gram in enumerate(held["grams"].tolist())}, _plain(held["rarity"])
        )
        resemblance = Resemblance(
            middle=_plain(held["middle"]),
            landmarks=_plain(held["landmarks"]),
            table=table,
            by_meaning=_plain(held["by_meaning"]),
            by_words=_plain(held["by_words"]),
            constant=_plain(held["constant"]),
            words_alone=_plain(held["words_alone"]),
            words_alone_constant=float(held["words_alone_constant"]),
        )
        weighing = Weighing(
            names=tuple(held["names"].tolist()),
            for_danger=_plain(held["for_danger"]),
            danger_constant=float(held["danger_constant"]),
            for_intents=_plain(held["for_intents"]),
            intent_constants=_plain(held["intent_constants"]),
        )
        return Ear(resemblance, weighing, str(held["mark"]))
    except (OSError, ValueError, KeyError) as error:
        raise EarBroken(f"{path}：读不出来，请重新拟合") from error


def keep_ear(ear: Ear, path: Path = EAR_FILE) -> None:
    """Write the fitted numbers, two bytes each where there are many."""
    far, weighing = ear.resemblance, ear.weighing
    half = np.float16
    np.savez_compressed(
        path,
        mark=np.asarray(ear.mark),
        grams=np.asarray(list(far.table.rows)),
        rarity=far.table.rarity.astype(half),
        middle=far.middle,
        landmarks=far.landmarks.astype(half),
        by_meaning=far.by_meaning,
        by_words=far.by_words.astype(half),
        constant=far.constant,
        words_alone=far.words_alone.astype(half),
        words_alone_constant=np.asarray(far.words_alone_constant),
        names=np.asarray(weighing.names),
        for_danger=weighing.for_danger,
        danger_constant=np.asarray(weighing.danger_constant),
        for_intents=weighing.for_intents,
        intent_constants=weighing.intent_constants,
    )


def _plain(kept: NDArray[np.generic]) -> Numbers:
    return np.asarray(kept, dtype=np.float32)
