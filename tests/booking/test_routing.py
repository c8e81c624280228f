"""To whom a request is given first, on both databases, and in one statement."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.duty.models import Shift, StaffAbsence, StaffSkill
from booking.models import Request, RequestEvent, RequestStatus, Staff, StaffRole
from booking.routing import Routed, route
from booking.working_calendar import WorkingCalendar
from store.clock import local, local_date
from store.database import Database
from store.identity import PersonKind
from tests.conftest import StandingClock
from tests.counting import counting
from tests.houses import make_house, make_person

WEDNESDAY = timedelta(days=2)


@dataclass
class Duty:
    """A house whose staff is seated as a test needs it."""

    database: Database
    clock: StandingClock
    house_id: int
    retiree: int

    def seat(self, name: str, *roles: StaffRole) -> int:
        with self.database.begin() as session:
            person = make_person(session, self.house_id, PersonKind.STAFF, name, name, self.clock())
            session.add(
                Staff(
                    institution_id=self.house_id,
                    person_id=person.id,
                    login=f"log-in {person.id}",
                    password_hash="-",
                    roles=[role.value for role in roles],
                    active=True,
                    created_at=self.clock(),
                )
            )
            return person.id

    def shift(self, person_id: int, weekday: int, starts: str, ends: str) -> None:
        with self.database.begin() as session:
            session.add(
                Shift(
                    institution_id=self.house_id,
                    person_id=person_id,
                    weekday=weekday,
                    starts=starts,
                    ends=ends,
                )
            )

    def away(self, person_id: int, since: date, until: date, stand_in: int | None = None) -> None:
        with self.database.begin() as session:
            session.add(
                StaffAbsence(
                    institution_id=self.house_id,
                    person_id=person_id,
                    since=since,
                    until=until,
                    stand_in_id=stand_in,
                    made_at=self.clock(),
                )
            )

    def can(self, person_id: int, skill: str) -> None:
        with self.database.begin() as session:
            session.add(StaffSkill(institution_id=self.house_id, person_id=person_id, skill=skill))

    def given(
        self, person_id: int, at: datetime, status: RequestStatus = RequestStatus.SUBMITTED
    ) -> None:
        with self.database.begin() as session:
            number = f"餐{person_id}-{at.timestamp()}-{status}"[:20]
            session.add(
                Request(
                    institution_id=self.house_id,
                    service="meal",
                    number=number,
                    requester_id=self.retiree,
                    beneficiary_id=self.retiree,
                    permission="本人",
                    status=status,
                    values={},
                    summary="",
                    due_at=at,
                    idempotency_key=number,
                    created_at=at,
                    routed_to_id=person_id,
                    closed_at=at if status is RequestStatus.COMPLETED else None,
                )
            )

    def route(
        self, role: str | None = "meal", *, skill: str | None = None, within: timedelta = WEDNESDAY
    ) -> Routed:
        with self.database.read() as session:
            found = route(
                session,
                institution_id=self.house_id,
                queue_role=role,
                skill=skill,
                due_at=self.clock() + within,
                calendar=WorkingCalendar(),
                now=self.clock(),
            )
        assert found is not None
        return found


@pytest.fixture
def duty(either_database: Database, clock: StandingClock) -> Duty:
    with either_database.begin() as session:
        house = make_house(session, clock())
    return Duty(either_database, clock, house.id, house.zhang)


@pytest.fixture
def staff(duty: Duty) -> dict[str, int]:
    """Seat two meal clerks, a driver's clerk and the head; nobody has shifts of his own."""
    return {
        "小李": duty.seat("小李", StaffRole.MEAL),
        "小王": duty.seat("小王", StaffRole.MEAL),
        "老周": duty.seat("老周", StaffRole.RIDE),
        "刘所长": duty.seat("刘所长", StaffRole.HEAD),
    }


def test_the_fewest_open_comes_first_then_the_longest_idle(
    duty: Duty, staff: dict[str, int]
) -> None:
    earlier = duty.clock() - timedelta(hours=3)
    duty.given(staff["小李"], earlier)
    assert duty.route().name == "小王"
    duty.given(staff["小王"], earlier + timedelta(hours=1))
    # One each: 小李 was given something last at six, 小王 at seven.
    found = duty.route()
    assert (found.name, found.why) == ("小李", "手上的事最少，1件")


