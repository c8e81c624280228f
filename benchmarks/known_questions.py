"""What the known questions of the notice are worth, set by set; and the fit of their weights.

Run `python -m benchmarks.known_questions`. Cross-validated by set: each is judged as if none of
its questions were known, with weights fitted on the other sets. `--fit` writes knowledge/experience.toml,
`--vectors` the kept vectors, which must be written anew when a question was added.

The sets a, b and c are left out of the fit: the rules were made while looking at them, so on
them the rules look better than they are.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet
from numpy.typing import NDArray

from benchmarks.regression import fit_choice
from ingestion.pipeline import KNOWN_QUESTIONS, NOTICE_ID, ingest_bundled_notice
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder, Vector
from knowledge.experience import (
    LIFT,
    WEIGHTS_FILE,
    WORDS_FILE,
    Experience,
    features,
    lifted,
    share_answering,
)
from knowledge.grounding import shares
from knowledge.index import Indexes
from knowledge.known_questions import (
    ANSWERABLE,
    KINDS,
    KnownQuestion,
    KnownQuestions,
    Likeness,
    keep_known_vectors,
)
from knowledge.leaning import Leaning
from knowledge.lexicon import Lexicon
from knowledge.question import Question, understand
from knowledge.retrieval import Candidate, retrieve
from knowledge.vectors import VectorStore
from knowledge.verdict import Verdict, judge
from store.clock import local_date
from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

_RULES_WERE_MADE_ON = frozenset({"a", "b", "c"})
_RIDGE = 3.0
_SHARED = 12
_STEPS = 30
# Measured on sets left out, nothing is gained by leaning to either side of it.
_EVEN_CHANCE = 0.5

Numbers = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Seen:
    """One known question as the model sees it."""

    line: KnownQuestion
    names: tuple[str, ...]
    values: Numbers

    @property
    def is_answerable(self) -> bool:
        """Tell what a careful person decided."""
        return self.line.kind == ANSWERABLE


def main() -> int:
    """Measure; write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="write the fitted weights")
    parser.add_argument("--vectors", action="store_true", help="write the kept vectors")
    wanted = parser.parse_args()
    embedder = Embedder()
    if wanted.vectors:
        keep_known_vectors(KNOWN_QUESTIONS, embedder.query_vector)
    with tempfile.TemporaryDirectory() as folder:
        house = _House(Path(folder), embedder)
        _report(house)
        print(f"lift of words that answered alike: {LIFT}, as fitted {house.fitted_lift():.1f}")
        model = _fit(house.seen(house.leaning))
    if wanted.fit:
        _write(model)
    return 0


