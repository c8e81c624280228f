"""值班, 打电话名单 and 人员: what a clerk sees and may do there, and what only the head may."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from booking.duty.models import CalendarDay, HouseHours, Shift, StaffAbsence, StaffSkill, Wish
from booking.models import Request, RequestStatus
from store.database import Database
from store.identity import Account, Person
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

Seat = Callable[[str], ClerkAtDesk]


def test_a_clerk_notes_that_he_is_away_and_who_stands_in(
    at_desk: Seat, house: House, database: Database
) -> None:
    clerk = at_desk("小李")
    answer = clerk.press(
        "/duty/absences",
        person=str(house.people["小李"]),
        since="2026-11-24",
        until="2026-11-26",
        stand_in=str(house.people["老周"]),
    )
    assert "记下了" in answer.text
    page = clerk.see("/duty").text
    assert "小李：2026年11月24日 到 2026年11月26日" in page
    assert "由老周替" in page
    with database.read() as session:
        row = session.scalars(select(StaffAbsence)).one()
    assert "回来了" in clerk.press(f"/duty/absences/{row.id}/end").text
    with database.read() as session:
        assert session.scalars(select(StaffAbsence)).all() == []


@pytest.mark.parametrize(
    ("since", "until", "stand_in", "said"),
    [
        ("2026-11-26", "2026-11-24", "", "这几天不对"),
        ("2026-11-01", "2026-11-02", "", "这几天不对"),
        ("不是日子", "", "", "这几天不对"),
        ("2026-11-24", "2029-11-24", "", "这几天不对"),
        ("2026-11-24", "2026-11-24", "小李", "替班的要是所里的另一位"),
        ("2026-11-24", "2026-11-24", "张建国", "替班的要是所里的另一位"),
    ],
)
def test_days_and_stand_ins_that_make_no_sense(
    at_desk: Seat, house: House, since: str, until: str, stand_in: str, said: str
) -> None:
    answer = at_desk("小李").press(
        "/duty/absences",
        person=str(house.people["小李"]),
        since=since,
        until=until,
        stand_in=str(house.people[stand_in]) if stand_in else "0",
    )
    assert said in answer.text


def test_shifts_and_skills_are_written_and_read(
    at_desk: Seat, house: House, database: Database
) -> None:
    head = at_desk("刘所长")
    person = str(house.people["老周"])
    answer = head.client.post(
        "/desk/duty/shifts",
        data={"person": person, "weekday": ["0", "2"], "starts": "8:00", "ends": "16:00"},
        headers={"HX-Request": "true", "X-CSRF-Token": head.csrf},
    )
    assert "班次写上了" in answer.text
    assert "记下了" in head.press("/duty/skills", person=person, skills="轮椅，陪诊").text
    page = head.see("/duty").text
    assert "星期三 08:00–16:00" in page
    assert "会：轮椅、陪诊" in page
    assert "没有" not in head.press("/duty/shifts/clear", person=person).text
    with database.read() as session:
        assert session.scalars(select(Shift)).all() == []
        assert len(session.scalars(select(StaffSkill)).all()) == 2


def test_a_shift_needs_a_day_and_times(at_desk: Seat, house: House) -> None:
    head, person = at_desk("刘所长"), str(house.people["老周"])
    press = head.press
    assert "请选星期几" in press("/duty/shifts", person=person, starts="8:00", ends="9:00").text
    answer = press("/duty/shifts", person=person, weekday="1", starts="八点", ends="9:00")
    assert "8:30 这样" in answer.text


def test_days_and_hours_are_the_heads(at_desk: Seat, house: House, database: Database) -> None:
    clerk, head = at_desk("小李"), at_desk("刘所长")
    assert clerk.press("/duty/hours", opens="08:00", closes="16:00").status_code == 403
    assert clerk.press("/duty/days", day="2026-12-31", works="no").status_code == 403
    assert "改了" in head.press("/duty/hours", opens="08:00", closes="16:00").text
    assert "写上了" in head.press("/duty/days", day="2026-12-31", works="no", words="盘点").text
    page = head.see("/duty").text
    assert "平常上班 08:00–16:00" in page
    assert "盘点" in page
    assert "8:30 这样" in head.press("/duty/hours", opens="16:00", closes="08:00").text
    with database.read() as session:
        assert session.scalars(select(HouseHours.opens)).all() == ["08:00"]
        assert session.scalars(select(CalendarDay.works)).all() == [False]
    head.press("/duty/days/drop", day="2026-12-31")
    with database.read() as session:
        assert session.scalars(select(CalendarDay)).all() == []


def test_nobody_sets_a_colleagues_or_another_houses_shifts(
    at_desk: Seat, house: House, two_houses: object
) -> None:
    clerk, head = at_desk("小李"), at_desk("刘所长")
    away = {"since": "2026-11-24", "until": "2026-11-24"}
    mate = str(house.people["小王"])
    assert clerk.press("/duty/absences", person=mate, **away).status_code == 403
    theirs = str(two_houses.other.people["小王"])  # type: ignore[attr-defined]
    assert head.press("/duty/absences", person=theirs, **away).status_code == 403


def test_the_rule_and_the_missing_year_are_said_in_words(at_desk: Seat) -> None:
    page = at_desk("小李").see("/duty").text
    assert "独居：10分" in page
    assert "两小时以内就要用：5分" in page
    assert "2027年的放假调休还没有公布" in page


def test_what_is_soon_or_already_late_stands_first_on_the_board(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    book.meal(clock())
    clerk = at_desk("小李")
    assert "快到时限" not in clerk.see("/").text
    clock.go(minutes=50)
    assert "快到时限" in clerk.see("/").text
    assert "快到时限" not in at_desk("老周").see("/").text


def test_who_has_no_chat_is_on_the_call_list_until_ticked(
    at_desk: Seat, book: Book, clock: StandingClock
) -> None:
    clerk = at_desk("小李")
    meal = book.meal(clock(), "李秀英")
    clerk.press(f"/requests/{meal}/accept")
    page = clerk.see("/calls").text
    assert "李秀英" in page
    assert "定好了，要告诉本人" in page
    assert "还留在名单上" in clerk.press("/calls/1/no-answer").text
    assert "打过1次没人接" in clerk.see("/calls").text
    assert "好，告诉李秀英了。" in clerk.press("/calls/1/reached").text
    assert "现在没有要打的电话" in clerk.see("/calls").text
    assert clerk.press("/calls/99/reached").status_code == 404


def test_a_death_needs_the_name_and_stops_everything(
    at_desk: Seat, book: Book, house: House, clock: StandingClock, database: Database
) -> None:
    clerk = at_desk("小李")
    meal, person = book.meal(clock()), house.people["张建国"]
    assert "名字不对" in clerk.press(f"/people/{person}/stay", kind="died", name="张建").text
    done = clerk.press(f"/people/{person}/stay", kind="died", name="张建国").text
    assert "取消了1单" in done
    assert "去世" in clerk.see("/people").text
    with database.read() as session:
        assert session.get_one(Request, meal).status is RequestStatus.CANCELLED


def test_hospital_and_home_again(at_desk: Seat, house: House) -> None:
    clerk, person = at_desk("小李"), house.people["张建国"]
    assert "住院" in clerk.press(f"/people/{person}/stay", kind="hospital").text
    assert "小李记的" in clerk.see(f"/people/{person}").text
    assert "在家" in clerk.press(f"/people/{person}/stay", kind="home").text
    assert clerk.press(f"/people/{person}/stay", kind="holiday").status_code == 404
    assert clerk.see("/people?find=李").text.count("row-who") == 1


def test_who_lives_alone_is_written_down(at_desk: Seat, house: House, database: Database) -> None:
    clerk, person = at_desk("小李"), house.people["张建国"]
    assert "记下了" in clerk.press(f"/people/{person}/care", flag="独居").text
    assert 'value="独居" checked' in clerk.see(f"/people/{person}").text
    with database.read() as session:
        assert session.get_one(Person, person).care_flags == ["独居"]
    assert clerk.press(f"/people/{person}/care", flag="有钱").status_code == 404
    clerk.press(f"/people/{person}/care")
    with database.read() as session:
        assert session.get_one(Person, person).care_flags is None


def test_a_wish_is_written_down_for_someone(
    at_desk: Seat, house: House, database: Database
) -> None:
    clerk, person = at_desk("小李"), house.people["张建国"]
    clerk.press(f"/people/{person}/wish", how_much="daily", reminders="no")
    with database.read() as session:
        wish = session.scalars(select(Wish)).one()
        assert session.scalars(select(Account)).first() is not None
    assert (wish.how_much.value, wish.reminders) == ("daily", False)
    staff = house.people["小王"]
    assert clerk.see(f"/people/{staff}").status_code == 404
