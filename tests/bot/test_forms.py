"""Forms in the conversation: what is heard, kept, put down and taken up again."""

from dataclasses import replace
from datetime import date, time

import pytest
from sqlalchemy import update

from booking.models import Opening
from booking.rides.models import Route, Vehicle
from bot.understanding.commands import Command, Doubt, DoubtKind, Intent, Slots
from knowledge.answers import AnswerStatus
from store.database import Database
from tests.bot.talks import ANSWER, TOMORROW, Talk, begin_talk
from tests.conftest import StandingClock
from tests.houses import House

LUNCH = {"service": "meal", "date": TOMORROW, "meal": "lunch", "diet": "soft", "portions": 1}
RIDE = {"service": "ride", "date": TOMORROW, "time": time(8), "destination": "银行"}
YES = Command(Intent.ANSWER, Slots(yes=True))
NO = Command(Intent.ANSWER, Slots(yes=False))


def _fill_up(database: Database, **wanted: object) -> None:
    with database.begin() as session:
        session.execute(update(Opening).filter_by(**wanted).values(taken=Opening.capacity))


def test_what_was_heard_is_read_back_with_the_next_question(zhang: Talk) -> None:
    said = zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft")
    assert said == "好，订餐：明天（星期二），午饭，软饭。要几份？"


def test_an_answer_that_names_more_sets_both(zhang: Talk) -> None:
    zhang.book(service="meal")
    said = zhang.means(Command(Intent.ANSWER, Slots(date=date(2026, 11, 25), portions=2)))
    assert "好，后天（星期三），2份。" in said
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {"date": "2026-11-25", "portions": "2"}


