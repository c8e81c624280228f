"""The curve on answers whose curve can be worked out by hand."""

import itertools

import pytest

from knowledge.evaluation.risk_coverage import Judged, Point, risk_coverage


def judged(*marks: tuple[float, bool]) -> list[Judged]:
    """Return answers by confidence and whether they are right."""
    return [Judged(confidence, is_right) for confidence, is_right in marks]


def test_the_surest_come_first() -> None:
    curve = risk_coverage(judged((0.2, False), (0.9, True), (0.5, True), (0.4, False)))
    assert curve.points == (Point(0.25, 0.0), Point(0.5, 0.0), Point(0.75, 1 / 3), Point(1.0, 0.5))
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_coverage_at_a_risk_is_the_largest() -> None:
    curve = risk_coverage(judged((0.9, False), (0.8, True), (0.7, True), (0.6, True), (0.1, False)))
    assert curve.coverage_at(0.20) == 0.0
    assert curve.coverage_at(0.25) == 0.8
    assert curve.coverage_at(1.0) == 1.0


def test_what_is_equally_sure_comes_in_together() -> None:
    curve = risk_coverage(judged((0.9, True), (0.5, False), (0.5, True)))
    assert curve.points == (Point(1 / 3, 0.0), Point(1.0, 1 / 3))
    # Half an error after two, one after three.
    assert curve.area == pytest.approx((0 + 0.5 / 2 + 1 / 3) / 3)


def test_the_order_of_equals_does_not_matter() -> None:
    marks = [(0.5, True), (0.5, False), (0.9, False), (0.5, True)]
    areas = {round(risk_coverage(judged(*p)).area, 12) for p in itertools.permutations(marks)}
    assert len(areas) == 1


def test_nothing_asked_draws_nothing() -> None:
    curve = risk_coverage([])
    assert (curve.points, curve.area, curve.coverage_at(0.2)) == ((), 0.0, 0.0)
