"""Files that a clerk brings to the desk, made as an office makes them."""

import io
import zipfile

import docx

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
TITLE = "关于食堂开饭时间的通知"


def notice(lunch: str = "11:30—12:30", *more: str) -> bytes:
    """Return a Word file of the house: masthead, number, title, a table, clauses, signature."""
    document = docx.Document()
    for line in ("东山军休所文件", "东军休〔2026〕12号", TITLE, "各位老同志：", "一、开饭时间"):
        document.add_paragraph(line)
    table = document.add_table(rows=1, cols=2)
    rows = [("餐次", "开饭时间"), ("早饭", "7:00—8:30"), ("午饭", lunch), ("晚饭", "17:30—18:30")]
    for at, row in enumerate(rows):
        cells = table.rows[0].cells if at == 0 else table.add_row().cells
        for cell, words in zip(cells, row, strict=True):
            cell.text = words
    for line in ("二、收费", "午饭每份12元，一律刷卡，不收现金。", *more):
        document.add_paragraph(line)
    for line in ("东山军休所", "2026年11月20日"):
        document.add_paragraph(line)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zip_bomb() -> bytes:
    """Return a small Word file that unfolds to 200 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(201_000_000))
    return out.getvalue()
