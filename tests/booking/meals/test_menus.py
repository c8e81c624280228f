"""The menu: written, changed, and never changed silently under someone who has booked."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from booking.errors import ValueProblem
from booking.meals.menus import (
    MenuLine,
    MenuRefused,
    closes_words,
    menu_of,
    put_menu,
    save_kitchen,
)
from booking.meals.models import KitchenKind
from booking.models import Opening
from store.database import Database
from tests.booking.meals.rounds import TOMORROW, Lunch, make_lunch
from tests.conftest import NOW


def _put(lunch: Lunch, *lines: MenuLine) -> tuple[int, int, int, int]:
    with lunch.database.begin() as session:
        change = put_menu(
            session,
            lines,
            catalog=lunch.catalog,
            institution_id=lunch.house.id,
            by="staff 1",
            permission="staff",
            now=NOW,
        )
    return change.new, change.changed, change.same, change.told


def _line(
    day: date = TOMORROW, dishes: str = "清蒸鱼、米饭", portions: int = 10, **more: object
) -> MenuLine:
    return MenuLine(day, "lunch", dishes, portions, **more)  # type: ignore[arg-type]


def _opening(lunch: Lunch, kitchen: str = "") -> Opening:
    with lunch.database.read() as session:
        return session.execute(
            select(Opening).where(
                Opening.day == TOMORROW, Opening.period == "lunch", Opening.provider == kitchen
            )
        ).scalar_one()


def test_what_is_new_what_is_other_what_is_the_same(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    assert _put(lunch, _line(), _line(kitchen="社区食堂", price_cents=1250)) == (1, 1, 0, 0)
    assert _put(lunch, _line(), _line(kitchen="社区食堂", price_cents=1250)) == (0, 0, 2, 0)
    with either_database.read() as session:
        dishes = {
            (each.period, each.provider): each.details
            for each in menu_of(
                session, institution_id=lunch.house.id, first=TOMORROW, last=TOMORROW
            )
        }
    assert dishes["lunch", "社区食堂"] == "清蒸鱼、米饭"


def test_one_wrong_line_and_nothing_is_written(database: Database) -> None:
    lunch = make_lunch(database)
    for wrong, field in (
        (_line(day=TOMORROW - timedelta(days=9)), "day"),
        (_line(dishes="鱼" * 401), "dishes"),
        (_line(portions=-1), "portions"),
        (_line(price_cents=100, subsidy_cents=200), "subsidy"),
        (_line(closes="十点"), "closes"),
        (_line(closes="13:00"), "closes"),
        (_line(kitchen="a|b"), "kitchen"),
    ):
        with pytest.raises(MenuRefused) as refused:
            _put(lunch, _line(kitchen="新来的", dishes="面条"), wrong)
        assert refused.value.field == field
    with database.read() as session:
        found = session.execute(select(Opening).where(Opening.provider == "新来的")).all()
    assert found == []


def test_fewer_than_are_booked_and_another_price_are_refused(database: Database) -> None:
    lunch = make_lunch(database)
    lunch.book(lunch.house.zhang, 4)
    with pytest.raises(MenuRefused, match="已经订出4份"):
        _put(lunch, _line(portions=3))
    with pytest.raises(MenuRefused, match="价钱不能再改"):
        _put(lunch, _line(price_cents=900))


def test_a_kitchen_closes_when_it_says(database: Database) -> None:
    lunch = make_lunch(database)
    with database.begin() as session:
        save_kitchen(
            session,
            institution_id=lunch.house.id,
            name="社区食堂",
            kind=KitchenKind.CANTEEN,
            closes={"lunch": "前一天 8:30"},
            service=lunch.catalog.get("meal"),
        )
        session.execute(delete(Opening).where(Opening.day == TOMORROW, Opening.period == "lunch"))
    _put(lunch, _line(kitchen="社区食堂"))
    assert closes_words(_opening(lunch, "社区食堂")) == "前一天 08:30"
    # It is nine o'clock of the day before: half an hour late for this kitchen.
    with pytest.raises(ValueProblem, match="来不及"):
        lunch.book(lunch.house.zhang)
    _put(lunch, _line(kitchen="社区食堂", closes="09:30"))
    lunch.book(lunch.house.zhang)
