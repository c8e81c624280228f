"""The words of a house's own matters: what they mean, and how a mistake in the file is named."""

import shutil
from pathlib import Path

import pytest

from knowledge.asked import AskedKinds
from knowledge.errors import FileWrong
from knowledge.fact_likeness import bare, questions_of, texts_to_embed
from knowledge.house_words import HOUSE_ASKED_FILE, HOUSE_WORDS_FILE, HouseWords
from knowledge.words import spoken

WORDS = HouseWords()
KINDS = AskedKinds(HOUSE_ASKED_FILE)


def test_words_of_one_meaning_have_one_name() -> None:
    assert WORDS.content("剃头") == WORDS.content("理发")
    assert WORDS.content("餐厅周末") == WORDS.content("食堂星期天")
    assert WORDS.content("请问在哪儿") == frozenset()


def test_the_name_of_a_word_is_no_pair_of_letters() -> None:
    assert "食堂" not in WORDS.content("食堂")
    assert WORDS.content("花圃浇水") == {"花圃", "圃浇", "浇水"}


@pytest.mark.parametrize(
    ("question", "text", "is_silent"),
    [
        ("食堂周末开不开", "早饭7点。", True),
        ("食堂周末开不开", "星期一到星期五开。", False),
        ("食堂周末开不开", "每天都开。", False),
        ("过年食堂开不开", "每天都开。", False),
        ("过年食堂开不开", "早饭7点。", True),
        ("半夜找谁", "白天找小李。", True),
        ("食堂几点开", "早饭7点。", False),
    ],
)
def test_a_text_that_is_silent_on_a_special_day_leaves_it_out(
    question: str, text: str, is_silent: bool
) -> None:
    assert WORDS.leaves_out(question, text) is is_silent


def test_a_question_about_a_document_is_not_about_the_house() -> None:
    assert WORDS.is_about_a_document("通知里对食堂怎么说", "食堂7点开。")
    assert not WORDS.is_about_a_document("停水的通知贴哪儿", "停水通知贴在楼门口。")


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("食堂一份饭多少钱", "多少钱"),
        ("物业费交多少", "多少钱"),
        ("所长今年多大岁数", "多大岁数"),
        ("政委姓什么", "名字"),
        ("值班室的电话是多少", "电话"),
        ("带什么证件", "带什么"),
        ("几点开门", "几点"),
        ("打流感针是几号", "哪天"),
        ("一次能借几本书", "多少"),
        ("在几楼", "在哪儿"),
        ("暖气不热找谁", "谁"),
        ("要等几天", "多长时间"),
    ],
)
def test_kinds_of_things_that_houses_are_asked_for(question: str, kind: str) -> None:
    assert kind in [asked.name for asked in KINDS.read(spoken(question))]


def test_a_question_may_be_asked_in_several_ways() -> None:
    assert questions_of("食堂几点开？几点能吃饭?") == ["食堂几点开？", "几点能吃饭?"]
    assert questions_of("食堂几点开") == ["食堂几点开"]
    assert bare("食堂，几点开？") == bare("食堂几点开")
    assert texts_to_embed("甲？乙？", "一。二。") == [
        *("甲？", "甲？一。二。", "甲？一。", "甲？二。"),
        *("乙？", "乙？一。二。", "乙？一。", "乙？二。"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('words = ["快递", "包裹"', 'words = ["食堂", "包裹"', "已经写在别的一行"),
        ('words = ["元旦", "新年"]', 'words = ["元旦"]', "两个以上"),
        ("\n[plain]", "\n[plian]", "plain"),
        ('asks = "半夜', 'asks = "(半夜', "不是能用的写法"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, old: str, new: str, reason: str) -> None:
    path = tmp_path / "house_words.toml"
    shutil.copy(HOUSE_WORDS_FILE, path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FileWrong, match=rf"第\d+行.*{reason}"):
        HouseWords(path)


def test_the_number_of_a_room_is_no_telephone_number() -> None:
    (asked,) = AskedKinds(HOUSE_ASKED_FILE).read("所长电话多少")
    assert asked.held_by("刘所长星期一上午9点到11点在办公楼203接待。") == []
    assert asked.held_by("值班电话8203。") == ["值班电话8203"]
    assert asked.held_by("找小李,内线203。") == ["内线203"]
