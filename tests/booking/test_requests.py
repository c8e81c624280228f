"""The verbs of a request, on both databases: who may, what is taken, who is told."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from booking import requests
from booking.errors import (
    AlreadyTaken,
    AlreadyUsed,
    BookingError,
    MoveNotAllowed,
    NoPlaceLeft,
    NotPermitted,
    RequestNotFound,
    ValueProblem,
)
from booking.freeing import free_overdue
from booking.models import Opening, Request, RequestEvent, RequestStatus, YearlyUse
from booking.ratings import rate
from booking.requests import Submission, submit
from booking.rides.models import VehicleBlock
from booking.services import Catalog, load_catalog
from store.database import Database
from store.identity import Person, PersonKind
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house, make_person

LUNCH = {"date": "2026-11-24", "meal": "lunch", "diet": "normal", "portions": "1"}
RIDE = {"date": "2026-11-24", "time": "08:00", "destination": "总医院", "return_trip": "no"}
CHECKUP = {"date": "2026-11-26", "session": "morning"}


@dataclass
class Setting:
    """A house on a database, with shortcuts to act in it."""

    database: Database
    house: House
    catalog: Catalog
    clock: StandingClock
    account_id: int

    def submit(
        self,
        service: str,
        values: dict[str, str],
        *,
        key: str = "k1",
        actor: int | None = None,
        beneficiary: int | None = None,
    ) -> int:
        actor = actor or self.house.zhang
        with self.database.begin() as session:
            request = submit(
                session,
                Submission(
                    actor=session.get_one(Person, actor),
                    beneficiary=session.get_one(Person, beneficiary or actor),
                    service=self.catalog.get(service),
                    values=values,
                    account_id=self.account_id,
                    key=key,
                ),
                now=self.clock(),
            )
            return request.id

    def accept(self, request_id: int, clerk: object = None) -> None:
        with self.database.begin() as session:
            requests.accept(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=clerk or self.house.head,  # type: ignore[arg-type]
                now=self.clock(),
            )

    def decline(self, request_id: int, reason: str = "厨房停电") -> None:
        with self.database.begin() as session:
            requests.decline(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                reason=reason,
                now=self.clock(),
            )

    def complete(self, request_id: int) -> None:
        with self.database.begin() as session:
            requests.complete(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
            )

    def act(self, verb: Callable[..., Request], request_id: int, **more: str) -> None:
        with self.database.begin() as session:
            verb(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
                **more,
            )

    def cancel(self, request_id: int, actor: int | None = None) -> None:
        with self.database.begin() as session:
            requests.cancel(
                session,
                actor=session.get_one(Person, actor or self.house.zhang),
                request_id=request_id,
                now=self.clock(),
            )

    def request(self, request_id: int) -> Request:
        with self.database.read() as session:
            return session.get_one(Request, request_id)

    def taken(self, service: str) -> int:
        with self.database.read() as session:
            return int(
                session.execute(
                    select(func.sum(Opening.taken)).where(Opening.service == service)
                ).scalar_one()
            )

    def notices(self) -> list[str]:
        with self.database.read() as session:
            rows = session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars()
            return [row.body["text"] for row in rows]


@pytest.fixture
def setting(either_database: Database, clock: StandingClock) -> Setting:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=3)
        account = make_account(session, clock(), person_id=house.zhang)
        account_id = account.id
    return Setting(either_database, house, load_catalog(), clock, account_id)


def test_a_booking_is_a_request_with_number_history_and_its_place(setting: Setting) -> None:
    request = setting.request(setting.submit("meal", {**LUNCH, "portions": "2"}))
    assert request.number == "餐1001"
    assert request.status is RequestStatus.SUBMITTED
    assert request.summary == "11月24日（星期二）午饭，普通2份，送到家"
    assert setting.taken("meal") == 2
    with setting.database.read() as session:
        events = session.execute(select(RequestEvent)).scalars().all()
    assert [event.text for event in events] == ["提交"]


def test_the_same_key_books_once(setting: Setting) -> None:
    assert setting.submit("meal", LUNCH) == setting.submit("meal", LUNCH)
    assert setting.taken("meal") == 1


def test_numbers_run_on_by_kind(setting: Setting) -> None:
    first = setting.submit("meal", LUNCH, key="a")
    ride = setting.submit("ride", RIDE, key="b")
    second = setting.submit("meal", {**LUNCH, "meal": "dinner"}, key="c")
    numbers = [setting.request(each).number for each in (first, ride, second)]
    assert numbers == ["餐1001", "车1001", "餐1002"]


def test_a_full_meal_offers_the_nearest_others_and_takes_nothing(setting: Setting) -> None:
    setting.submit("meal", {**LUNCH, "portions": "3"}, key="a")
    with pytest.raises((NoPlaceLeft, ValueProblem)):
        setting.submit("meal", LUNCH, key="b")
    assert setting.taken("meal") == 3


def test_cancelling_and_declining_give_the_place_back(setting: Setting) -> None:
    first = setting.submit("meal", LUNCH, key="a")
    second = setting.submit("meal", LUNCH, key="b")
    setting.cancel(first)
    setting.accept(second)
    setting.decline(second)
    # A cancelling can be undone for a while; its place is free after that.
    assert setting.taken("meal") == 1
    with setting.database.begin() as session:
        free_overdue(session, now=setting.clock.go(minutes=10))
    assert setting.taken("meal") == 0
    assert setting.request(second).reason == "厨房停电"


def test_a_cancelled_request_cannot_be_worked(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.cancel(request_id)
    with pytest.raises(MoveNotAllowed, match="cancelled"):
        setting.accept(request_id)


def test_two_rides_at_one_time_get_two_vehicles_and_the_third_is_offered_others(
    setting: Setting,
) -> None:
    for key in ("a", "b"):
        setting.submit("ride", RIDE, key=key)
    with pytest.raises(NoPlaceLeft) as full:
        setting.submit("ride", {**RIDE, "time": "09:00"}, key="c")
    times = [each.values["time"] for each in full.value.alternatives]
    assert times == ["10:00", "10:30", "11:00"]


def test_a_wheelchair_gets_the_vehicle_that_takes_it(setting: Setting) -> None:
    setting.submit("ride", RIDE, key="plain")
    setting.submit("ride", {**RIDE, "wheelchair": "yes"}, key="chair")
    with pytest.raises(NoPlaceLeft):
        setting.submit("ride", {**RIDE, "wheelchair": "yes"}, key="another")


def test_a_cancelled_ride_frees_its_vehicle(setting: Setting) -> None:
    ids = [setting.submit("ride", RIDE, key=key) for key in ("a", "b")]
    setting.cancel(ids[0])
    setting.submit("ride", RIDE, key="c")
    with setting.database.read() as session:
        held = session.execute(select(VehicleBlock.request_id).distinct()).scalars().all()
    assert ids[0] not in held


def test_one_checkup_a_year_for_each_person(setting: Setting) -> None:
    first = setting.submit("checkup", CHECKUP, key="a")
    with pytest.raises(AlreadyUsed) as used:
        setting.submit("checkup", {**CHECKUP, "date": "2026-11-27"}, key="b")
    assert used.value.number == setting.request(first).number
    assert setting.taken("checkup") == 1
    setting.submit("checkup", CHECKUP, key="c", actor=setting.house.li)


def test_the_daughters_booking_uses_her_fathers_year(setting: Setting) -> None:
    setting.submit("checkup", CHECKUP, key="a")
    with pytest.raises(AlreadyUsed):
        setting.submit(
            "checkup",
            CHECKUP,
            key="b",
            actor=setting.house.min,
            beneficiary=setting.house.zhang,
        )


def test_a_cancelled_checkup_frees_the_year(setting: Setting) -> None:
    setting.cancel(setting.submit("checkup", CHECKUP, key="a"))
    setting.submit("checkup", CHECKUP, key="b")
    with setting.database.read() as session:
        assert session.execute(select(func.count()).select_from(YearlyUse)).scalar_one() == 1


def test_nobody_books_for_a_stranger(setting: Setting) -> None:
    with pytest.raises(NotPermitted):
        setting.submit("meal", LUNCH, actor=setting.house.min, beneficiary=setting.house.li)
    assert setting.taken("meal") == 0


def test_a_relatives_booking_is_logged_and_told(setting: Setting) -> None:
    request_id = setting.submit(
        "meal", LUNCH, actor=setting.house.min, beneficiary=setting.house.zhang
    )
    request = setting.request(request_id)
    assert request.requester_id == setting.house.min
    assert "家人授权" in request.permission
    assert any("张敏替您订餐了" in text for text in setting.notices())


def test_each_step_reaches_the_person(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id)
    setting.complete(request_id)
    accepted, completed = setting.notices()
    assert "定好了" in accepted
    assert "刘所长" in accepted
    assert "餐1001" in completed
    assert "打个分" in completed


def test_someone_without_an_account_leaves_a_line_for_the_clerk(setting: Setting) -> None:
    setting.accept(setting.submit("meal", LUNCH, actor=setting.house.li))
    with setting.database.read() as session:
        texts = [each.text for each in session.execute(select(RequestEvent)).scalars()]
    assert [text for text in texts if text and "打电话" in text] == [
        "没有能联系上的聊天账号，请打电话告诉李秀英"
    ]


def test_the_second_clerk_is_told_who_has_it(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id, setting.house.meal_clerk)
    setting.accept(request_id, setting.house.meal_clerk)
    with pytest.raises(AlreadyTaken) as taken:
        setting.accept(request_id, setting.house.head)
    assert taken.value.by == "小李"


def test_a_clerk_works_only_his_queues_and_his_house(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    with pytest.raises(NotPermitted):
        setting.accept(request_id, setting.house.ride_clerk)
    with setting.database.begin() as session:
        other = make_house(session, setting.clock(), name="西山军休所")
    with pytest.raises(RequestNotFound):
        setting.accept(request_id, other.head)


def test_what_was_never_accepted_cannot_be_completed(setting: Setting) -> None:
    with pytest.raises(MoveNotAllowed):
        setting.complete(setting.submit("meal", LUNCH))


def test_strangers_cannot_cancel_and_do_not_learn_that_it_exists(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    with pytest.raises(RequestNotFound):
        setting.cancel(request_id, actor=setting.house.li)


def test_what_has_begun_cannot_be_cancelled(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.clock.go(days=2)
    with pytest.raises(MoveNotAllowed):
        setting.cancel(request_id)


def test_stars_are_kept_once(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id)
    setting.complete(request_id)

    def give(stars: int) -> bool:
        with setting.database.begin() as session:
            zhang = session.get_one(Person, setting.house.zhang)
            return rate(
                session, actor=zhang, request_id=request_id, stars=stars, now=setting.clock()
            )

    assert give(5) is True
    assert give(1) is False
    with pytest.raises(ValueError, match="1 to 5"):
        give(6)


@pytest.mark.parametrize(
    "values",
    [
        {"date": "2026-11-20"},
        {"date": "2027-11-24"},
        {"portions": "0"},
        {"portions": "999"},
        {"diet": "poison"},
        {"date": "不是日子"},
    ],
)
def test_impossible_values_are_refused_with_a_sentence(
    setting: Setting, values: dict[str, str]
) -> None:
    with pytest.raises(ValueProblem) as problem:
        setting.submit("meal", {**LUNCH, **values})
    assert problem.value.field in values
    assert problem.value.problem.endswith(("？", "。"))
    assert setting.taken("meal") == 0


def test_people_alone_come_first_and_the_reason_is_in_words(setting: Setting) -> None:
    request = setting.request(setting.submit("meal", LUNCH, actor=setting.house.li))
    assert request.priority > 0
    assert request.priority_reason == "重点人员（独居）"


def test_two_hundred_people_and_fifty_places(
    either_database: Database, clock: StandingClock
) -> None:
    """Contenders at once, from threads with connections of their own: never one too many."""
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=20)
        people = [
            make_person(session, house.id, PersonKind.RETIREE, f"老同志{n}", "您", clock()).id
            for n in range(60)
        ]
        account_id = make_account(session, clock()).id
    setting = Setting(either_database, house, load_catalog(), clock, account_id)
    start = threading.Barrier(6)

    def contend(mine: list[int]) -> Iterator[bool]:
        start.wait()
        for person in mine:
            try:
                setting.submit("meal", LUNCH, key=f"p{person}", actor=person)
            except BookingError:
                yield False
            else:
                yield True

    run: Callable[[list[int]], list[bool]] = lambda mine: list(contend(mine))  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        outcomes = [got for part in pool.map(run, [people[n::6] for n in range(6)]) for got in part]
    assert sum(outcomes) == 20
    assert setting.taken("meal") == 20


def test_an_accepted_ride_shows_due_before_it_starts(setting: Setting) -> None:
    request = setting.request(
        setting.submit("ride", {**RIDE, "date": "2026-11-23", "time": "10:00"})
    )
    assert request.starts_at is not None
    assert request.due_at <= request.starts_at
    assert request.starts_at - setting.clock() == timedelta(hours=1)


def test_a_request_that_began_is_completed(setting: Setting) -> None:
    request_id = setting.submit("ride", RIDE)
    setting.accept(request_id)
    setting.act(requests.start, request_id)
    started = setting.request(request_id)
    assert started.status is RequestStatus.IN_PROGRESS
    assert started.moved_at == setting.clock()
    setting.complete(request_id)
    assert setting.request(request_id).status is RequestStatus.COMPLETED


def test_what_did_not_come_about_says_why_and_frees_the_year(setting: Setting) -> None:
    request_id = setting.submit("checkup", CHECKUP)
    setting.accept(request_id)
    setting.act(requests.miss, request_id, reason="没有来")
    missed = setting.request(request_id)
    assert missed.status is RequestStatus.MISSED
    assert missed.reason == "没有来"
    assert setting.submit("checkup", CHECKUP, key="again") != request_id


def test_what_nobody_took_cannot_be_missed_or_begun(setting: Setting) -> None:
    request_id = setting.submit("ride", RIDE)
    with pytest.raises(MoveNotAllowed):
        setting.act(requests.start, request_id)
    with pytest.raises(MoveNotAllowed):
        setting.act(requests.miss, request_id, reason="没有来")


def test_a_clerk_gives_a_request_back_and_another_takes_it(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id)
    setting.act(requests.put_back, request_id, reason="我下午不在")
    given = setting.request(request_id)
    assert given.status is RequestStatus.SUBMITTED
    assert given.assignee_id is None
    setting.accept(request_id)
    assert setting.request(request_id).status is RequestStatus.ACCEPTED


def test_a_reason_is_needed_to_give_back_or_to_miss(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id)
    for verb in (requests.put_back, requests.miss):
        with pytest.raises(ValueError, match="reason"):
            setting.act(verb, request_id, reason="  ")


def test_a_daily_meal_asks_for_stars_once_a_week(setting: Setting) -> None:
    asked = []
    for index in range(9):
        day = (setting.clock() + timedelta(days=1)).date().isoformat()
        request_id = setting.submit("meal", {**LUNCH, "date": day}, key=f"day {index}")
        setting.accept(request_id)
        setting.complete(request_id)
        asked.append(setting.request(request_id).stars_asked_at is not None)
        setting.clock.go(days=1)
    assert asked == [True, *[False] * 6, True, False]


def test_a_ride_asks_for_stars_each_time(setting: Setting) -> None:
    for index in range(2):
        request_id = setting.submit("ride", {**RIDE, "time": f"0{8 + index}:00"}, key=str(index))
        setting.accept(request_id)
        setting.complete(request_id)
        assert setting.request(request_id).stars_asked_at is not None
