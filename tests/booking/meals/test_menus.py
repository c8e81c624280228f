"""The menu: written, changed, and never changed silently under someone who has booked."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, select

from booking.errors import NoPlaceLeft, ValueProblem
from booking.joining import join
from booking.meals.menus import (
    MenuLine,
    MenuRefused,
    closes_words,
    lower_portions,
    menu_of,
    put_menu,
    remove_meal,
    save_kitchen,
)
from booking.meals.models import KitchenKind
from booking.models import Opening, Request, RequestStatus
from booking.requests import Submission
from store.database import Database
from store.identity import Account, Person
from store.outbox import OutboxRow
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


def test_fewer_portions_go_from_the_last_who_booked_and_he_is_told(
    either_database: Database,
) -> None:
    lunch = make_lunch(either_database)
    first, last = lunch.book(lunch.house.li, 2), lunch.book(lunch.house.zhang, 2)
    with either_database.begin() as session:
        opening = session.get_one(Opening, _opening(lunch).id)
        declined = lower_portions(
            session,
            catalog=lunch.catalog,
            opening=opening,
            portions=3,
            clerk=lunch.house.meal_clerk,
            reason="",
            now=NOW,
        )
    assert [each.id for each in declined] == [last]
    with either_database.read() as session:
        assert session.get_one(Request, first).status is RequestStatus.SUBMITTED
        assert session.get_one(Request, last).status is RequestStatus.DECLINED
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
        assert any("做不了这么多份" in text for text in told)
        opening = session.get_one(Opening, opening.id)
        assert (opening.capacity, opening.taken) == (3, 2)


def test_a_meal_that_is_taken_off_is_told_to_everyone(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    requests = [lunch.book(lunch.house.li), lunch.book(lunch.house.zhang)]
    with either_database.begin() as session:
        remove_meal(
            session,
            catalog=lunch.catalog,
            opening=session.get_one(Opening, _opening(lunch).id),
            clerk=lunch.house.meal_clerk,
            reason="停电",
            now=NOW,
        )
    with either_database.read() as session:
        rows = [session.get_one(Request, each) for each in requests]
        assert {row.status for row in rows} == {RequestStatus.DECLINED}
        assert {row.reason for row in rows} == {"停电"}
        assert any("停电" in row.body["text"] for row in session.scalars(select(OutboxRow)))
    with pytest.raises((ValueProblem, NoPlaceLeft)):
        lunch.book(lunch.house.li)


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


def test_who_waits_for_a_meal_that_falls_away_is_told_too(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    booked = lunch.book(lunch.house.li, 10)
    with either_database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        account = session.query(Account).filter_by(person_id=zhang.id).one()
        values = {"date": TOMORROW.isoformat(), "meal": "lunch", "diet": "soft", "portions": "1"}
        wanted = Submission(zhang, zhang, lunch.catalog.get("meal"), values, account.id, "waits")
        waits = join(session, wanted, now=NOW).id
    with either_database.begin() as session:
        fewer = lower_portions(
            session,
            catalog=lunch.catalog,
            opening=session.get_one(Opening, _opening(lunch).id),
            portions=0,
            clerk=lunch.house.meal_clerk,
            reason="",
            now=NOW,
        )
        assert [each.id for each in fewer] == [booked]
        assert session.get_one(Request, waits).status is RequestStatus.WAITING
    with either_database.begin() as session:
        remove_meal(
            session,
            catalog=lunch.catalog,
            opening=session.get_one(Opening, _opening(lunch).id),
            clerk=lunch.house.meal_clerk,
            reason="停电",
            now=NOW,
        )
    with either_database.read() as session:
        assert session.get_one(Request, waits).status is RequestStatus.DECLINED
