"""Excel: a menu or a price list whose every row can be read alone."""

from collections.abc import Sequence
from datetime import date, time
from pathlib import Path

import pytest
from openpyxl import Workbook

from ingestion import texts
from ingestion.loaded import Unreadable
from ingestion.loaders import load
from ingestion.loaders.rows import LONGEST_LINE


def _lines(workbook: Workbook, tmp_path: Path) -> list[str]:
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    [document] = load(path)
    return document.text.split("\n")


def _sheet(rows: Sequence[Sequence[object]]) -> Workbook:
    workbook = Workbook()
    for row in rows:
        workbook.worksheets[0].append(list(row))
    return workbook


def test_a_menu_with_a_title_and_merged_cells(tmp_path: Path) -> None:
    workbook = _sheet(
        [
            ["一周菜单（11月23日起）"],
            ["日期", "早餐", "午餐"],
            [date(2026, 11, 23), "豆浆", "红烧肉\n米饭"],
            [date(2026, 11, 24), None, "鲈鱼"],
            [],
            ["开饭", time(7, 0), time(11, 30)],
        ]
    )
    workbook.worksheets[0].merge_cells("A1:C1")
    workbook.worksheets[0].merge_cells("B3:B4")
    assert _lines(workbook, tmp_path) == [
        "一周菜单（11月23日起）",
        "日期：2026年11月23日；早餐：豆浆；午餐：红烧肉、米饭。",
        "日期：2026年11月24日；早餐：豆浆；午餐：鲈鱼。",
        "日期：开饭；早餐：07:00；午餐：11:30。",
    ]


def test_numbers_are_read_as_they_are_shown(tmp_path: Path) -> None:
    workbook = _sheet([["项目", "价格", "报销"], ["理发", 5.5, 0.85], ["洗衣", 0.1 + 0.2, 1]])
    sheet = workbook.worksheets[0]
    sheet["B2"].number_format = '"¥"#,##0.00'
    sheet["C2"].number_format = sheet["C3"].number_format = "0%"
    assert _lines(workbook, tmp_path) == [
        "项目：理发；价格：¥5.50；报销：85%。",
        "项目：洗衣；价格：0.3；报销：100%。",
    ]


def test_what_is_hidden_is_not_read_and_sheets_are_told_apart(tmp_path: Path) -> None:
    workbook = _sheet([["项目", "价格", "进价"], ["理发", "5元", "1元"], ["停办", "9元", "2元"]])
    sheet = workbook.worksheets[0]
    sheet.title = "一号院"
    sheet.column_dimensions["C"].hidden = True
    sheet.row_dimensions[3].hidden = True
    other = workbook.create_sheet("二号院")
    other.append(["项目", "价格"])
    other.append(["理发", "6元"])
    workbook.create_sheet("底稿").append(["不给人看"])
    workbook["底稿"].sheet_state = "hidden"
    assert _lines(workbook, tmp_path) == [
        "一号院",
        "一号院，项目：理发；价格：5元。",
        "二号院",
        "二号院，项目：理发；价格：6元。",
    ]


def test_a_long_row_keeps_its_name_on_every_line(tmp_path: Path) -> None:
    headers = ["科室", *(f"第{n}诊室" for n in range(1, 10))]
    workbook = _sheet(
        [headers, ["眼科", *(f"张大夫周{n}上午在此出诊，下午不在" for n in range(1, 10))]]
    )
    lines = _lines(workbook, tmp_path)
    assert len(lines) > 1
    assert all(line.startswith("科室：眼科；第") and line.endswith("。") for line in lines)
    assert all(len(line) <= LONGEST_LINE + 10 for line in lines)
    assert [f"周{n}" in "".join(lines) for n in range(1, 10)] == [True] * 9


def test_names_and_values_without_headers_stay_together(tmp_path: Path) -> None:
    workbook = _sheet([["值班电话", "65001234"], ["负责人", "王所长"]])
    assert _lines(workbook, tmp_path) == ["值班电话：65001234。", "负责人：王所长。"]


def test_a_formula_nobody_computed_is_not_left_out_silently(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        _lines(_sheet([["项目", "价格"], ["合计", "=SUM(1,2)"]]), tmp_path)
    assert caught.value.reason == texts.UNCOMPUTED


def test_an_empty_workbook_and_a_far_away_cell_are_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        _lines(Workbook(), tmp_path)
    assert caught.value.reason == texts.NO_TEXT
    far = _sheet([["项目"]])
    far.worksheets[0]["XFD1048576"] = "远"
    with pytest.raises(Unreadable) as caught:
        _lines(far, tmp_path)
    assert caught.value.reason == texts.TOO_MANY_CELLS


def test_the_name_of_the_only_sheet_is_not_put_before_its_title(tmp_path: Path) -> None:
    workbook = _sheet([["一周菜单（11月23日至29日）"], ["日期", "午饭"], ["11月23日", "带鱼"]])
    workbook.worksheets[0].title = "本周"
    assert _lines(workbook, tmp_path)[0] == "一周菜单（11月23日至29日）"
