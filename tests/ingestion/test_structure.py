"""Cutting a text: nothing lost, nothing cut inside a sentence, headings known."""

from hypothesis import given
from hypothesis import strategies as st

from ingestion.pipeline import BUNDLED_NOTICE
from ingestion.structure import Part, outline

_OFFICIAL = st.lists(
    st.sampled_from(
        [
            "一、总则",
            "（一）",
            "1.",
            "第三条",
            "军休干部",
            "每年体检1次",
            "。",
            "；",
            "\n",
            "　　",
            " ",
            "？”",
            "2020年",
            "\r",
            "：",
            "关于印发办法的通知",
        ]
    ),
    max_size=60,
).map("".join)


@given(st.one_of(_OFFICIAL, st.text(max_size=300)))
def test_the_pieces_put_together_are_the_text(text: str) -> None:
    pieces = outline(text).pieces
    assert "".join(text[piece.start : piece.end] for piece in pieces) == text


def test_the_notice_is_a_report_and_then_an_interpretation() -> None:
    text = BUNDLED_NOTICE.read_text(encoding="utf-8")
    found = outline(text)
    by_words = {text[p.start : p.end].strip(): p for p in found.pieces}
    assert found.title == "6部门：进一步提升移交政府安置的军休干部服务管理水平"
    checkup = by_words["规定军休干部每年健康体检1次。"]
    assert checkup.part is Part.INTERPRETATION
    assert checkup.headings == ("4、关于军休干部医疗健康服务优先",)
    assert by_words["建立军休干部荣誉疗养制度，制定年度疗养计划。"].part is Part.NEWS


def test_clause_numbers_head_their_clauses() -> None:
    text = "食堂管理办法\n一、开饭时间\n（一）早饭\n早饭七点开始。晚来的留饭。\n二、收费\n一律刷卡，不收现金。"
    found = outline(text)
    paths = {text[p.start : p.end].strip(): p.headings for p in found.pieces if not p.is_heading}
    assert paths["一律刷卡，不收现金。"] == ("二、收费",)
    assert paths["早饭七点开始。"] == ("一、开饭时间", "（一）早饭")
