"""Whoever keeps a fact hears of its end a week before and the day before, once each."""

import threading
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.models import EventKind, Request, RequestEvent, RequestStatus, Staff, StaffRole
from booking.services import FACT_UPKEEP, load_catalog
from booking.staff_access import Clerk, create_staff
from ingestion.fact_reminders import facts_to_remind_of, may_disturb, remind
from ingestion.house_facts import FactWords, change_fact, embed, end_fact, listed_fact
from knowledge.models import Document
from knowledge.vectors import VectorStore
from store.clock import SHANGHAI, local_date
from store.database import Database
from store.identity import Person
from store.outbox import Lane, OutboxRow
from tests.conftest import NOW
from tests.facts import CANTEEN, write_fact
from tests.fakes.embedder import CountingEmbedder
from tests.houses import House, make_account, make_house

CATALOG = load_catalog()
TODAY = local_date(NOW)
A_DAY = timedelta(days=1)


@dataclass(slots=True)
class Upkeep:
    """A house whose facts are looked after, day by day."""

    database: Database
    house: House
    vectors: VectorStore
    now: datetime = NOW

    def write(self, *, days: int, by: Clerk | None = None) -> int:
        return write_fact(
            self.database,
            self.vectors,
            by=by or self.house.meal_clerk,
            now=self.now,
            ends_on=local_date(self.now) + days * A_DAY,
        )

    def go(self, days: int) -> None:
        self.now += days * A_DAY

    def look(self) -> int:
        """Do what the round does; return how many reminders were given."""
        with self.database.read() as session:
            due = facts_to_remind_of(session, now=self.now)
        given = 0
        for fact_id in due:
            with self.database.begin() as session:
                given += remind(session, fact_id, catalog=CATALOG, now=self.now)
        return given

    def prolong(self, fact_id: int, days: int) -> None:
        owner = self.house.meal_clerk
        wanted = FactWords(
            *CANTEEN, owner_id=owner.person_id, ends_on=local_date(self.now) + days * A_DAY
        )
        embed(self.vectors, wanted)
        with self.database.begin() as session:
            mark = listed_fact(session, fact_id, institution_id=self.house.id).mark
            change_fact(
                session,
                fact_id,
                wanted,
                institution_id=self.house.id,
                mark=mark,
                by=owner,
                now=self.now,
            )

    def requests(self) -> list[Request]:
        with self.database.read() as session:
            wanted = select(Request).where(Request.service == FACT_UPKEEP).order_by(Request.id)
            return list(session.scalars(wanted))

    def events(self) -> list[tuple[EventKind, int | None]]:
        with self.database.read() as session:
            rows = session.scalars(select(RequestEvent).order_by(RequestEvent.id))
            return [(row.kind, row.actor_id) for row in rows]

    def told(self) -> list[OutboxRow]:
        with self.database.read() as session:
            return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


@pytest.fixture
def upkeep(either_database: Database) -> Upkeep:
    with either_database.begin() as session:
        house = make_house(session, NOW)
        for clerk, name in ((house.meal_clerk, "xiaoli"), (house.head, "liu")):
            create_staff(
                session,
                person=session.get_one(Person, clerk.person_id),
                login=name,
                password="watering-can-7",
                roles=[StaffRole(role) for role in clerk.roles],
                now=NOW,
            )
    return Upkeep(either_database, house, VectorStore(either_database, CountingEmbedder()))


def test_a_week_before_the_owner_finds_it_in_his_queue(upkeep: Upkeep) -> None:
    fact_id = upkeep.write(days=20)
    upkeep.go(12)
    assert upkeep.look() == 0
    upkeep.go(1)
    assert upkeep.look() == 1
    [request] = upkeep.requests()
    assert request.status is RequestStatus.ACCEPTED
    assert request.assignee_id == upkeep.house.meal_clerk.person_id
    assert request.number == "信1001"
    assert "食堂几点开" in request.summary
    assert "12月13日" in request.summary
    assert request.values["fact"] == str(fact_id)
    # Nobody asked for it but the system.
    assert upkeep.events() == [(EventKind.SUBMITTED, None)]
    assert upkeep.told() == []


