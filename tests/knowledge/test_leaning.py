"""Examples lean to their sides, and a left-out example is judged as if it had not been there."""

import numpy as np
import pytest

from knowledge.leaning import Leaning

_RNG = np.random.default_rng(7)


def _cloud(direction: int, count: int) -> np.ndarray:
    rows = _RNG.normal(scale=0.4, size=(count, 12)).astype(np.float32)
    rows[:, direction] += 1.0
    unit: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


@pytest.fixture
def rows() -> np.ndarray:
    return np.concatenate([_cloud(0, 30), _cloud(1, 30), _cloud(2, 30)])


_SIDES = np.repeat([0, 1, 2], 30)


def test_a_vector_leans_to_the_side_its_neighbours_are_on(rows: np.ndarray) -> None:
    leaning = Leaning(rows, _SIDES, 3)
    for side in range(3):
        towards = leaning.towards(leaning.likeness(_cloud(side, 1)[0]))
        assert int(np.argmax(towards)) == side


def test_leaving_an_example_out_is_the_same_as_never_having_had_it(rows: np.ndarray) -> None:
    left_out = Leaning(rows, _SIDES, 3).of_examples()[4]
    others = np.arange(len(rows)) != 4
    without = Leaning(rows[others], _SIDES[others], 3)
    # The mean that is taken off hardly moves when one of ninety goes.
    np.testing.assert_allclose(left_out, without.towards(without.likeness(rows[4])), atol=0.05)
