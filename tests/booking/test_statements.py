"""What a booking verb costs the database: one commit, and a number of statements that is known.

Whoever adds a look-up to a verb adds a round trip to every booking of the lunch hour. Where that
is needed, raise the number here, in the open; else read it together with what is read already.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from booking import requests
from booking.requests import Submission, submit
from booking.services import Catalog, load_catalog
from store.database import Database
from store.identity import Person
from tests.conftest import StandingClock
from tests.counting import counting
from tests.houses import House, make_account, make_house

VALUES = {
    "meal": {"date": "2026-11-24", "meal": "lunch", "diet": "normal", "portions": "1"},
    "ride": {
        "date": "2026-11-24",
        "time": "08:00",
        "destination": "总医院",
        "return_trip": "no",
    },
    "checkup": {"date": "2026-11-26", "session": "morning"},
}


@dataclass
class Counter:
    """A house whose verbs are counted. Zhang and his daughter both have a chat."""

    database: Database
    catalog: Catalog
    house: House
    clock: StandingClock
    account_id: int
    _made: int = 0

    def book(self, service: str) -> int:
        """Book for Zhang by himself."""
        self._made += 1
        with self.database.begin() as session:
            zhang = session.get_one(Person, self.house.zhang)
            wanted = Submission(
                actor=zhang,
                beneficiary=zhang,
                service=self.catalog.get(service),
                values=VALUES[service],
                account_id=self.account_id,
                key=f"counted-{self._made}",
            )
            return submit(session, wanted, now=self.clock()).id

    def act(self, verb: Callable[..., object], request_id: int, **more: str) -> None:
        """Do what a clerk does."""
        with self.database.begin() as session:
            verb(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
                **more,
            )

    def cancel(self, request_id: int) -> None:
        """Let Zhang cancel."""
        with self.database.begin() as session:
            zhang = session.get_one(Person, self.house.zhang)
            requests.cancel(session, actor=zhang, request_id=request_id, now=self.clock())


@pytest.fixture
def counter(either_database: Database, clock: StandingClock) -> Counter:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock(), person_id=house.zhang, external_id="1")
        make_account(session, clock(), person_id=house.min, external_id="2")
        account_id = account.id
    return Counter(either_database, load_catalog(), house, clock, account_id)


# Reading the actor is among them, as every caller must; one reads the house's calendar and one
# chooses whom it is given to, one watches whether what matters is seen; two are told by a clerk's step.
@pytest.mark.parametrize(("service", "most"), [("meal", 11), ("ride", 25), ("checkup", 15)])
def test_making_a_booking(counter: Counter, service: str, most: int) -> None:
    with counting(counter.database) as counted:
        counter.book(service)
    assert counted.commits == 1
    assert len(counted.statements) <= most, "\n".join(counted.statements)


def test_a_clerk_s_steps(counter: Counter) -> None:
    meal = counter.book("meal")
    for verb, most in ((requests.accept, 7), (requests.start, 6), (requests.complete, 8)):
        with counting(counter.database) as counted:
            counter.act(verb, meal)
        assert counted.commits == 1
        assert len(counted.statements) <= most, "\n".join(counted.statements)


def test_declining_and_cancelling_free_the_place(counter: Counter) -> None:
    for service, most in (("meal", 12), ("ride", 11), ("checkup", 12)):
        request_id = counter.book(service)
        with counting(counter.database) as counted:
            counter.act(requests.decline, request_id, reason="厨房停电")
        assert counted.commits == 1
        assert len(counted.statements) <= most, "\n".join(counted.statements)
    meal = counter.book("meal")
    with counting(counter.database) as counted:
        counter.cancel(meal)
    assert counted.commits == 1
    assert len(counted.statements) <= 10, "\n".join(counted.statements)


def test_the_same_key_again_writes_nothing(counter: Counter) -> None:
    counter.book("meal")
    counter._made = 0
    with counting(counter.database) as counted:
        counter.book("meal")
    assert len(counted.statements) == 3, "\n".join(counted.statements)
    assert all(each.startswith("SELECT") for each in counted.statements)
