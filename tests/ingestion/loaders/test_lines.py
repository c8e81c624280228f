"""Lines into paragraphs: nothing lost, page numbers gone, look-alike characters put right."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.loaders.lines import clean, glue, paragraphs

LINES = st.lists(
    st.sampled_from(["  一、总则", "军休干部每年体检", "一次。", "    通知", "", "第三条 送餐"])
)


@given(st.lists(LINES, max_size=4))
def test_no_character_is_lost(pages: list[list[str]]) -> None:
    whole = "".join(line for page in pages for line in page)
    assert re.sub(r"\s", "", "".join(paragraphs(pages))) == re.sub(r"\s", "", whole)


@pytest.mark.parametrize("number", ["— 2 —", "- 2 -", "2", "第 2 页 共 9 页", "2/9"])
def test_page_numbers_go_and_other_numbers_stay(number: str) -> None:
    first = ["  每年体检一次，由所里统一安排，提前三天通知"]
    assert paragraphs([first, ["时间。", number]]) == [
        "每年体检一次，由所里统一安排，提前三天通知时间。"
    ]
    assert "65001234" in paragraphs([["值班电话", "65001234"]])


def test_what_only_looks_like_a_character_becomes_it() -> None:
    assert clean("⼲部⼊⼾，⻓期⻚⾯\u200b\0") == "干部入户，长期页面"
    assert clean("①　Ａ ㎡") == "①　Ａ ㎡"


def test_latin_words_keep_their_space() -> None:
    assert glue("Beijing", "Road") == "Beijing Road"
    assert glue("北京", "路") == "北京路"


def test_the_number_of_a_text_is_no_part_of_a_full_title() -> None:
    page = [
        "    关于军休干部房屋维修基金使用的通知",
        "军休办〔2026〕9号",
        "各军休机构：",
        "正文" * 9,
    ]
    assert paragraphs([page])[:3] == [
        "关于军休干部房屋维修基金使用的通知",
        "军休办〔2026〕9号",
        "各军休机构：",
    ]
