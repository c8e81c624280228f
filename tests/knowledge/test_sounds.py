"""Words typed by ear are heard as what was meant; words that stand for themselves are left alone."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.lexicon import Lexicon
from knowledge.sounds import Heard, readings, sounds
from knowledge.words import spoken

DATA = Path(__file__).parent / "data"
LEXICON = Lexicon()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("体捡一年几次", "体检一年几次"),
        ("疗样有计划吗", "疗养有计划吗"),
        ("就参难怎么解决", "就餐难怎么解决"),
        ("当组织书计有补贴吗", "党组织书记有补贴吗"),
        ("星极评定", "星级评定"),
        ("第三方平估机构", "第三方评估机构"),
        ("信息化平抬", "信息化平台"),
        ("月车平台", "约车平台"),
    ],
)
def test_a_word_typed_by_ear_is_heard(typed: str, meant: str) -> None:
    assert LEXICON.heard(spoken(typed)) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "有事找谁",
        "水管漏了怎么修",
        "活动场所地址在哪",
        "你们公司在哪里",
        "体检都查哪些项目",
        "好的",
        "",
    ],
)
def test_what_is_spelled_right_stays(typed: str) -> None:
    assert LEXICON.heard(spoken(typed)) == spoken(typed)


def test_questions_that_are_spelled_right_stay_almost_all() -> None:
    asked = [
        spoken(json.loads(line)["question"])
        for path in sorted(DATA.glob("questions_*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    changed = [question for question in asked if LEXICON.heard(question) != question]
    assert len(changed) <= len(asked) / 100, changed


def test_sounds_that_many_do_not_tell_apart_are_one() -> None:
    assert readings("知")[0] == readings("资")[0]
    assert readings("心")[0] == readings("星")[0]
    assert readings("南")[0] == readings("蓝")[0]
    assert readings("a") == ()
    assert list(sounds("a检")) == []


@given(st.text(max_size=30))
def test_any_text_is_heard_and_keeps_its_length(text: str) -> None:
    heard = Heard(["体检", "疗养", "网上约车"])
    assert len(heard.respelled(text)) == len(text)
