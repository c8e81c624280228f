"""名额, on both databases: added, lowered and closed under bookings; who has had none this year."""

from datetime import date

import pytest
from sqlalchemy import select

from booking.errors import AlreadyUsed
from booking.models import Opening, RequestStatus
from booking.openings import OpeningRefused, Plan, close, line_of, lower, openings_of, put
from booking.requests import miss
from booking.services import load_catalog
from booking.yearly import decide_missed, invite, not_yet
from store.database import Database
from store.identity import CareFlag
from tests.booking.test_requests import CHECKUP, Setting
from tests.booking.test_waiting import _cancel, _person, join
from tests.conftest import StandingClock
from tests.houses import make_account, make_house

DAY = date(2026, 11, 26)


@pytest.fixture
def setting(either_database: Database, clock: StandingClock) -> Setting:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=1)
        account_id = make_account(session, clock(), person_id=house.zhang).id
    return Setting(either_database, house, load_catalog(), clock, account_id)


def _opening(setting: Setting, period: str = "morning") -> Opening:
    with setting.database.read() as session:
        return session.execute(
            select(Opening).where(
                Opening.service == "checkup", Opening.day == DAY, Opening.period == period
            )
        ).scalar_one()


def _put(setting: Setting, plan: Plan) -> None:
    with setting.database.begin() as session:
        service = setting.catalog.get("checkup")
        put(session, service=service, plan=plan, clerk=setting.house.head, now=setting.clock())


def _lower(setting: Setting, places: int, reason: str = "体检车少来一辆") -> int:
    opening = _opening(setting)
    with setting.database.begin() as session:
        return lower(
            session,
            catalog=setting.catalog,
            opening_id=opening.id,
            places=places,
            clerk=setting.house.head,
            reason=reason,
            now=setting.clock(),
        )


def _close(setting: Setting, reason: str = "医院停电") -> int:
    opening = _opening(setting)
    with setting.database.begin() as session:
        return close(
            session,
            catalog=setting.catalog,
            opening_id=opening.id,
            clerk=setting.house.head,
            reason=reason,
            now=setting.clock(),
        )


def test_a_session_is_added_and_can_be_booked(setting: Setting) -> None:
    day = date(2026, 12, 20)
    _put(setting, Plan(day, "morning", 3, details="总医院，空腹"))
    request_id = setting.submit("checkup", {"date": day.isoformat(), "session": "morning"})
    assert setting.request(request_id).opening_id is not None
    with setting.database.read() as session:
        listed = openings_of(
            session,
            institution_id=setting.house.id,
            service=setting.catalog.get("checkup"),
            first=day,
        )
    assert [(each.opening.capacity, each.opening.taken) for each in listed] == [(3, 1)]


def test_more_places_go_to_whoever_waits(setting: Setting) -> None:
    for name in ("赵一", "钱二"):
        setting.submit("checkup", CHECKUP, key=name, actor=_person(setting, name))
    waits = join(setting, "checkup", CHECKUP, key="w", actor=setting.house.li)
    _put(setting, Plan(DAY, "morning", 3))
    assert setting.request(waits).status is RequestStatus.SUBMITTED


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (Plan(DAY, "morning", 1), "已经有2个名额"),
        (Plan(DAY, "morning", 0), "名额要写"),
        (Plan(date(2026, 11, 20), "morning", 3), "已经过去"),
        (Plan(DAY, "night", 3), "没有这个时段"),
        (Plan(DAY, "morning", 3, provider="总医院"), "请空着"),
    ],
)
def test_what_cannot_be_is_said(setting: Setting, plan: Plan, words: str) -> None:
    with pytest.raises(OpeningRefused, match=words):
        _put(setting, plan)