def test_each_reminder_is_given_once(upkeep: Upkeep) -> None:
    upkeep.write(days=20)
    given = []
    for _ in range(22):
        given.append(upkeep.look() + upkeep.look())
        upkeep.go(1)
    assert [day for day, count in enumerate(given) if count] == [13, 19]
    assert set(given) == {0, 1}
    # The second one adds to the request that is still open.
    assert len(upkeep.requests()) == 1
    assert [kind for kind, _ in upkeep.events()] == [EventKind.SUBMITTED, EventKind.AGAIN]


def test_after_days_of_standing_still_one_reminder_is_enough(upkeep: Upkeep) -> None:
    upkeep.write(days=20)
    upkeep.go(20)
    assert upkeep.look() == 1
    assert upkeep.look() == 0
    upkeep.go(1)
    assert upkeep.look() == 0


@pytest.mark.parametrize(("days", "reminders"), [(0, []), (1, []), (2, [1]), (7, [6]), (8, [1, 7])])
def test_who_has_just_written_the_last_day_down_is_not_told_of_it(
    upkeep: Upkeep, days: int, reminders: list[int]
) -> None:
    upkeep.write(days=days)
    given = []
    for _ in range(days + 2):
        given.append(upkeep.look())
        upkeep.go(1)
    assert [day for day, count in enumerate(given) if count] == reminders


def test_he_is_told_in_his_chat_when_he_has_one(upkeep: Upkeep) -> None:
    with upkeep.database.begin() as session:
        make_account(session, NOW, person_id=upkeep.house.meal_clerk.person_id)
    upkeep.write(days=10)
    upkeep.go(3)
    upkeep.look()
    [row] = upkeep.told()
    [request] = upkeep.requests()
    assert row.lane == Lane.REMINDER
    assert row.request_id == request.id
    assert request.number in row.body["text"]
    assert "食堂几点开" in row.body["text"]


@pytest.mark.parametrize("what", ["person", "log-in"])
def test_when_the_owner_has_left_the_head_is_asked(upkeep: Upkeep, what: str) -> None:
    upkeep.write(days=10)
    upkeep.go(3)
    owner = upkeep.house.meal_clerk.person_id
    with upkeep.database.begin() as session:
        if what == "person":
            session.get_one(Person, owner).active = False
        else:
            login = session.scalars(select(Staff).where(Staff.person_id == owner)).one()
            login.active = False
    assert upkeep.look() == 1
    [request] = upkeep.requests()
    assert request.assignee_id == upkeep.house.head.person_id


def test_an_open_request_goes_to_the_head_when_the_owner_leaves(upkeep: Upkeep) -> None:
    upkeep.write(days=10)
    upkeep.go(3)
    upkeep.look()
    with upkeep.database.begin() as session:
        session.get_one(Person, upkeep.house.meal_clerk.person_id).active = False
    upkeep.go(6)
    assert upkeep.look() == 1
    [request] = upkeep.requests()
    assert request.assignee_id == upkeep.house.head.person_id


def test_nobody_to_ask_is_no_failure(upkeep: Upkeep) -> None:
    upkeep.write(days=10)
    upkeep.go(3)
    with upkeep.database.begin() as session:
        for clerk in (upkeep.house.meal_clerk, upkeep.house.head):
            session.get_one(Person, clerk.person_id).active = False
    assert upkeep.look() == 0
    assert upkeep.requests() == []


def test_putting_the_fact_right_closes_the_request(upkeep: Upkeep) -> None:
    fact_id = upkeep.write(days=10)
    upkeep.go(3)
    upkeep.look()
    upkeep.prolong(fact_id, days=30)
    [request] = upkeep.requests()
    assert request.status is RequestStatus.COMPLETED
    assert request.closed_at == upkeep.now
    assert upkeep.events()[-1] == (EventKind.COMPLETED, upkeep.house.meal_clerk.person_id)
    # It is asked for anew, by another request, when the new end comes near.
    upkeep.go(22)
    assert upkeep.look() == 0
    upkeep.go(1)
    assert upkeep.look() == 1
    assert [each.status for each in upkeep.requests()] == [
        RequestStatus.COMPLETED,
        RequestStatus.ACCEPTED,
    ]


