"""What a house did in a month, counted on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from booking import requests
from booking.evaluation.counting import (
    Rater,
    Span,
    month_of,
    requests_behind,
    score_of,
    stars_given,
)
from booking.evaluation.rules import FigureName, load_rules
from booking.evaluation.scoring import Figure, Score
from booking.models import Request
from booking.ratings import rate
from booking.requests import Submission, submit
from booking.services import load_catalog
from store.clock import local
from store.database import Database
from store.identity import Person
from tests.conftest import NOW, StandingClock
from tests.houses import House, make_account, make_house

CATALOG, RULES = load_catalog(), load_rules()


@dataclass
class Month:
    """A house whose people eat, and a clock that moves on."""

    database: Database
    clock: StandingClock
    house: House
    account_id: int
    made: int = 0

    def meal(self, *, person: int | None = None, actor: int | None = None) -> int:
        """Book tomorrow's lunch."""
        self.made += 1
        day = local(self.clock()).date() + timedelta(days=1)
        with self.database.begin() as session:
            person_id = person or self.house.zhang
            return submit(
                session,
                Submission(
                    actor=session.get_one(Person, actor or person_id),
                    beneficiary=session.get_one(Person, person_id),
                    service=CATALOG.get("meal"),
                    values={
                        "date": day.isoformat(),
                        "meal": "lunch",
                        "diet": "normal",
                        "portions": "1",
                    },
                    account_id=self.account_id,
                    key=f"key {self.made}",
                ),
                now=self.clock(),
            ).id

    def do(self, verb: Callable[..., Request], request_id: int, **more: str) -> None:
        """Let the head act."""
        with self.database.begin() as session:
            verb(
                session,
                catalog=CATALOG,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
                **more,
            )

    def cancel(self, request_id: int) -> None:
        """Let the person cancel."""
        with self.database.begin() as session:
            zhang = session.get_one(Person, self.house.zhang)
            requests.cancel(session, actor=zhang, request_id=request_id, now=self.clock())

    def stars(self, request_id: int, stars: int, by: int | None = None) -> None:
        """Let someone rate."""
        with self.database.begin() as session:
            actor = session.get_one(Person, by or self.house.zhang)
            rate(session, actor=actor, request_id=request_id, stars=stars, now=self.clock())

    def span(self) -> Span:
        """Return this month, as far as it has gone."""
        return month_of(local(self.clock()).date(), self.clock())

    def score(self, house_id: int | None = None) -> Score:
        """Return the score of the month."""
        with self.database.read() as session:
            return score_of(
                session,
                institution_id=house_id or self.house.id,
                span=self.span(),
                catalog=CATALOG,
                rules=RULES,
            )

    def figure(self, name: FigureName) -> Figure:
        """Return one figure of the month."""
        return next(each for each in self.score().figures if each.name is name)


@pytest.fixture
def month(either_database: Database, clock: StandingClock) -> Month:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=50)
        account = make_account(session, clock(), person_id=house.zhang)
        return Month(either_database, clock, house, account.id)


def test_a_month_ends_where_the_next_begins() -> None:
    assert (month_of(date(2026, 12, 31), NOW).first, month_of(date(2026, 12, 31), NOW).end) == (
        date(2026, 12, 1),
        date(2027, 1, 1),
    )


def test_what_is_still_ahead_is_not_counted(month: Month) -> None:
    month.meal()
    assert month.figure(FigureName.ON_TIME).counted == 0
    assert month.figure(FigureName.FULFILLED).counted == 0


def test_accepted_in_time_and_too_late(month: Month) -> None:
    in_time, late, never = month.meal(), month.meal(), month.meal()
    month.do(requests.accept, in_time)
    month.clock.go(minutes=61)
    month.do(requests.accept, late)
    figure = month.figure(FigureName.ON_TIME)
    assert (figure.good, figure.counted) == (1, 3)
    assert never


def test_what_the_person_called_off_in_time_says_nothing_of_the_house(month: Month) -> None:
    month.cancel(month.meal())
    month.clock.go(hours=2)
    assert month.figure(FigureName.ON_TIME).counted == 0
    assert month.figure(FigureName.FULFILLED).counted == 0


def test_fulfilled_and_not(month: Month) -> None:
    done, missed, declined = month.meal(), month.meal(), month.meal()
    for request_id in (done, missed):
        month.do(requests.accept, request_id)
    month.do(requests.complete, done)
    month.do(requests.miss, missed, reason="没有人开门")
    month.do(requests.decline, declined, reason="厨房停电")
    figure = month.figure(FigureName.FULFILLED)
    assert (figure.good, figure.counted) == (1, 3)


def test_a_relative_s_stars_are_counted_apart(month: Month) -> None:
    own, for_father = month.meal(), month.meal(actor=month.house.min)
    for request_id in (own, for_father):
        month.do(requests.accept, request_id)
        month.do(requests.complete, request_id)
    month.stars(own, 5)
    month.stars(for_father, 2, by=month.house.min)
    month.clock.go(minutes=1)
    with month.database.read() as session:
        by_him = stars_given(session, month.house.id, month.span(), Rater.PERSON)
        by_her = stars_given(session, month.house.id, month.span(), Rater.FAMILY)
    assert (by_him[5], sum(by_him.values())) == (1, 1)
    assert (by_her[2], sum(by_her.values())) == (1, 1)


def test_the_score_appears_with_the_tenth_rating(month: Month) -> None:
    for count in range(1, 11):
        request_id = month.meal()
        month.do(requests.accept, request_id)
        month.do(requests.complete, request_id)
        month.stars(request_id, 5)
        month.clock.go(minutes=1)
        assert (month.score().stars is not None) is (count == 10)


def test_the_figure_opens_to_exactly_its_requests(month: Month) -> None:
    done, missed = month.meal(), month.meal()
    for request_id in (done, missed):
        month.do(requests.accept, request_id)
    month.do(requests.complete, done)
    month.do(requests.miss, missed, reason="没有人开门")
    wanted = requests_behind(FigureName.FULFILLED, month.house.id, month.span(), CATALOG)
    with month.database.read() as session:
        behind = {request.id: bool(good) for request, good in session.execute(wanted)}
    assert behind == {done: True, missed: False}


def test_another_house_is_another_score(month: Month) -> None:
    with month.database.begin() as session:
        other = make_house(session, month.clock(), name="西山军休所")
    done = month.meal()
    month.do(requests.accept, done)
    month.do(requests.complete, done)
    month.clock.go(hours=2)
    assert all(each.counted == 0 for each in month.score(other.id).figures)
