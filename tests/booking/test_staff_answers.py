"""A clerk's answer: to the person at once, to the others only after a second pair of eyes."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from booking import staff_answers
from booking.answer_lists import answer_to, answers, count_for, every_answer
from booking.errors import (
    AlreadyTaken,
    MoveNotAllowed,
    NotPermitted,
    OwnAnswer,
    RequestNotFound,
    ValueProblem,
)
from booking.models import (
    AnswerState,
    AuditRow,
    EventKind,
    Request,
    RequestEvent,
    RequestStatus,
    Staff,
    StaffAnswer,
)
from booking.policy_questions import PolicyQuestion, ask_staff
from booking.requests import accept
from booking.services import load_catalog
from booking.staff_access import Clerk, create_staff
from booking.staff_answers import Reply
from knowledge.models import Document, SourceKind
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

CATALOG = load_catalog()
PRIVATE = Reply("按规定每两年一次。")
SHARED = Reply("按规定每两年一次。", "疗养多久去一次", date(2027, 12, 31), for_others=True)


@dataclass
class Desk:
    """Clerks answering a question of 张建国."""

    database: Database
    clock: StandingClock
    house: House
    request_id: int

    def do(self, verb: Callable[..., Any], clerk: Clerk, **words: Any) -> Any:
        with self.database.begin() as session:
            return verb(session, clerk=clerk, now=self.clock(), **words)

    def answer(self, clerk: Clerk, reply: Reply) -> StaffAnswer:
        found: StaffAnswer = self.do(
            staff_answers.answer_question,
            clerk,
            catalog=CATALOG,
            request_id=self.request_id,
            reply=reply,
        )
        return found

    def propose(self, clerk: Clerk, reply: Reply) -> StaffAnswer:
        found: StaffAnswer = self.do(
            staff_answers.propose,
            clerk,
            catalog=CATALOG,
            request_id=self.request_id,
            reply=reply,
        )
        return found

    def approve(self, clerk: Clerk, answer: StaffAnswer) -> StaffAnswer:
        with self.database.begin() as session:
            document = Document(
                institution_id=self.house.id,
                scope="x",
                external_id=secrets.token_hex(4),
                title="疗养",
                source=SourceKind.STAFF_ANSWER,
                text="两年一次",
                content_hash="0",
                ingested_at=self.clock(),
            )
            session.add(document)
            session.flush()
            return staff_answers.approve(
                session,
                clerk=clerk,
                answer_id=answer.id,
                written_at=answer.written_at,
                document_id=document.id,
                now=self.clock(),
            )

    def request(self) -> Request:
        with self.database.read() as session:
            return session.get_one(Request, self.request_id)

    def told(self) -> list[str]:
        with self.database.read() as session:
            rows = session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars()
            return [row.body["text"] for row in rows]

    def history(self) -> list[EventKind]:
        with self.database.read() as session:
            rows = session.execute(select(RequestEvent).order_by(RequestEvent.id)).scalars()
            return [row.kind for row in rows]


@pytest.fixture
def desk(either_database: Database, clock: StandingClock) -> Desk:
    with either_database.begin() as session:
        house = make_house(session, clock())
        account = make_account(session, clock(), person_id=house.zhang)
        for clerk, login in ((house.meal_clerk, "li"), (house.head, "liu")):
            create_staff(
                session,
                person=session.get_one(Person, clerk.person_id),
                login=login,
                password="watering-can-7",
                roles=clerk.roles,
                now=clock(),
            )
        request, _ = ask_staff(
            session,
            catalog=CATALOG,
            actor=session.get_one(Person, house.zhang),
            asked=PolicyQuestion(1, "疗养一年能去几次", "材料里没有写。", "partial"),
            account_id=account.id,
            now=clock(),
        )
        return Desk(either_database, clock, house, request.id)


def test_the_person_hears_it_at_once_and_the_request_is_done(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, PRIVATE)
    assert answer.state is AnswerState.TOLD
    assert answer.question == "疗养一年能去几次"
    assert desk.request().status is RequestStatus.COMPLETED
    assert desk.request().assignee_id == desk.house.meal_clerk.person_id
    (told,) = desk.told()
    assert "疗养一年能去几次" in told
    assert "小李答复：按规定每两年一次。" in told
    assert desk.history() == [EventKind.SUBMITTED, EventKind.ASSIGNED, EventKind.ANSWERED]


def test_the_same_press_twice_is_one_answer(desk: Desk) -> None:
    first = desk.answer(desk.house.meal_clerk, SHARED)
    assert desk.answer(desk.house.meal_clerk, SHARED).id == first.id
    assert len(desk.told()) == 1
    with pytest.raises(MoveNotAllowed):
        desk.answer(desk.house.meal_clerk, replace(SHARED, text="改口了。"))


def test_two_clerks_do_not_answer_one_question(desk: Desk) -> None:
    desk.do(accept, desk.house.meal_clerk, catalog=CATALOG, request_id=desk.request_id)
    with pytest.raises(AlreadyTaken):
        desk.answer(desk.house.ride_clerk, PRIVATE)
    assert desk.answer(desk.house.head, PRIVATE).author_id == desk.house.head.person_id


def test_only_questions_are_answered_so(desk: Desk) -> None:
    with desk.database.begin() as session:
        session.execute(update(Request).values(service="human"))
    with pytest.raises(NotPermitted):
        desk.answer(desk.house.meal_clerk, PRIVATE)


@pytest.mark.parametrize(
    ("reply", "field"),
    [
        (Reply(""), "text"),
        (Reply("长" * 501), "text"),
        (replace(SHARED, question=""), "question"),
        (replace(SHARED, question="问" * 101), "question"),
        (replace(SHARED, ends_on=date(2026, 11, 22)), "ends_on"),
        (replace(SHARED, text="张建国同志两年一次。"), "text"),
        (replace(SHARED, text="他住幸福里1号楼101。"), "text"),
        (replace(SHARED, text="请打13900000001问。"), "text"),
        (replace(SHARED, text="身份证110101194001011234可以查。"), "text"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_told(
    desk: Desk, reply: Reply, field: str
) -> None:
    with pytest.raises(ValueProblem) as problem:
        desk.answer(desk.house.meal_clerk, reply)
    assert problem.value.field == field
    assert desk.told() == []
    assert desk.request().status is RequestStatus.SUBMITTED


def test_the_house_s_own_number_may_be_told(desk: Desk) -> None:
    reply = replace(SHARED, text="请打所里电话010-12345678问小陈。")
    assert desk.answer(desk.house.meal_clerk, reply).state is AnswerState.PROPOSED


def test_the_author_does_not_approve_a_colleague_does(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, SHARED)
    with pytest.raises(OwnAnswer):
        desk.approve(desk.house.meal_clerk, answer)
    approved = desk.approve(desk.house.head, answer)
    assert approved.state is AnswerState.APPROVED
    assert approved.decided_by_id == desk.house.head.person_id
    assert approved.document_id is not None
    with desk.database.read() as session:
        audit = session.execute(select(AuditRow).where(AuditRow.act.like("answer%"))).scalars()
        assert [(row.act, row.permission) for row in audit] == [("answer approved", "staff")]
    with pytest.raises(MoveNotAllowed):
        desk.approve(desk.house.head, answer)


def test_who_works_alone_approves_his_own(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, SHARED)
    with desk.database.begin() as session:
        others = Staff.person_id != desk.house.meal_clerk.person_id
        session.execute(update(Staff).where(others).values(active=False))
    assert desk.approve(desk.house.meal_clerk, answer).state is AnswerState.APPROVED
    with desk.database.read() as session:
        audit = session.execute(select(AuditRow).where(AuditRow.act.like("answer%"))).scalars()
        assert [row.permission for row in audit] == ["the only staff"]


def test_rejected_words_are_worded_anew_and_only_the_new_ones_approved(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, SHARED)
    rejected = desk.do(
        staff_answers.reject, desk.house.head, answer_id=answer.id, reason="哪一年的规定？"
    )
    assert (rejected.state, rejected.reason) == (AnswerState.REJECTED, "哪一年的规定？")
    desk.clock.go(minutes=1)
    better = desk.propose(desk.house.meal_clerk, replace(SHARED, text="从今年起每两年一次。"))
    assert better.state is AnswerState.PROPOSED
    assert better.reason is None
    with pytest.raises(MoveNotAllowed):
        # What was read before the words were changed.
        desk.approve(desk.house.head, answer)
    assert desk.approve(desk.house.head, better).text == "从今年起每两年一次。"
    assert len(desk.told()) == 1


def test_an_answer_is_withdrawn_with_a_reason_and_can_be_proposed_again(desk: Desk) -> None:
    answer = desk.approve(desk.house.head, desk.answer(desk.house.meal_clerk, SHARED))
    with pytest.raises(ValueProblem):
        desk.do(staff_answers.withdraw, desk.house.head, answer_id=answer.id, reason="")
    gone = desk.do(
        staff_answers.withdraw, desk.house.ride_clerk, answer_id=answer.id, reason="改规定了"
    )
    assert gone.state is AnswerState.WITHDRAWN
    with pytest.raises(MoveNotAllowed):
        desk.do(staff_answers.withdraw, desk.house.head, answer_id=answer.id, reason="再撤")
    assert desk.propose(desk.house.head, SHARED).author_id == desk.house.head.person_id


def test_another_house_sees_and_decides_nothing(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, SHARED)
    with desk.database.begin() as session:
        other = make_house(session, desk.clock(), name="西山军休所")
    with pytest.raises(RequestNotFound):
        desk.approve(other.head, answer)
    with pytest.raises(RequestNotFound):
        desk.answer(other.head, SHARED)
    with desk.database.read() as session:
        assert answers(session, clerk=other.head, states=tuple(AnswerState)) == []
        assert answer_to(session, clerk=other.head, request_id=desk.request_id) is None
        assert count_for(session, other.head) == 0


def test_lists_say_who_wrote_what_and_whose_turn_it_is(desk: Desk) -> None:
    answer = desk.answer(desk.house.meal_clerk, SHARED)
    with desk.database.read() as session:
        assert count_for(session, desk.house.head) == 1
        assert count_for(session, desk.house.meal_clerk) == 0
        (seen,) = answers(session, clerk=desk.house.meal_clerk, states=(AnswerState.PROPOSED,))
        assert (seen.author, seen.number, seen.may_decide) == ("小李", "政1001", False)
        assert [each.question for each in every_answer(session, clerk=desk.house.head)] == [
            "疗养多久去一次"
        ]
        with pytest.raises(NotPermitted):
            every_answer(session, clerk=desk.house.meal_clerk)
    desk.do(staff_answers.reject, desk.house.head, answer_id=answer.id, reason="不清楚")
    with desk.database.read() as session:
        assert count_for(session, desk.house.head) == 0
        assert count_for(session, desk.house.meal_clerk) == 1
        found = answer_to(session, clerk=desk.house.head, request_id=desk.request_id)
        assert found is not None
        assert (found.decided_by, found.reason) == ("刘所长", "不清楚")


def test_the_words_are_encrypted(desk: Desk) -> None:
    desk.answer(desk.house.meal_clerk, SHARED)
    with desk.database.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT question, text FROM staff_answers").one()
    assert not any("疗养".encode() in bytes(each) for each in stored)
