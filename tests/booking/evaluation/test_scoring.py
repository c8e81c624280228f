"""From counts to figures, from figures to a score: few say little, and never crown a house."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.evaluation.rules import FigureName, load_rules
from booking.evaluation.scoring import Figure, satisfaction, score, share

RULES = load_rules()
counts = st.integers(0, 500)


def _stars(*counted: int) -> dict[int, int]:
    return dict(zip(range(1, 6), counted, strict=True))


def test_fewer_than_ten_ratings_are_not_shown() -> None:
    assert satisfaction(_stars(0, 0, 0, 0, 9), RULES).value is None
    assert satisfaction(_stars(0, 0, 0, 0, 10), RULES).value is not None


def test_ten_people_all_content_are_pulled_toward_four_stars() -> None:
    # (10 x 5 + 10 x 4) / 20 = 4.5 stars, which is 87.5 of 100.
    assert satisfaction(_stars(0, 0, 0, 0, 10), RULES).value == pytest.approx(87.5)


def test_a_thousand_people_are_hardly_pulled_and_their_interval_is_narrow() -> None:
    few, many = (satisfaction(_stars(0, 0, 0, 0, count), RULES) for count in (10, 1000))
    assert many.value is not None
    assert many.value > 99
    assert many.high - many.low < few.high - few.low


def test_the_share_of_nothing_is_no_figure() -> None:
    assert share(FigureName.ON_TIME, 0, 0).value is None


def test_wilson_of_nine_in_ten() -> None:
    figure = share(FigureName.ON_TIME, 9, 10)
    assert figure.value == pytest.approx(90)
    assert figure.low == pytest.approx(59.6, abs=0.1)
    assert figure.high == pytest.approx(98.2, abs=0.1)


@given(good=counts, bad=counts)
def test_a_share_lies_in_its_interval(good: int, bad: int) -> None:
    figure = share(FigureName.FULFILLED, good, good + bad)
    if figure.value is not None:
        assert 0 <= figure.low <= figure.value <= figure.high <= 100


@given(st.tuples(counts, counts, counts, counts, counts))
def test_satisfaction_lies_in_its_interval(counted: tuple[int, ...]) -> None:
    figure = satisfaction(_stars(*counted), RULES)
    if figure.value is not None:
        assert 0 <= figure.low <= figure.value <= figure.high <= 100


def test_without_ratings_there_is_no_score_and_no_star() -> None:
    found = score([share(FigureName.ON_TIME, 50, 50), satisfaction(_stars(*[0] * 5), RULES)], RULES)
    assert found.value is None
    assert found.stars is None


def test_a_figure_without_requests_leaves_its_weight_to_the_others() -> None:
    happy = satisfaction(_stars(0, 0, 0, 0, 1000), RULES)
    alone = score([happy, share(FigureName.COMPLAINTS, 0, 0)], RULES)
    assert alone.value == pytest.approx(happy.value)


def test_the_score_is_the_weighted_mean() -> None:
    figures = [Figure(name, 10, 5, 50.0, 40.0, 60.0) for name in FigureName]
    found = score(figures, RULES)
    assert found.value == pytest.approx(50)
    assert found.stars == 1
    # Five figures that err apart from one another err less together.
    assert found.low > 40


def test_stars_begin_where_the_rules_say() -> None:
    assert [RULES.stars_for(each) for each in (100, 90, 89.9, 80, 60, 59.9, 0)] == [
        5,
        5,
        4,
        4,
        2,
        1,
        1,
    ]