class _House:
    """A home that holds the notice, and its known questions."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        now = datetime.now(UTC)
        database = Database(
            f"sqlite:///{folder / 'home.sqlite3'}", Keyring([Fernet.generate_key()])
        )
        migrate(database, home_dir=folder, now=now)
        vectors = VectorStore(database, embedder)
        ingest_bundled_notice(database, vectors, now=now)
        self._today = local_date(now)
        self._indexes = Indexes(database=database, vectors=vectors, directory=None).current(None)
        self._lexicon, self._kinds = Lexicon(), AskedKinds()
        self._known = KnownQuestions(
            KNOWN_QUESTIONS, document=NOTICE_ID, embed=embedder.query_vector
        )
        self.lines = self._known.lines
        self.leaning = Leaning(self._known.rows, self._known.sides, len(KINDS)).of_examples()
        self._judged = [
            self._judge(number, embedder.query_vector(line.question))
            for number, line in enumerate(self.lines)
        ]

    def leaning_without(self, name: str) -> Numbers:
        """Return how far every question leans when those of one set are not known."""
        others = np.asarray([line.set != name for line in self.lines])
        model = Leaning(self._known.rows[others], self._known.sides[others], len(KINDS))
        found = np.empty((len(self.lines), len(KINDS)))
        found[others] = model.of_examples()
        for number in np.flatnonzero(~others):
            found[number] = model.towards(model.likeness(self._known.rows[number]))
        return found

    def seen(self, leaning: Numbers) -> list[Seen]:
        """Return what the model sees of each question."""
        return [
            _seen(line, judged, tuple(map(float, far)))
            for line, judged, far in zip(self.lines, self._judged, leaning, strict=True)
        ]

    def fitted_lift(self) -> float:
        """Return what makes the right words likeliest first, no question of its own set known."""
        cases: list[tuple[NDArray[np.float64], NDArray[np.bool_]]] = []
        for number, line in enumerate(self.lines):
            if line.kind != ANSWERABLE:
                continue
            vector: Vector = self._known.rows[number]
            own = [at for at, other in enumerate(self.lines) if other.set == line.set]
            likeness = self._known.likeness(vector, without=own)
            question = understand(line.question, self._lexicon, self._kinds)
            found = retrieve(question, vector, self._indexes, today=self._today)
            rows = np.array([(each.score, share_answering(each, likeness)) for each in found])
            right = [
                any(shares(each.passage.quote, gold, characters=_SHARED) for gold in line.gold)
                for each in found
            ]
            cases.append((rows, np.array(right, dtype=np.bool_)))
        score, share = fit_choice(cases, penalty=1.0).tolist()
        return float(share / score)

    def _judge(self, number: int, vector: Vector) -> "_Judged":
        line = self.lines[number]
        question = understand(line.question, self._lexicon, self._kinds)
        likeness = self._known.likeness(vector, without=[number])
        found = retrieve(question, vector, self._indexes, today=self._today)
        candidates = lifted(found, likeness, NOTICE_ID)
        return _Judged(question, candidates, judge(question, candidates))


@dataclass(frozen=True, slots=True)
class _Judged:
    """One question as the rules saw it."""

    question: Question
    candidates: Sequence[Candidate]
    verdict: Verdict


def _seen(line: KnownQuestion, judged: _Judged, leaning: tuple[float, ...]) -> Seen:
    found = features(judged.question, judged.candidates, judged.verdict, Likeness(leaning, gold=()))
    return Seen(line, tuple(found), np.asarray(list(found.values())))


def _fit(seen: Sequence[Seen]) -> Experience:
    """Fit a logistic model with a ridge, by Newton's method."""
    seen = [each for each in seen if each.line.set not in _RULES_WERE_MADE_ON]
    x = np.column_stack([np.ones(len(seen)), np.stack([each.values for each in seen])])
    y = np.asarray([each.is_answerable for each in seen], dtype=float)
    ridge = np.diag([0.0, *([_RIDGE] * (x.shape[1] - 1))])
    w = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ w))
        slope = x.T @ (p - y) + ridge @ w
        curve = (x * (p * (1 - p))[:, None]).T @ x + ridge + 1e-9 * np.eye(len(w))
        w = w - np.linalg.solve(curve, slope)
    weights = dict(zip(seen[0].names, map(float, w[1:]), strict=True))
    return Experience(weights, float(w[0]), _EVEN_CHANCE)


def _report(house: _House) -> None:
    """Judge each set by what the others teach, and all by what all the others teach."""
    print(f"{'set':<6}" + "".join(f"{kind:>16}" for kind in KINDS) + "   (right / asked)")
    totals: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for name in dict.fromkeys(line.set for line in house.lines):
        if name in _RULES_WERE_MADE_ON:
            continue
        seen = house.seen(house.leaning_without(name))
        model = _fit([each for each in seen if each.line.set != name])
        right = _right(model, [each for each in seen if each.line.set == name])
        for kind in KINDS:
            totals[kind] += right[kind]
        print(f"{name:<6}" + "".join(f"{_share(right[kind]):>16}" for kind in KINDS))
    print(f"{'all':<6}" + "".join(f"{_share(totals[kind]):>16}" for kind in KINDS))


def _right(model: Experience, seen: Sequence[Seen]) -> dict[str, list[bool]]:
    right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
    for each in seen:
        chance = model.chance(dict(zip(each.names, each.values, strict=True)))
        right[each.line.kind].append((chance >= model.threshold) == each.is_answerable)
    return right


def _share(right: Sequence[bool]) -> str:
    return f"{sum(right)}/{len(right)} {np.mean(right) if right else 0:.3f}"


def _write(model: Experience) -> None:
    lines = [
        "# 已知问题的权重，由 python -m benchmarks.known_questions --fit 算出，请不要手改。",
        f"threshold = {model.threshold}",
        f"constant = {model.constant:.3f}",
        "",
        "[weights]",
        *(f"{name} = {weight:.3f}" for name, weight in model.weights.items()),
    ]
    WEIGHTS_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    WORDS_FILE.write_text("\n".join(sorted(Lexicon().said)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
