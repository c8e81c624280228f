"""What comes in: cleaned, cut and marked, and stored as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.incoming import MAX_TEXT, Incoming, IncomingKind, clean_text, typed


def test_text_is_kept_as_it_was_typed() -> None:
    assert typed(" 明天中午\n送份饭 ").text == "明天中午\n送份饭"


@pytest.mark.parametrize("noise", ["\x00", "\ud800", "\u200b", "\x07", "\ufeff"])
def test_what_no_person_types_is_dropped(noise: str) -> None:
    assert typed(f"订{noise}餐").text == "订餐"


def test_a_giant_paste_is_cut_and_marked() -> None:
    cut = typed("字" * 100_000)
    assert cut.was_cut
    assert len(cut.text) == MAX_TEXT
    assert not typed("字" * MAX_TEXT).was_cut


@given(st.text())
def test_whatever_is_typed_can_be_stored_and_read_back(text: str) -> None:
    incoming = typed(text)
    incoming.text.encode("utf-8")
    assert "\x00" not in incoming.text
    assert Incoming.from_data(incoming.as_data()) == incoming
    assert clean_text(incoming.text) == incoming.text


def test_every_kind_survives_storing() -> None:
    for kind in IncomingKind:
        incoming = Incoming(kind, text="字", action="a", label="l", tapped_id="1", what="图片")
        assert Incoming.from_data(incoming.as_data()) == incoming