def test_who_came_last_loses_the_place_and_waits_first(setting: Setting) -> None:
    alone, plain = _person(setting, "赵一", CareFlag.ALONE), _person(setting, "钱二")
    plain_one = setting.submit("checkup", CHECKUP, key="b", actor=plain)
    alone_one = setting.submit("checkup", CHECKUP, key="a", actor=alone)
    waits = join(setting, "checkup", CHECKUP, key="w", actor=setting.house.li)
    assert _lower(setting, 1) == 1
    assert setting.request(alone_one).status is RequestStatus.SUBMITTED
    assert setting.request(plain_one).status is RequestStatus.WAITING
    assert (_opening(setting).capacity, _opening(setting).taken) == (1, 1)
    assert "体检车少来一辆" in setting.notices()[-1]
    with setting.database.read() as session:
        line = line_of(session, _opening(setting).id)
    assert [each.request_id for each in line] == [plain_one, waits]
    _cancel(setting, alone_one, alone)
    assert setting.request(plain_one).status is RequestStatus.SUBMITTED


def test_lowering_needs_a_reason(setting: Setting) -> None:
    with pytest.raises(OpeningRefused, match="原因"):
        _lower(setting, 1, reason=" ")


def test_a_closed_session_is_told_to_all_and_frees_the_year(setting: Setting) -> None:
    holder = _person(setting, "赵一")
    _person(setting, "钱二")
    held = setting.submit("checkup", CHECKUP, key="a", actor=holder)
    _lower(setting, 1)
    waits = join(setting, "checkup", CHECKUP, key="w", actor=setting.house.zhang)
    assert _close(setting) == 2
    assert {setting.request(each).status for each in (held, waits)} == {RequestStatus.DECLINED}
    told = [each for each in setting.notices() if "这一场取消了" in each]
    assert len(told) == 2
    other = {**CHECKUP, "date": "2026-11-27"}
    setting.submit("checkup", other, key="again", actor=holder)


def test_nothing_is_done_to_another_house(setting: Setting) -> None:
    with setting.database.begin() as session:
        other = make_house(session, setting.clock(), name="西山军休所")
    with setting.database.begin() as session, pytest.raises(OpeningRefused, match="不在了"):
        close(
            session,
            catalog=setting.catalog,
            opening_id=_opening_of(setting, other.id),
            clerk=setting.house.head,
            reason="停",
            now=setting.clock(),
        )


def _opening_of(setting: Setting, house_id: int) -> int:
    with setting.database.read() as session:
        found = select(Opening.id).where(
            Opening.institution_id == house_id, Opening.service == "checkup"
        )
        return session.execute(found.limit(1)).scalar_one()


def test_who_has_not_had_this_years_is_written_to_once(setting: Setting) -> None:
    service = setting.catalog.get("checkup")
    setting.submit("checkup", CHECKUP)
    _person(setting, "赵一")
    with setting.database.begin() as session:
        left = not_yet(session, institution_id=setting.house.id, service=service, year=2026)
        assert [each.name for each in left] == ["李秀英", "赵一"]
        for expected in ((1, 1), (0, 0)):
            invited = invite(
                session,
                service=service,
                clerk=setting.house.head,
                year=2026,
                now=setting.clock(),
            )
            assert (invited.told, invited.to_call) == expected
    assert setting.notices()[-1] == (
        "赵一，2026年的体检您还没有约。想哪天去，点下面的，或者直接跟我说。"
    )
    with setting.database.read() as session:
        left = not_yet(session, institution_id=setting.house.id, service=service, year=2026)
    assert {each.name: each.reached for each in left} == {"李秀英": False, "赵一": True}


@pytest.mark.parametrize("is_used", [True, False])
def test_the_house_decides_whether_a_missed_one_is_used(setting: Setting, is_used: bool) -> None:
    service = setting.catalog.get("checkup")
    with setting.database.begin() as session:
        decide_missed(session, service=service, clerk=setting.house.head, is_used=not is_used)
        decide_missed(session, service=service, clerk=setting.house.head, is_used=is_used)
    request_id = setting.submit("checkup", CHECKUP)
    setting.accept(request_id)
    setting.act(miss, request_id, reason="没有来")
    again = {**CHECKUP, "date": "2026-11-27"}
    if is_used:
        with pytest.raises(AlreadyUsed):
            setting.submit("checkup", again, key="again")
    else:
        setting.submit("checkup", again, key="again")
