"""What the evidence weighs: `weights.toml`, written by `python -m benchmarks.fitting`."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from knowledge.rule_files import RuleFile

WEIGHTS_FILE = Path(__file__).with_name("weights.toml")
CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Weights:
    """One number for each name of evidence, and a constant."""

    by_name: Mapping[str, float]
    constant: float = 0.0

    def of(self, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return the weighed sum of evidence, one for each row; every weight needs its column."""
        parts = [weight * columns[name] for name, weight in self.by_name.items()]
        total: NDArray[np.float64] = np.sum(parts, axis=0) + self.constant
        return total

    def of_one(self, evidence: Mapping[str, float]) -> float:
        """Return the weighed sum of one row."""
        return sum(weight * evidence[name] for name, weight in self.by_name.items()) + self.constant


@dataclass(frozen=True, slots=True)
class AllWeights:
    """The weights that rank passages, and those that tell whether the best ones answer.

    All give the logarithm of odds. `explained` is for questions whose words the word file knows:
    how much the ranking of the others counts there, and what the file says; `known_to_answer` is
    what it adds when all that the file asks of an answer is there. From `answers_from`
    on a question counts as answered, from `shown_from` on what was found is shown as being on
    the subject.
    """

    ranking: Weights
    explained: Weights
    answering: Weights
    known_to_answer: float
    answers_from: float
    shown_from: float


@cache
def read_weights(path: Path = WEIGHTS_FILE) -> AllWeights:
    """Read the file.

    Raises:
        FileWrong: names the file and the line.
    """
    file = RuleFile(path)
    bars = _numbers(file, "bars")
    if bars.keys() != {"known_to_answer", "answers_from", "shown_from"}:
        raise file.wrong(1, "[bars] 里应当有 known_to_answer、answers_from 和 shown_from。")
    return AllWeights(
        ranking=_weights(file, "ranking"),
        explained=_weights(file, "explained"),
        answering=_weights(file, "answering"),
        known_to_answer=bars["known_to_answer"],
        answers_from=bars["answers_from"],
        shown_from=bars["shown_from"],
    )


def _weights(file: RuleFile, name: str) -> Weights:
    numbers = _numbers(file, name)
    constant = numbers.pop(CONSTANT, 0.0)
    return Weights(numbers, constant)


def _numbers(file: RuleFile, name: str) -> dict[str, float]:
    table = file.tree.get(name)
    if not isinstance(table, dict) or not table:
        raise file.wrong(1, f"没有 [{name}]。")
    for key, value in table.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise file.wrong(1, f"[{name}] 里的“{key}”应当是一个数。")
    return {key: float(value) for key, value in table.items()}
