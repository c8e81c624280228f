"""Several kitchens of one meal: told apart where there is a choice, never mentioned where not."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select, update

from booking import requests
from booking.errors import NoPlaceLeft, ValueProblem
from booking.form import (
    Around,
    Places,
    card_lines,
    check,
    next_question,
    summary,
    with_value,
)
from booking.models import Opening
from booking.requests import Submission
from booking.services import load_catalog
from store.clock import SHANGHAI, local_date
from store.database import Database
from store.identity import Person
from tests.conftest import NOW
from tests.houses import make_account, make_house

MEAL = load_catalog().get("meal")
TUESDAY = date(2026, 11, 24)
ASKED = {"date": "2026-11-24", "meal": "lunch", "diet": "soft", "portions": "1"}
HOME = Places(TUESDAY, "lunch", 5, "红烧肉", "所里食堂")
CANTEEN = Places(TUESDAY, "lunch", 2, "清蒸鱼", "社区食堂")


def _around(*openings: Places) -> Around:
    return Around(datetime(2026, 11, 23, 9, tzinfo=SHANGHAI), openings)


def test_one_kitchen_is_not_asked_about() -> None:
    around = _around(HOME)
    assert next_question(MEAL, ASKED, around) is None
    full = check(MEAL, ASKED, around)
    assert full["kitchen"] == "所里食堂"
    assert "（所里食堂）" in summary(MEAL, full, TUESDAY)
    assert ("哪家", "所里食堂") in card_lines(MEAL, full, TUESDAY)


def test_a_kitchen_without_a_name_is_not_mentioned() -> None:
    full = check(MEAL, ASKED, _around(replace(HOME, provider="")))
    assert "kitchen" not in full
    assert "（" not in summary(MEAL, full, TUESDAY).partition("）")[2]
    assert "哪家" not in dict(card_lines(MEAL, full, TUESDAY))


def test_two_kitchens_are_a_question_with_their_dishes() -> None:
    around = _around(HOME, CANTEEN)
    question = next_question(MEAL, ASKED, around)
    assert question is not None
    assert question.field == "kitchen"
    assert [answer.label for answer in question.answers] == ["所里食堂", "社区食堂"]
    assert "社区食堂：清蒸鱼" in question.prompt
    with pytest.raises(ValueProblem):
        check(MEAL, ASKED, around)
    chosen = with_value(MEAL, ASKED, "kitchen", "社区食堂", around)
    assert check(MEAL, chosen, around)["kitchen"] == "社区食堂"


def test_too_many_portions_for_the_chosen_kitchen_are_said() -> None:
    around = _around(HOME, CANTEEN)
    chosen = {**ASKED, "kitchen": "社区食堂"}
    with pytest.raises(ValueProblem) as found:
        with_value(MEAL, chosen, "portions", "3", around)
    assert "午饭" in found.value.problem


def test_another_day_forgets_a_kitchen_that_does_not_cook_then() -> None:
    wednesday = replace(HOME, day=date(2026, 11, 25))
    around = _around(HOME, CANTEEN, wednesday)
    moved = with_value(MEAL, {**ASKED, "kitchen": "社区食堂"}, "date", "2026-11-25", around)
    assert "kitchen" not in moved
    assert check(MEAL, moved, around)["kitchen"] == "所里食堂"


def test_a_kitchen_that_nobody_has_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueProblem) as found:
        with_value(MEAL, ASKED, "kitchen", "老家饭馆", _around(HOME, CANTEEN))
    assert "所里食堂、社区食堂" in found.value.problem


def test_a_booking_takes_its_place_in_its_own_kitchen(either_database: Database) -> None:
    tomorrow = local_date(NOW).replace(day=24)
    with either_database.begin() as session:
        house = make_house(session, NOW, portions=2)
        account = make_account(session, NOW, person_id=house.zhang).id
        session.execute(
            update(Opening)
            .where(Opening.day == tomorrow, Opening.period == "lunch")
            .values(provider="所里食堂")
        )
        session.add(
            Opening(
                institution_id=house.id,
                service="meal",
                day=tomorrow,
                period="lunch",
                provider="社区食堂",
                capacity=1,
                taken=0,
                details="",
            )
        )

    def book(key: str) -> None:
        with either_database.begin() as session:
            zhang = session.get_one(Person, house.zhang)
            values = {**ASKED, "date": tomorrow.isoformat(), "kitchen": "社区食堂"}
            requests.submit(session, Submission(zhang, zhang, MEAL, values, account, key), now=NOW)

    book("first")
    with pytest.raises((ValueProblem, NoPlaceLeft)):
        book("second")
    with either_database.read() as session:
        taken = session.execute(
            select(Opening.provider, Opening.taken).where(
                Opening.day == tomorrow, Opening.period == "lunch"
            )
        ).all()
    assert {tuple(row) for row in taken} == {("所里食堂", 0), ("社区食堂", 1)}
