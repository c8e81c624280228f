"""Word: what a reader sees, once, in the order it stands, each table row by itself."""

from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml

from ingestion import texts
from ingestion.loaded import Unreadable
from ingestion.loaders import load
from ingestion.structure import outline

_NS = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _text(path: Path) -> str:
    [document] = load(path)
    return document.text


def _saved(document: object, tmp_path: Path) -> Path:
    path = tmp_path / "a.docx"
    document.save(str(path))  # type: ignore[attr-defined]
    return path


def test_a_table_stands_where_it_stood_and_each_row_by_itself(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_paragraph("服务收费说明")
    document.add_paragraph("一、收费标准")
    table = document.add_table(rows=4, cols=4)
    rows = [
        ["项目", "价格", "时间", "电话"],
        ["理发", "5元", "周二上午", "65001234"],
        ["洗衣", "3元", "每天", ""],
        ["修脚", "8元", "", "65001236"],
    ]
    for row, words in zip(table.rows, rows, strict=True):
        for cell, word in zip(row.cells, words, strict=True):
            cell.text = word
    table.cell(1, 3).merge(table.cell(2, 3))
    document.add_paragraph("二、说明")
    document.add_paragraph("价格自1月1日起执行。")
    text = _text(_saved(document, tmp_path))
    assert text.split("\n") == [
        "服务收费说明",
        "一、收费标准",
        "项目：理发；价格：5元；时间：周二上午；电话：65001234。",
        "项目：洗衣；价格：3元；时间：每天；电话：65001234。",
        "项目：修脚；价格：8元；电话：65001236。",
        "二、说明",
        "价格自1月1日起执行。",
    ]
    found = {text[p.start : p.end].strip(): p.headings for p in outline(text).pieces}
    assert found["项目：修脚；价格：8元；电话：65001236。"] == ("一、收费标准",)


def test_words_two_header_rows_become_one_name(tmp_path: Path) -> None:
    document = docx.Document()
    table = document.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(1, 0)).text = "星期"
    table.cell(0, 1).merge(table.cell(0, 2)).text = "午餐"
    for column, words in enumerate(["周一", "红烧肉", "米饭"]):
        table.cell(2, column).text = words
    table.cell(1, 1).text = "荤菜"
    table.cell(1, 2).text = "主食"
    assert (
        _text(_saved(document, tmp_path))
        == "星期：周一；午餐（荤菜）：红烧肉；午餐（主食）：米饭。"
    )


def test_numbers_that_word_only_shows_are_in_the_text(tmp_path: Path) -> None:
    document = docx.Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{shown}"/></w:lvl>'
        for level, form, shown in [
            (0, "chineseCounting", "%1、"),
            (1, "chineseCounting", "（%2）"),
            (2, "decimal", "%3."),
        ]
    )
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {_NS} w:abstractNumId="90">{levels}</w:abstractNum>')
    )
    numbering.append(parse_xml(f'<w:num {_NS} w:numId="90"><w:abstractNumId w:val="90"/></w:num>'))
    for level, words in [
        (0, "对象"),
        (1, "离休"),
        (1, "退休"),
        (2, "本人"),
        (0, "办法"),
        (1, "申请"),
    ]:
        properties = document.add_paragraph(words)._p.get_or_add_pPr()
        properties.append(
            parse_xml(f'<w:numPr {_NS}><w:ilvl w:val="{level}"/><w:numId w:val="90"/></w:numPr>')
        )
    assert _text(_saved(document, tmp_path)).split("\n") == [
        "一、对象",
        "（一）离休",
        "（二）退休",
        "1.本人",
        "二、办法",
        "（一）申请",
    ]


def test_changes_are_read_as_accepted_and_hidden_words_are_not_read(tmp_path: Path) -> None:
    document = docx.Document()
    document.element.body.insert(
        0,
        parse_xml(
            f"<w:p {_NS}><w:r><w:t>每年体检</w:t></w:r>"
            '<w:del w:id="1" w:author="a"><w:r><w:delText>一</w:delText></w:r></w:del>'
            '<w:ins w:id="2" w:author="a"><w:r><w:t>两</w:t></w:r></w:ins>'
            "<w:r><w:rPr><w:vanish/></w:rPr><w:t>暗记</w:t></w:r><w:r><w:t>次。</w:t></w:r></w:p>"
        ),
    )
    document.element.body.insert(
        1,
        parse_xml(
            f"<w:sdt {_NS}><w:sdtContent><w:p><w:r><w:t>框里的一段。</w:t></w:r></w:p>"
            "</w:sdtContent></w:sdt>"
        ),
    )
    assert _text(_saved(document, tmp_path)) == "每年体检两次。\n框里的一段。"


def test_a_document_without_words_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        _text(_saved(docx.Document(), tmp_path))
    assert caught.value.reason == texts.NO_TEXT
