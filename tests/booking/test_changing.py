"""Changing a request that is made, on both databases: the old place until the new is taken."""

import pytest
from sqlalchemy import select

from booking.changing import Wanted, change
from booking.errors import (
    MoveNotAllowed,
    NoPlaceLeft,
    RequestNotFound,
    TooLateToChange,
    ValueProblem,
)
from booking.models import EventKind, Opening, RequestEvent, RequestStatus, YearlyUse
from booking.rides.models import VehicleBlock
from booking.services import load_catalog
from store.database import Database
from store.identity import Person
from tests.booking.test_requests import CHECKUP, LUNCH, RIDE, Setting
from tests.booking.test_waiting import join
from tests.conftest import StandingClock
from tests.houses import make_account, make_house


@pytest.fixture
def setting(either_database: Database, clock: StandingClock) -> Setting:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=3)
        account_id = make_account(session, clock(), person_id=house.zhang).id
    return Setting(either_database, house, load_catalog(), clock, account_id)


def _change(
    setting: Setting, request_id: int, values: dict[str, str], actor: int | None = None
) -> None:
    with setting.database.begin() as session:
        wanted = Wanted(session.get_one(Person, actor or setting.house.zhang), request_id, values)
        change(session, catalog=setting.catalog, wanted=wanted, now=setting.clock())


def _taken(setting: Setting) -> dict[tuple[str, str], int]:
    with setting.database.read() as session:
        rows = session.execute(select(Opening).where(Opening.taken > 0)).scalars()
        return {(row.day.isoformat(), row.period): row.taken for row in rows}


def _told(setting: Setting, kind: EventKind) -> list[str | None]:
    with setting.database.read() as session:
        events = session.execute(select(RequestEvent).where(RequestEvent.kind == kind)).scalars()
        return [event.text for event in events]


def test_another_day_takes_the_new_place_and_gives_the_old_one_back(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    _change(setting, request_id, {"date": "2026-11-25", "portions": "2"})
    assert _taken(setting) == {("2026-11-25", "lunch"): 2}
    request = setting.request(request_id)
    assert request.summary == "11月25日（星期三）午饭，普通2份，送到家"
    assert request.day is not None
    assert request.day.isoformat() == "2026-11-25"
    assert _told(setting, EventKind.CHANGED) == [
        "改了：日子：明天，11月24日（星期二）→后天，11月25日（星期三）；份数：1份→2份（本人）"
    ]


def test_more_of_the_same_takes_only_what_is_more(setting: Setting) -> None:
    request_id = setting.submit("meal", {**LUNCH, "portions": "2"})
    _change(setting, request_id, {"portions": "3"})
    assert _taken(setting) == {("2026-11-24", "lunch"): 3}


def test_where_the_new_place_is_taken_the_old_one_stays(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.submit("meal", {**LUNCH, "meal": "dinner", "portions": "3"}, key="full")
    with pytest.raises((NoPlaceLeft, ValueProblem)):
        _change(setting, request_id, {"meal": "dinner"})
    assert _taken(setting) == {("2026-11-24", "lunch"): 1, ("2026-11-24", "dinner"): 3}
    assert setting.request(request_id).values["meal"] == "lunch"


def test_a_ride_moves_into_a_time_that_overlaps_its_own(setting: Setting) -> None:
    request_id = setting.submit("ride", RIDE)
    setting.submit("ride", RIDE, key="other car")
    _change(setting, request_id, {"time": "08:30"})
    with setting.database.read() as session:
        blocks = session.execute(
            select(VehicleBlock.starts_at)
            .where(VehicleBlock.request_id == request_id)
            .order_by(VehicleBlock.starts_at)
        ).scalars()
        assert f"{next(blocks):%H:%M}" == "00:30"


def test_what_matters_goes_back_to_be_accepted_again_and_the_clerk_is_told(
    setting: Setting,
) -> None:
    request_id = setting.submit("ride", RIDE)
    setting.accept(request_id, setting.house.ride_clerk)
    with setting.database.begin() as session:
        make_account(
            session,
            setting.clock(),
            person_id=setting.house.ride_clerk.person_id,
            external_id="clerk",
        )
    _change(setting, request_id, {"time": "10:00"})
    request = setting.request(request_id)
    assert request.status is RequestStatus.SUBMITTED
    assert request.assignee_id is None
    assert "您接的这一单改了：时间：上午8点→上午10点" in setting.notices()[-1]


def test_how_many_portions_leaves_an_accepted_meal_accepted(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.accept(request_id, setting.house.meal_clerk)
    _change(setting, request_id, {"portions": "2"})
    assert setting.request(request_id).status is RequestStatus.ACCEPTED


def test_the_same_change_twice_is_one_change(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    _change(setting, request_id, {"portions": "2"})
    _change(setting, request_id, {"portions": "2"})
    assert len(_told(setting, EventKind.CHANGED)) == 1
    assert _taken(setting) == {("2026-11-24", "lunch"): 2}


def test_after_the_cut_off_nothing_changes(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.clock.go(days=1, hours=1)
    with pytest.raises(TooLateToChange):
        _change(setting, request_id, {"portions": "2"})
    assert _taken(setting) == {("2026-11-24", "lunch"): 1}


def test_a_daughter_changes_and_her_father_is_told(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    _change(setting, request_id, {"portions": "2"}, actor=setting.house.min)
    assert setting.notices()[-1].startswith("张老，张敏把您这一单改了：份数：1份→2份。")


def test_a_stranger_does_not_learn_that_it_exists(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    with pytest.raises(RequestNotFound):
        _change(setting, request_id, {"portions": "2"}, actor=setting.house.li)


def test_what_is_cancelled_is_not_changed(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.cancel(request_id)
    with pytest.raises(MoveNotAllowed):
        _change(setting, request_id, {"portions": "2"})


def test_a_checkup_of_another_day_stays_the_one_of_this_year(setting: Setting) -> None:
    request_id = setting.submit("checkup", CHECKUP)
    _change(setting, request_id, {"date": "2026-11-27"})
    with setting.database.read() as session:
        assert session.execute(select(YearlyUse.request_id)).scalars().all() == [request_id]


def test_what_a_change_frees_goes_to_whoever_waits(setting: Setting) -> None:
    full = setting.submit("meal", {**LUNCH, "portions": "3"})
    waits = join(setting, "meal", LUNCH, key="w", actor=setting.house.li)
    _change(setting, full, {"portions": "2"})
    assert setting.request(waits).status is RequestStatus.SUBMITTED
    assert _taken(setting) == {("2026-11-24", "lunch"): 3}
