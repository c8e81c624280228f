"""Waiting lists on both databases: whose turn it is, and that no place is given twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking import joining, waiting
from booking.errors import AlreadyUsed, OfferOver, RequestNotFound, ValueProblem
from booking.models import Opening, Request, RequestStatus
from booking.place_models import WaitingEntry
from booking.requests import Submission, cancel
from booking.services import load_catalog
from store.database import Database
from store.identity import CareFlag, Person, PersonKind
from tests.booking.test_requests import CHECKUP, LUNCH, Setting
from tests.conftest import StandingClock
from tests.houses import make_account, make_house, make_person


@pytest.fixture
def setting(either_database: Database, clock: StandingClock) -> Setting:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=1)
        account_id = make_account(session, clock(), person_id=house.zhang).id
    return Setting(either_database, house, load_catalog(), clock, account_id)


def join(
    setting: Setting,
    service: str,
    values: dict[str, str],
    *,
    key: str,
    actor: int,
    offer_hours: int = 0,
) -> int:
    with setting.database.begin() as session:
        person = session.get_one(Person, actor)
        wanted = Submission(
            actor=person,
            beneficiary=person,
            service=setting.catalog.get(service).model_copy(update={"offer_hours": offer_hours}),
            values=values,
            account_id=setting.account_id,
            key=key,
        )
        return joining.join(session, wanted, now=setting.clock()).id


def _person(setting: Setting, name: str, *flags: CareFlag) -> int:
    with setting.database.begin() as session:
        person = make_person(
            session, setting.house.id, PersonKind.RETIREE, name, name, setting.clock()
        )
        person.care_flags = [flag.value for flag in flags]
        make_account(session, setting.clock(), person_id=person.id, external_id=name)
        return person.id


def _cancel(setting: Setting, request_id: int, actor: int) -> None:
    with setting.database.begin() as session:
        cancel(
            session,
            actor=session.get_one(Person, actor),
            request_id=request_id,
            now=setting.clock(),
        )


def _position(setting: Setting, request_id: int) -> int | None:
    with setting.database.read() as session:
        turn = waiting.turn_of(session, request_id)
        return turn.position if turn else None


def _look_after(setting: Setting) -> None:
    with setting.database.begin() as session:
        waiting.look_after(session, now=setting.clock())


def _take(setting: Setting, request_id: int, actor: int) -> None:
    with setting.database.begin() as session:
        person = session.get_one(Person, actor)
        waiting.take_offer(session, actor=person, request_id=request_id, now=setting.clock())


def test_the_list_is_in_order_and_a_freed_place_goes_to_the_first(setting: Setting) -> None:
    plain, alone = _person(setting, "赵一"), _person(setting, "钱二", CareFlag.ALONE)
    later = _person(setting, "孙三")
    holder = setting.submit("meal", LUNCH)
    ids = [
        join(setting, "meal", LUNCH, key=str(person), actor=person)
        for person in (plain, later, alone)
    ]
    assert [_position(setting, each) for each in ids] == [2, 3, 1]
    setting.cancel(holder)
    assert setting.request(ids[2]).status is RequestStatus.SUBMITTED
    assert "等到名额了" in setting.notices()[-1]
    assert [_position(setting, each) for each in ids] == [1, 2, None]
    _cancel(setting, ids[2], alone)
    assert setting.request(ids[0]).status is RequestStatus.SUBMITTED
    assert setting.taken("meal") == 1


def test_joining_twice_is_one_turn(setting: Setting) -> None:
    setting.submit("meal", LUNCH)
    first = join(setting, "meal", LUNCH, key="a", actor=setting.house.li)
    assert join(setting, "meal", LUNCH, key="a", actor=setting.house.li) == first
    assert join(setting, "meal", LUNCH, key="b", actor=setting.house.li) == first


def test_where_a_place_is_left_it_is_booked(setting: Setting) -> None:
    request_id = join(setting, "meal", LUNCH, key="a", actor=setting.house.li)
    assert setting.request(request_id).status is RequestStatus.SUBMITTED
    assert setting.taken("meal") == 1


def test_what_is_kept_for_an_undo_goes_to_who_joins(setting: Setting) -> None:
    setting.cancel(setting.submit("meal", LUNCH))
    request_id = join(setting, "meal", LUNCH, key="a", actor=setting.house.li)
    assert setting.request(request_id).status is RequestStatus.SUBMITTED
    assert setting.taken("meal") == 1


def test_where_nothing_is_planned_there_is_no_list(setting: Setting) -> None:
    with setting.database.begin() as session:
        for opening in session.execute(select(Opening)).scalars():
            session.delete(opening)
    with pytest.raises(ValueProblem):
        join(setting, "meal", LUNCH, key="a", actor=setting.house.li)


def test_who_leaves_the_list_is_passed_over(setting: Setting) -> None:
    first, second = _person(setting, "赵一"), _person(setting, "钱二")
    holder = setting.submit("meal", LUNCH)
    ids = [join(setting, "meal", LUNCH, key=str(each), actor=each) for each in (first, second)]
    _cancel(setting, ids[0], first)
    setting.cancel(holder)
    assert setting.request(ids[0]).status is RequestStatus.CANCELLED
    assert setting.request(ids[1]).status is RequestStatus.SUBMITTED


def test_an_offer_holds_the_place_until_it_is_answered(setting: Setting) -> None:
    first, second = _person(setting, "赵一"), _person(setting, "钱二")
    holder = setting.submit("meal", LUNCH)
    ids = [
        join(setting, "meal", LUNCH, key=str(each), actor=each, offer_hours=4)
        for each in (first, second)
    ]
    setting.cancel(holder)
    assert setting.request(ids[0]).status is RequestStatus.WAITING
    assert setting.taken("meal") == 1
    assert "轮到您了" in setting.notices()[-1]
    _take(setting, ids[0], first)
    _take(setting, ids[0], first)
    assert setting.request(ids[0]).status is RequestStatus.SUBMITTED
    assert setting.taken("meal") == 1
    assert _position(setting, ids[1]) == 1


def test_who_refuses_is_off_the_list_and_the_next_is_asked(setting: Setting) -> None:
    first, second = _person(setting, "赵一"), _person(setting, "钱二")
    holder = setting.submit("meal", LUNCH)
    ids = [
        join(setting, "meal", LUNCH, key=str(each), actor=each, offer_hours=4)
        for each in (first, second)
    ]
    setting.cancel(holder)
    with setting.database.begin() as session:
        actor = session.get_one(Person, first)
        waiting.refuse_offer(session, actor=actor, request_id=ids[0], now=setting.clock())
    assert setting.request(ids[0]).status is RequestStatus.CANCELLED
    with setting.database.read() as session:
        turn = waiting.turn_of(session, ids[1])
    assert turn is not None
    assert turn.offered_until == setting.clock() + timedelta(hours=4)


def test_an_unanswered_offer_goes_to_the_next_and_comes_back_once(setting: Setting) -> None:
    first, second = _person(setting, "赵一"), _person(setting, "钱二")
    values = {**LUNCH, "date": "2026-11-30"}
    holder = setting.submit("meal", values)
    ids = [
        join(setting, "meal", values, key=str(each), actor=each, offer_hours=4)
        for each in (first, second)
    ]
    setting.cancel(holder)
    setting.clock.go(hours=4)
    _look_after(setting)
    assert [_position(setting, each) for each in ids] == [2, 1]
    with pytest.raises(OfferOver):
        _take(setting, ids[0], first)
    for _ in range(3):
        setting.clock.go(hours=4)
        _look_after(setting)
    assert {setting.request(each).status for each in ids} == {RequestStatus.DECLINED}
    assert setting.taken("meal") == 0


def test_a_stranger_takes_no_offer(setting: Setting) -> None:
    setting.submit("meal", LUNCH)
    request_id = join(setting, "meal", LUNCH, key="a", actor=setting.house.li)
    with pytest.raises(RequestNotFound):
        _take(setting, request_id, setting.house.zhang)


def test_whoever_waited_in_vain_is_told(setting: Setting) -> None:
    waits_for = _person(setting, "赵一")
    setting.submit("meal", LUNCH)
    request_id = join(setting, "meal", LUNCH, key="a", actor=waits_for)
    setting.clock.go(days=1, hours=1)
    _look_after(setting)
    _look_after(setting)
    assert setting.request(request_id).status is RequestStatus.DECLINED
    assert [each for each in setting.notices() if "没有等到名额" in each] == setting.notices()[-1:]


def test_the_years_use_is_his_who_got_a_place(setting: Setting) -> None:
    people = [_person(setting, name) for name in ("赵一", "钱二")]
    first, second = (
        setting.submit("checkup", CHECKUP, key=str(each), actor=each) for each in people
    )
    waits = join(setting, "checkup", CHECKUP, key="w", actor=setting.house.li)
    other = {**CHECKUP, "session": "afternoon"}
    setting.submit("checkup", other, key="own", actor=setting.house.li)
    with pytest.raises(AlreadyUsed):
        setting.submit(
            "checkup", {**CHECKUP, "date": "2026-11-27"}, key="x", actor=setting.house.li
        )
    _cancel(setting, first, people[0])
    # She has had hers booked meanwhile: the place stays free for others.
    assert setting.request(waits).status is RequestStatus.DECLINED
    assert setting.request(second).status is RequestStatus.SUBMITTED
    assert setting.taken("checkup") == 2


def test_places_freed_by_many_at_once_are_given_once_each(setting: Setting) -> None:
    _capacity(setting, 4)
    holders = [_person(setting, f"住{each}") for each in range(4)]
    waiters = [_person(setting, f"等{each}") for each in range(6)]
    held = [setting.submit("meal", LUNCH, key=f"h{each}", actor=each) for each in holders]
    ids = [join(setting, "meal", LUNCH, key=f"w{each}", actor=each) for each in waiters]
    barrier = threading.Barrier(len(held))

    def give_up(index: int) -> None:
        barrier.wait()
        _cancel(setting, held[index], holders[index])

    with ThreadPoolExecutor(len(held)) as pool:
        list(pool.map(give_up, range(len(held))))
    statuses = [setting.request(each).status for each in ids]
    assert statuses == [RequestStatus.SUBMITTED] * 4 + [RequestStatus.WAITING] * 2
    assert setting.taken("meal") == 4
    with setting.database.read() as session:
        assert len(session.execute(select(WaitingEntry)).all()) == 2
        assert len(session.execute(select(Request)).all()) == 10


def _capacity(setting: Setting, places: int) -> None:
    with setting.database.begin() as session:
        for opening in session.execute(select(Opening)).scalars():
            opening.capacity = places
