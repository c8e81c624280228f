"""What points to a person is hidden; what a question is about stays."""

import pytest

from knowledge.personal import without_numbers, without_personal_data


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("我的电话13800138000请回", "我的电话〔号码〕请回"),
        ("打+86 138-0013-8000", "打〔号码〕"),
        ("座机（010）6201 1234", "座机（〔号码〕"),
        ("证号11010119400101123x行吗", "证号〔号码〕行吗"),
        ("卡号6222 0200 1234 5678 901", "卡号〔号码〕"),
        ("电话１３８００１３８０００", "电话〔号码〕"),
    ],
)
def test_numbers_of_a_person_are_hidden(text: str, hidden: str) -> None:
    assert without_numbers(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "2026年1月1日涨不涨",
        "2026-01-01起执行吗",
        "国发〔2021〕12号讲了什么",
        "每月3500.50元",
        "12345热线",
        "31条措施、7个方面",
    ],
)
def test_numbers_of_a_question_stay(text: str) -> None:
    assert without_personal_data(text) == text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("送到3号楼2单元501行吗", "送到〔住址〕行吗"),
        ("我住十二号院三栋", "我住〔住址〕"),
        ("3号楼几点停水", "〔住址〕几点停水"),
        ("502室漏水", "〔住址〕漏水"),
    ],
)
def test_doors_are_hidden(text: str, hidden: str) -> None:
    assert without_personal_data(text) == hidden


def test_names_of_the_house_are_hidden_in_full_and_without_the_family_name() -> None:
    names = ["张建国", "李明", "王"]
    assert without_personal_data("我是张建国，建国的体检", names) == "我是〔姓名〕，〔姓名〕的体检"
    # A single character is a word of its own.
    assert without_personal_data("李明是王牌，证明开了吗", names) == "〔姓名〕是王牌，证明开了吗"


def test_hidden_twice_is_hidden_once() -> None:
    once = without_personal_data("张建国13800138000", ["张建国"])
    assert without_personal_data(once, ["张建国"]) == once
