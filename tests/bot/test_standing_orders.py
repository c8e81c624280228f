"""Standing orders in a conversation: said, read back, confirmed; stopped, gone on with, ended."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from booking.meals.models import StandingOrder
from booking.meals.standing import due_days, make_day
from booking.models import Link, Request
from store.clock import local_date
from store.database import Database
from tests.bot.talks import CATALOG, Talk, begin_talk
from tests.conftest import NOW, StandingClock
from tests.houses import House

MONDAY = local_date(NOW)
TOMORROW = MONDAY + timedelta(days=1)


def orders(database: Database) -> list[StandingOrder]:
    with database.read() as session:
        return list(session.scalars(select(StandingOrder).order_by(StandingOrder.id)))


def make(database: Database, clock: StandingClock) -> None:
    """Make the round that turns orders into requests."""
    with database.read() as session:
        due = due_days(session, now=clock())
    for order_id, day in due:
        with database.begin() as session:
            make_day(session, order_id, day, catalog=CATALOG, now=clock())


def meals(database: Database) -> list[date]:
    with database.read() as session:
        rows = session.scalars(select(Request).where(Request.service == "meal"))
        return sorted(row.day for row in rows if row.day and row.status != "cancelled")


def test_it_is_read_back_and_confirmed(zhang: Talk, database: Database) -> None:
    said = zhang.says("每周一三五中午给我送一份软饭")
    for words in ("每个星期一、三、五", "午饭", "软饭", "1份", "11月24日", "您说停就停"):
        assert words in said, words
    assert orders(database) == []
    assert "记下了" in zhang.says("好")
    (order,) = orders(database)
    assert (order.weekdays, order.meal, order.from_day, order.until_day) == (
        0b10101,
        "lunch",
        TOMORROW,
        None,
    )
    assert order.values == {"diet": "soft", "portions": "1"}


def test_the_same_button_twice_is_one_order(zhang: Talk, database: Database) -> None:
    zhang.says("每天中午送饭")
    action = zhang.said[-1].buttons[0][0].action
    assert len(action.encode()) <= 64
    zhang.taps_action(action)
    zhang.taps_action(action)
    assert len(orders(database)) == 1


def test_which_meal_is_asked_and_the_taste_can_be_another(zhang: Talk, database: Database) -> None:
    assert "哪一顿" in zhang.says("我想长期订饭")
    zhang.taps("午饭")
    zhang.taps("换口味")
    assert "低盐" in zhang.taps("低盐")
    zhang.taps("确认")
    assert orders(database)[0].values["diet"] == "low_salt"


def test_two_meals_in_one_breath_are_two_orders(zhang: Talk, database: Database) -> None:
    zhang.says("从明天起每天送午饭和晚饭，送一个月")
    zhang.taps("确认")
    assert [(each.meal, each.until_day) for each in orders(database)] == [
        ("lunch", date(2026, 12, 23)),
        ("dinner", date(2026, 12, 23)),
    ]


def test_dropped_is_dropped(zhang: Talk, database: Database) -> None:
    zhang.says("每天中午送饭")
    zhang.says("不用了")
    assert orders(database) == []


def test_it_stands_in_my_bookings_and_can_be_ended_there(zhang: Talk, database: Database) -> None:
    zhang.says("工作日中午送饭")
    zhang.says("好")
    listed = zhang.taps("我的预约")
    assert "长期订餐" in listed
    assert "每个工作日" in listed
    assert "以后都不送了" in zhang.taps("停掉第1个长期订餐")
    zhang.taps("对，不送了")
    assert orders(database)[0].ended_at is not None
    assert "长期订餐" not in zhang.says("我订了什么")


def test_tomorrow_not_whether_it_was_made_or_not(
    zhang: Talk, database: Database, clock: StandingClock
) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    make(database, clock)
    assert TOMORROW in meals(database)
    assert "不送了，对吗" in zhang.says("明天不要了")
    assert "不送" in zhang.says("对")
    assert TOMORROW not in meals(database)
    zhang.says("星期五的午饭别送了")
    zhang.taps("对，不送了")
    for _ in range(5):
        make(database, clock)
        clock.go(days=1)
    assert MONDAY + timedelta(days=3) in meals(database)
    assert MONDAY + timedelta(days=4) not in meals(database)


def test_away_until_he_is_back(zhang: Talk, database: Database, clock: StandingClock) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    assert "先停着" not in zhang.says("我住院了，饭先停了吧")
    assert "接着送" in zhang.taps("对，不送了")
    clock.go(days=3)
    make(database, clock)
    assert meals(database) == []
    assert "停送" in zhang.taps_action("mine")
    assert "接着送" in zhang.says("我回来了，接着送吧")
    make(database, clock)
    assert meals(database) == [MONDAY + timedelta(days=each) for each in (4, 5)]


def test_too_late_is_said_and_a_person_is_offered(
    zhang: Talk, database: Database, clock: StandingClock
) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    make(database, clock)
    clock.go(days=1, hours=2)  # Eleven of the next day: the kitchen has begun.
    zhang.says("今天的午饭不要了")
    said = zhang.taps("对，不送了")
    assert "已经做上了" in said
    assert "找工作人员" in zhang.labels
    assert TOMORROW in meals(database)


def test_a_daughter_for_her_father(house: House, database: Database, clock: StandingClock) -> None:
    daughter = begin_talk(database, clock, house.min)
    assert "给张建国" in daughter.says("给我爸每天中午送饭")
    daughter.says("好")
    assert orders(database)[0].person_id == house.zhang
    with database.begin() as session:
        session.scalars(select(Link)).one().revoked_at = clock()
    assert "长期订餐" not in daughter.taps_action("mine")
    order = orders(database)[0].id
    daughter.taps_action(f"so:end:{order}")
    assert orders(database)[0].ended_at is None


def test_a_stranger_and_a_made_up_button(
    zhang: Talk, house: House, database: Database, clock: StandingClock
) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    order = orders(database)[0].id
    li = begin_talk(database, clock, house.li)
    for action in (
        f"so:end:{order}",
        f"so:stop:{order}:261124:-",
        f"so:go:{order}:261124",
        "so:ok:1:l:7f:261124:-:soft:1:1",
        "so:ok:zz",
        "so:stop:x:y:z",
        "so:end:99999",
        "so:",
    ):
        li.taps_action(action)
    assert orders(database)[0].ended_at is None
    assert orders(database)[0].paused_from is None
    assert len(orders(database)) == 1


def test_who_is_not_known_learns_how_to_be(database: Database, clock: StandingClock) -> None:
    nobody = begin_talk(database, clock, None, external_id="nobody")
    nobody.says("每天中午送饭")
    assert orders(database) == []


@pytest.mark.parametrize(
    "said", ["每天的饭都凉了", "每周一送我去医院透析", "明天的车不要了", "每天都有什么菜？"]
)
def test_what_is_about_something_else_stays_there(
    zhang: Talk, database: Database, said: str
) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    assert "长期订餐" not in zhang.says(said)
    assert "不送了，对吗" not in zhang.text


def test_a_day_that_cannot_be_is_said(zhang: Talk, database: Database) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    assert "已经有长期订餐" in zhang.says("每周一中午送饭")
    assert len(orders(database)) == 1


def test_a_day_that_was_left_out_is_had_again(
    zhang: Talk, database: Database, clock: StandingClock
) -> None:
    zhang.says("每天中午送饭")
    zhang.says("好")
    zhang.says("星期三的午饭别送了")
    assert "别的日子照常送" in zhang.taps("对，不送了")
    assert "接着送" in zhang.says("星期三恢复送饭")
    make(database, clock)
    assert MONDAY + timedelta(days=2) in meals(database)


def test_what_is_not_wanted_then_anyway_needs_no_stopping(zhang: Talk) -> None:
    zhang.says("每周六中午送饭")
    zhang.says("好")
    assert "本来就不送" in zhang.says("这两天先停")
