"""The month's statement: whole cents, and totals that agree with the requests behind them."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from booking.meals.door import Mark, mark
from booking.meals.menus import yuan
from booking.meals.statement import statement
from booking.models import Opening, Request
from store.database import Database
from tests.booking.meals.rounds import AT_THE_DOOR, TOMORROW, Lunch, make_lunch


def _mark(lunch: Lunch, request: int, what: Mark) -> None:
    with lunch.database.begin() as session:
        mark(
            session,
            catalog=lunch.catalog,
            link=lunch.link,
            request_id=request,
            what=what,
            now=AT_THE_DOOR,
        )


def test_what_was_delivered_is_charged_and_the_rest_is_counted(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    with either_database.begin() as session:
        session.execute(update(Opening).values(price_cents=1333, subsidy_cents=400))
    delivered = [lunch.book(lunch.house.zhang, 2), lunch.book(lunch.house.zhang, 1)]
    missed, open_still = lunch.book(lunch.house.zhang), lunch.book(lunch.house.li)
    for request in delivered:
        _mark(lunch, request, Mark.DELIVERED)
    _mark(lunch, missed, Mark.NO_ANSWER)
    with either_database.read() as session:
        months = statement(
            session,
            lunch.catalog.get("meal"),
            institution_id=lunch.house.id,
            year=TOMORROW.year,
            month=TOMORROW.month,
        )
        held = {row.id: row.places for row in session.scalars(select(Request))}
    by_name = {each.name: each for each in months}
    zhang = by_name["张建国"]
    assert zhang.portions == sum(held[each] for each in delivered) == 3
    assert zhang.price_cents == 3 * 1333
    assert zhang.subsidy_cents == 3 * 400
    assert zhang.own_cents == zhang.price_cents - zhang.subsidy_cents
    assert zhang.own_cents == sum(charge.own_cents for charge in zhang.charges)
    assert (zhang.missed, zhang.not_closed) == (1, 0)
    assert (by_name["李秀英"].portions, by_name["李秀英"].not_closed) == (0, 1)
    assert open_still in held


def test_another_month_and_another_house_are_not_in_it(database: Database) -> None:
    lunch = make_lunch(database)
    _mark(lunch, lunch.book(lunch.house.zhang), Mark.DELIVERED)
    later = TOMORROW + timedelta(days=31)
    service = lunch.catalog.get("meal")
    with database.read() as session:
        for house, day in ((lunch.house.id, later), (lunch.house.id + 1, TOMORROW)):
            assert (
                statement(session, service, institution_id=house, year=day.year, month=day.month)
                == []
            )


@given(st.integers(min_value=0, max_value=10**8))
def test_yuan_says_every_cent(cents: int) -> None:
    whole, _, rest = yuan(cents).partition(".")
    assert int(whole) * 100 + int(rest) == cents
    assert len(rest) == 2
