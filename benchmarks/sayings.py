"""What the sayings are worth, set by set; and the fit of the ear.

Run `python -m benchmarks.sayings`. Each file of bot/understanding/sayings is judged by an ear that knows
only the others. `--fit` writes bot/understanding/ear.npz, which is due whenever a saying or a rule was
changed; `--kept FILE` keeps the vectors of the sayings there, so that the next fit is quicker.
It takes some minutes.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.understanding.commands import Intent
from bot.understanding.ear import (
    DANGER,
    SIDES,
    Ear,
    GramTable,
    Numbers,
    Opinion,
    Resemblance,
    Weighing,
    features,
    gram_rarity,
    grams,
    keep_ear,
    nearness,
)
from bot.understanding.sayings import HEARD, Saying, load_sayings, mark_of
from bot.understanding.understanding import ASKS, RINGS, Understanding
from bot.understanding.words import load_words
from knowledge.embedding import Embedder
from knowledge.kept_vectors import keep_vectors, vectors_of
from knowledge.personal import PersonalQuestions
from store.clock import SHANGHAI

# Chosen by leaving out whole files of sayings; what is near these values does as well.
_LANDMARKS = 700
_RIDGE = 0.2
_RIDGE_OF_WORDS = 0.4
_PENALTY = 1.0
_STEPS = 25
_SEED = 1927
# A Monday morning: what day it is makes no difference to what is wanted.
_NOW = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)

_Rows = NDArray[np.bool_]
_Wide = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bank:
    """All sayings, and how near each is to each other."""

    sayings: list[Saying]
    vectors: Numbers
    middle: Numbers
    landmarks: Numbers
    table: GramTable
    near_landmarks: Numbers
    words: Numbers
    meaning_kernel: Numbers
    words_kernel: Numbers

    def rows_of(self, name: str) -> _Rows:
        """Return which sayings are of one file."""
        return np.asarray([each.set == name for each in self.sayings])


def main() -> int:
    """Measure; write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="write the fitted numbers")
    parser.add_argument("--kept", type=Path, help="a file for the vectors of the sayings")
    wanted = parser.parse_args()
    bank = _bank(load_sayings(), wanted.kept)
    seen = _seen_by_others(bank)
    _report(bank, seen)
    if wanted.fit:
        everything = np.ones(len(bank.sayings), dtype=np.bool_)
        weighing = _weighing(bank, seen, everything)
        keep_ear(Ear(_resemblance(bank, everything), weighing, mark_of(bank.sayings)))
    return 0


def _bank(sayings: list[Saying], kept: Path | None) -> Bank:
    texts = [each.text for each in sayings]
    embed = Embedder().query_vector
    if kept is not None:
        vectors = vectors_of(kept, texts, embed)
        known = dict(zip(texts, vectors, strict=True))
        keep_vectors(kept, texts, lambda text: known[text] if text in known else embed(text))
    else:
        vectors = np.asarray([embed(text) for text in texts], dtype=np.float32)
    middle = vectors.mean(axis=0)
    moved = vectors - middle
    placed = (moved / np.linalg.norm(moved, axis=1, keepdims=True)).astype(np.float32)
    chosen = np.random.default_rng(_SEED).permutation(len(texts))[:_LANDMARKS]
    landmarks = placed[np.sort(chosen)]
    near = nearness(landmarks, placed)
    table = _gram_table(texts)
    words = np.zeros((len(texts), len(table.rows)), dtype=np.float32)
    for number, text in enumerate(texts):
        rows, weights = table.features(text)
        words[number, rows] = weights
    half = np.linalg.solve(np.linalg.cholesky(_among(landmarks)), near.T.astype(np.float64))
    return Bank(
        sayings,
        vectors,
        middle,
        landmarks,
        table,
        near,
        words,
        np.asarray(half.T @ half, dtype=np.float32),
        words @ words.T,
    )


def _among(landmarks: Numbers) -> _Wide:
    among = nearness(landmarks, landmarks).astype(np.float64)
    return among + 1e-4 * np.eye(len(among))