def test_a_closed_request_of_a_fact_left_as_it_is_comes_back_the_day_before(
    upkeep: Upkeep,
) -> None:
    upkeep.write(days=10)
    upkeep.go(3)
    upkeep.look()
    with upkeep.database.begin() as session:
        session.scalars(select(Request)).one().status = RequestStatus.COMPLETED
    upkeep.go(6)
    assert upkeep.look() == 1
    assert len(upkeep.requests()) == 2


def test_an_ended_fact_asks_for_nothing(upkeep: Upkeep) -> None:
    fact_id = upkeep.write(days=10)
    upkeep.go(3)
    upkeep.look()
    with upkeep.database.begin() as session:
        end_fact(session, fact_id, institution_id=upkeep.house.id, by=None, now=upkeep.now)
    [request] = upkeep.requests()
    assert request.status is RequestStatus.COMPLETED
    upkeep.go(6)
    assert upkeep.look() == 0


def test_two_facts_do_not_share_a_request(upkeep: Upkeep) -> None:
    first = upkeep.write(days=10)
    write_fact(
        upkeep.database,
        upkeep.vectors,
        ("暖气不热找谁？", "打内线2106。"),
        by=upkeep.house.meal_clerk,
        now=NOW,
        ends_on=TODAY + 10 * A_DAY,
    )
    upkeep.go(3)
    assert upkeep.look() == 2
    upkeep.prolong(first, days=50)
    assert [each.status for each in upkeep.requests()] == [
        RequestStatus.COMPLETED,
        RequestStatus.ACCEPTED,
    ]


def test_the_tenth_fact_is_not_taken_for_the_first(upkeep: Upkeep) -> None:
    ids = [
        write_fact(
            upkeep.database,
            upkeep.vectors,
            (f"第{number}件事找谁？", "找小李。"),
            by=upkeep.house.meal_clerk,
            now=NOW,
            ends_on=TODAY + 10 * A_DAY,
        )
        for number in range(1, 11)
    ]
    assert {ids[0], ids[0] * 10} <= set(ids)
    upkeep.go(3)
    assert upkeep.look() == 10
    assert len(upkeep.requests()) == 10


def test_of_several_processes_one_reminds(upkeep: Upkeep) -> None:
    fact_id = upkeep.write(days=10)
    upkeep.go(3)
    ready = threading.Barrier(4)
    given: list[bool] = []

    def look() -> None:
        ready.wait()
        with upkeep.database.begin() as session:
            given.append(remind(session, fact_id, catalog=CATALOG, now=upkeep.now))

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == [False, False, False, True]
    assert len(upkeep.requests()) == 1


def test_a_reminder_that_fails_half_way_is_given_later(upkeep: Upkeep) -> None:
    fact_id = upkeep.write(days=10)
    upkeep.go(3)
    with pytest.raises(KeyError), upkeep.database.begin() as session:
        remind(session, fact_id, catalog=replace(CATALOG, services=()), now=upkeep.now)
    with upkeep.database.read() as session:
        assert session.get_one(Document, fact_id).reminded_on == TODAY
    assert upkeep.look() == 1


@pytest.mark.parametrize(
    ("at", "may"),
    [("08:29", False), ("08:30", True), ("12:00", True), ("17:29", True), ("17:30", False)],
)
def test_nobody_is_disturbed_outside_the_hours(at: str, may: bool) -> None:
    moment = datetime.combine(date(2026, 11, 23), datetime.strptime(at, "%H:%M").time(), SHANGHAI)  # noqa: DTZ007
    assert may_disturb(moment) is may
