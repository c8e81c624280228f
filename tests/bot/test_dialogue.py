"""The dialogue on a real database: forms, corrections, old buttons, danger, other people's things."""

from datetime import date, time

import pytest
from sqlalchemy import func, select

from booking.calls import raise_emergency
from booking.models import Request, RequestStatus
from booking.people import issue_code
from booking.requests import accept, complete
from bot.dialogue import Thought
from bot.incoming import Incoming, IncomingKind, typed
from bot.understanding.commands import Command, Doubt, DoubtKind, Intent, Slots, Understood
from store.database import Database
from store.identity import Person
from tests.bot.talks import ANSWER, CATALOG, TOMORROW, Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House


def test_a_meal_by_taps_alone(zhang: Talk) -> None:
    assert "哪一天" in zhang.book(service="meal")
    assert zhang.labels[:3] == ["今天（星期一）", "明天（星期二）", "后天（星期三）"]
    assert "哪一顿" in zhang.taps("明天（星期二）")
    zhang.taps("午饭")
    zhang.taps("软饭")
    card = zhang.taps("2份")
    assert "明天，11月24日（星期二）" in card
    assert zhang.labels == ["确认", "修改", "不订了"]
    assert not zhang.requests()
    received = zhang.taps("确认")
    assert "收到了" in received
    assert "餐1001" in received
    assert [each.status for each in zhang.requests()] == [RequestStatus.SUBMITTED]


def test_answers_can_be_typed_as_words_or_numbers(zhang: Talk) -> None:
    zhang.book(service="meal")
    zhang.types("2")
    zhang.types("午饭")
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {"date": "2026-11-24", "meal": "lunch"}


def test_a_whole_sentence_needs_only_the_card(zhang: Talk) -> None:
    card = zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    assert "请您看一看" in card


def test_other_days_are_offered_and_can_be_said(zhang: Talk) -> None:
    zhang.book(service="ride")
    zhang.taps("其他日子")
    assert "11月26日（星期四）" in zhang.labels
    assert "几点" in zhang.taps("11月26日（星期四）")


