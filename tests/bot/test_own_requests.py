"""One's own requests in words: which one is meant, yes and no, stars."""

from datetime import time

import pytest

from booking.models import RequestStatus
from booking.requests import accept, complete
from bot.understanding.commands import Command, Intent, Slots
from store.database import Database
from tests.bot.talks import CATALOG, TOMORROW, Chat, Talk
from tests.conftest import StandingClock
from tests.houses import House

YES = Command(Intent.ANSWER, Slots(yes=True))
NO = Command(Intent.ANSWER, Slots(yes=False))
CANCEL = Command(Intent.CANCEL)


def _lunch(talk: Talk, meal: str = "lunch") -> None:
    talk.book(service="meal", date=TOMORROW, meal=meal, diet="soft", portions=1)
    talk.taps("确认")


def _ride(talk: Talk) -> None:
    talk.book(service="ride", date=TOMORROW, time=time(8), destination="总医院", return_trip=False)
    talk.taps("确认")


@pytest.mark.parametrize(
    ("command", "words", "is_cancelled"),
    [
        (YES, "好", True),
        (Command(Intent.CONFIRM), "对", True),
        (CANCEL, "取消", True),
        (Command(Intent.CANCEL, Slots(service="meal")), "把饭取消", True),
        (NO, "不用了", False),
        (CANCEL, "算了", False),
        (CANCEL, "算了，不取消了", False),
    ],
)
def test_the_question_whether_to_cancel_is_answered_in_words(
    zhang: Talk, command: Command, words: str, is_cancelled: bool
) -> None:
    _lunch(zhang)
    zhang.means(CANCEL, words="取消")
    zhang.means(command, words=words)
    status = RequestStatus.CANCELLED if is_cancelled else RequestStatus.SUBMITTED
    assert zhang.requests()[0].status is status


def test_a_yes_after_something_else_cancels_nothing(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.means(CANCEL, words="取消")
    zhang.means(Command(Intent.GREETING), words="你好")
    zhang.means(YES, words="好")
    assert zhang.requests()[0].status is RequestStatus.SUBMITTED


def test_saying_it_again_keeps_the_question_open(zhang: Talk) -> None:
    _lunch(zhang)
    asked = zhang.means(CANCEL, words="取消")
    assert zhang.means(Command(Intent.REPEAT), words="再说一遍") == asked
    zhang.means(YES, words="好")
    assert zhang.requests()[0].status is RequestStatus.CANCELLED


def test_of_several_the_one_is_named_by_its_words_its_number_or_its_place(zhang: Talk) -> None:
    for named in ("晚饭", "1002", "2"):
        _lunch(zhang)
        _lunch(zhang, "dinner")
        first, second = zhang.requests()[-2:]
        zhang.means(Command(Intent.CANCEL, Slots(service="meal")), words="把饭退了")
        words = second.number[1:] if named == "1002" else named
        assert second.number in zhang.types(words), named
        zhang.means(YES, words="好")
        assert zhang.requests()[-1].status is RequestStatus.CANCELLED
        zhang.taps_action(f"cancelyes:{first.id}")


def test_of_several_the_one_is_chosen_by_counting(zhang: Talk) -> None:
    _lunch(zhang)
    _lunch(zhang, "dinner")
    zhang.means(Command(Intent.CANCEL, Slots(service="meal")))
    assert "餐1002" in zhang.means(Command(Intent.ANSWER, Slots(choice=-1)))


def test_what_was_said_of_it_must_fit(zhang: Talk) -> None:
    _lunch(zhang)
    _ride(zhang)
    for slots in (
        Slots(meal="dinner", service="meal"),
        Slots(time=time(9), service="ride"),
        Slots(destination="银行"),
    ):
        assert "没有找到" in zhang.means(Command(Intent.CANCEL, slots)), slots


def test_in_a_form_another_one_can_be_cancelled(zhang: Talk) -> None:
    _lunch(zhang)
    zhang.book(service="meal", date=TOMORROW, meal="dinner")
    said = zhang.means(Command(Intent.CANCEL, Slots(service="meal", meal="lunch")))
    assert "要取消这一单吗" in said
    assert zhang.frames.form is not None


def test_what_is_not_there_is_said_and_the_rest_shown(zhang: Talk) -> None:
    _lunch(zhang)
    said = zhang.means(Command(Intent.STATUS, Slots(service="ride")))
    assert said.startswith("没有查到叫车的预约。")
    assert "餐1001" in said


def test_only_the_service_that_was_named_is_shown(zhang: Talk) -> None:
    _lunch(zhang)
    _ride(zhang)
    said = zhang.means(Command(Intent.STATUS, Slots(service="ride")))
    assert "车1001" in said
    assert "餐1001" not in said


@pytest.mark.parametrize("words", ["5", "五颗星", "5星", "打五分"])
def test_stars_can_be_typed_while_one_request_waits_for_them(
    zhang: Talk, house: House, database: Database, clock: StandingClock, words: str
) -> None:
    _lunch(zhang)
    with database.begin() as session:
        for verb in (accept, complete):
            verb(
                session,
                catalog=CATALOG,
                request_id=zhang.requests()[0].id,
                clerk=house.meal_clerk,
                now=clock(),
            )
    assert "5颗星我记下了" in zhang.guesses(words)
    assert "记下了" not in zhang.guesses(words)


def test_calls_for_a_person_say_what_is_true(
    zhang: Talk, house: House, database: Database, clock: StandingClock
) -> None:
    human = Command(Intent.HUMAN)
    assert "已经请所里的人来找您" in zhang.means(human, words="找人")
    assert "010-00000000" in zhang.means(human, words="人呢")
    assert "这句夸奖我也转给所里了" in zhang.means(Command(Intent.PRAISE), words="小李真好")
    with database.begin() as session:
        accept(
            session,
            catalog=CATALOG,
            request_id=zhang.requests()[0].id,
            clerk=house.head,
            now=clock(),
        )
    assert "刘所长已经接了您的事" in zhang.means(human, words="找人")


def test_a_call_waits_for_words_not_for_a_place(chat: Chat, house: House) -> None:
    chat.says("找工作人员")
    assert "【等回话】" in chat.says("我的预约")
    with chat.database.begin() as session:
        accept(
            session,
            catalog=CATALOG,
            request_id=chat.requests()[0].id,
            clerk=house.head,
            now=chat.clock(),
        )
    assert "【刘所长在办】" in chat.says("我的预约")


@pytest.fixture
def done(zhang: Talk, database: Database, house: House, clock: StandingClock) -> int:
    """Return a meal that was delivered."""
    _lunch(zhang)
    request_id = zhang.requests()[0].id
    with database.begin() as session:
        for verb in (accept, complete):
            verb(session, catalog=CATALOG, request_id=request_id, clerk=house.head, now=clock())
    return request_id


def test_few_stars_ask_whether_to_be_called_and_call_once(zhang: Talk, done: int) -> None:
    assert "要不要请人给您打个电话" in zhang.taps_action(f"rate:{done}:2")
    assert "会给您打电话" in zhang.taps_action(f"callme:{done}")
    zhang.taps_action(f"callme:{done}")
    calls = [each for each in zhang.requests() if each.service == "human"]
    assert len(calls) == 1
    assert "2星" in calls[0].summary


def test_many_stars_ask_nothing_more(zhang: Talk, done: int) -> None:
    assert "打个电话" not in zhang.taps_action(f"rate:{done}:4")


def test_nobody_is_called_about_stars_he_did_not_give(zhang: Talk, done: int) -> None:
    zhang.taps_action(f"callme:{done}")
    assert [each.service for each in zhang.requests()] == ["meal"]
