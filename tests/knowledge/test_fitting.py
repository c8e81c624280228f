"""Fitting the weights: what is right is found again in made-up cases."""

import numpy as np

from benchmarks.regression import fit_choice, fit_odds, parts


def _cases(weights: list[float], count: int) -> list[tuple[np.ndarray, np.ndarray]]:
    dice = np.random.default_rng(1)
    cases = []
    for _ in range(count):
        rows = dice.normal(size=(12, len(weights)))
        noisy = rows @ np.array(weights) + dice.gumbel(size=12)
        cases.append((rows, noisy == noisy.max()))
    return cases


def test_the_weights_of_a_choice_are_found_again() -> None:
    true = [2.0, -1.0, 0.0]
    found = fit_choice(_cases(true, 600), penalty=0.1)
    assert np.allclose(found, true, atol=0.3)


def test_a_case_without_a_right_row_teaches_nothing() -> None:
    cases = _cases([1.0, 0.5], 50)
    nothing = (np.full((12, 2), 9.0), np.zeros(12, dtype=np.bool_))
    assert np.allclose(fit_choice(cases, penalty=1.0), fit_choice([*cases, nothing], penalty=1.0))


def test_the_odds_are_found_again() -> None:
    dice = np.random.default_rng(2)
    rows = dice.normal(loc=3.0, scale=2.0, size=(4000, 2))
    chance = 1 / (1 + np.exp(-(rows @ np.array([1.0, -0.5]) - 1.0)))
    yes = dice.random(4000) < chance
    weights, constant = fit_odds(rows, yes, np.ones(4000), penalty=0.01)
    assert np.allclose([*weights, constant], [1.0, -0.5, -1.0], atol=0.25)


def test_groups_stay_together() -> None:
    groups = [f"document {number % 7}" for number in range(50)]
    part = parts(groups, 3, seed=0)
    assert set(part.tolist()) == {0, 1, 2}
    assert len({(group, at) for group, at in zip(groups, part.tolist(), strict=True)}) == 7