def test_a_question_in_the_middle_is_answered_and_the_form_goes_on(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    said = zhang.means(Command(Intent.QUESTION), words="每年能体检几次", answer=ANSWER)
    assert "“规定军休干部每年健康体检1次。”" in said
    assert "4、医疗" in said
    assert "咱们接着订餐" in said
    assert "哪一顿" in said
    assert "预约体检" in zhang.labels
    zhang.taps("午饭")
    assert zhang.frames.form is not None
    assert zhang.frames.form.values["meal"] == "lunch"


def test_fixing_one_thing_keeps_the_rest(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("修改")
    zhang.taps("口味")
    card = zhang.taps("低盐")
    assert "低盐" in card
    assert "1份" in card


def test_a_correction_on_the_card(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    card = zhang.means(Command(Intent.CHANGE, Slots(portions=3)))
    assert "3份" in card


@pytest.mark.parametrize(
    "slots",
    [
        {"date": date(2026, 11, 20)},
        {"date": date(2027, 11, 24)},
        {"portions": 0},
        {"portions": 999},
    ],
)
def test_what_cannot_be_is_asked_again_and_the_form_keeps_what_it_had(
    zhang: Talk, slots: dict[str, object]
) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch")
    kept = {"date": "2026-11-24", "meal": "lunch"}
    said = zhang.means(Command(Intent.ANSWER, Slots(**slots)))  # type: ignore[arg-type]
    assert said
    assert zhang.frames.form is not None
    values = zhang.frames.form.values
    assert {name: values[name] for name in kept if name in values}.items() <= kept.items()
    assert values.get("meal") == "lunch"
    assert zhang.frames.form.offered


def test_doubtful_words_are_asked_about(zhang: Talk) -> None:
    zhang.book(service="meal")
    doubt = Doubt(DoubtKind.IMPOSSIBLE, "13月5号", "date")
    said = zhang.means(Command(Intent.ANSWER, Slots(vague=(doubt,))))
    assert "“13月5号”" in said
    assert "明天（星期二）" in zhang.labels


def test_an_old_button_changes_nothing_and_the_form_is_asked_again(zhang: Talk) -> None:
    zhang.book(service="meal")
    old = zhang.said[-1].buttons[0][0].action
    zhang.taps("明天（星期二）")
    said = zhang.taps_action(old)
    assert "过时" in said
    assert "哪一顿" in said
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {"date": "2026-11-24"}


def test_confirming_twice_books_once(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    confirm = zhang.said[-1].buttons[0][0].action
    zhang.taps("确认")
    assert "没有重复下单" in zhang.taps_action(confirm)
    assert len(zhang.requests()) == 1


@pytest.mark.parametrize(
    "action",
    [
        "f:x:1:0",
        "f:::",
        "cancel:999",
        "cancelyes:1",
        "rate:1:9",
        "rate:1",
        "book:nuclear",
        "??",
        "f:a:b:c:d",
        "cancel:-1",
        "rate:１:５",
    ],
)
def test_forged_buttons_do_nothing(zhang: Talk, action: str) -> None:
    assert zhang.taps_action(action)
    assert not zhang.requests()


def test_a_strangers_request_cannot_be_cancelled_by_a_forged_button(
    zhang: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("确认")
    li = begin_talk(database, clock, house.li)
    assert "没有找到" in li.taps_action(f"cancelyes:{zhang.requests()[0].id}")
    assert zhang.requests()[0].status is RequestStatus.SUBMITTED


def test_the_daughter_books_for_her_father(
    database: Database, clock: StandingClock, house: House
) -> None:
    daughter = begin_talk(database, clock, house.min)
    card = daughter.book(
        service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1, whom="我爸"
    )
    assert "给张建国" in card
    daughter.taps("确认")
    assert daughter.requests()[0].beneficiary_id == house.zhang


def test_someone_without_a_link_is_sent_to_the_staff(zhang: Talk) -> None:
    said = zhang.book(service="meal", date=TOMORROW, whom="老伴")
    assert "没有查到" in said
    assert zhang.labels == ["找工作人员"]
    assert zhang.frames.form is None


def test_the_unbound_may_ask_and_learn_how_to_be_bound(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    assert "体检" in stranger.means(Command(Intent.QUESTION), answer=ANSWER)
    assert "绑定码" in stranger.book(service="meal")
    with database.begin() as session:
        code = issue_code(
            session, person=session.get_one(Person, house.zhang), issued_by="test", now=clock()
        )
    assert "不对" in stranger.send(typed(code[:-1] + str((int(code[-1]) + 1) % 10)), Thought())
    assert "绑定好了。张老" in stranger.send(typed(code), Thought())
    assert "哪一天" in stranger.book(service="meal")


def test_one_checkup_a_year_is_said_with_the_sentence_that_grants_it(zhang: Talk) -> None:
    slots = {"service": "checkup", "date": date(2026, 11, 26), "session": "morning"}
    zhang.book(**slots)
    zhang.taps("确认")
    said = zhang.book(service="checkup")
    assert "检1001" in said
    assert "今年的体检已经约过了" in said
    assert "每年健康体检1次" in said
    assert zhang.frames.form is None


def test_a_full_ride_offers_other_times(zhang: Talk) -> None:
    ride = {
        "service": "ride",
        "date": TOMORROW,
        "time": time(8, 0),
        "destination": "总医院",
        "return_trip": False,
    }
    for _ in range(2):
        zhang.book(**ride)
        zhang.taps("确认")
    zhang.book(**ride)
    said = zhang.taps("确认")
    assert "派不了车" in said
    assert "上午10点" in zhang.labels
    zhang.taps("上午10点")
    assert "收到了" in zhang.taps("确认")
    assert len(zhang.requests()) == 3


def test_my_requests_show_and_cancel(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("确认")
    assert "餐1001" in zhang.taps("我的预约")
    assert "要取消这一单吗" in zhang.taps("取消 餐1001")
    assert "取消了" in zhang.taps("对，取消")
    assert "没有正在办的" in zhang.means(Command(Intent.STATUS))


def test_cancelling_by_words_finds_the_one_meant(zhang: Talk) -> None:
    for meal in ("lunch", "dinner"):
        zhang.book(service="meal", date=TOMORROW, meal=meal, diet="soft", portions=1)
        zhang.taps("确认")
    zhang.book(service="ride", date=TOMORROW, time=time(8), destination="银行", return_trip=False)
    zhang.taps("确认")
    assert "车1001" in zhang.means(Command(Intent.CANCEL, Slots(service="ride")))
    said = zhang.means(Command(Intent.CANCEL, Slots(service="meal")))
    assert "餐1001" in said
    assert "餐1002" in said


def test_danger_comes_before_everything_and_keeps_the_form(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    said = zhang.means(
        Command(Intent.EMERGENCY), Command(Intent.BOOK, Slots(service="ride")), words="我胸口疼"
    )
    assert said.startswith("请马上打120")
    assert "还没有人回" in said
    urgent = zhang.requests()[0]
    assert urgent.service == "emergency"
    assert urgent.summary == "我胸口疼"
    assert zhang.frames.form is not None
    assert "又替您叫了一次" in zhang.means(Command(Intent.EMERGENCY), words="喘不上气")
    assert len(zhang.requests()) == 1


def test_only_what_is_true_is_said_of_who_has_seen_it(
    zhang: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    zhang.means(Command(Intent.EMERGENCY), words="我摔倒了")
    with database.begin() as session:
        accept(
            session,
            catalog=CATALOG,
            request_id=zhang.requests()[0].id,
            clerk=house.ride_clerk,
            now=clock(),
        )
    assert "小王已经看到了" in zhang.means(Command(Intent.EMERGENCY), words="我摔倒了")
    clock.go(minutes=30)
    assert "还没有人回" in zhang.means(Command(Intent.EMERGENCY), words="我又摔倒了")
    assert [each.service for each in zhang.requests()] == ["emergency", "emergency"]


def _sounds_dangerous(talk: Talk, words: str) -> str:
    understood = Understood((Command(Intent.EMERGENCY),), confident=False)
    return talk.send(typed(words), Thought(understood=understood))


def test_what_only_sounds_like_danger_is_asked_about_at_once(zhang: Talk) -> None:
    assert "120" in _sounds_dangerous(zhang, "心里头扑腾得坐不住")
    assert not zhang.requests()
    assert zhang.taps("快叫人").startswith("请马上打120")
    assert [each.summary for each in zhang.requests()] == ["心里头扑腾得坐不住"]


def test_a_false_alarm_goes_back_to_the_form(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    _sounds_dangerous(zhang, "心里头扑腾得坐不住")
    assert "哪一顿" in zhang.taps("没事，不用叫")
    assert not zhang.requests()


def test_an_unbound_account_in_danger_is_told_to_call(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = begin_talk(database, clock, None)
    said = stranger.means(Command(Intent.EMERGENCY), words="喘不上气")
    assert said.startswith("请马上打120")
    assert not stranger.requests()


def test_relatives_are_told_of_danger_on_every_account(
    zhang: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    daughter = begin_talk(database, clock, house.min)
    with database.begin() as session:
        raise_emergency(
            session,
            catalog=CATALOG,
            actor=session.get_one(Person, house.zhang),
            words="喘不上气",
            account_id=zhang.account_id,
            key="e",
            now=clock(),
        )
    from store import outbox

    with database.read() as session:
        told = outbox.mailbox(session, account_id=daughter.account_id, after_id=0)
        assert "张建国" in told[0].body["text"]


def test_asking_for_a_person_twice_makes_one_call(zhang: Talk) -> None:
    assert "询1001" in zhang.means(Command(Intent.HUMAN), words="找个人来")
    assert "已经替您叫过了" in zhang.means(Command(Intent.HUMAN), words="怎么还没人")
    assert len(zhang.requests()) == 1


def test_stars_after_completion(
    zhang: Talk, database: Database, clock: StandingClock, house: House
) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.taps("确认")
    request_id = zhang.requests()[0].id
    assert "还没有办完" in zhang.taps_action(f"rate:{request_id}:5")
    with database.begin() as session:
        for verb in (accept, complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=request_id,
                clerk=house.meal_clerk,
                now=clock(),
            )
    assert "5颗星" in zhang.taps_action(f"rate:{request_id}:5")
    assert "评过了" in zhang.taps_action(f"rate:{request_id}:1")


@pytest.mark.parametrize(
    ("incoming", "words"),
    [
        (typed(""), "还没写字"),
        (typed("\x00\ud800"), "还没写字"),
        (Incoming(IncomingKind.UNSUPPORTED, what="图片"), "图片我还收不了"),
        (Incoming(IncomingKind.EDITED, text="改了"), "再发一遍"),
        (Incoming(IncomingKind.GROUP, text="在吗"), "单独找我"),
        (Incoming(IncomingKind.CONTACT, phone="13800000000"), "没有对上"),
    ],
)
def test_what_we_cannot_take_gets_a_kind_sentence_and_the_form_goes_on(
    zhang: Talk, incoming: Incoming, words: str
) -> None:
    zhang.book(service="meal", date=TOMORROW)
    assert words in zhang.send(incoming, Thought())
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {"date": "2026-11-24"}


def test_a_second_service_waits_for_the_first_and_is_offered_again(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    assert "先放一放订餐" in zhang.book(service="checkup")
    zhang.taps("不订了")
    assert "接着办" in zhang.labels
    assert "哪一顿" in zhang.taps("接着办")


def test_two_bookings_in_one_breath_are_taken_one_after_the_other(zhang: Talk) -> None:
    said = zhang.means(
        Command(
            Intent.BOOK,
            Slots(service="meal", date=TOMORROW, meal="breakfast", diet="normal", portions=1),
        ),
        Command(Intent.BOOK, Slots(service="ride", date=TOMORROW, time=time(8))),
    )
    assert "订餐" in said
    received = zhang.taps("确认")
    assert "收到了" in received
    assert "叫车还没说完" in received
    assert "去哪儿" in zhang.taps("接着办")


def test_saying_it_again_says_the_same(zhang: Talk) -> None:
    first = zhang.book(service="meal")
    assert zhang.means(Command(Intent.REPEAT)) == first


def test_dropping_the_form(zhang: Talk) -> None:
    zhang.book(service="meal")
    assert "先不办了" in zhang.taps("不订了")
    assert zhang.frames.form is None
    assert "没有正在订的" in zhang.means(Command(Intent.CANCEL)) or not zhang.requests()


def test_nothing_is_booked_without_confirming(zhang: Talk, database: Database) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft", portions=1)
    zhang.means(Command(Intent.GREETING), words="谢谢啊")
    zhang.means(Command(Intent.QUESTION), answer=ANSWER)
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Request)).scalar_one() == 0
