"""Changing what is booked, undoing a cancelling, waiting for a place: in the conversation."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from booking import waiting
from booking.models import Opening, RequestStatus
from booking.place_models import WaitingEntry
from booking.requests import accept, cancel
from bot.understanding.commands import Command, Intent, Slots
from store.database import Database
from store.identity import Person
from tests.bot.talks import CATALOG, TOMORROW, Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House


def _lunch(talk: Talk, portions: int = 1, day: date = TOMORROW) -> None:
    talk.book(service="meal", date=day, meal="lunch", diet="soft", portions=portions)
    talk.taps("确认")


def _ride(talk: Talk) -> None:
    talk.book(service="ride", date=TOMORROW, time=time(8), destination="301", return_trip=False)
    talk.taps("确认")


@pytest.fixture
def li(database: Database, clock: StandingClock, house: House) -> Talk:
    return begin_talk(database, clock, house.li)


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("改到十点", "time", "10:00"),
        ("不去301了，改去协和", "destination", "协和"),
        ("明天的车改到九点", "time", "09:00"),
        ("改成后天", "date", "2026-11-25"),
    ],
)
def test_a_ride_is_changed_in_words(zhang: Talk, words: str, field: str, value: str) -> None:
    _ride(zhang)
    card = zhang.says(words)
    assert card.startswith("改成这样，对不对")
    assert zhang.requests()[0].values[field] != value
    assert "改好了" in zhang.says("对")
    (request,) = zhang.requests()
    assert request.values[field] == value


def test_no_it_is_three_speaks_of_what_was_just_booked(zhang: Talk) -> None:
    _lunch(zhang, day=TOMORROW + timedelta(days=1))
    zhang.clock.go(hours=1)
    _lunch(zhang)
    assert "份数：3份" in zhang.says("不对，是三份")
    zhang.taps("确认")
    assert [each.values["portions"] for each in zhang.requests()] == ["1", "3"]


def test_what_was_said_of_the_old_one_tells_which(zhang: Talk) -> None:
    _lunch(zhang)
    _lunch(zhang, day=TOMORROW + timedelta(days=1))
    zhang.clock.go(hours=1)
    zhang.says("把明天的午饭改成三份")
    zhang.taps("确认")
    assert [each.values["portions"] for each in zhang.requests()] == ["3", "1"]


def test_where_several_fit_it_is_asked_which(zhang: Talk) -> None:
    _lunch(zhang)
    _lunch(zhang, day=TOMORROW + timedelta(days=1))
    zhang.clock.go(hours=1)
    assert "您要改哪一单" in zhang.says("改成三份")
    zhang.means(Command(Intent.REPEAT), words="再说一遍")
    assert "份数：3份" in zhang.says("第二个")
    zhang.taps("确认")
    assert [each.values["portions"] for each in zhang.requests()] == ["1", "3"]


def test_only_to_change_something_asks_what(zhang: Talk) -> None:
    _ride(zhang)
    assert "要改哪一项" in zhang.says("我要改一下")
    zhang.taps("时间")
    zhang.says("十点")
    zhang.taps("确认")
    assert zhang.requests()[0].values["time"] == "10:00"


def test_changing_can_be_given_up(zhang: Talk) -> None:
    _ride(zhang)
    zhang.says("改到十点")
    assert "还是原来那样" in zhang.taps("不改了")
    assert zhang.requests()[0].values["time"] == "08:00"


def test_from_my_requests_one_is_changed(zhang: Talk) -> None:
    _ride(zhang)
    zhang.means(Command(Intent.STATUS), words="我的预约")
    assert "要改哪一项" in zhang.taps("改 车1001")


def test_after_the_cut_off_a_person_is_offered(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.clock.go(days=1, hours=1, minutes=30)
    said = zhang.says("改成三份")
    assert "改不了了" in said
    assert "请工作人员" in said
    zhang.says("好")
    assert {each.service for each in zhang.requests()} == {"meal", "human"}


def test_a_change_to_what_is_full_offers_others_and_keeps_the_old(zhang: Talk, li: Talk) -> None:
    _lunch(li, portions=5, day=TOMORROW + timedelta(days=1))
    _lunch(zhang)
    zhang.says("改成后天")
    assert zhang.requests()[1].values["date"] == TOMORROW.isoformat()
    assert "排队" not in str(zhang.said)


def test_an_accepted_one_is_said_to_wait_again(
    zhang: Talk, database: Database, house: House, clock: StandingClock
) -> None:
    _ride(zhang)
    with database.begin() as session:
        accept(
            session,
            catalog=CATALOG,
            request_id=zhang.requests()[0].id,
            clerk=house.ride_clerk,
            now=clock(),
        )
    zhang.says("改到十点")
    assert "等工作人员定下来" in zhang.taps("确认")
    assert zhang.requests()[0].status is RequestStatus.SUBMITTED


def test_cancelling_is_undone(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.taps_action(f"cancelyes:{zhang.requests()[0].id}")
    assert "恢复了" in zhang.types("撤销取消")
    assert zhang.requests()[0].status is RequestStatus.SUBMITTED


def test_do_not_cancel_after_all_is_undoing_too(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.taps_action(f"cancelyes:{zhang.requests()[0].id}")
    zhang.means(Command(Intent.GREETING), words="你好")
    assert "恢复了" in zhang.says("别取消了")
    assert zhang.requests()[0].status is RequestStatus.SUBMITTED
    # Nothing is cancelled now: the words are no wish to cancel either.
    assert "恢复" not in zhang.says("取消午饭")


def test_too_late_to_undo(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.taps_action(f"cancelyes:{zhang.requests()[0].id}")
    zhang.clock.go(minutes=11)
    assert "恢复不了了" in zhang.taps("撤销取消")


def _full_lunch(talk: Talk) -> int:
    _lunch(talk, portions=5)
    return talk.requests()[0].id


def test_where_it_is_full_he_waits_and_is_told(
    zhang: Talk, li: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    taken = _full_lunch(li)
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("排队等明天（星期二）午饭")
    assert "排队等名额" in zhang.said[-1].text
    assert "第1位" in zhang.taps("确认")
    mine = zhang.means(Command(Intent.STATUS), words="我的预约")
    assert "排队等名额，第1位" in mine
    with database.begin() as session:
        actor = session.get_one(Person, house.li)
        cancel(session, actor=actor, request_id=taken, now=clock())
    assert zhang.requests()[1].status is RequestStatus.SUBMITTED


def test_an_offer_is_taken_in_my_requests(
    zhang: Talk, li: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    taken = _full_lunch(li)
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("排队等明天（星期二）午饭")
    zhang.taps("确认")
    with database.begin() as session:
        entry = session.execute(select(WaitingEntry)).scalar_one()
        entry.offer_minutes = 240
        actor = session.get_one(Person, house.li)
        cancel(session, actor=actor, request_id=taken, now=clock())
    assert "轮到您了" in zhang.means(Command(Intent.STATUS), words="我的预约")
    assert "给您留下了" in zhang.taps("要 餐1002")
    assert zhang.requests()[1].status is RequestStatus.SUBMITTED
    with database.read() as session:
        rows = session.execute(select(Opening.taken).where(Opening.taken > 0))
        assert rows.scalars().all() == [1]


def test_a_strangers_change_and_offer_are_not_there(zhang: Talk, li: Talk) -> None:
    _lunch(zhang)
    number = zhang.requests()[0].id
    for forged in (f"change:{number}", f"restore:{number}", f"offer:take:{number}"):
        assert "没有找到" in li.taps_action(forged)
    assert li.says("改到十点") == li.means(Command(Intent.CHANGE, Slots()), words="改")


def test_a_stay_is_asked_for_and_goes_round_in_turn(
    zhang: Talk, li: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    day = clock().date() + timedelta(days=60)
    with database.begin() as session:
        session.add(
            Opening(
                institution_id=house.id,
                service="recuperation",
                day=day,
                period="week",
                capacity=1,
                taken=0,
                details="",
            )
        )
    for talk in (zhang, li):
        talk.says(f"我想{day.month}月{day.day}号去疗养，去一个星期，1个人")
        assert "排上队了" in talk.taps("确认")
    # 李秀英 lives alone: she is first, though she asked later.
    assert "第2位" in zhang.says("疗养什么时候轮到我")
    with database.begin() as session:
        assert waiting.look_after(session, now=clock()) == 0
        later = clock.go(days=31)
        assert waiting.look_after(session, now=later) == 1
    assert "轮到您了" in li.says("疗养什么时候轮到我")
    li.means(Command(Intent.STATUS), words="我的预约")
    assert "给您留下了" in li.taps("要 疗1002")
