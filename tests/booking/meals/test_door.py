"""Marks at the door: saved once however often they come, and a shut door is never just noted."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking import requests
from booking.errors import RequestNotFound
from booking.meals.door import Mark, checks_of, mark
from booking.models import EventKind, Request, RequestEvent, RequestStatus
from booking.queues import unseen_emergencies
from store.database import Database
from store.identity import Person
from store.outbox import Lane, OutboxRow
from tests.booking.meals.rounds import AT_THE_DOOR, TOMORROW, Lunch, make_lunch
from tests.conftest import NOW


def _mark(lunch: Lunch, request_id: int, what: Mark, *, minutes: int = 0, note: str = "") -> str:
    with lunch.database.begin() as session:
        return mark(
            session,
            catalog=lunch.catalog,
            link=lunch.link,
            request_id=request_id,
            what=what,
            note=note,
            now=AT_THE_DOOR + timedelta(minutes=minutes),
        ).said


def _status(lunch: Lunch, request_id: int) -> RequestStatus:
    with lunch.database.read() as session:
        return session.get_one(Request, request_id).status


def test_delivered_is_delivered_once(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    request = lunch.book(lunch.house.zhang)
    said = {_mark(lunch, request, Mark.DELIVERED, minutes=each) for each in range(3)}
    assert said == {"记下了：送到了。"}
    with either_database.read() as session:
        kinds = list(
            session.scalars(select(RequestEvent.kind).where(RequestEvent.request_id == request))
        )
        told = session.scalar(select(func.count()).select_from(OutboxRow))
    assert kinds == [EventKind.SUBMITTED, EventKind.ACCEPTED, EventKind.COMPLETED]
    assert told == 3  # The daughter heard of the booking; he is asked for stars, she hears.
    assert _status(lunch, request) is RequestStatus.COMPLETED


def test_a_shut_door_of_someone_alone_opens_a_visit_at_once(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    request = lunch.book(lunch.house.li)
    for each in range(3):
        said = _mark(lunch, request, Mark.NO_ANSWER, minutes=each)
    assert "再敲一敲门" in said
    with either_database.read() as session:
        (check,) = checks_of(session, request)
        assert check.follows_id == request
        assert check.due_at == AT_THE_DOOR + timedelta(minutes=5)
        assert check.fulfil_by == AT_THE_DOOR + timedelta(minutes=30)
        assert check.beneficiary_id == lunch.house.li
        meal = session.get_one(Request, request)
        assert check.priority > meal.priority
        ringing = unseen_emergencies(session, lunch.house.ride_clerk, now=AT_THE_DOOR)
        assert [row.id for row in ringing] == [check.id]
    assert _status(lunch, request) is RequestStatus.MISSED


def test_whoever_takes_the_visit_can_close_it(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.li)
    _mark(lunch, request, Mark.NO_ANSWER)
    with database.begin() as session:
        (check,) = checks_of(session, request)
        for verb in (requests.accept, requests.start, requests.complete):
            verb(
                session,
                catalog=lunch.catalog,
                request_id=check.id,
                clerk=lunch.house.meal_clerk,
                now=AT_THE_DOOR,
            )
        assert check.status is RequestStatus.COMPLETED


def test_a_relative_is_told_at_once_on_the_emergency_lane(database: Database) -> None:
    lunch = make_lunch(database)
    with database.begin() as session:
        session.get_one(Person, lunch.house.zhang).care_flags = ["失能"]
    request = lunch.book(lunch.house.zhang)
    _mark(lunch, request, Mark.NO_ANSWER)
    with database.read() as session:
        urgent = list(session.scalars(select(OutboxRow).where(OutboxRow.lane == Lane.EMERGENCY)))
    assert len(urgent) == 2
    texts = [row.body["text"] for row in urgent]
    assert any("张建国" in text and "打个电话" in text for text in texts)


def test_a_shut_door_of_anyone_else_is_only_written_down(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.zhang)
    assert _mark(lunch, request, Mark.NO_ANSWER) == "记下了：敲门没有人应。"
    with database.read() as session:
        assert checks_of(session, request) == []


def test_someone_who_opens_after_all_has_his_meal(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.li)
    _mark(lunch, request, Mark.NO_ANSWER)
    _mark(lunch, request, Mark.DELIVERED, minutes=4)
    assert _status(lunch, request) is RequestStatus.COMPLETED
    with database.read() as session:
        (check,) = checks_of(session, request)
        assert check.status is RequestStatus.SUBMITTED
        last = session.scalars(
            select(RequestEvent.text)
            .where(RequestEvent.request_id == check.id)
            .order_by(RequestEvent.id.desc())
        ).first()
    assert last == "后来送到了，本人开了门"
    # A late mark of the first try changes nothing any more.
    assert "已经记了" in _mark(lunch, request, Mark.NO_ANSWER, minutes=5)
    assert _status(lunch, request) is RequestStatus.COMPLETED


def test_why_it_was_not_delivered_is_kept(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.zhang)
    _mark(lunch, request, Mark.NOT_DELIVERED, note="车坏了")
    with database.read() as session:
        assert session.get_one(Request, request).reason == "没送成：车坏了"


def test_nothing_is_marked_before_the_day(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.li)
    with database.begin() as session:
        said = mark(
            session,
            catalog=lunch.catalog,
            link=lunch.link,
            request_id=request,
            what=Mark.NO_ANSWER,
            now=NOW,
        ).said
        assert checks_of(session, request) == []
    assert f"{TOMORROW.day}日" in said
    assert _status(lunch, request) is RequestStatus.SUBMITTED


def test_what_was_cancelled_in_between_is_said(database: Database) -> None:
    lunch = make_lunch(database)
    request = lunch.book(lunch.house.zhang)
    with database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        requests.cancel(session, actor=zhang, request_id=request, now=NOW)
    assert "取消" in _mark(lunch, request, Mark.DELIVERED)
    assert _status(lunch, request) is RequestStatus.CANCELLED


def test_another_house_or_another_round_is_not_there(database: Database) -> None:
    lunch = make_lunch(database)
    other = Lunch(database, lunch.house, lunch.link)
    with database.begin() as session:
        link = session.merge(lunch.link)
        link.about = "dinner|"
    request = lunch.book(lunch.house.zhang)
    other.link = link
    with pytest.raises(RequestNotFound):
        _mark(other, request, Mark.DELIVERED)
    with pytest.raises(RequestNotFound):
        _mark(lunch, request + 100, Mark.DELIVERED)
    assert _status(lunch, request) is RequestStatus.SUBMITTED