def test_what_is_closed_or_waits_for_a_place_is_no_load(duty: Duty, staff: dict[str, int]) -> None:
    at = duty.clock() - timedelta(hours=1)
    duty.given(staff["小李"], at, RequestStatus.COMPLETED)
    duty.given(staff["小李"], at + timedelta(minutes=1), RequestStatus.WAITING)
    duty.given(staff["小王"], at - timedelta(hours=1))
    assert duty.route().name == "小李"


def test_only_who_works_the_queue(duty: Duty, staff: dict[str, int]) -> None:
    found = duty.route("ride")
    assert (found.person_id, found.why) == (staff["老周"], "这会儿只有他在班")


def test_only_who_is_on_a_shift(duty: Duty, staff: dict[str, int]) -> None:
    monday = local(duty.clock()).weekday()
    duty.shift(staff["小李"], monday, "13:00", "20:00")
    duty.given(staff["小王"], duty.clock() - timedelta(hours=1))
    assert duty.route().name == "小王"
    duty.clock.go(hours=10)
    # At seven in the evening the house is closed, and 小李 is the one on a shift.
    assert duty.route().name == "小李"


def test_a_shift_goes_through_the_night(duty: Duty, staff: dict[str, int]) -> None:
    duty.shift(staff["小王"], local(duty.clock()).weekday(), "20:00", "08:00")
    duty.clock.go(hours=18)
    assert duty.route().name == "小王"


def test_at_night_it_waits_for_whoever_is_there_when_the_house_opens(
    duty: Duty, staff: dict[str, int]
) -> None:
    duty.clock.go(hours=14)
    assert duty.route().name == "小李"
    # What is due before the house opens is the head's.
    found = duty.route(within=timedelta(hours=1))
    assert (found.name, found.why) == ("刘所长", "没有人在班，请负责人看")


def test_a_dated_stand_in_takes_the_place(duty: Duty, staff: dict[str, int]) -> None:
    today = local_date(duty.clock())
    duty.away(staff["老周"], today, today, stand_in=staff["小王"])
    found = duty.route("ride")
    assert (found.name, found.why) == ("小王", "替老周")
    duty.clock.go(days=1)
    assert duty.route("ride").name == "老周"


def test_nobody_there_means_the_head_or_his_stand_in(duty: Duty, staff: dict[str, int]) -> None:
    today = local_date(duty.clock())
    duty.away(staff["老周"], today - timedelta(days=3), today + timedelta(days=3))
    assert duty.route("ride").name == "刘所长"
    duty.away(staff["刘所长"], today, today, stand_in=staff["小李"])
    assert duty.route("ride").name == "小李"


def test_a_stand_in_who_is_away_too_stands_in_for_nobody(duty: Duty, staff: dict[str, int]) -> None:
    today = local_date(duty.clock())
    duty.away(staff["老周"], today, today, stand_in=staff["小王"])
    duty.away(staff["小王"], today, today)
    assert duty.route("ride").name == "刘所长"


def test_a_skill_comes_before_the_load(duty: Duty, staff: dict[str, int]) -> None:
    duty.can(staff["小王"], "轮椅")
    duty.given(staff["小王"], duty.clock() - timedelta(hours=1))
    found = duty.route(skill="轮椅")
    assert (found.name, found.why) == ("小王", "会轮椅")
    assert duty.route(skill="陪诊").name == "小李"


def test_everybodys_queue_is_the_clerks_not_the_heads(duty: Duty, staff: dict[str, int]) -> None:
    assert duty.route(None).name == "小李"
    assert duty.route("health").name == "刘所长"


def test_an_inactive_colleague_gets_nothing(duty: Duty, staff: dict[str, int]) -> None:
    with duty.database.begin() as session:
        session.scalars(select(Staff).where(Staff.person_id == staff["小李"])).one().active = False
    assert duty.route().name == "小王"


def test_it_is_one_statement(duty: Duty, staff: dict[str, int]) -> None:
    with counting(duty.database) as counted:
        duty.route()
    assert len([words for words in counted.statements if words.startswith("SELECT")]) == 1


def test_no_history_speaks_of_it_where_there_is_no_staff(duty: Duty) -> None:
    with duty.database.read() as session:
        assert session.scalars(select(RequestEvent)).all() == []
        assert (
            route(
                session,
                institution_id=duty.house_id,
                queue_role="meal",
                skill=None,
                due_at=duty.clock() + WEDNESDAY,
                calendar=WorkingCalendar(),
                now=duty.clock(),
            )
            is None
        )
