"""Two small regressions: which of several answers, and whether it is answered at all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Yes = NDArray[np.bool_]

_ROUNDS = 30
_CLOSE_ENOUGH = 1e-4


def fit_choice(cases: Sequence[tuple[Numbers, Yes]], *, penalty: float) -> Numbers:
    """Return the weights under which the right rows of each case are likeliest chosen.

    A conditional logit in which several rows may be right, by Newton's method. `penalty` is on
    the squares of the weights, each in units of its column's spread. A case without a right row
    teaches nothing.
    """
    cases = [(rows, right) for rows, right in cases if right.any()]
    rows = np.concatenate([rows for rows, _ in cases])
    spread = rows.std(axis=0) + 1e-9
    rows = (rows - rows.mean(axis=0)) / spread
    right = np.concatenate([right for _, right in cases])
    lengths = np.array([len(right) for _, right in cases])
    weights = np.zeros(rows.shape[1])
    now = _Choice(rows, right, lengths, weights, penalty)
    for _ in range(_ROUNDS):
        step, size = np.linalg.solve(now.curvature, now.slope), 1.0
        then = _Choice(rows, right, lengths, weights - step, penalty)
        while then.loss > now.loss and size > 1e-3:
            size /= 2
            then = _Choice(rows, right, lengths, weights - size * step, penalty)
        weights, gained, now = weights - size * step, now.loss - then.loss, then
        if gained < _CLOSE_ENOUGH:
            break
    fitted: Numbers = weights / spread
    return fitted


class _Choice:
    """The loss of some weights, its slope, and a curvature that is never negative."""

    def __init__(
        self, rows: Numbers, right: Yes, lengths: NDArray[np.intp], weights: Numbers, penalty: float
    ) -> None:
        starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        case = np.repeat(np.arange(len(lengths)), lengths)
        scores = rows @ weights
        odds = np.exp(scores - np.maximum.reduceat(scores, starts)[case])
        total = np.add.reduceat(odds, starts)
        of_right = np.add.reduceat(odds * right, starts)
        chance, chance_if_right = odds / total[case], odds * right / of_right[case]
        self.loss = float(-np.log(of_right / total).sum() + penalty * weights @ weights / 2)
        self.slope = rows.T @ (chance - chance_if_right) + penalty * weights
        mean = np.add.reduceat(rows * chance[:, None], starts)
        spread = (rows * chance[:, None]).T @ rows - mean.T @ mean
        self.curvature = spread + penalty * np.eye(len(weights))


def fit_odds(rows: Numbers, yes: Yes, share: Numbers, *, penalty: float) -> tuple[Numbers, float]:
    """Return the weights and the constant of a logistic regression; `share` weighs the rows."""
    spread = rows.std(axis=0) + 1e-9
    scaled = np.column_stack([(rows - rows.mean(axis=0)) / spread, np.ones(len(rows))])
    weights = np.zeros(scaled.shape[1])
    free = penalty * np.append(np.ones(rows.shape[1]), 0.0)
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (share * (chance - yes)) + free * weights
        curve = (scaled * (share * chance * (1 - chance))[:, None]).T @ scaled + np.diag(free)
        step = np.linalg.solve(curve + 1e-9 * np.eye(len(weights)), slope)
        weights = weights - step
        if np.abs(step).max() < _CLOSE_ENOUGH:
            break
    fitted: Numbers = weights[:-1] / spread
    return fitted, float(weights[-1] - fitted @ rows.mean(axis=0))


def parts(groups: Sequence[str], count: int, *, seed: int) -> NDArray[np.intp]:
    """Deal groups into parts at random; return the part of each row, whole groups together."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    part = {names[at]: place % count for place, at in enumerate(order)}
    return np.array([part[group] for group in groups], dtype=np.intp)
