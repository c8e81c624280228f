"""Frames: a stack that survives storing, also as it was stored before a field was added."""

from dataclasses import replace

import pytest

from bot.frames import MAX_FORMS, FormFrame, Frames, Offered, Pending, Wish, new_form
from store.messages import Button, Message

FULL = Frames(
    forms=(
        FormFrame(
            "a",
            "meal",
            step=3,
            asking="meal",
            expects="meal",
            beneficiary_id=7,
            whom="给您自己",
            values={"date": "2026-11-24"},
            offered=(Offered("午饭", {"meal": "lunch"}),),
        ),
    ),
    buttons=(Button("午饭", "f:a:3:0"),),
    last=(Message("哪一顿？", ((Button("午饭", "f:a:3:0"),),)),),
    unclear=1,
    pending=Pending(yes="human", no="keep", choices=(Button("午饭", "cancel:1"),), words="啥"),
    wish=Wish("meal", {"meal": "lunch"}, "父亲"),
)


@pytest.mark.parametrize("frames", [Frames(), FULL, replace(FULL, pending=None, wish=None)])
def test_frames_survive_storing(frames: Frames) -> None:
    assert Frames.from_data(frames.as_data()) == frames


def test_frames_stored_without_later_fields_can_be_read() -> None:
    data = FULL.as_data()
    del data["pending"], data["wish"]
    assert Frames.from_data(data) == replace(FULL, pending=None, wish=None)


def test_the_oldest_form_falls_off_a_stack_that_is_too_high() -> None:
    frames = Frames()
    forms = [new_form("meal") for _ in range(MAX_FORMS + 1)]
    for form in forms:
        frames = frames.push(form)
    assert frames.forms == tuple(forms[1:])


def test_the_question_asked_last_is_the_one_that_is_answered() -> None:
    assert FULL.expecting == "yes_no"
    assert replace(FULL, pending=Pending(choices=FULL.buttons)).expecting == "choice"
    assert replace(FULL, pending=None).expecting == "meal"
    assert Frames().expecting is None


def test_forms_begun_elsewhere_wait_beneath() -> None:
    other = new_form("ride")
    assert FULL.on_top_of(Frames(forms=(other,))).forms == (other, *FULL.forms)