def _gram_table(texts: Sequence[str]) -> GramTable:
    counts = Counter(gram for text in texts for gram in set(grams(text)))
    kept = sorted(gram for gram, count in counts.items() if count > 1)
    rarity = [gram_rarity(gram, counts[gram], len(texts)) for gram in kept]
    return GramTable(
        {gram: row for row, gram in enumerate(kept)}, np.asarray(rarity, dtype=np.float32)
    )


def _resemblance(bank: Bank, known: _Rows) -> Resemblance:
    """Learn the first step from the sayings that are `known`."""
    labelled = np.asarray([each.heard is not None for each in bank.sayings]) & known
    both = bank.meaning_kernel + bank.words_kernel + 1.0
    intents = _solved(both, labelled, _said(bank, labelled, HEARD), _RIDGE)
    danger = _solved(both, known, _said(bank, known, (Intent.EMERGENCY,)), _RIDGE)
    weights = np.zeros((len(bank.sayings), len(SIDES)))
    weights[labelled, : len(HEARD)] = intents
    weights[known, SIDES.index(DANGER)] = danger[:, 0]
    alone = _solved(
        bank.words_kernel + 1.0,
        known,
        _said(bank, known, (Intent.EMERGENCY,)),
        _RIDGE_OF_WORDS,
    )[:, 0]
    by_meaning = np.linalg.solve(_among(bank.landmarks), bank.near_landmarks.T @ weights)
    return Resemblance(
        middle=bank.middle,
        landmarks=bank.landmarks,
        table=bank.table,
        by_meaning=by_meaning.astype(np.float32),
        by_words=(bank.words.T @ weights).astype(np.float32),
        constant=weights.sum(axis=0).astype(np.float32),
        words_alone=(bank.words[known].T @ alone).astype(np.float32),
        words_alone_constant=float(alone.sum()),
    )


def _said(bank: Bank, rows: _Rows, sides: Sequence[Intent]) -> _Wide:
    heard = [each.heard for each, taken in zip(bank.sayings, rows, strict=True) if taken]
    return np.asarray([[1.0 if each is side else -1.0 for side in sides] for each in heard])


def _solved(kernel: Numbers, rows: _Rows, said: _Wide, ridge: float) -> _Wide:
    """Return the weights of kernel ridge regression, one row for each of `rows`."""
    near = kernel[np.ix_(rows, rows)]
    near[np.diag_indices_from(near)] += ridge
    solved: _Wide = np.linalg.solve(near, said.astype(np.float32)).astype(np.float64)
    return solved


def _seen_by_others(bank: Bank) -> list[dict[str, float]]:
    """Return the features of every saying, as seen by a first step that does not know its file."""
    understanding = Understanding(words=load_words(), is_personal=PersonalQuestions().asks)
    seen: list[dict[str, float]] = [{} for _ in bank.sayings]
    for name in dict.fromkeys(each.set for each in bank.sayings):
        own = bank.rows_of(name)
        first_step = _resemblance(bank, ~own)
        for number in np.flatnonzero(own).tolist():
            text = bank.sayings[number].text
            seen[number] = features(
                first_step.leaning(text, bank.vectors[number]),
                first_step.danger_in_words(text),
                understanding.danger_signs(text),
                understanding.read_by_rules(text, now=_NOW),
            )
    return seen


def _weighing(bank: Bank, seen: Sequence[dict[str, float]], known: _Rows) -> Weighing:
    """Learn the second step; where the rules look better than they are, nothing is learnt."""
    honest = known & ~np.asarray([each.taught_rules for each in bank.sayings])
    labelled = honest & np.asarray([each.heard is not None for each in bank.sayings])
    names = tuple(seen[0])
    values = np.asarray([[each[name] for name in names] for each in seen])
    is_danger = np.asarray([each.heard is Intent.EMERGENCY for each in bank.sayings])
    sides = np.asarray([HEARD.index(each.heard) if each.heard else -1 for each in bank.sayings])
    two = _softmax(values[honest], is_danger[honest].astype(int), 2)
    many = _softmax(values[labelled], sides[labelled], len(HEARD))
    # Of two sides only the difference counts.
    danger = two[:, 1] - two[:, 0]
    return Weighing(
        names=names,
        for_danger=danger[1:].astype(np.float32),
        danger_constant=float(danger[0]),
        for_intents=many[1:].astype(np.float32),
        intent_constants=many[0].astype(np.float32),
    )


