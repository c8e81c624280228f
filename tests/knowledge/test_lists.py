"""Lists shown as lists: breaks where something is counted, and not a letter more or less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.grounding import is_exact
from knowledge.lists import as_list


@pytest.mark.parametrize(
    ("quote", "lines"),
    [
        (
            "主要有三项：一是上门巡诊；二是代取药品；三是陪同就医。",
            ["主要有三项：", "一是上门巡诊；", "二是代取药品；", "三是陪同就医。"],
        ),
        (
            "办理时：1.填写申请表；2.提交身份证；3.等候通知。",
            ["办理时：", "1.填写申请表；", "2.提交身份证；", "3.等候通知。"],
        ),
        (
            "（二）上门服务。（三）集中服务。",
            ["（二）上门服务。", "（三）集中服务。"],
        ),
        (
            "一、组织体检。 二、建立档案。",
            ["一、组织体检。", "二、建立档案。"],
        ),
        (
            "检查项目包括：血常规、尿常规、心电图、胸片、腹部彩超。",
            ["检查项目包括：", "血常规、", "尿常规、", "心电图、", "胸片、", "腹部彩超。"],
        ),
        ("①先挂号，②再就诊。", ["①先挂号，", "②再就诊。"]),
        (
            "九是整改；十是督办；十一是通报。",
            ["九是整改；", "十是督办；", "十一是通报。"],
        ),
    ],
)
def test_a_list_is_shown_line_by_line(quote: str, lines: list[str]) -> None:
    assert as_list(quote).split("\n") == lines


@pytest.mark.parametrize(
    "quote",
    [
        "规定军休干部每年健康体检1次。",
        "血压不超过1.5倍，血糖2.3。",
        "带身份证、军休证、医保卡。",
        "材料包括：身份证、军休证、医保卡。",
        "这一是规定，那二是习惯。",
        "一是上门巡诊，也可以打电话。",
        "2026年1月1日、2日休息。",
        "为失能、失智、独居、空巢等重点人员提供便捷优质优惠的保障。",
        "地址：建设路12号，电话：010-12345678。",
        "三是督办；一是整改。",
    ],
)
def test_what_is_no_list_stays_as_it_is(quote: str) -> None:
    assert as_list(quote) == quote


@given(st.text(alphabet="一二三十是、；：。，（）()12.．①② \n\u3000军休干部", max_size=60))
def test_only_white_space_is_ever_added(quote: str) -> None:
    shown = as_list(quote)
    assert "".join(shown.split()) == "".join(quote.split())
    assert is_exact(shown, quote) or not quote.strip()
