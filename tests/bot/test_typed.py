"""Buttons answered by typing."""

from dataclasses import replace

import pytest

from bot.frames import FormFrame, Frames, Offered, Pending
from bot.typed import typed_choice
from store.messages import Button

DIETS = tuple(Offered(each, {"diet": each}) for each in ("普通", "软饭", "低盐", "糖尿病餐"))
FORM = FormFrame("a", "meal", step=4, asking="diet", expects="diet", offered=DIETS)
BUTTONS = (
    *(Button(each.label, FORM.action(at)) for at, each in enumerate(DIETS)),
    Button("不订了", FORM.control("drop")),
    Button("找工作人员", "human"),
)
FRAMES = Frames(forms=(FORM,), buttons=BUTTONS)


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("软饭", "f:a:4:1"),
        (" 软 饭。", "f:a:4:1"),
        ("软", "f:a:4:1"),
        ("糖尿病", "f:a:4:3"),
        ("尿病", "f:a:4:3"),
        ("2", "f:a:4:1"),
        ("9", ""),
        ("0", ""),
        ("²", ""),
        ("不订了", "f:a:4:drop"),
        ("找工作人员", "human"),
        ("饭", ""),
        ("", ""),
        ("。", ""),
        ("软饭不要", ""),
    ],
)
def test_words_parts_of_them_and_numbers_are_choices(said: str, action: str) -> None:
    assert typed_choice(FRAMES, said) == action


@pytest.mark.parametrize("asking", ["portions", "passengers", "time"])
def test_a_bare_number_is_no_choice_where_a_number_is_asked(asking: str) -> None:
    form = replace(FORM, asking=asking)
    assert typed_choice(Frames(forms=(form,), buttons=BUTTONS), "2") == ""


def test_a_number_in_a_label_is_not_its_beginning() -> None:
    offered = (Offered("10份", {"portions": "10"}), Offered("2份", {"portions": "2"}))
    form = replace(FORM, asking="portions", offered=offered)
    assert typed_choice(Frames(forms=(form,)), "1") == ""
    assert typed_choice(Frames(forms=(form,)), "十") == ""


def test_buttons_of_a_form_that_moved_on_are_only_words() -> None:
    assert typed_choice(Frames(buttons=BUTTONS), "不订了") == ""
    moved = replace(FORM, step=5, offered=())
    assert typed_choice(Frames(forms=(moved,), buttons=BUTTONS), "软饭") == ""
    assert typed_choice(Frames(buttons=BUTTONS), "找工作人员") == "human"


def test_without_a_form_numbers_count_the_buttons() -> None:
    buttons = (Button("订餐", "book:meal"), Button("叫车", "book:ride"))
    assert typed_choice(Frames(buttons=buttons), "2") == "book:ride"


def test_of_several_requests_the_summary_or_the_number_names_one() -> None:
    pending = Pending(
        choices=(
            Button("餐1001 11月24日（星期二）午饭", "cancel:1"),
            Button("餐1002 11月24日（星期二）晚饭", "cancel:2"),
        )
    )
    frames = replace(FRAMES, pending=pending)
    for said in ("晚饭", "1002", "餐1002", "2"):
        assert typed_choice(frames, said) == "cancel:2"
    assert typed_choice(frames, "星期二") == ""
