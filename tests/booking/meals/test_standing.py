"""Standing orders: made in time, exactly once, and not where he said not to."""

import threading
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from booking.errors import NotPermitted, ValueProblem
from booking.meals.models import EVERY_DAY, WEEKDAYS, DayState, StandingDay, StandingOrder, mask_of
from booking.meals.standing import (
    WantedOrder,
    change_day,
    describe,
    due_days,
    end_order,
    end_orders_of,
    make_day,
    order_for,
    orders_of,
    pause_order,
    resume_order,
    skip_day,
    start_order,
    weekday_words,
)
from booking.models import LinkScope, Opening, Request, RequestStatus
from booking.requests import cancel
from store.clock import local_date
from store.database import Database
from store.identity import Account, Person
from store.outbox import OutboxRow
from tests.booking.meals.rounds import Lunch, make_lunch
from tests.conftest import NOW

MONDAY = local_date(NOW)
FRIDAY, SATURDAY = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)


def _start(
    lunch: Lunch,
    weekdays: int = EVERY_DAY,
    *,
    first: date = MONDAY,
    last: date | None = None,
    key: str = "one",
    requester: int | None = None,
) -> int:
    with lunch.database.begin() as session:
        account = session.query(Account).filter_by(person_id=lunch.house.zhang).one()
        wanted = WantedOrder(
            requester=session.get_one(Person, requester or lunch.house.zhang),
            person=session.get_one(Person, lunch.house.zhang),
            meal="lunch",
            weekdays=weekdays,
            values={"diet": "soft", "portions": "1"},
            from_day=first,
            until_day=last,
            account_id=account.id,
            key=key,
        )
        return start_order(session, wanted, service=lunch.catalog.get("meal"), now=NOW).id


def _round(lunch: Lunch, now: datetime = NOW) -> int:
    with lunch.database.read() as session:
        due = due_days(session, now=now)
    made = 0
    for order_id, day in due:
        with lunch.database.begin() as session:
            made += make_day(session, order_id, day, catalog=lunch.catalog, now=now)
    return made


def _meals(lunch: Lunch) -> list[date]:
    with lunch.database.read() as session:
        rows = session.scalars(
            select(Request).where(Request.service == "meal", Request.status != "cancelled")
        )
        return sorted(row.day for row in rows if row.day)


