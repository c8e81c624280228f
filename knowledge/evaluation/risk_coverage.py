"""The risk-coverage curve: how often answers are wrong, the more of the questions are answered.

Answers are taken from the surest down. Coverage is the share of all questions taken so far, risk
the share of wrong ones among them. Answers of equal confidence come in together: no threshold
can part them. (El-Yaniv and Wiener, On the foundations of noise-free selective classification,
2010.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

RISKS = (0.05, 0.10, 0.20)


@dataclass(frozen=True, slots=True)
class Judged:
    """One answer: how sure it was, and whether what it shows is right."""

    confidence: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class Point:
    """Share answered, and share of wrong ones among those."""

    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Curve:
    """The points at which a threshold can be set, surest first, and the area below them.

    `area` is the mean risk over all coverages from nothing to everything: smaller is better.
    """

    points: tuple[Point, ...]
    area: float

    def coverage_at(self, risk: float) -> float:
        """Return the largest coverage at which the risk is at most this."""
        return max((p.coverage for p in self.points if p.risk <= risk), default=0.0)


def risk_coverage(answers: Iterable[Judged]) -> Curve:
    """Draw the curve of some answers."""
    surest_first = sorted(answers, key=lambda judged: -judged.confidence)
    count, wrong, area = 0, 0, 0.0
    points: list[Point] = []
    for _confidence, group in groupby(surest_first, key=lambda judged: judged.confidence):
        alike = [not judged.is_right for judged in group]
        # Within a tie any order may come about: the wrong ones are spread evenly.
        share = sum(alike) / len(alike)
        area += sum((wrong + n * share) / (count + n) for n in range(1, len(alike) + 1))
        count, wrong = count + len(alike), wrong + sum(alike)
        points.append(Point(count / len(surest_first), wrong / count))
    return Curve(tuple(points), area / count if count else 0.0)
