"""What a person must not eat, held against the names of dishes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from booking.errors import ValueProblem
from booking.meals.diets import (
    DietWords,
    avoided_words,
    conflict_words,
    conflicts,
    diet_of,
    remember_diet,
)
from booking.meals.menus import MenuLine, put_menu
from booking.models import EventKind, RequestEvent
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.booking.meals.rounds import TOMORROW, Lunch, make_lunch
from tests.conftest import NOW


@pytest.mark.parametrize(
    ("avoided", "dishes", "found"),
    [
        ("花生", "宫保鸡丁、米饭", "宫保鸡丁"),
        ("海鲜", "白灼虾、青菜", "白灼虾"),
        ("海鲜", "清炒虾仁", "清炒虾仁"),
        ("鱼", "鱼香肉丝、米饭", None),
        ("鱼", "清蒸鱼、米饭", "清蒸鱼"),
        ("鸡蛋", "番茄炒蛋", "番茄炒蛋"),
        ("豆", "土豆丝", None),
        ("豆", "红烧豆腐", "红烧豆腐"),
        ("香菜", "香菜拌牛肉", "香菜拌牛肉"),
        ("香菜", "青菜", None),
        ("辣", "不辣的白菜", None),
        ("花生", "凉拌菠菜（含花生）", "凉拌菠菜（含花生）"),
        ("牛奶", "奶白菜", None),
        ("芒果", "", None),
    ],
)
def test_what_a_dish_may_hold(avoided: str, dishes: str, found: str | None) -> None:
    assert [each.dish for each in conflicts([avoided], dishes)] == ([found] if found else [])


def test_each_word_is_said_once_with_its_dish() -> None:
    found = conflicts(["花生", "海鲜"], "宫保鸡丁、宫保虾球、花生米")
    assert conflict_words(found) == "宫保鸡丁（花生）、宫保虾球（海鲜）"


@given(st.text(max_size=60), st.text(min_size=1, max_size=12))
def test_any_words_at_all(dishes: str, avoided: str) -> None:
    assert len(conflicts([avoided], dishes)) <= 1


def test_words_one_after_another() -> None:
    assert avoided_words("花生、海鲜，花生; 香菜") == ("花生", "海鲜", "香菜")
    assert avoided_words("  ") == ()


def _remember(lunch: Lunch, *avoids: str) -> None:
    with lunch.database.begin() as session:
        remember_diet(
            session,
            person=session.get_one(Person, lunch.house.zhang),
            wanted=DietWords("soft", avoids),
            service=lunch.catalog.get("meal"),
            by="staff 1",
            permission="staff",
            now=NOW,
        )


def test_it_is_remembered_and_sealed(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _remember(lunch, "花生")
    _remember(lunch, "花生", "海鲜")
    with either_database.read() as session:
        assert diet_of(session, lunch.house.zhang) == DietWords("soft", ("花生", "海鲜"))
        assert diet_of(session, lunch.house.li) == DietWords()
    with either_database.engine.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM diets")).all())
        audit = repr(connection.execute(text("SELECT * FROM audit")).all())
    assert "花生" not in rows
    assert "花生" not in audit
    with pytest.raises(ValueProblem):
        _remember(lunch, *(f"第{each}样" for each in range(13)))


def test_other_dishes_are_told_to_whom_they_concern(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _remember(lunch, "花生")
    request = lunch.book(lunch.house.zhang)
    lunch.book(lunch.house.li)
    with either_database.begin() as session:
        before = len(list(session.scalars(select(OutboxRow))))
        change = put_menu(
            session,
            [MenuLine(TOMORROW, "lunch", "宫保鸡丁、米饭", 10)],
            catalog=lunch.catalog,
            institution_id=lunch.house.id,
            by="staff 1",
            permission="staff",
            now=NOW,
        )
    assert change.told == 1
    with either_database.read() as session:
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))][before:]
        own = next(each for each in told if each.startswith("张老"))
        assert "宫保鸡丁（花生）" in own
        relatives = [each for each in told if not each.startswith("张老")]
        # What he must not eat is his own: the daughter is asked to look, not told of it.
        assert relatives
        assert all("花生" not in each for each in relatives)
        event = session.scalars(
            select(RequestEvent).where(RequestEvent.kind == EventKind.CHANGED)
        ).one()
        assert event.request_id == request
