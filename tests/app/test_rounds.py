"""The rounds: made when it is time, by one process, and again by another when that one is gone."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.rounds import HOLD, Round, Rounds, standing_orders, upkeep_of_facts
from booking.meals.models import EVERY_DAY, StandingOrder
from booking.meals.standing import WantedOrder, start_order
from booking.models import Request, StaffRole
from booking.services import load_catalog
from booking.staff_access import create_staff
from bot.bell import Bell
from knowledge.vectors import VectorStore
from store.clock import local_date
from store.database import Database
from store.identity import Person
from tests.conftest import StandingClock
from tests.facts import write_fact
from tests.fakes.embedder import CountingEmbedder
from tests.houses import make_house

MINUTES = timedelta(minutes=5)


class Kept:
    """A round that writes down when it was made."""

    def __init__(self, name: str = "counting", done: int = 1) -> None:
        self.made: list[datetime] = []
        self._done = done
        self.round = Round(name, MINUTES, self.make)

    def make(self, now: datetime) -> int:
        self.made.append(now)
        return self._done


def fails(_now: datetime) -> int:
    raise ValueError("on purpose")


def rounds_of(
    database: Database,
    clock: StandingClock,
    *rounds: Round,
    owner: str = "one",
    bell: Bell | None = None,
) -> Rounds:
    return Rounds(
        database=database, clock=clock, bell=bell or Bell(), owner=owner, rounds=list(rounds)
    )


def test_a_round_is_made_when_its_time_has_come(
    either_database: Database, clock: StandingClock
) -> None:
    kept = Kept()
    rounds = rounds_of(either_database, clock, kept.round)
    for _ in range(11):
        rounds.make_due()
        clock.go(minutes=1)
    assert len(kept.made) == 3


def test_of_two_processes_one_makes_it(either_database: Database, clock: StandingClock) -> None:
    kept = Kept()
    one = rounds_of(either_database, clock, kept.round, owner="one")
    other = rounds_of(either_database, clock, kept.round, owner="other")
    for _ in range(3):
        one.make_due()
        other.make_due()
        clock.go(minutes=5)
    assert len(kept.made) == 3


def test_when_a_process_dies_another_goes_on(
    either_database: Database, clock: StandingClock
) -> None:
    kept = Kept()
    rounds_of(either_database, clock, kept.round, owner="dies").make_due()
    other = rounds_of(either_database, clock, kept.round, owner="other")
    clock.go(minutes=5)
    assert other.make_due() == 0
    clock.now += HOLD + MINUTES
    assert other.make_due() == 1


def test_a_process_that_stops_leaves_the_lease_behind(
    either_database: Database, clock: StandingClock
) -> None:
    kept = Kept()
    stop = threading.Event()
    one = rounds_of(either_database, clock, kept.round, owner="one")
    running = threading.Thread(target=one.run, args=(stop,))
    running.start()
    while not kept.made:
        stop.wait(0.01)
    stop.set()
    running.join(5)
    assert not running.is_alive()
    clock.go(seconds=1)
    assert rounds_of(either_database, clock, kept.round, owner="other").make_due() == 1


def test_one_that_fails_keeps_no_other_from_being_made(
    database: Database, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    kept = Kept()
    broken = Round("broken", MINUTES, fails)
    assert rounds_of(database, clock, broken, kept.round).make_due() == 1
    assert "broken" in caplog.text


def test_the_bell_rings_only_for_what_was_done(database: Database, clock: StandingClock) -> None:
    bell = Bell()
    rounds_of(database, clock, Kept(done=0).round, bell=bell).make_due()
    assert bell.count == 0
    rounds_of(database, clock, Kept("other").round, bell=bell).make_due()
    assert bell.count == 1


def test_the_upkeep_of_facts_waits_for_a_decent_hour_and_survives_a_restart(
    either_database: Database, clock: StandingClock
) -> None:
    catalog = load_catalog()
    with either_database.begin() as session:
        house = make_house(session, clock.now)
        create_staff(
            session,
            person=session.get_one(Person, house.head.person_id),
            login="liu",
            password="watering-can-7",
            roles=[StaffRole.HEAD],
            now=clock.now,
        )
    write_fact(
        either_database,
        VectorStore(either_database, CountingEmbedder()),
        by=house.head,
        now=clock.now,
        ends_on=local_date(clock.now) + timedelta(days=8),
    )

    def process() -> Rounds:
        return rounds_of(
            either_database, clock, upkeep_of_facts(either_database, catalog), owner="restarted"
        )

    # Tuesday at three in the morning, then at nine: a new process each time.
    clock.go(hours=18)
    assert process().make_due() == 0
    clock.go(hours=6)
    assert process().make_due() == 1
    clock.go(minutes=10)
    assert process().make_due() == 0
    with either_database.read() as session:
        assert session.scalars(select(Request.assignee_id)).all() == [house.head.person_id]


def test_one_standing_order_that_fails_leaves_no_other_without_a_meal(
    database: Database, clock: StandingClock, caplog: pytest.LogCaptureFixture
) -> None:
    with database.begin() as session:
        house = make_house(session, clock())
        for person_id, diet in ((house.zhang, "no such diet"), (house.li, "soft")):
            person = session.get_one(Person, person_id)
            wanted = WantedOrder(
                requester=person,
                person=person,
                meal="lunch",
                weekdays=EVERY_DAY,
                values={"diet": diet, "portions": "1"},
                from_day=local_date(clock()),
                until_day=None,
                account_id=None,
                key=str(person_id),
            )
            start_order(session, wanted, service=load_catalog().get("meal"), now=clock())
        broken = session.scalars(
            select(StandingOrder).where(StandingOrder.person_id == house.zhang)
        ).one()
        broken.values = {"portions": "none"}
    made = standing_orders(database, load_catalog()).make(clock())
    assert made == 3
    assert "could not be made" in caplog.text
    with database.read() as session:
        served = session.scalars(select(Request.beneficiary_id).where(Request.service == "meal"))
        assert set(served) == {house.li}
