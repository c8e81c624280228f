"""A bare answer is read as what was asked, and hides nothing that outranks it."""

from datetime import datetime
from typing import Any

import pytest

from bot.understanding.answers import Expecting
from bot.understanding.commands import Intent
from bot.understanding.understanding import Understanding


@pytest.mark.parametrize(
    ("text", "expecting", "name", "value"),
    [
        ("两份", "portions", "portions", 2),
        ("两个", "portions", "portions", 2),
        ("就我一个人", "portions", "portions", 1),
        ("三", "passengers", "passengers", 3),
        ("俺俩", "passengers", "passengers", 2),
        ("我跟老伴", "passengers", "passengers", 2),
        ("25号", "date", "date", "2026-11-25"),
        ("二十五", "date", "date", "2026-11-25"),
        ("后天吧", "date", "date", "2026-11-25"),
        ("明天不行，后天吧", "date", "date", "2026-11-25"),
        ("九点", "time", "time", "09:00"),
        ("下午两点半", "time", "time", "14:30"),
        ("晌午", "meal", "meal", "lunch"),
        ("晚上那顿", "meal", "meal", "dinner"),
        ("下午", "session", "session", "afternoon"),
        ("软的", "diet", "diet", "soft"),
        ("血糖高", "diet", "diet", "diabetic"),
        ("普通的就行", "diet", "diet", "normal"),
        ("总医院", "destination", "destination", "总医院"),
        ("去协和看眼睛", "destination", "destination", "协和"),
        ("我儿子家", "destination", "destination", "儿子家"),
    ],
)
def test_a_bare_answer_fills_what_was_asked(
    understanding: Understanding,
    monday: datetime,
    text: str,
    expecting: str,
    name: str,
    value: object,
) -> None:
    first = understanding.read(text, now=monday, expecting=expecting).first

    assert first.intent is Intent.ANSWER
    assert first.slots.scored()[name] == value


@pytest.mark.parametrize(
    ("text", "expecting", "name", "value"),
    [
        ("不用", "yes_no", "yes", False),
        ("要接", "yes_no", "yes", True),
        ("不用了，我自己回来", "yes_no", "yes", False),
        ("第二个", "choice", "choice", 2),
        ("最后一个", "destination", "choice", -1),
        ("饭里多放点汤", "text", "text", "饭里多放点汤"),
    ],
)
def test_an_answer_that_is_no_slot(
    understanding: Understanding,
    monday: datetime,
    text: str,
    expecting: str,
    name: str,
    value: object,
) -> None:
    first = understanding.read(text, now=monday, expecting=expecting).first

    assert first.intent is Intent.ANSWER
    assert getattr(first.slots, name) == value


@pytest.mark.parametrize("expecting", [each for each in Expecting if each is not Expecting.TEXT])
@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("喘不上气了", Intent.EMERGENCY),
        ("有人让我交五百块，真的假的", Intent.FRAUD),
        ("每年能体检几次", Intent.QUESTION),
        ("不订了", Intent.CANCEL),
        ("算了", Intent.CANCEL),
        ("我要找人工", Intent.HUMAN),
        ("您再说一遍", Intent.REPEAT),
        ("不对，是三份", Intent.CHANGE),
        ("改到十点", Intent.CHANGE),
        ("返回", Intent.BACK),
        ("重来", Intent.RESTART),
        ("修改", Intent.CHANGE),
        ("我的饭到哪了", Intent.STATUS),
        ("我要用车", Intent.BOOK),
    ],
)
def test_what_was_asked_hides_nothing(
    understanding: Understanding, monday: datetime, text: str, intent: Intent, expecting: Expecting
) -> None:
    assert understanding.read(text, now=monday, expecting=expecting).first.intent is intent


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("好", "confirm"),
        ("嗯，对", "confirm"),
        ("不对", "change"),
        ("不", "change"),
        ("不订了", "cancel"),
        ("行，再加一份", "change"),
    ],
)
def test_the_card_is_answered(
    understanding: Understanding, monday: datetime, text: str, intent: str
) -> None:
    assert understanding.read(text, now=monday, expecting="confirm").first.intent == intent


@pytest.mark.parametrize(
    ("text", "expecting", "kind"),
    [("昨天", "date", "past"), ("赶明儿", "date", "vague"), ("25点", "time", "impossible")],
)
def test_an_answer_that_cannot_be_is_doubted(
    understanding: Understanding, monday: datetime, text: str, expecting: str, kind: str
) -> None:
    slots: Any = understanding.read(text, now=monday, expecting=expecting).first.slots

    assert [(each.kind, each.about) for each in slots.vague] == [(kind, expecting)]


def test_a_whole_booking_may_answer_one_question(
    understanding: Understanding, monday: datetime
) -> None:
    first = understanding.read("明天中午两份", now=monday, expecting="date").first

    assert first.intent is Intent.ANSWER
    assert (str(first.slots.date), first.slots.meal, first.slots.portions) == (
        "2026-11-24",
        "lunch",
        2,
    )


@pytest.mark.parametrize(
    ("said", "expecting", "intent"),
    [
        ("后天早上八点去总医院，看完接回来", "portions", Intent.BOOK),
        ("明天去银行", "diet", Intent.BOOK),
        ("能带老伴吗", "portions", Intent.QUESTION),
        ("可以带老伴不？", "passengers", Intent.QUESTION),
        ("要两份行吗", "portions", Intent.ANSWER),
        ("后天", "portions", Intent.ANSWER),
    ],
)
def test_another_wish_or_a_question_back_is_no_answer(
    understanding: Understanding, monday: datetime, said: str, expecting: str, intent: Intent
) -> None:
    understood = understanding.read(said, now=monday, expecting=expecting)
    assert understood.first.intent is intent
