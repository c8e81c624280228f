"""A question for the staff: one request however often it is tapped, late until it is answered."""

from dataclasses import dataclass

import pytest
from sqlalchemy import select

from booking import queues
from booking.models import EventKind, Request, RequestEvent, RequestStatus
from booking.policy_questions import PolicyQuestion, ask_staff
from booking.requests import accept, complete
from booking.services import POLICY, load_catalog
from store.clock import local
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

CATALOG = load_catalog()


@dataclass
class Questions:
    """Questions of 张建国 to the staff."""

    database: Database
    clock: StandingClock
    house: House
    account_id: int

    def ask(self, log_id: int, words: str = "疗养一年能去几次") -> tuple[Request, bool]:
        asked = PolicyQuestion(log_id, words, "材料里没有写。", "not_in_documents")
        with self.database.begin() as session:
            return ask_staff(
                session,
                catalog=CATALOG,
                actor=session.get_one(Person, self.house.zhang),
                asked=asked,
                account_id=self.account_id,
                now=self.clock(),
            )

    def history(self) -> list[tuple[EventKind, str | None]]:
        with self.database.read() as session:
            rows = session.execute(select(RequestEvent).order_by(RequestEvent.id)).scalars()
            return [(row.kind, row.text) for row in rows]


@pytest.fixture
def questions(either_database: Database, clock: StandingClock) -> Questions:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock(), person_id=house.zhang)
        return Questions(either_database, clock, house, account.id)


def test_a_question_becomes_a_request_with_a_stated_time(questions: Questions) -> None:
    request, is_new = questions.ask(7)
    assert is_new
    assert request.number == "政1001"
    assert request.requester_id == questions.house.zhang
    assert request.summary == "疗养一年能去几次"
    assert request.values["answer"] == "材料里没有写。"
    # Monday nine o'clock and half a working day.
    assert local(request.due_at).strftime("%a %H:%M") == "Mon 13:00"


def test_the_same_tap_twice_is_one_request(questions: Questions) -> None:
    first, _ = questions.ask(7)
    again, is_new = questions.ask(7)
    assert (again.id, is_new) == (first.id, False)
    assert [kind for kind, _ in questions.history()] == [EventKind.SUBMITTED]


def test_the_same_words_asked_again_belong_to_the_open_request(questions: Questions) -> None:
    first, _ = questions.ask(7)
    again, is_new = questions.ask(8, "疗养一年能去几次？")
    assert (again.id, is_new) == (first.id, False)
    assert questions.history()[-1] == (EventKind.AGAIN, "又说：疗养一年能去几次？")
    other, is_new = questions.ask(9, "疗养能带老伴吗")
    assert is_new
    assert other.id != first.id


def test_once_it_is_done_the_same_words_are_a_new_question(questions: Questions) -> None:
    first, _ = questions.ask(7)
    with questions.database.begin() as session:
        for verb in (accept, complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=first.id,
                clerk=questions.house.head,
                now=questions.clock(),
            )
    assert questions.ask(7)[1] is False
    assert questions.ask(8)[1] is True


def test_a_question_is_late_until_it_is_answered(questions: Questions) -> None:
    request, _ = questions.ask(7)
    clerk = questions.house.ride_clerk
    with questions.database.begin() as session:
        accept(session, catalog=CATALOG, request_id=request.id, clerk=clerk, now=questions.clock())
    now = questions.clock.go(hours=5)
    with questions.database.read() as session:
        (row,) = queues.queue(session, catalog=CATALOG, clerk=clerk, service=POLICY, now=now)
        counted = queues.counts(session, catalog=CATALOG, clerk=clerk, now=now)
    assert row.status is RequestStatus.ACCEPTED
    assert row.is_late
    assert [each.late for each in counted if each.service == POLICY] == [1]


def test_each_step_is_told_in_its_own_words(questions: Questions) -> None:
    request, _ = questions.ask(7)
    with questions.database.begin() as session:
        for verb in (accept, complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=request.id,
                clerk=questions.house.meal_clerk,
                now=questions.clock(),
            )
    with questions.database.read() as session:
        told = list(session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars())
    assert "小李在查了" in told[0].body["text"]
    assert "打个分" in told[1].body["text"]
    assert len(told[1].body["buttons"][0]) == 5
