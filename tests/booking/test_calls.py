"""Calls for a person: one open call at a time, danger rings anew, nothing is lost silently."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from booking.call_list import to_call
from booking.calls import ask_for_person, note_unreachable, raise_emergency
from booking.models import EventKind, Request, RequestEvent, RequestStatus
from booking.requests import accept, complete
from booking.services import load_catalog
from store.database import Database
from store.identity import Person
from store.messages import Message
from store.outbox import Delivery, Lane, OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

CATALOG = load_catalog()


@dataclass
class Calls:
    """Calls of 张建国, whose daughter is linked."""

    database: Database
    clock: StandingClock
    house: House
    account_id: int
    turns: int = 0

    def call(self, words: str, *, danger: bool = False, key: str = "") -> tuple[str, bool]:
        self.turns += 1
        verb = raise_emergency if danger else ask_for_person
        with self.database.begin() as session:
            request, is_new = verb(
                session,
                catalog=CATALOG,
                actor=session.get_one(Person, self.house.zhang),
                words=words,
                account_id=self.account_id,
                key=key or f"k{self.turns}",
                now=self.clock(),
            )
            return request.number, is_new

    def requests(self) -> list[Request]:
        with self.database.read() as session:
            return list(session.execute(select(Request).order_by(Request.id)).scalars())

    def act(self, verb: object) -> None:
        with self.database.begin() as session:
            verb(  # type: ignore[operator]
                session,
                catalog=CATALOG,
                request_id=self.requests()[-1].id,
                clerk=self.house.head,
                now=self.clock(),
            )

    def history(self) -> list[tuple[EventKind, str | None]]:
        with self.database.read() as session:
            rows = session.execute(select(RequestEvent).order_by(RequestEvent.id)).scalars()
            return [(row.kind, row.text) for row in rows]

    def outbox(self) -> list[OutboxRow]:
        with self.database.read() as session:
            return list(session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars())


@pytest.fixture
def calls(either_database: Database, clock: StandingClock) -> Calls:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock(), person_id=house.zhang)
        make_account(session, clock(), person_id=house.min, external_id="daughter")
        return Calls(either_database, clock, house, account.id)


def test_a_second_call_is_added_to_the_first(calls: Calls) -> None:
    assert calls.call("找人") == ("询1001", True)
    assert calls.call("怎么还没人") == ("询1001", False)
    assert (EventKind.AGAIN, "又说：怎么还没人") in calls.history()
    calls.act(accept)
    assert calls.call("人呢") == ("询1001", False)
    calls.act(complete)
    assert calls.call("又有事了") == ("询1002", True)


def test_the_same_message_calls_once(calls: Calls) -> None:
    calls.call("我胸口疼", danger=True, key="inbox:1")
    assert calls.call("我胸口疼", danger=True, key="inbox:1") == ("急1001", False)
    assert len(calls.history()) == 1


def test_danger_tells_the_family_on_the_emergency_lane(calls: Calls) -> None:
    calls.call("我胸口疼", danger=True)
    told = calls.outbox()
    assert [row.lane for row in told] == [Lane.EMERGENCY]
    assert "我胸口疼" in told[0].body["text"]
    calls.call("喘不上气", danger=True)
    assert len(calls.outbox()) == 1


def test_danger_comes_before_whatever_waits(calls: Calls) -> None:
    calls.call("找人")
    calls.call("我胸口疼", danger=True)
    human, urgent = calls.requests()
    assert urgent.priority > human.priority
    assert urgent.due_at < human.due_at


@pytest.mark.parametrize(("minutes", "is_new"), [(5, False), (11, True)])
def test_danger_long_after_someone_took_it_rings_anew(
    calls: Calls, minutes: int, is_new: bool
) -> None:
    calls.call("我胸口疼", danger=True)
    calls.act(accept)
    calls.clock.go(minutes=minutes)
    assert calls.call("又疼了", danger=True)[1] is is_new


def test_danger_nobody_took_stays_one_call_however_long(calls: Calls) -> None:
    calls.call("我胸口疼", danger=True)
    calls.clock.go(hours=3)
    assert calls.call("还是疼", danger=True) == ("急1001", False)


def _delivery(calls: Calls, *, person_id: int | None, request_id: int | None) -> Delivery:
    return Delivery(
        outbox_id=7,
        institution_id=calls.house.id,
        account_id=calls.account_id,
        person_id=person_id,
        external_id="1",
        lane=Lane.STEP,
        message=Message("定好了"),
        attempts=5,
        edits_message_id=None,
        request_id=request_id,
    )


def test_what_could_not_be_delivered_becomes_a_line_of_its_request(calls: Calls) -> None:
    calls.call("找人")
    request = calls.requests()[0]
    with calls.database.begin() as session:
        note_unreachable(
            session,
            catalog=CATALOG,
            delivery=_delivery(calls, person_id=calls.house.zhang, request_id=request.id),
            now=calls.clock(),
        )
    assert calls.history()[-1][0] is EventKind.NOT_REACHED
    assert len(calls.requests()) == 1
    with calls.database.read() as session:
        lines = to_call(session, institution_id=calls.house.id)
    assert [(each.who, each.number) for each in lines] == [("张建国", request.number)]


def test_what_belongs_to_no_open_request_becomes_a_call(calls: Calls) -> None:
    delivery = _delivery(calls, person_id=calls.house.zhang, request_id=None)
    for _ in range(2):
        with calls.database.begin() as session:
            note_unreachable(session, catalog=CATALOG, delivery=delivery, now=calls.clock())
    assert [each.status for each in calls.requests()] == [RequestStatus.SUBMITTED]
    assert "请打电话告诉张建国" in calls.requests()[0].summary


def test_what_a_stranger_did_not_get_calls_nobody(calls: Calls) -> None:
    with calls.database.begin() as session:
        note_unreachable(
            session,
            catalog=CATALOG,
            delivery=_delivery(calls, person_id=None, request_id=None),
            now=calls.clock(),
        )
    assert calls.requests() == []
