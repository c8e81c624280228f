"""The line below an answer names the document and the place, and stays short."""

from dataclasses import replace
from datetime import date

from bot.sources import source_lines
from knowledge.answers import Answer, Citation
from tests.bot.talks import ANSWER

CLAUSE = Citation(
    document="rules.docx",
    title="军休干部服务管理办法",
    source="政策文件",
    heading="政策文件 › 第三章 生活服务 › 第十二条",
    quote="每年健康体检1次。",
    passage_id=1,
    start=0,
    end=9,
    number="军休发〔2026〕3号",
    dated_on=date(2026, 3, 1),
)


def _lines(*citations: Citation) -> list[str]:
    return source_lines(replace(ANSWER, citations=citations))


def test_it_says_what_a_reader_needs_to_find_it() -> None:
    assert _lines(CLAUSE) == [
        "——政策文件《军休干部服务管理办法》（军休发〔2026〕3号，2026年3月1日），第三章 生活服务，第十二条"
    ]


def test_what_is_not_known_is_left_out() -> None:
    bare = replace(CLAUSE, number=None, dated_on=None, heading="政策文件")
    assert _lines(bare) == ["——政策文件《军休干部服务管理办法》"]
    day = date(2026, 11, 20)
    fact = replace(bare, source="本所信息", title="食堂开饭时间", heading="本所信息", dated_on=day)
    assert _lines(fact) == ["——本所信息《食堂开饭时间》（2026年11月20日）"]


def test_long_titles_and_headings_are_cut_and_the_innermost_stay() -> None:
    long = replace(
        CLAUSE,
        title="关于进一步提升移交政府安置的军队离休退休干部服务管理水平的通知",
        heading="政策文件 › 第一编 › 三、扩大服务供给，提升医疗服务，建立疗养制度 › （二）就餐",
    )
    (line,) = _lines(long)
    assert "《关于进一步提升移交政府安置的军队离休退休干…》" in line
    assert line.endswith("，三、扩大服务供给，提升医疗服务…，（二）就餐")
    assert "第一编" not in line


def test_one_place_is_named_once() -> None:
    other = replace(CLAUSE, heading="政策文件 › 第三章 生活服务 › 第十三条")
    assert len(_lines(CLAUSE, replace(CLAUSE, quote="另一句。"), other)) == 2
    answer: Answer = replace(ANSWER, citations=())
    assert source_lines(answer) == []
