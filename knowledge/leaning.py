"""Kernel ridge regression: which of a few sides the examples near a text lean to."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

# Chosen by leaving out whole sets of examples written by other hands; what is near these
# values does as well.
_WIDTH = 2.0
_RIDGE = 0.1


class Leaning:
    """Examples as unit vectors, each on one side, and what they say about another vector."""

    def __init__(self, rows: Numbers, sides: NDArray[np.int_], count: int) -> None:
        """Solve for the examples' weights.

        Args:
            rows: (n, dimensions), n at least one; their mean is taken off, since the embeddings
                of short texts of one language all point the same way.
            sides: (n,) whole numbers below `count`.
        """
        self._middle = rows.mean(axis=0)
        self._rows = self._placed(rows)
        self._said = np.where(np.arange(count) == sides[:, None], 1.0, -1.0).astype(np.float32)
        self._weights: Numbers = np.asarray(
            np.linalg.solve(self._near(), self._said), dtype=np.float32
        )

    def likeness(self, vector: Numbers) -> Numbers:
        """Return the cosine (n,) of a vector with every example, the mean taken off."""
        alike: Numbers = self._rows @ self._placed(vector[None, :])[0]
        return alike

    def towards(self, likeness: Numbers) -> Numbers:
        """Return how far a vector leans to each side (count,): about 1 to its own, -1 to others."""
        found: Numbers = _nearness(likeness) @ self._weights
        return found

    def of_examples(self) -> Numbers:
        """Return how far each example leans (n, count) as if it were not one of them."""
        own = np.diag(np.linalg.inv(self._near())).astype(np.float32)
        left_out: Numbers = self._said - self._weights / own[:, None]
        return left_out

    def _near(self) -> Numbers:
        """Return how near the examples are to one another (n, n); too large to be kept."""
        near = _nearness(self._rows @ self._rows.T)
        near[np.diag_indices_from(near)] += _RIDGE
        return near

    def _placed(self, rows: Numbers) -> Numbers:
        moved = rows - self._middle
        placed: Numbers = moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        return placed


def _nearness(cosines: Numbers) -> Numbers:
    near: Numbers = np.exp(_WIDTH * (cosines - 1.0)).astype(np.float32)
    return near