def _softmax(values: _Wide, sides: NDArray[np.int_], count: int) -> _Wide:
    """Fit a multinomial logistic model with a ridge, by Newton's method: (1 + f, count)."""
    x = np.column_stack([np.ones(len(values)), values])
    ridge = np.full(x.shape[1], _PENALTY)
    # The constants are held lightly, so that the model has one solution.
    ridge[0] = 1e-3
    weights = np.zeros((x.shape[1], count))
    chances, loss = _chances(x, weights, sides, ridge)
    for _ in range(_STEPS):
        step = _newton_step(x, weights, chances, sides, ridge)
        size, now = 1.0, loss
        while size > 1e-4:
            chances, loss = _chances(x, weights - size * step, sides, ridge)
            if loss < now:
                break
            size /= 2
        weights = weights - size * step
        if now - loss < 1e-5 * now:
            break
    return weights


def _chances(
    x: _Wide, weights: _Wide, sides: NDArray[np.int_], ridge: _Wide
) -> tuple[_Wide, float]:
    """Return the chances (n, count) and what is to be made small."""
    scores = x @ weights
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    likely = np.log(chances[np.arange(len(sides)), sides] + 1e-12).sum()
    return chances, float((ridge[:, None] * weights**2).sum() / 2 - likely)


def _newton_step(
    x: _Wide, weights: _Wide, chances: _Wide, sides: NDArray[np.int_], ridge: _Wide
) -> _Wide:
    count, width = chances.shape[1], x.shape[1]
    slope = x.T @ (chances - np.eye(count)[sides]) + ridge[:, None] * weights
    curve = np.zeros((count, width, count, width))
    for one in range(count):
        for other in range(count):
            part = chances[:, one] * (float(one == other) - chances[:, other])
            curve[one, :, other, :] = (x * part[:, None]).T @ x
        curve[one, :, one, :] += np.diag(ridge)
    size = count * width
    step = np.linalg.solve(curve.reshape(size, size), slope.T.reshape(size))
    return np.asarray(step.reshape(count, width).T, dtype=np.float64)


@dataclass(slots=True)
class _Score:
    """How one file was judged; `asked` is not rung but asked about."""

    missed: int = 0
    dangers_asked: int = 0
    dangers: int = 0
    alarms: int = 0
    others_asked: int = 0
    others: int = 0
    intents_right: int = 0
    intents: int = 0

    def add(self, saying: Saying, heard: Opinion) -> None:
        """Count one saying."""
        rings, asks = heard.danger >= RINGS, ASKS <= heard.danger < RINGS
        if saying.heard is Intent.EMERGENCY:
            self.dangers += 1
            self.missed += not (rings or asks)
            self.dangers_asked += asks
            return
        self.others += 1
        self.alarms += rings
        self.others_asked += asks
        if saying.heard is not None:
            self.intents += 1
            self.intents_right += heard.first[0] is saying.heard

    def line(self, name: str) -> str:
        """Return one line of the table."""
        return (
            f"{name:<18}{self.missed:>6}{self.dangers_asked:>6} of{self.dangers:>4}"
            f"{self.alarms:>8}{self.others_asked:>6} of{self.others:>5}"
            f"{self.intents_right:>9} of{self.intents:>5}"
        )


def _report(bank: Bank, seen: Sequence[dict[str, float]]) -> None:
    """Judge each file by what the others teach."""
    print(f"{'':<18}{'danger: missed, asked':>19}{'others: rung, asked':>21}{'intents right':>16}")
    total = _Score()
    for name in dict.fromkeys(each.set for each in bank.sayings if not each.taught_rules):
        own, score = bank.rows_of(name), _Score()
        weighing = _weighing(bank, seen, ~own)
        for number in np.flatnonzero(own).tolist():
            heard = weighing.opinion(seen[number])
            score.add(bank.sayings[number], heard)
            total.add(bank.sayings[number], heard)
        print(score.line(name), flush=True)
    print(total.line("all"))


if __name__ == "__main__":
    sys.exit(main())