def test_each_day_is_made_once_however_often_the_round_goes(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _start(lunch)
    assert _round(lunch) == 3
    assert _round(lunch) == 0
    assert _meals(lunch) == [MONDAY + timedelta(days=ahead) for ahead in range(3)]
    assert _round(lunch, NOW + timedelta(days=1)) == 1
    with either_database.read() as session:
        assert session.scalar(select(func.sum(Opening.taken))) == 4


def test_two_workers_at_once_make_one_request(postgresql: Database) -> None:
    lunch = make_lunch(postgresql)
    order = _start(lunch)
    start, made = threading.Barrier(6), []

    def work() -> None:
        start.wait()
        with postgresql.begin() as session:
            made.append(make_day(session, order, MONDAY, catalog=lunch.catalog, now=NOW))

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 5 + [True]
    assert _meals(lunch) == [MONDAY]


def test_only_the_days_he_said(database: Database) -> None:
    lunch = make_lunch(database)
    _start(lunch, mask_of({0, 2, 4}), last=MONDAY + timedelta(days=8))
    for ahead in range(14):
        _round(lunch, NOW + timedelta(days=ahead))
    wanted = [MONDAY + timedelta(days=ahead) for ahead in (0, 2, 4, 7)]
    assert _meals(lunch) == wanted


def test_what_was_over_when_he_asked_is_not_missed(database: Database) -> None:
    lunch = make_lunch(database)
    evening = NOW + timedelta(hours=9)
    order = _start(lunch)
    with database.begin() as session:
        session.get_one(StandingOrder, order).created_at = evening
    _round(lunch, evening)
    with database.read() as session:
        assert list(session.scalars(select(OutboxRow))) == []
    assert _meals(lunch) == [MONDAY + timedelta(days=ahead) for ahead in (1, 2)]


def test_what_no_round_made_in_time_is_told(database: Database) -> None:
    lunch = make_lunch(database)
    _start(lunch)
    _round(lunch, NOW + timedelta(hours=9))
    assert _meals(lunch) == [MONDAY + timedelta(days=ahead) for ahead in (1, 2)]
    with database.read() as session:
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
    assert any("已经过了订餐的时间" in each for each in told)


def test_a_full_day_is_told_once_to_him_and_to_the_staff(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _start(lunch)
    with either_database.begin() as session:
        session.execute(update(Opening).where(Opening.day == MONDAY).values(taken=Opening.capacity))
    _round(lunch)
    _round(lunch)
    with either_database.read() as session:
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
        calls = list(session.scalars(select(Request).where(Request.service == "human")))
        states = {row.day: row.state for row in session.scalars(select(StandingDay))}
    assert len([each for each in told if "已经满了" in each]) == 1
    assert len(calls) == 1
    assert "张建国" in calls[0].summary
    assert states[MONDAY] is DayState.FAILED


def test_a_menu_that_is_not_written_yet_is_waited_for(database: Database) -> None:
    lunch = make_lunch(database)
    day = MONDAY + timedelta(days=2)
    with database.begin() as session:
        session.execute(delete(Opening).where(Opening.day == day))
    _start(lunch, first=day, last=day)
    assert _round(lunch) == 0
    # Three hours before it closes (ten o'clock), somebody has to see to it.
    assert _round(lunch, NOW + timedelta(days=1, hours=22, minutes=30)) == 1
    assert _meals(lunch) == []
    with database.read() as session:
        (call,) = session.scalars(select(Request).where(Request.service == "human"))
    assert "还没有食谱" in call.summary


def test_away_and_back_again(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    order_id = _start(lunch)
    _round(lunch)
    meal = lunch.catalog.get("meal")
    with either_database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.CANCEL)
        too_late = pause_order(
            session,
            actor=zhang,
            order=order,
            from_day=MONDAY + timedelta(days=1),
            until_day=None,
            service=meal,
            now=NOW,
        )
    assert too_late == []
    assert _meals(lunch) == [MONDAY]
    for ahead in range(4):
        _round(lunch, NOW + timedelta(days=ahead))
    assert _meals(lunch) == [MONDAY]
    with either_database.begin() as session:
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.BOOK)
        resume_order(session, order, from_day=FRIDAY)
    _round(lunch, NOW + timedelta(days=4))
    assert _meals(lunch) == [MONDAY, *(FRIDAY + timedelta(days=ahead) for ahead in range(3))]


def test_one_day_left_out_before_and_after_it_was_made(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    order_id = _start(lunch)
    _round(lunch)
    made, later = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
    with either_database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.CANCEL)
        for day in (made, later):
            assert (
                skip_day(
                    session,
                    actor=zhang,
                    order=order,
                    day=day,
                    service=lunch.catalog.get("meal"),
                    now=NOW,
                )
                == []
            )
    for ahead in range(5):
        _round(lunch, NOW + timedelta(days=ahead))
    assert made not in _meals(lunch)
    assert later not in _meals(lunch)
    assert FRIDAY in _meals(lunch)


def test_what_the_kitchen_has_begun_is_not_called_off(database: Database) -> None:
    lunch = make_lunch(database)
    order_id = _start(lunch)
    _round(lunch)
    after_ten = NOW + timedelta(hours=2)
    with database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.CANCEL)
        (late,) = skip_day(
            session,
            actor=zhang,
            order=order,
            day=MONDAY,
            service=lunch.catalog.get("meal"),
            now=after_ten,
        )
        assert late.day == MONDAY
    assert MONDAY in _meals(lunch)


def test_something_else_on_one_day(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    order_id = _start(lunch)
    with either_database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.BOOK)
        change_day(session, order=order, day=MONDAY, values={"portions": "3"}, now=NOW)
    _round(lunch)
    _round(lunch)
    with either_database.read() as session:
        places = dict(
            session.execute(
                select(Request.day, Request.places).where(Request.service == "meal")
            ).all()
        )
    assert places[MONDAY] == 3
    assert places[MONDAY + timedelta(days=1)] == 1


def test_what_he_booked_himself_is_not_made_again(database: Database) -> None:
    lunch = make_lunch(database)
    own = lunch.book(lunch.house.zhang)
    _start(lunch)
    _round(lunch)
    with database.read() as session:
        rows = list(session.scalars(select(StandingDay.request_id).order_by(StandingDay.day)))
    assert rows[1] == own
    assert len(_meals(lunch)) == 3


def test_ended_is_ended(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    order_id = _start(lunch)
    _round(lunch)
    with either_database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.CANCEL)
        end_order(
            session,
            order=order,
            by="张建国",
            service=lunch.catalog.get("meal"),
            now=NOW,
            actor=zhang,
        )
        assert orders_of(session, [zhang.id], today=MONDAY) == []
    _round(lunch, NOW + timedelta(days=1))
    assert _meals(lunch) == []


