"""Reminded before it is late, then the head, each once and never at night; and taken back."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.duty_rounds import lateness
from booking import requests
from booking.calls import ask_for_person, raise_emergency
from booking.duty.models import StaffAbsence
from booking.models import EventKind, Request, RequestEvent, RequestStatus, StaffRole
from booking.requests import Submission, submit
from booking.services import Catalog, load_catalog
from booking.staff_access import Clerk, create_staff
from store.clock import SHANGHAI, local_date
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

WARNINGS = {EventKind.REMINDED, EventKind.ESCALATED, EventKind.PUT_BACK}


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@dataclass
class Watched:
    """A house with chats for its staff, and the round that looks after time."""

    database: Database
    clock: StandingClock
    house: House
    catalog: Catalog
    accounts: dict[int, int] = field(default_factory=dict)
    account_id: int = 0

    def at(self, text: str) -> int:
        self.clock.now = shanghai(text)
        return lateness(self.database, self.catalog).make(self.clock())

    def ride(self, day: str, time: str, *, to: str = "银行") -> int:
        with self.database.begin() as session:
            zhang = session.get_one(Person, self.house.zhang)
            wanted = Submission(
                actor=zhang,
                beneficiary=zhang,
                service=self.catalog.get("ride"),
                values={"date": day, "time": time, "destination": to, "return_trip": "no"},
                account_id=self.account_id,
                key=f"{day} {time} {to}",
            )
            return submit(session, wanted, now=self.clock()).id

    def human(self) -> int:
        with self.database.begin() as session:
            request, _ = ask_for_person(
                session,
                catalog=self.catalog,
                actor=session.get_one(Person, self.house.zhang),
                words="暖气不热",
                account_id=self.account_id,
                key="human",
                now=self.clock(),
            )
            return request.id

    def accept(self, request_id: int, clerk: Clerk) -> None:
        with self.database.begin() as session:
            requests.accept(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=clerk,
                now=self.clock(),
            )

    def away(self, clerk: Clerk, days: int) -> None:
        today = local_date(self.clock())
        with self.database.begin() as session:
            session.add(
                StaffAbsence(
                    institution_id=self.house.id,
                    person_id=clerk.person_id,
                    since=today,
                    until=today + timedelta(days=days - 1),
                    made_at=self.clock(),
                )
            )

    def request(self, request_id: int) -> Request:
        with self.database.read() as session:
            return session.get_one(Request, request_id)

    def warnings(self, request_id: int) -> list[tuple[EventKind, str | None]]:
        with self.database.read() as session:
            rows = session.scalars(
                select(RequestEvent)
                .where(RequestEvent.request_id == request_id)
                .order_by(RequestEvent.id)
            ).all()
        return [(row.kind, row.text) for row in rows if row.kind in WARNINGS]

    def chat(self, clerk: Clerk) -> list[str]:
        with self.database.read() as session:
            rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        return [
            row.body["text"] for row in rows if row.account_id == self.accounts[clerk.person_id]
        ]


@pytest.fixture
def watched(either_database: Database, clock: StandingClock) -> Watched:
    catalog, accounts = load_catalog(), dict[int, int]()
    with either_database.begin() as session:
        house = make_house(session, clock())
        clerks = (house.ride_clerk, house.meal_clerk, house.head)
        for clerk in clerks:
            create_staff(
                session,
                person=session.get_one(Person, clerk.person_id),
                login=f"log-in {clerk.person_id}",
                password="watering-can-7",
                roles=[StaffRole(role) for role in clerk.roles],
                now=clock(),
            )
            account = make_account(
                session, clock(), person_id=clerk.person_id, external_id=str(clerk.person_id)
            )
            accounts[clerk.person_id] = account.id
        account_id = make_account(session, clock(), person_id=house.zhang, external_id="z").id
    return Watched(either_database, clock, house, catalog, accounts, account_id)


def test_the_clerk_before_it_is_late_then_the_head_each_once(watched: Watched) -> None:
    # Monday at nine, for Tuesday: due at ten, reminded of twenty minutes before.
    ride = watched.ride("2026-11-24", "10:00")
    assert watched.at("11-23T09:39") == 0
    assert watched.at("11-23T09:40") == 1
    assert watched.at("11-23T09:50") == 0
    assert watched.at("11-23T10:00") == 1
    assert watched.at("11-23T10:01") == 0
    assert watched.at("11-23T17:00") == 0
    assert watched.warnings(ride) == [
        (EventKind.REMINDED, "还没有人接，提醒了小王"),
        (EventKind.ESCALATED, "过了时限没有人接，告诉了刘所长"),
    ]
    (reminded,) = watched.chat(watched.house.ride_clerk)
    assert "还没有人接" in reminded
    assert "今天上午十点前要接" in reminded
    (late,) = watched.chat(watched.house.head)
    assert "过了时限" in late


def test_what_was_accepted_in_time_disturbs_nobody(watched: Watched) -> None:
    ride = watched.ride("2026-11-24", "10:00")
    watched.accept(ride, watched.house.ride_clerk)
    for moment in ("11-23T09:40", "11-23T10:00", "11-23T23:00", "11-24T12:00"):
        watched.at(moment)
    assert watched.warnings(ride) == []


def test_a_hospital_is_on_the_heads_list_at_five_of_the_day_before(watched: Watched) -> None:
    watched.clock.now = shanghai("11-23T16:30")
    ride = watched.ride("2026-11-24", "14:00", to="总医院")
    watched.at("11-23T16:40")
    watched.at("11-23T17:00")
    assert [kind for kind, _ in watched.warnings(ride)] == [
        EventKind.REMINDED,
        EventKind.ESCALATED,
    ]


def test_nothing_at_night_but_what_is_due_that_night(watched: Watched) -> None:
    # Booked at half past ten in the evening for the next afternoon: due at half past eleven.
    watched.clock.now = shanghai("11-23T22:30")
    tonight = watched.ride("2026-11-24", "08:00")
    with watched.database.begin() as session:
        other = session.get_one(Request, tonight)
        # A meal that was due in the afternoon and was not seen because nothing ran.
        other_id = _copy(session, other, due_at=shanghai("11-23T17:00"), starts="11-25T08:00")
    watched.at("11-23T23:10")
    assert [kind for kind, _ in watched.warnings(tonight)] == [EventKind.REMINDED]
    assert watched.warnings(other_id) == []
    watched.at("11-24T06:59")
    assert watched.warnings(other_id) == []
    watched.at("11-24T07:00")
    assert [kind for kind, _ in watched.warnings(other_id)] == [EventKind.ESCALATED]


def test_an_emergency_is_told_to_the_head_at_any_hour(watched: Watched) -> None:
    watched.clock.now = shanghai("11-23T02:00")
    with watched.database.begin() as session:
        request, _ = raise_emergency(
            session,
            catalog=watched.catalog,
            actor=session.get_one(Person, watched.house.zhang),
            words="胸口疼",
            account_id=watched.account_id,
            key="emergency",
            now=watched.clock(),
        )
        emergency = request.id
    watched.at("11-23T02:01")
    watched.at("11-23T02:02")
    assert [kind for kind, _ in watched.warnings(emergency)] == [
        EventKind.REMINDED,
        EventKind.ESCALATED,
    ]
    assert watched.chat(watched.house.head)


def test_a_call_that_nobody_moves_goes_back_to_another(watched: Watched) -> None:
    call = watched.human()
    watched.accept(call, watched.house.meal_clerk)
    watched.at("11-23T09:30")
    watched.at("11-23T10:59")
    assert watched.request(call).status is RequestStatus.ACCEPTED
    assert watched.at("11-23T11:00") == 1
    given = watched.request(call)
    assert given.status is RequestStatus.SUBMITTED
    assert given.assignee_id is None
    assert given.routed_to_id == watched.house.ride_clerk.person_id
    assert given.due_at == shanghai("11-23T12:00")
    assert watched.warnings(call) == [(EventKind.PUT_BACK, "小李接了单一直没有动静，交回队列")]
    # It is warned of anew.
    watched.at("11-23T11:45")
    assert watched.warnings(call)[-1] == (EventKind.REMINDED, "还没有人接，提醒了小王")


def test_a_word_to_the_person_is_a_move(watched: Watched) -> None:
    call = watched.human()
    watched.accept(call, watched.house.meal_clerk)
    watched.clock.now = shanghai("11-23T10:30")
    with watched.database.begin() as session:
        requests.send_message(
            session,
            catalog=watched.catalog,
            request_id=call,
            clerk=watched.house.meal_clerk,
            text="下午来修",
            now=watched.clock(),
        )
    watched.at("11-23T11:00")
    assert watched.request(call).status is RequestStatus.ACCEPTED
    watched.at("11-23T12:30")
    assert watched.request(call).status is RequestStatus.SUBMITTED


def test_what_someone_has_who_went_home_goes_back(watched: Watched) -> None:
    ride = watched.ride("2026-11-24", "10:00")
    watched.accept(ride, watched.house.ride_clerk)
    watched.away(watched.house.ride_clerk, days=1)
    watched.at("11-23T09:30")
    # Away today, back for the ride tomorrow: it stays his.
    assert watched.request(ride).status is RequestStatus.ACCEPTED
    watched.away(watched.house.ride_clerk, days=3)
    with watched.database.begin() as session:
        session.get_one(Request, ride).look_at = watched.clock()
    watched.at("11-23T09:31")
    assert watched.request(ride).status is RequestStatus.SUBMITTED
    assert watched.warnings(ride)[-1] == (EventKind.PUT_BACK, "小王不在，交回队列")
    assert watched.request(ride).routed_to_id == watched.house.head.person_id


def test_what_is_not_done_in_time_is_said_to_who_has_it_then_to_the_head(watched: Watched) -> None:
    ride = watched.ride("2026-11-24", "10:00")
    watched.accept(ride, watched.house.ride_clerk)
    for moment in ("11-23T10:00", "11-24T13:40", "11-24T13:41", "11-24T14:00", "11-24T14:01"):
        watched.at(moment)
    assert watched.warnings(ride) == [
        (EventKind.REMINDED, "快到办完的时限，提醒了小王"),
        (EventKind.ESCALATED, "过了时限没有办完，告诉了刘所长"),
    ]


def test_several_processes_warn_once(watched: Watched) -> None:
    rides = [watched.ride("2026-11-24", time) for time in ("10:00", "15:00")]
    watched.clock.now = shanghai("11-23T09:45")
    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(
                lambda _: lateness(watched.database, watched.catalog).make(watched.clock()),
                range(4),
            )
        )
    assert sum(done) == len(rides)
    assert [len(watched.warnings(each)) for each in rides] == [1, 1]


def _copy(session: Session, request: Request, *, due_at: datetime, starts: str) -> int:
    columns = {
        column.key: getattr(request, column.key)
        for column in Request.__mapper__.column_attrs
        if column.key != "id"
    }
    columns |= {
        "number": "车9999",
        "idempotency_key": "copy",
        "due_at": due_at,
        "starts_at": shanghai(starts),
        "look_at": due_at,
    }
    copy = Request(**columns)
    session.add(copy)
    session.flush()
    return copy.id
