"""PDF: paragraphs put together again across lines and pages; scans recognised or said."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont
from pypdf import PdfWriter

from ingestion import texts
from ingestion.loaded import OnlyPictures, Unreadable
from ingestion.loaders import load, pdf, scan

CHINESE_FONTS = ("NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc", "simsun.ttc")
EM = 16


def _stream(data: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)


def pdf_bytes(pages: list[list[tuple[int, str]]]) -> bytes:
    """Return a PDF of lines with their indent in characters; its font maps codes to Unicode."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /Song /Encoding /Identity-H"
        b" /DescendantFonts [4 0 R] /ToUnicode 5 0 R >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Song /DW 1000"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        _stream(
            b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
            b"1 beginbfrange\n<0000> <FFFF> <0000>\nendbfrange"
        ),
    ]
    kids = []
    for lines in pages:
        drawn = b"BT /F1 %d Tf\n" % EM
        for number, (indent, words) in enumerate(lines):
            place = (60 + indent * EM, 780 - number * 26)
            drawn += b"1 0 0 1 %d %d Tm <%s> Tj\n" % (
                *place,
                words.encode("utf-16-be").hex().encode(),
            )
        objects.append(_stream(drawn + b"ET"))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF"
        % (
            len(objects) + 1,
            table,
            len(objects) + 1,
            len(out),
        )
    )


def _reason(path: Path) -> str:
    with pytest.raises(Unreadable) as caught:
        list(load(path))
    return caught.value.reason


def test_paragraphs_run_on_over_lines_and_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        pdf_bytes(
            [
                [
                    (6, "关于用餐的通知"),
                    (2, "为做好用餐服务工作，让⼤家吃得放⼼、吃得舒心，现将"),
                    (0, "有关事项通知如下。"),
                    (2, "一、送餐对象"),
                    (2, "（一）年满八十周岁的军休干部，本人提出申请，经所里"),
                    (0, "核实后每天可送午餐和晚餐两顿，送餐到户，不收送餐的"),
                    (10, "— 1 —"),
                ],
                [
                    (0, "费用。"),
                    (2, "（二）失能的由家属提出，所里上门核实，五日内给出答"),
                    (0, "复。"),
                    (10, "— 2 —"),
                ],
            ]
        )
    )
    [document] = load(path)
    assert document.text.split("\n") == [
        "关于用餐的通知",
        "为做好用餐服务工作，让大家吃得放心、吃得舒心，现将有关事项通知如下。",
        "一、送餐对象",
        "（一）年满八十周岁的军休干部，本人提出申请，经所里核实后每天可送午餐和晚餐两顿，送餐到户，不收送餐的费用。",
        "（二）失能的由家属提出，所里上门核实，五日内给出答复。",
    ]


def test_a_locked_pdf_is_said_and_one_that_only_forbids_printing_is_read(tmp_path: Path) -> None:
    for name, password in [("locked.pdf", "secret"), ("open.pdf", "")]:
        writer = PdfWriter(clone_from=io.BytesIO(pdf_bytes([[(0, "早饭七点开始。")]])))
        writer.encrypt(password, "owner", algorithm="RC4-128")
        writer.write(tmp_path / name)
    assert _reason(tmp_path / "locked.pdf") == texts.ENCRYPTED
    assert [document.text for document in load(tmp_path / "open.pdf")] == ["早饭七点开始。"]


def test_broken_empty_and_endless_files_are_said(tmp_path: Path) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.7\nno objects")
    assert _reason(tmp_path / "broken.pdf") == texts.BROKEN
    (tmp_path / "blank.pdf").write_bytes(pdf_bytes([[]]))
    assert _reason(tmp_path / "blank.pdf") == texts.NO_TEXT
    (tmp_path / "long.pdf").write_bytes(pdf_bytes([[]] * (pdf.MOST_PAGES + 1)))
    assert _reason(tmp_path / "long.pdf") == texts.TOO_MANY_PAGES.format(pages=501, most=500)


def _scan(path: Path, lines: list[str], font: ImageFont.FreeTypeFont) -> None:
    page = Image.new("L", (1240, 700), 255)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((120, 100 + number * 80), line, fill=0, font=font)
    page.save(path, resolution=150)


def test_a_scan_is_asked_to_be_recognised(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    Image.new("L", (600, 400), 255).save(path, resolution=150)
    with pytest.raises(OnlyPictures) as caught:
        list(pdf.load(path, "a.pdf"))
    assert (caught.value.reason, caught.value.pages) == (texts.NEEDS_OCR, 1)


def test_a_font_that_does_not_say_its_characters_counts_as_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf_bytes([[(0, "\ue001\ue002\ue003\ue004开饭")]]))
    with pytest.raises(OnlyPictures):
        list(pdf.load(path, "a.pdf"))


def test_a_scanned_page_is_read(tmp_path: Path) -> None:
    if not scan.is_installed():
        pytest.skip("the extra `ocr` is not installed")
    font = next((found for name in CHINESE_FONTS if (found := _font(name))), None)
    if font is None:
        pytest.skip("no Chinese font to draw a scan with")
    path = tmp_path / "a.pdf"
    _scan(
        path,
        [
            "　　一、早饭七点开始，晚来的留饭，家里有客的请提前一天",
            "说。",
            "　　二、刷卡就餐，不收现金。",
        ],
        font,
    )
    [document] = load(path)
    assert document.text.split("\n") == [
        "一、早饭七点开始，晚来的留饭，家里有客的请提前一天说。",
        "二、刷卡就餐，不收现金。",
    ]


def test_a_blank_scan_is_said(tmp_path: Path) -> None:
    if not scan.is_installed():
        pytest.skip("the extra `ocr` is not installed")
    Image.new("L", (600, 400), 255).save(tmp_path / "a.pdf", resolution=150)
    assert _reason(tmp_path / "a.pdf") == texts.NO_TEXT_FOUND


def _font(name: str) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, 36)
    except OSError:
        return None
