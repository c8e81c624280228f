"""Quantities: one number, however it is written; another bound is another quantity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.plain_line.quantities import Quantity, plain_numbers, quantities


def read(text: str) -> list[Quantity]:
    return [found.quantity for found in quantities(plain_numbers(text))]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("每年一次", "一年1次"),
        ("每年进行1次", "每一年进行一次"),
        ("两位", "2人"),
        ("二十四万多名", "24万多人"),
        ("百分之七十", "70%"),
        ("六部门", "6个部门"),
        ("31条", "三十一项"),
        ("8:30", "8点半"),
        ("14：00", "14点"),
        ("不超过20万元", "20万元以内"),
        ("不少于15年", "15年以上"),
        ("年满60周岁", "60岁及以上"),
        ("1,000元", "一千块"),
        ("1.5万元", "15000元"),
        ("半年", "0.5年"),
        ("一百五十元", "150元"),
        ("3个月", "三个月"),
        ("１次", "1 次"),
    ],
)
def test_one_quantity_written_in_two_ways(one: str, other: str) -> None:
    assert read(one) == read(other) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1次", "1天"),
        ("每年1次", "每月1次"),
        ("24万多名", "24万名"),
        ("不超过20万元", "20万元"),
        ("不少于15年", "少于15年"),
        ("20万元以上", "20万元以下"),
        ("11月9日", "9月11日"),
        ("9日", "11月9日"),
        ("3月", "3个月"),
        ("第三条", "3条"),
        ("8:30", "8:00"),
        ("31条", "13条"),
        ("一百零五", "一百五"),
    ],
)
def test_what_is_not_one_quantity(one: str, other: str) -> None:
    assert read(one) != read(other)


@pytest.mark.parametrize("text", ["进一步统一", "一些老百姓一起", "十分唯一", "千方百计", "不一定"])
def test_a_numeral_in_a_word_counts_nothing(text: str) -> None:
    assert read(text) == []


@given(st.integers(1, 9_999))
def test_every_number_below_ten_thousand_is_read_as_people_say_it(number: int) -> None:
    assert read(f"{_spoken(number)}元") == read(f"{number}元")


@given(st.text(max_size=60))
def test_any_text_is_read_without_failing(text: str) -> None:
    quantities(plain_numbers(text))


def _spoken(number: int) -> str:
    digits, said, gap = "零一二三四五六七八九", "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            said += ("零" if gap and said else "") + digits[digit] + unit
            gap = False
        else:
            gap = bool(said)
    return said
