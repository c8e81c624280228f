"""The kind of thing asked for, and what holds it."""

from pathlib import Path

import pytest

from knowledge.asked import AskedKinds
from knowledge.errors import FileWrong
from knowledge.words import comparable

KINDS = AskedKinds()


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("住一宿要多少钱", "多少钱"),
        ("一个月能去几趟", "几次"),
        ("打哪个电话", "电话和联系方式"),
        ("这文件第几号文", "文号"),
        ("几点开门", "几点"),
        ("能带着孙子去吗", "家属能不能一起"),
        ("得交啥材料", "怎么办手续"),
        ("住多久", "多长时间"),
        ("哪一年出的", "哪一年"),
        ("一桌坐几位", "多少"),
        ("发几双鞋", "几双"),
    ],
)
def test_a_question_shows_what_it_asks_for(question: str, name: str) -> None:
    assert name in [asked.name for asked in KINDS.read(question)]


@pytest.mark.parametrize("question", ["食堂办得怎么样", "老伴失智了有照顾吗", "能优先吗"])
def test_nothing_definite_is_asked(question: str) -> None:
    assert all(asked.answer is None for asked in KINDS.read(question))


@pytest.mark.parametrize(
    ("question", "text", "held"),
    [
        ("要多少钱", "每份收费12元。", True),
        ("要多少钱", "每人每年1次。", False),
        ("一年几次", "每年组织1次，地点在总院。", True),
        ("有几条措施", "提出31条具体措施。", True),
        ("有几条措施", "提出31次批评。", False),
        ("几点开门", "早上7:30开门。", True),
        ("电话是多少", "请拨打010-62345678。", True),
        ("谁负责", "由军休机构负责。", True),
        ("能带老伴吗", "可携配偶一名。", True),
        ("每月多少钱", "人员：遗属；标准（元）：1960。", True),
        ("多少钱一份", "菜：鱼；价格（元/份）：12。", True),
        ("每月多少钱", "人员：遗属；人数（人）：1960。", False),
        ("什么时候开门", "早上7:30开门。", True),
        ("哪天开门", "早上7:30开门。", False),
        ("每户多少公斤", "每户送煤200公斤。", True),
        ("每户多少公斤", "每户每年不超过8000元。", False),
        ("几个工作日答复", "应当在10个工作日内答复。", True),
    ],
)
def test_a_quote_holds_it_or_not(question: str, text: str, held: bool) -> None:
    (asked,) = KINDS.read(question)
    assert bool(asked.held_by(comparable(text))) is held


def test_a_number_belongs_to_its_item() -> None:
    (asked,) = KINDS.read("疗养有几个")
    held = asked.held_by(comparable("建立疗养制度、完善考评7个方面。"))
    assert held == ["完善考评7个方面"]


def test_a_sentence_that_only_mentions_holds_nothing() -> None:
    (asked,) = KINDS.read("疗养的内容是什么")
    assert asked.held_by(comparable("对人员、方式、疗养内容作出具体规定。")) == []


@pytest.mark.parametrize(
    "wrong", ['name = ""', 'asks = ["("]', "asks = []", 'evidence = ["["]', "loose = 1"]
)
def test_a_slip_is_named_with_its_line(tmp_path: Path, wrong: str) -> None:
    lines = {"name": 'name = "几次"', "asks": 'asks = ["几次"]', "evidence": 'evidence = ["次"]'}
    lines[wrong.split(" ", maxsplit=1)[0]] = wrong
    path = tmp_path / "kinds.toml"
    path.write_text("\n\n[[asked]]\n" + "\n".join(lines.values()), encoding="utf-8")
    with pytest.raises(FileWrong) as caught:
        AskedKinds(path)
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("question", "row", "held"),
    [
        ("午饭几点开", "餐次：午饭；开饭时间：11:30—12:30；地点：一楼。", True),
        ("水电维修电话多少", "项目：水电维修；负责人：老马师傅；电话：62005678。", True),
        ("水电维修要多少钱", "项目：水电维修；负责人：老马师傅；电话：62005678。", False),
    ],
)
def test_a_row_of_a_table_speaks_of_one_thing(question: str, row: str, held: bool) -> None:
    (asked,) = KINDS.read(question)
    text = comparable(row)
    assert asked.held_by(text) == ([text] if held else [])


def test_sentences_that_are_no_row_stay_apart() -> None:
    (asked,) = KINDS.read("体检一年几次")
    text = "网上约车:采取签约方式;体检每年1次,由军休机构组织。"
    assert asked.held_by(comparable(text)) == ["体检每年1次"]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("外地就医用车，每公里收费0.8元。", ["外地就医用车,每公里收费0.8元"]),
        ("补助按月发，名单见附件，每人不超过90元。", ["名单见附件,每人不超过90元"]),
        ("安排体检；每次收费5元。", ["每次收费5元"]),
        ("安排体检，门票收费5元。", ["门票收费5元"]),
        ("每次5元。", ["用车办法,每次5元"]),
    ],
)
def test_a_clause_without_a_subject_has_that_of_the_one_before(text: str, held: list[str]) -> None:
    (asked,) = KINDS.read("多少钱")
    assert asked.held_by(comparable(text), "用车办法") == held
