"""Exact quotes and backed numbers."""

import pytest

from knowledge.grounding import is_exact, shares, unbacked_numbers


@pytest.mark.parametrize(
    ("quote", "exact"),
    [
        ("每年组织1次体检", True),
        ("每年 组织1次\n体检", True),
        ("每年组织2次体检", False),
        ("", False),
    ],
)
def test_a_quote_is_exact_letter_by_letter(quote: str, exact: bool) -> None:
    assert is_exact(quote, "所里每年组织1次体检。") is exact


def test_a_number_must_be_quoted_or_asked() -> None:
    text = "写着“每年1次”，您问的3次没有，共12次"
    assert unbacked_numbers(text, quotes=["每年1次"], question="能去3次吗") == ["12"]


def test_a_part_of_a_number_backs_nothing() -> None:
    assert unbacked_numbers("1次", quotes=["31条"], question="") == ["1"]


def test_sharing_counts_consecutive_characters() -> None:
    assert shares("军休干部每年健康体检1次。", "规定军休干部每年健康体检1次", characters=12)
    assert not shares("军休干部每年体检", "规定军休干部每年健康体检1次", characters=12)
    assert shares("免收，一分不要", "免收", characters=12)