def test_whoever_has_died_is_sent_nothing(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _start(lunch)
    _round(lunch)
    with either_database.begin() as session:
        before = session.scalar(select(func.count()).select_from(OutboxRow))
        ended = end_orders_of(
            session,
            person_id=lunch.house.zhang,
            by="刘所长",
            service=lunch.catalog.get("meal"),
            now=NOW,
        )
        assert ended == 1
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == before
        session.get_one(Person, lunch.house.zhang).active = False
    assert _round(lunch, NOW + timedelta(days=1)) == 0
    assert _meals(lunch) == []


def test_the_same_order_twice_is_one_and_two_for_one_meal_are_none(database: Database) -> None:
    lunch = make_lunch(database)
    assert _start(lunch) == _start(lunch)
    with pytest.raises(ValueProblem, match="已经有长期订餐"):
        _start(lunch, key="two")


@pytest.mark.parametrize(
    ("weekdays", "first", "last", "field"),
    [
        (EVERY_DAY, MONDAY - timedelta(days=1), None, "from"),
        (WEEKDAYS, SATURDAY, SATURDAY, "weekdays"),
        (0, MONDAY, None, "weekdays"),
        (EVERY_DAY, MONDAY, MONDAY - timedelta(days=3), "weekdays"),
    ],
)
def test_days_that_cannot_be(
    database: Database, weekdays: int, first: date, last: date | None, field: str
) -> None:
    lunch = make_lunch(database)
    with pytest.raises(ValueProblem) as found:
        _start(lunch, weekdays, first=first, last=last)
    assert found.value.field == field


def test_a_stranger_orders_nothing_for_him(database: Database) -> None:
    lunch = make_lunch(database)
    with pytest.raises(NotPermitted):
        _start(lunch, requester=lunch.house.li)
    _start(lunch, requester=lunch.house.min)


def test_how_it_reads(database: Database) -> None:
    lunch = make_lunch(database)
    order_id = _start(lunch, WEEKDAYS, last=FRIDAY)
    with database.read() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        order = order_for(session, actor=zhang, order_id=order_id, scope=LinkScope.VIEW)
        words = describe(order, lunch.catalog.get("meal"), MONDAY)
    assert words == (
        "每个工作日（星期一到星期五）午饭，软饭1份，从11月23日（星期一）起，到11月27日（星期五）"
    )
    assert weekday_words(mask_of({0, 2, 4})) == "每个星期一、三、五"
    assert weekday_words(EVERY_DAY) == "每天"


def test_a_request_of_an_order_can_be_cancelled_and_stays_so(database: Database) -> None:
    lunch = make_lunch(database)
    _start(lunch)
    _round(lunch)
    with database.begin() as session:
        zhang = session.get_one(Person, lunch.house.zhang)
        request = session.scalars(select(Request).where(Request.day == MONDAY)).one()
        cancel(session, actor=zhang, request_id=request.id, now=NOW)
        assert request.status is RequestStatus.CANCELLED
    assert _round(lunch) == 0
    assert MONDAY not in _meals(lunch)


def test_a_menu_that_nobody_wrote_is_one_call_however_many_ordered(
    either_database: Database,
) -> None:
    lunch = make_lunch(either_database)
    day = MONDAY + timedelta(days=2)
    late = NOW + timedelta(days=1, hours=22, minutes=30)
    with either_database.begin() as session:
        session.execute(delete(Opening).where(Opening.day == day))
        li = session.get_one(Person, lunch.house.li)
        wanted = WantedOrder(
            li, li, "lunch", EVERY_DAY, {"diet": "soft", "portions": "1"}, day, day, None, "li"
        )
        start_order(session, wanted, service=lunch.catalog.get("meal"), now=NOW)
    _start(lunch, first=day, last=day)
    assert _round(lunch, late) == 2
    with either_database.begin() as session:
        assert len(list(session.scalars(select(Request).where(Request.service == "human")))) == 1
        for kitchen in ("所里食堂",):
            session.add(
                Opening(
                    institution_id=lunch.house.id,
                    service="meal",
                    day=day,
                    period="lunch",
                    provider=kitchen,
                    capacity=9,
                    taken=0,
                    details="面条",
                )
            )
    # The clerk has written it, and it is not closed yet: both have their lunch after all.
    assert _round(lunch, late) == 2
    assert _round(lunch, late) == 0
    assert _meals(lunch) == [day, day]
    with either_database.read() as session:
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
    assert len([each for each in told if "订上了" in each and "没有订上" not in each]) == 1


def test_a_day_off_without_a_menu_is_told_and_nobody_is_called(database: Database) -> None:
    lunch = make_lunch(database)
    with database.begin() as session:
        session.execute(delete(Opening).where(Opening.day == SATURDAY))
    _start(lunch, first=SATURDAY, last=SATURDAY)
    assert _round(lunch, NOW + timedelta(days=4, hours=23)) == 1
    with database.read() as session:
        assert list(session.scalars(select(Request).where(Request.service == "human"))) == []
        (told,) = [row.body["text"] for row in session.scalars(select(OutboxRow))]
    assert "所里休息" in told


def test_a_place_that_comes_free_is_taken_after_all(either_database: Database) -> None:
    lunch = make_lunch(either_database)
    _start(lunch)
    with either_database.begin() as session:
        session.execute(update(Opening).where(Opening.day == MONDAY).values(taken=Opening.capacity))
    _round(lunch)
    assert MONDAY not in _meals(lunch)
    with either_database.begin() as session:
        session.execute(update(Opening).where(Opening.day == MONDAY).values(taken=0))
    assert _round(lunch) == 1
    assert MONDAY in _meals(lunch)