def test_a_yes_before_the_card_asks_for_what_is_missing(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch", diet="soft")
    assert zhang.means(Command(Intent.CONFIRM)) == "还差这个没定：要几份？"
    assert not zhang.requests()


def test_a_yes_takes_the_only_answer_that_is_left(zhang: Talk, clock: StandingClock) -> None:
    clock.go(hours=2)
    today = {**LUNCH, "date": date(2026, 11, 23)}
    assert "午饭来不及了，要在当天上午10点以前说。晚饭还有，行吗？" in zhang.book(**today)
    assert "晚饭" in zhang.means(Command(Intent.CONFIRM))
    assert "确认" in zhang.labels


@pytest.mark.parametrize(
    "between",
    [
        Command(Intent.EMERGENCY),
        Command(Intent.FRAUD),
    ],
)
def test_a_yes_after_danger_or_fraud_only_shows_the_card_again(
    zhang: Talk, between: Command
) -> None:
    zhang.book(**LUNCH)
    assert "先替您放着" in zhang.means(between)
    assert "请您看一看" in zhang.means(YES)
    assert [each.service for each in zhang.requests() if each.service == "meal"] == []
    zhang.taps("确认")
    assert [each.service for each in zhang.requests()][-1] == "meal"


def test_a_yes_to_go_on_does_not_confirm_the_card_beneath(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    zhang.book(service="checkup")
    assert "接着办吗" in zhang.means(Command(Intent.CANCEL))
    assert zhang.means(Command(Intent.CONFIRM)).startswith("请您看一看")
    assert not zhang.requests()


def test_a_no_to_go_on_drops_what_waits(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    zhang.book(service="checkup")
    zhang.means(Command(Intent.CANCEL))
    assert "先不办了" in zhang.means(NO)
    assert zhang.frames.form is None


def test_a_waiting_form_can_be_answered_straight(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    zhang.book(service="checkup")
    zhang.means(Command(Intent.CANCEL))
    zhang.means(Command(Intent.ANSWER, Slots(meal="lunch")))
    assert zhang.frames.form is not None
    assert zhang.frames.form.values["meal"] == "lunch"


def test_back_asks_the_question_before(zhang: Talk) -> None:
    back = Command(Intent.BACK)
    zhang.book(service="meal")
    assert "头一样" in zhang.means(back)
    zhang.taps("明天（星期二）")
    zhang.taps("午饭")
    assert "哪一顿" in zhang.means(back)
    zhang.taps("晚饭")
    zhang.taps("软饭")
    assert "晚饭" in zhang.taps("1份")
    assert "要改哪一项" in zhang.means(back)


def test_restarting_empties_the_form(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    assert "从头来" in zhang.means(Command(Intent.RESTART))
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {}


def test_back_and_restart_without_a_form_offer_the_services(zhang: Talk) -> None:
    for intent in (Intent.BACK, Intent.RESTART):
        assert "哪一样" in zhang.means(Command(intent))
        assert "订餐" in zhang.labels


def test_a_bare_no_to_the_card_asks_what_to_change(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    assert "要改哪一项" in zhang.means(Command(Intent.CHANGE))
    assert zhang.labels == ["日子", "哪顿", "口味", "份数", "不订了"]


def test_only_what_was_given_can_be_fixed(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW, meal="lunch")
    zhang.means(Command(Intent.CHANGE))
    assert zhang.labels == ["日子", "哪顿", "不订了"]


def test_dropping_one_thing_for_another_is_a_correction(zhang: Talk) -> None:
    zhang.book(**RIDE, return_trip=False)
    card = zhang.means(
        Command(Intent.CANCEL), Command(Intent.BOOK, Slots(service="ride", destination="火车站"))
    )
    assert card.startswith("改好了。")
    assert "火车站" in card


def test_words_that_are_a_label_are_taken_on_the_card(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    assert "口味：普通" in zhang.guesses("普通")
    assert "份数：2份" in zhang.guesses("2份")
    assert "哪一天的饭" in zhang.guesses("日子不对")


def test_a_yes_that_names_another_choice_changes_it_first(zhang: Talk) -> None:
    zhang.book(**RIDE, return_trip=False)
    card = zhang.means(Command(Intent.CONFIRM), words="好，要带轮椅")
    assert "轮椅：带轮椅" in card
    assert not zhang.requests()
    zhang.means(Command(Intent.CONFIRM), words="好，带轮椅")
    assert len(zhang.requests()) == 1


def test_saying_the_same_again_is_no_change(zhang: Talk) -> None:
    zhang.book(**LUNCH)
    assert zhang.means(Command(Intent.CHANGE, Slots(portions=1))).startswith("请您看一看")


def test_unclear_words_are_met_otherwise_each_time_and_then_a_person_is_offered(
    zhang: Talk,
) -> None:
    zhang.book(service="meal")
    said = [zhang.guesses(f"呜哩哇啦{times}") for times in range(3)]
    assert len(set(said)) == 3
    assert all("哪一天的饭" in each for each in said[:2])
    assert "找工作人员" in zhang.labels
    assert "接着办" in zhang.labels
    assert "已经请所里的人" in zhang.means(YES, words="好")
    call = zhang.requests()[0]
    assert call.service == "human"
    assert "呜哩哇啦2" in call.summary
    zhang.types("明天（星期二）")
    assert zhang.frames.form is not None
    assert zhang.frames.form.values == {"date": "2026-11-24"}


def test_after_something_clear_the_count_begins_anew(zhang: Talk) -> None:
    zhang.book(service="meal")
    first = zhang.guesses("呜哩哇啦")
    zhang.guesses("叽里咕噜")
    zhang.taps("明天（星期二）")
    assert zhang.guesses("呜哩哇啦").startswith(first.split("。")[0])


def test_an_answer_that_says_nothing_of_this_form_is_unclear(zhang: Talk) -> None:
    zhang.book(service="checkup")
    assert "没听明白" in zhang.means(Command(Intent.ANSWER, Slots(portions=2)))


def test_the_service_named_again_goes_on_with_its_form(zhang: Talk) -> None:
    zhang.book(service="meal", date=TOMORROW)
    assert "咱们接着订餐" in zhang.book(service="meal")
    assert len(zhang.frames.forms) == 1


@pytest.mark.parametrize(
    ("doubt", "sentence"),
    [
        (Doubt(DoubtKind.VAGUE, "赶明儿", "date"), "“赶明儿”是哪一天呢？"),
        (Doubt(DoubtKind.VAGUE, "早一点", "time"), "“早一点”是几点呢？"),
        (Doubt(DoubtKind.IMPOSSIBLE, "25点", "time"), "没有“25点”这个钟点。"),
        (Doubt(DoubtKind.PAST, "昨天", "date"), "“昨天”已经过去了。"),
        (Doubt(DoubtKind.REPEATING, "每周一三五", "date"), "一次订一天"),
    ],
)
def test_doubts_are_asked_about_in_one_question(zhang: Talk, doubt: Doubt, sentence: str) -> None:
    zhang.book(service="ride")
    said = zhang.means(Command(Intent.ANSWER, Slots(vague=(doubt,))))
    assert sentence in said
    assert said.count("？") <= 1


def test_a_doubt_about_what_the_form_does_not_ask_is_no_obstacle(zhang: Talk) -> None:
    doubt = Doubt(DoubtKind.VAGUE, "早一点", "time")
    assert "请您看一看" in zhang.book(**LUNCH, vague=(doubt,))


def test_when_everything_is_taken_a_person_is_offered(zhang: Talk, database: Database) -> None:
    _fill_up(database, service="meal")
    said = zhang.book(service="meal")
    assert said == "真不巧，订餐现在没有能约的日子了。请工作人员给您想想办法，好吗？"
    assert zhang.frames.form is None
    assert "已经请所里的人" in zhang.means(YES)


def test_a_meal_that_is_full_offers_the_others_of_the_day(zhang: Talk, database: Database) -> None:
    _fill_up(database, service="meal", day=TOMORROW, period="lunch")
    assert "还有早饭、晚饭" in zhang.book(**LUNCH)
    assert zhang.labels == ["早饭", "晚饭", "排队等明天（星期二）午饭", "不订了"]


def test_a_day_that_filled_up_meanwhile_is_asked_anew(zhang: Talk, database: Database) -> None:
    zhang.book(**LUNCH)
    _fill_up(database, service="meal", day=TOMORROW)
    said = zhang.taps("确认")
    assert "约不上了，最近的是今天（星期一）" in said
    assert "今天（星期一）" in zhang.labels
    assert not zhang.requests()


def test_too_few_portions_left_is_said_with_their_number(zhang: Talk, database: Database) -> None:
    with database.begin() as session:
        session.execute(update(Opening).filter_by(service="meal", day=TOMORROW).values(taken=3))
    said = zhang.book(**{**LUNCH, "portions": 3})
    assert said == "明天（星期二）的午饭只剩2份了。您换一天好吗？"
    assert "今天（星期一）" in zhang.labels


def test_the_card_of_yesterday_is_not_shown_as_if_it_could_be_had(
    zhang: Talk, clock: StandingClock
) -> None:
    zhang.book(**LUNCH)
    clock.go(days=2)
    said = zhang.means(Command(Intent.GREETING), words="早上好")
    assert "咱们接着订餐" in said
    assert "已经过去了" in said


def test_the_year_turns_while_booking(zhang: Talk, clock: StandingClock) -> None:
    clock.go(days=38, hours=14, minutes=50)  # 31 December, 23:50.
    assert "2027年1月3日（星期日）太" not in zhang.book(service="ride")
    assert "明天（星期五）" in zhang.labels
    card = zhang.means(
        Command(
            Intent.ANSWER,
            Slots(date=date(2027, 1, 1), time=time(9), destination="银行", return_trip=False),
        )
    )
    assert "2027年1月1日（星期五）" in card
    clock.go(minutes=20)
    assert "2027" not in zhang.means(Command(Intent.GREETING), words="你好")
    assert "收到了：1月1日（星期五）" in zhang.taps("确认")


def test_whoever_is_not_linked_goes_to_the_staff_with_his_words(zhang: Talk) -> None:
    zhang.means(Command(Intent.BOOK, Slots(service="meal", whom="老伴")), words="给老伴订份饭")
    zhang.means(YES, words="好")
    assert zhang.requests()[0].summary == "给老伴订份饭"


def test_a_relative_is_named_by_any_word_for_him(
    database: Database, clock: StandingClock, house: House
) -> None:
    daughter = begin_talk(database, clock, house.min)
    for whom in ("我爸", "父亲", "老爷子", "张建国"):
        assert "给张建国" in daughter.book(**LUNCH, whom=whom), whom
        daughter.taps("不订了")


def test_the_one_it_is_for_is_said_in_what_was_received(
    database: Database, clock: StandingClock, house: House
) -> None:
    daughter = begin_talk(database, clock, house.min)
    daughter.book(**LUNCH)
    assert daughter.taps("确认").startswith("收到了，给张建国的：")


def test_a_full_ride_says_when_there_is_no_car(zhang: Talk) -> None:
    for _ in range(2):
        zhang.book(**RIDE, return_trip=False)
        zhang.taps("确认")
    zhang.book(**RIDE, return_trip=False)
    assert zhang.taps("确认").startswith(
        "真不巧，明天（星期二）上午8点派不了车：所里的车都派出去了。"
    )


def test_a_partners_car_is_said_with_its_reason(
    zhang: Talk, database: Database, house: House
) -> None:
    with database.begin() as session:
        session.add(
            Vehicle(
                institution_id=house.id,
                name="大众",
                kind=Route.PARTNER,
                seats=4,
                takes_wheelchair=False,
                phone="13600000000",
            )
        )
    for _ in range(2):
        zhang.book(**RIDE, return_trip=False)
        assert "合作" not in zhang.taps("确认")
    zhang.book(**RIDE, return_trip=False)
    assert (
        "上午8点所里的车都派出去了，替您派了合作车队的一辆：大众，电话13600000000。等工作人员定下来"
        in zhang.taps("确认")
    )


def test_a_question_in_a_form_asks_only_the_forms_question(zhang: Talk) -> None:
    refused = replace(
        ANSWER,
        status=AnswerStatus.NOT_IN_DOCUMENTS,
        text="这件事材料里没有写。要不要请工作人员告诉您？",
        citations=(),
        services=(),
    )
    zhang.book(service="meal")
    said = zhang.means(Command(Intent.QUESTION), answer=refused)
    assert said == "这件事材料里没有写。\n咱们接着订餐。哪一天的饭？"


def test_an_answer_that_speaks_of_another_service_begins_it(zhang: Talk) -> None:
    zhang.book(service="checkup")
    said = zhang.means(
        Command(Intent.ANSWER, Slots(date=TOMORROW, meal="lunch", diet="soft", portions=1))
    )
    assert "先放一放预约体检" in said
    assert "订餐（给您自己）" in said


@pytest.mark.parametrize("said", ["11月24号上午", "明天早上"])
def test_a_morning_said_to_a_checkup_is_no_breakfast(zhang: Talk, said: str) -> None:
    zhang.book(service="checkup")
    zhang.says(said)
    assert [form.service for form in zhang.frames.forms] == ["checkup"]
    assert zhang.frames.form is not None
    assert "breakfast" not in zhang.frames.form.values.values()
