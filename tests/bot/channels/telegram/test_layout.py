"""Tests of bot.channels.telegram.layout."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup, ReplyKeyboardMarkup

from bot.channels.telegram.layout import MOST_CHARACTERS, Part, lay_out, split
from store.messages import Button, Message


def test_a_plain_message_is_one_part() -> None:
    assert lay_out(Message("您好。")) == [Part("您好。", None, is_main=True)]


def test_buttons_stand_in_their_rows_with_their_actions() -> None:
    rows = ((Button("一份", "n:1"), Button("两份", "n:2")), (Button("不订了", "drop"),))
    (part,) = lay_out(Message("几份？", rows))
    assert isinstance(part.markup, InlineKeyboardMarkup)
    assert [
        [(key.text, key.callback_data) for key in row] for row in part.markup.inline_keyboard
    ] == [[("一份", "n:1"), ("两份", "n:2")], [("不订了", "drop")]]


def test_a_contact_button_alone_becomes_the_keyboard_of_the_message() -> None:
    (part,) = lay_out(Message("请绑定。", ((Button("用我的手机号绑定", "contact"),),)))
    assert isinstance(part.markup, ReplyKeyboardMarkup)
    ((key,),) = part.markup.keyboard
    assert (key.text, key.request_contact) == ("用我的手机号绑定", True)


def test_a_contact_button_among_others_gets_a_message_of_its_own() -> None:
    rows = ((Button("用我的手机号绑定", "contact"), Button("怎么用", "help")),)
    first, second = lay_out(Message("请绑定。", rows))
    assert first.text == "请绑定。"
    assert first.is_main
    assert isinstance(first.markup, InlineKeyboardMarkup)
    assert [key.text for row in first.markup.inline_keyboard for key in row] == ["怎么用"]
    assert isinstance(second.markup, ReplyKeyboardMarkup)
    assert not second.is_main


def test_a_long_text_is_cut_at_ends_of_sentences_and_keeps_its_buttons_last() -> None:
    sentence = "军休干部每年健康体检一次，" * 20 + "由军休机构组织。”"
    parts = lay_out(Message(sentence * 40, ((Button("预约体检", "book:checkup"),),)))
    assert "".join(part.text for part in parts) == sentence * 40
    assert len(parts) == 3
    assert all(part.text.endswith("。”") for part in parts)
    assert [part.markup is not None for part in parts] == [False, False, True]
    assert [part.is_main for part in parts] == [False, False, True]


@pytest.mark.parametrize("extra", [0, 1])
def test_a_text_without_any_stop_is_cut_where_it_must_be(extra: int) -> None:
    pieces = split("字" * (MOST_CHARACTERS + extra))
    assert [len(piece) for piece in pieces] == [MOST_CHARACTERS, 1][: 1 + extra]


@given(st.text(st.sampled_from("字句😀。！\n ”a"), max_size=12), st.integers(1, 2_000))
def test_no_piece_is_too_long_or_blank_and_no_word_is_lost(unit: str, times: int) -> None:
    text = unit * times
    pieces = split(text)
    assert all(len(piece) <= MOST_CHARACTERS for piece in pieces) or not text.strip()
    if text.strip():
        assert all(piece.strip() for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_lone_surrogate_does_not_stop_a_message() -> None:
    (part,) = lay_out(Message("您好\ud83d"))
    assert part.text == "您好?"
