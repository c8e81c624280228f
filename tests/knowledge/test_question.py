"""A question taken apart, and one that only goes on from the one before."""

import pytest

from knowledge.asked import AskedKinds
from knowledge.lexicon import Lexicon
from knowledge.question import Question, understand

LEXICON, KINDS = Lexicon(), AskedKinds()


def _understood(text: str, before: str | None = None) -> Question:
    return understand(text, LEXICON, KINDS, before=before)


def _subjects(question: Question) -> list[str]:
    return [topic[0].official[0] for topic in question.subjects]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("那家属呢", "家属能不能一起"),
        ("要钱吗", "多少钱"),
        ("那什么时候开始", "什么时候"),
        ("为什么", "为什么"),
    ],
)
def test_something_else_is_asked_of_the_same(text: str, kind: str) -> None:
    question = _understood(text, "每年能体检几次")
    assert question.reworded
    assert _subjects(question) == ["健康体检"]
    assert [asked.name for asked in question.asked] == [kind]


def test_the_same_is_asked_of_something_else() -> None:
    question = _understood("那疗养呢", "每年能体检几次")
    assert question.reworded
    assert _subjects(question) == ["荣誉疗养"]
    assert [asked.name for asked in question.asked] == ["几次"]


@pytest.mark.parametrize(
    "text",
    [
        "哪天吃带鱼",
        "门球几点打",
        "通知是谁发的",
        "到军队医院看病能优先吗",
        "今天天气怎么样",
        "食堂几点开门",
        "谢谢",
    ],
)
def test_a_question_that_says_enough_stands_alone(text: str) -> None:
    assert _understood(text, "每年能体检几次") == _understood(text)


def test_it_goes_on_and_on() -> None:
    second = _understood("那家属呢", "每年能体检几次")
    third = _understood("要钱吗", second.text)
    assert _subjects(third) == ["健康体检"]
    assert [asked.name for asked in third.asked] == ["多少钱"]


def test_only_the_last_thing_asked_goes_on() -> None:
    second = _understood("要钱吗", _understood("那家属呢", "每年能体检几次").text)
    third = _understood("那疗养呢", second.text)
    assert [asked.name for asked in third.asked] == ["多少钱"]


@pytest.mark.parametrize(
    "text",
    [
        "我叫张建国，电话13800138000，每年体检几次",
        "你好，我叫张建国。每年体检几次",
        "每年体检几次，我的手机是13800138000",
    ],
)
def test_an_introduction_is_no_part_of_the_question(text: str) -> None:
    question = _understood(text)
    assert question.text.strip(",") == "每年体检几次"
    assert question.reworded


def test_what_one_is_stays_part_of_the_question() -> None:
    assert _understood("我是遗属，能体检吗").text == "我是遗属,能体检吗"


def test_without_an_earlier_question_nothing_is_lent() -> None:
    assert not _understood("那家属呢").reworded


def test_traditional_characters_are_the_same_question() -> None:
    assert _understood("健康體檢每年幾次").text == "健康体检每年几次"
