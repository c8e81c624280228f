"""停止 and its like are wishes; what only sounds like it is not."""

import pytest
from sqlalchemy import select

from booking.duty.models import HowMuch, Wish
from bot.said import TEXTS
from bot.wishes import wish_in
from tests.bot.talks import Talk


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("停止", "stop"),
        ("停止。", "stop"),
        ("请不要再发了", "stop"),
        ("不要再发消息了", "stop"),
        ("别再提醒我了！", "stop"),
        ("退订", "stop"),
        ("TD", "stop"),
        ("别老给我发", "exceptions"),
        ("你们别老给我发消息", "exceptions"),
        ("少发点", "exceptions"),
        ("没事别给我发了", "exceptions"),
        ("有变化再告诉我", "exceptions"),
        ("每天发一次就行", "daily"),
        ("一天一次就行", "daily"),
        ("每天给我发一条就够了", "daily"),
        ("每一步都告诉我", "every_step"),
        ("恢复提醒", "reminders"),
        ("还是提醒我一下吧", "reminders"),
        ("停", "stop"),
    ],
)
def test_a_wish(words: str, wish: str) -> None:
    assert wish_in(words) == wish


@pytest.mark.parametrize(
    "words",
    [
        "每天送一次饭就行",
        "停车在哪儿",
        "停电了",
        "别送了",
        "不要了",
        "不要软饭",
        "明天提醒我吃药",
        "发烧了怎么办",
        "每天量一次血压",
        "都发给谁",
        "有事",
        "取消",
        "",
        "？？",
    ],
)
def test_what_is_no_wish(words: str) -> None:
    assert wish_in(words) is None


def test_in_a_form_a_bare_stop_drops_the_form() -> None:
    assert wish_in("停止", in_form=True) is None
    assert wish_in("不要再发了", in_form=True) == "stop"


def test_what_stops_says_how_to_turn_it_on_again() -> None:
    assert "恢复提醒" in TEXTS.say("wishes.stop")
    assert wish_in("恢复提醒") == "reminders"
    assert wish_in("每一步都告诉我") == "every_step"


def test_a_wish_said_in_the_chat_is_kept(zhang: Talk) -> None:
    assert "恢复提醒" in zhang.says("不要再发了")
    assert "晚上合成一条" in zhang.says("每天发一次就行")
    with zhang.database.read() as session:
        wish = session.scalars(select(Wish)).one()
    assert (wish.how_much, wish.reminders) == (HowMuch.DAILY, False)
    zhang.says("恢复提醒")
    with zhang.database.read() as session:
        assert session.scalars(select(Wish.reminders)).one() is True


def test_danger_is_never_a_wish(zhang: Talk) -> None:
    assert "120" in zhang.says("心脏停了，快来人")
    with zhang.database.read() as session:
        assert session.scalars(select(Wish)).all() == []
