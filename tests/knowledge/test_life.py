"""Which documents hold on a day, and what takes the place of what."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.life import DocumentState, Life, Lives

TODAY = date(2026, 11, 25)
A_DAY = timedelta(days=1)
OLD = Life(1, "食堂管理办法", number="军休发〔2019〕3号")
NEW = Life(2, "食堂管理办法（新）", replaces_id=1)


def _state(*lives: Life, of: int = 1, today: date = TODAY) -> DocumentState:
    return Lives(lives).state(of, today)


@pytest.mark.parametrize(
    ("life", "state"),
    [
        (OLD, DocumentState.IN_FORCE),
        (replace(OLD, starts_on=TODAY), DocumentState.IN_FORCE),
        (replace(OLD, starts_on=TODAY + A_DAY), DocumentState.NOT_YET),
        (replace(OLD, ends_on=TODAY), DocumentState.IN_FORCE),
        (replace(OLD, ends_on=TODAY - A_DAY), DocumentState.ENDED),
        (replace(OLD, is_withdrawn=True, ends_on=TODAY - A_DAY), DocumentState.WITHDRAWN),
    ],
)
def test_a_document_holds_on_its_days(life: Life, state: DocumentState) -> None:
    assert _state(life) is state
    assert (1 in Lives([life]).in_force(TODAY)) is (state is DocumentState.IN_FORCE)


def test_the_days_move_on() -> None:
    lives = Lives([replace(OLD, starts_on=TODAY, ends_on=TODAY)])
    days = [TODAY - A_DAY, TODAY, TODAY + A_DAY, TODAY]
    assert [1 in lives.in_force(day) for day in days] == [False, True, False, True]


@pytest.mark.parametrize(
    ("successor", "state"),
    [
        (NEW, DocumentState.SUPERSEDED),
        (replace(NEW, starts_on=TODAY), DocumentState.SUPERSEDED),
        (replace(NEW, starts_on=TODAY + A_DAY), DocumentState.IN_FORCE),
        (replace(NEW, is_withdrawn=True), DocumentState.IN_FORCE),
        # Abolished is abolished: it does not come back when its successor runs out.
        (replace(NEW, ends_on=TODAY - A_DAY), DocumentState.SUPERSEDED),
    ],
)
def test_a_successor_that_has_begun_ends_its_forerunner(
    successor: Life, state: DocumentState
) -> None:
    assert _state(OLD, successor) is state


def test_the_last_of_a_chain_is_the_one_in_force() -> None:
    third = Life(3, "食堂管理办法（再新）", replaces_id=2)
    lives = Lives([OLD, NEW, third])
    assert lives.in_force(TODAY) == {3}
    assert lives.successors(1, TODAY) == [third]
    # Tidying the middle one away does not bring the first one back.
    assert _state(OLD, replace(NEW, is_withdrawn=True), third) is DocumentState.SUPERSEDED


@pytest.mark.parametrize(
    ("question", "is_named"),
    [
        ("《食堂管理办法》里早饭几点", True),
        ("食堂管理办法说早饭几点", True),
        ("军休发[2019]3号里早饭几点", True),
        ("军休发2019 3号里早饭几点", True),
        ("食堂早饭几点", False),
    ],
)
def test_a_superseded_document_is_known_by_its_name(question: str, is_named: bool) -> None:
    found = Lives([OLD, NEW]).named_but_superseded(question, TODAY)
    assert (found == OLD) is is_named
    assert Lives([OLD]).named_but_superseded(question, TODAY) is None


def test_a_short_title_names_nothing() -> None:
    old, new = replace(OLD, title="菜单", number=None), replace(NEW, title="新的菜单")
    assert Lives([old, new]).named_but_superseded("这周的菜单", TODAY) is None


def test_nothing_takes_its_own_place() -> None:
    lives = Lives([OLD, NEW, Life(3, "再新", replaces_id=2)])
    assert lives.would_go_in_circles(1, 1)
    assert lives.would_go_in_circles(1, 3)
    assert not lives.would_go_in_circles(3, 1)


@given(
    st.lists(
        st.builds(
            Life,
            document_id=st.integers(1, 6),
            title=st.just("办法"),
            starts_on=st.none() | st.dates(TODAY - A_DAY, TODAY + A_DAY),
            ends_on=st.none() | st.dates(TODAY - A_DAY, TODAY + A_DAY),
            is_withdrawn=st.booleans(),
            replaces_id=st.none() | st.integers(1, 7),
        ),
        unique_by=lambda life: life.document_id,
    )
)
def test_any_family_of_documents_has_an_answer(family: list[Life]) -> None:
    """Circles and gaps in the data end in a state; what is in force never was superseded."""
    lives = Lives(family)
    for life in family:
        state = lives.state(life.document_id, TODAY)
        assert (state is DocumentState.IN_FORCE) == (life.document_id in lives.in_force(TODAY))
        successors = lives.successors(life.document_id, TODAY)
        assert not successors or state in {DocumentState.SUPERSEDED, DocumentState.WITHDRAWN}
