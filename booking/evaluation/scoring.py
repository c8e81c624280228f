"""From counts to figures, from figures to a score and stars. Pure.

A figure has an interval, because ten ratings say less than a thousand. Few ratings are pulled
toward a mean, so that a house is neither crowned nor ruined by three people: the pull is a Bayesian
average, as if so many ratings had been given before. Sources: Wilson (1927) for shares; for the
mean, a normal prior worth `pull_ratings` ratings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from booking.evaluation.rules import FigureName, Rules

_Z_95 = 1.959964
# The spread of one rating where nobody has rated yet, in stars: that of 1 to 5 alike.
_SPREAD = math.sqrt(2)
_PERCENT = 100.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a house, from 0 to 100.

    Attributes:
        name: which.
        counted: how many ratings or requests it rests on.
        good: how many of them were as they should be; for satisfaction the sum of stars.
        value: the figure, None where nothing was counted or too little to show.
        low, high: 95 % interval of the value.
    """

    name: FigureName
    counted: int
    good: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a house, from 0 to 100, its 95 % interval and its stars.

    `stars` and the rest are None where too few people have rated.
    """

    value: float | None
    low: float
    high: float
    stars: int | None
    figures: tuple[Figure, ...]


def share(name: FigureName, good: int, counted: int) -> Figure:
    """Return the figure of a share, with Wilson's interval."""
    if counted == 0:
        return Figure(name, 0, 0, None, 0.0, _PERCENT)
    rate, square = good / counted, _Z_95**2
    middle = (rate + square / (2 * counted)) / (1 + square / counted)
    half = math.sqrt(rate * (1 - rate) / counted + square / (4 * counted**2))
    half *= _Z_95 / (1 + square / counted)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    # Wilson's ends are the rate itself at 0 and 1, but for rounding.
    return Figure(
        name,
        counted,
        good,
        rate * _PERCENT,
        min(low, rate) * _PERCENT,
        max(high, rate) * _PERCENT,
    )


def satisfaction(stars: Mapping[int, int], rules: Rules) -> Figure:
    """Return the figure of ratings, `stars` to how many gave them; too few are not shown."""
    counted = sum(stars.values())
    total = sum(each * count for each, count in stars.items())
    pull = rules.pull_ratings
    if counted < max(1, rules.least_ratings):
        return Figure(FigureName.SATISFACTION, counted, total, None, 0.0, _PERCENT)
    mean = (total + pull * rules.pull_stars) / (counted + pull)
    squares = sum(count * (each - mean) ** 2 for each, count in stars.items())
    squares += pull * ((rules.pull_stars - mean) ** 2 + _SPREAD**2)
    half = _Z_95 * math.sqrt(squares / (counted + pull) / (counted + pull))
    return Figure(
        FigureName.SATISFACTION,
        counted,
        total,
        _of_stars(mean),
        _of_stars(mean - half),
        _of_stars(mean + half),
    )


def score(figures: Sequence[Figure], rules: Rules) -> Score:
    """Return the weighted score; a figure without a value leaves its weight to the others.

    Without satisfaction there is no score: the notice asks for satisfaction first of all.
    """
    shown = [each for each in figures if each.value is not None]
    if not any(each.name is FigureName.SATISFACTION for each in shown):
        return Score(None, 0.0, _PERCENT, None, tuple(figures))
    weights = {each.name: rules.figure(each.name).weight for each in shown}
    whole = sum(weights.values())
    value = sum(weights[each.name] * (each.value or 0.0) for each in shown) / whole
    below = _half(shown, weights, [(each.value or 0.0) - each.low for each in shown])
    above = _half(shown, weights, [each.high - (each.value or 0.0) for each in shown])
    return Score(
        value,
        max(0.0, value - below),
        min(_PERCENT, value + above),
        rules.stars_for(round(value, 1)),
        tuple(figures),
    )


def _half(
    figures: Sequence[Figure], weights: Mapping[FigureName, int], halves: Sequence[float]
) -> float:
    """Return the half width of a weighted sum of figures that err apart from one another."""
    whole = sum(weights.values())
    squares = (
        (weights[each.name] / whole * half) ** 2 for each, half in zip(figures, halves, strict=True)
    )
    return math.sqrt(sum(squares))


def _of_stars(stars: float) -> float:
    return min(_PERCENT, max(0.0, (stars - 1) / 4 * _PERCENT))
