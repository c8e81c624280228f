"""How well facts of a house are found, and the weights by which they are.

Run `python -m benchmarks.house_facts`: it fits the weights of `knowledge.fact_likeness` anew, on
the facts and questions of three invented houses and on questions about other things. Each house
is also asked with weights that were fitted on the other two alone: that is what a house that
nobody has seen may expect. `--misses` lists what went wrong there.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet
from numpy.typing import NDArray

from ingestion.pipeline import KNOWN_QUESTIONS
from knowledge.asked import AskedKinds
from knowledge.embedding import Embedder
from knowledge.fact_likeness import BIAS, WEIGHTS, Asking, Likeness, Rarity, questions_of
from knowledge.house_facts import ENOUGH
from knowledge.house_words import HOUSE_ASKED_FILE, HouseWords
from knowledge.vectors import VectorStore
from store.database import Database
from store.keyring import Keyring
from store.migration import migrate

DATA = Path(__file__).parents[1] / "tests" / "knowledge" / "data"
HOUSES = "abc"
_NEVER = -1e9
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class House:
    """The questions asked in one house: for each the features of every fact, and which is right."""

    name: str
    questions: list[str]
    features: Numbers  # questions x facts x features; NaN where a fact cannot answer.
    right: list[int | None]
    own: list[bool]  # Written for this house, not about other things.

    def likeness(self, weights: Numbers) -> Numbers:
        """Return how likely each fact answers each question."""
        found = self.features @ weights[:-1] + weights[-1]
        return np.where(np.isnan(found), _NEVER, found)

    def pairs(self) -> tuple[Numbers, Numbers]:
        """Return the features of the pairs that can be, and whether each is right."""
        can_be = ~np.isnan(self.features[..., 0])
        facts = np.arange(self.features.shape[1])
        answers = np.array([facts == (-1 if fact is None else fact) for fact in self.right])
        return self.features[can_be], answers[can_be].astype(float)


def main() -> None:
    """Fit, and say how good it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misses", action="store_true", help="list what went wrong")
    show = parser.parse_args().misses
    with tempfile.TemporaryDirectory() as folder:
        likeness = _likeness(Path(folder))
        others = _questions_about_other_things()
        houses = [_house(likeness, name, others) for name in HOUSES]
    for house in houses:
        weights = fit([each for each in houses if each is not house])
        print(f"fitted on the others: {_score(house, weights, show=show)}")
    in_use = np.array([*WEIGHTS, BIAS])
    for house in houses:
        print(f"weights in use:       {_score(house, in_use)}")
    weights = fit(houses)
    print(f"fitted on all: {np.round(weights[:-1], 2).tolist()}, bias {weights[-1]:.2f}")
    print(f"in use:        {WEIGHTS.tolist()}, bias {BIAS}")


def fit(houses: Sequence[House], penalty: float = 1.0) -> Numbers:
    """Fit a logistic regression by Newton's method; the last weight is the bias."""
    parts = [house.pairs() for house in houses]
    rows = np.concatenate([each[0] for each in parts])
    answers = np.concatenate([each[1] for each in parts])
    rows = np.c_[rows, np.ones(len(rows))]
    weights = np.zeros(rows.shape[1])
    ridge = penalty * np.r_[np.ones(len(weights) - 1), 1e-6]
    for _ in range(50):
        chance = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (chance - answers) + ridge * weights
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(ridge)
        weights -= np.linalg.solve(bend, slope)
    return weights


def _score(house: House, weights: Numbers, *, show: bool = False) -> str:
    """Say how many are right, answered by another fact, and answered that should not be."""
    likeness = house.likeness(weights)
    right = wrong = false = 0
    for at, fact in enumerate(house.right):
        best = int(likeness[at].argmax())
        answers = likeness[at, best] >= ENOUGH
        right += fact is not None and answers and best == fact
        wrong += fact is not None and answers and best != fact
        false += fact is None and answers and house.own[at]
        if show and house.own[at] and answers != (fact is not None):
            print(f"    {likeness[at].max():5.2f} {house.questions[at]}")
    asked = sum(fact is not None for fact in house.right)
    others = sum(own and fact is None for own, fact in zip(house.own, house.right, strict=True))
    return f"{house.name}: {right} of {asked} right, {wrong} by another fact, {false} of {others} false"


def _likeness(folder: Path) -> Likeness:
    now = datetime.now(UTC)
    database = Database(f"sqlite:///{folder / 'home.sqlite3'}", Keyring([Fernet.generate_key()]))
    migrate(database, home_dir=folder, now=now)
    vectors = VectorStore(database, Embedder())
    return Likeness(words=HouseWords(), kinds=AskedKinds(HOUSE_ASKED_FILE), vectors=vectors)


def _house(likeness: Likeness, name: str, others: Sequence[str]) -> House:
    facts = _lines(f"house_{name}_facts.jsonl")
    asked = _lines(f"house_{name}_questions.jsonl")
    places = {fact["id"]: at for at, fact in enumerate(facts)}
    askings = [likeness.asking(questions_of(fact["title"])[0], fact["text"]) for fact in facts]
    questions = [row["question"] for row in asked] + list(others)
    right = [places[row["fact"]] if row["fact"] else None for row in asked]
    return House(
        name=name,
        questions=questions,
        features=_features(likeness, askings, questions),
        right=right + [None] * len(others),
        own=[True] * len(asked) + [False] * len(others),
    )


def _features(likeness: Likeness, askings: list[Asking], questions: list[str]) -> Numbers:
    embedder, rarity = Embedder(), Rarity(askings)
    found = np.full((len(questions), len(askings), len(WEIGHTS)), np.nan)
    for row, question in enumerate(questions):
        wish = likeness.wish(question, embedder.query_vector(question))
        for at, asking in enumerate(askings):
            if likeness.can_answer(wish, asking):
                found[row, at] = likeness.features(wish, asking, rarity)
    return found


def _questions_about_other_things() -> list[str]:
    """Return questions that have nothing to do with what a house says of itself."""
    rows = [json.loads(line) for line in KNOWN_QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [row["question"] for row in rows if row["set"] in "bc" and row["kind"] != "unanswerable"]


def _lines(name: str) -> list[dict[str, str]]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


if __name__ == "__main__":
    main()
