"""What a text says of itself is read; what only resembles it is left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.particulars import Named, Particulars, plain_number, read_particulars
from ingestion.pipeline import BUNDLED_NOTICE

OFFICIAL = """东山市退役军人事务局文件
东退役军人发〔2026〕12号

东山市退役军人事务局 东山市财政局
关于印发《东山市军休干部食堂管理办法》的通知

各军休所：
　　现将《东山市军休干部食堂管理办法》印发给你们，请遵照执行。

东山市退役军人事务局　东山市财政局
2026年11月20日

东山市军休干部食堂管理办法
第一条 早饭七点开始，晚来的留饭。
第二十条 本办法由市退役军人事务局负责解释，自2027年1月1日起施行，有效期5年。《东山市军休干部食堂管理规定》（东退役军人发〔2019〕3号）同时废止。
"""


def test_an_official_text_says_everything() -> None:
    assert read_particulars(OFFICIAL) == Particulars(
        title="东山市退役军人事务局 东山市财政局关于印发《东山市军休干部食堂管理办法》的通知",
        number="东退役军人发〔2026〕12号",
        issuer="东山市退役军人事务局、东山市财政局",
        issued_on=date(2026, 11, 20),
        starts_on=date(2027, 1, 1),
        ends_on=date(2031, 12, 31),
        abolishes=(Named("东山市军休干部食堂管理规定", "东退役军人发〔2019〕3号"),),
    )


def test_a_text_pasted_into_one_line_says_it_too() -> None:
    text = (
        "关于做好延期开学期间教学工作的通知 绍市教防控〔2020〕4号 各区、县（市）教体局："
        " 现将有关事项通知如下。 一、做好线上教学。 绍兴市教育局 2020年2月16日"
    )
    said = read_particulars(text)
    assert (said.number, said.issuer) == ("绍市教防控〔2020〕4号", "绍兴市教育局")
    assert said.issued_on == date(2020, 2, 16)
    assert said.title is None


def test_the_bundled_notice_claims_nothing_of_the_kind() -> None:
    assert read_particulars(BUNDLED_NOTICE.read_text(encoding="utf-8")) == Particulars()


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("国发〔2021〕3号", "国发〔2021〕3号"),
        ("国发 [2021] 3 号", "国发〔2021〕3号"),
        ("国发〔2021〕3号　　　签发人：李四", "国发〔2021〕3号"),
        ("（京民养老发〔2020〕15号）", "京民养老发〔2020〕15号"),
        ("发文字号：军休发（2021）第6号", "军休发〔2021〕6号"),
        ("中华人民共和国国务院令 第 718 号", "中华人民共和国国务院令第718号"),
        ("财政部 税务总局公告2020年第8号", "财政部 税务总局公告2020年第8号"),
        ("根据国发〔2021〕3号的要求", None),
        ("国发〔2021〕3号\n国办发〔2021〕5号", None),
        ("第3号", None),
    ],
)
def test_the_number_stands_by_itself_above_the_text(line: str, number: str | None) -> None:
    text = (
        f"关于做好军休服务的通知\n{line}\n各军休所：\n　　请做好服务。\n　　请按国发〔2019〕1号办。"
    )
    assert read_particulars(text).number == number


@pytest.mark.parametrize(
    ("ending", "issuer", "issued_on"),
    [
        ("东山军休所\n2026年11月20日", "东山军休所", date(2026, 11, 20)),
        ("东山军休所\n二〇二六年十一月二十日", "东山军休所", date(2026, 11, 20)),
        ("东山军休所\n2026 年 11 月 3 日\n（此件公开发布）", "东山军休所", date(2026, 11, 3)),
        ("财政部 民政部\n2026年1月2日", "财政部、民政部", date(2026, 1, 2)),
        ("附件：开饭时间表\n东山军休所\n2026年11月20日", "东山军休所", date(2026, 11, 20)),
        # Half of a name is no name; the day is certain all the same.
        ("东山市应对暴雪\n应急指挥部\n2026年1月2日", None, date(2026, 1, 2)),
        # Two signatures, or another day by itself: not certain whose.
        ("东山军休所\n2026年11月20日\n附件\n西山军休所\n2025年1月1日", None, None),
        ("东山军休所\n2026年11月20日\n2026年11月22日", None, None),
        ("东山军休所\n2026年13月20日", None, None),
        ("联系人：张三\n2026年11月20日", None, None),
    ],
)
def test_the_signature_says_who_and_when(
    ending: str, issuer: str | None, issued_on: date | None
) -> None:
    said = read_particulars(f"关于开饭时间的通知\n各位老同志：\n早饭七点开始。\n{ending}\n")
    assert (said.issuer, said.issued_on) == (issuer, issued_on)


@pytest.mark.parametrize(
    ("clause", "starts_on", "ends_on"),
    [
        ("本办法自2026年3月1日起施行。", date(2026, 3, 1), None),
        ("本通知自二〇二六年三月一日起执行。", date(2026, 3, 1), None),
        ("现印发给你们，自2026年3月1日起施行。", date(2026, 3, 1), None),
        (
            "本暂行办法由局里解释，自2026年3月1日起施行，有效期为两年。",
            date(2026, 3, 1),
            date(2028, 2, 29),
        ),
        ("本通知有效期至2026年12月31日。", None, date(2026, 12, 31)),
        ("本措施自发布之日起施行，有效期6个月。", None, date(2027, 5, 19)),
        (
            "本规定自2026年12月1日起至2027年2月28日执行。",
            date(2026, 12, 1),
            date(2027, 2, 28),
        ),
        # Another text's days, one clause's days, days that hang on something, days that differ.
        ("《军人保障法》自2021年8月1日起施行。", None, None),
        ("根据《军人保障法》，本通知所称《条例》自2021年8月1日起施行。", None, None),
        ("本办法第五条自2027年1月1日起施行。", None, None),
        ("取暖补贴自2026年11月15日起执行。", None, None),
        ("健康证有效期至2026年12月31日。", None, None),
        ("本措施暂执行至2020年6月30日。", None, None),
        ("本措施有效期至2020年6月30日，国家另有规定的从其规定。", None, None),
        ("本办法自2026年3月1日起施行。本办法自2026年4月1日起施行。", None, None),
        ("本办法自发布之日起施行，有效期至疫情结束。", None, None),
    ],
)
def test_days_in_force(clause: str, starts_on: date | None, ends_on: date | None) -> None:
    text = f"关于开饭时间的通知\n各位老同志：\n早饭七点开始。\n{clause}\n东山军休所\n2026年11月20日"
    said = read_particulars(text)
    assert (said.starts_on, said.ends_on) == (starts_on, ends_on)


@pytest.mark.parametrize(
    ("clause", "abolishes"),
    [
        ("《食堂管理办法》同时废止。", [Named("食堂管理办法", None)]),
        (
            "原《食堂管理办法》（军休发[2019]3号）、《用车办法》予以废止。",
            [Named("食堂管理办法", "军休发〔2019〕3号"), Named("用车办法", None)],
        ),
        ("同时废止《食堂管理办法》。", [Named("食堂管理办法", None)]),
        ("《食堂管理办法》第五条同时废止。", []),
        ("《食堂管理办法》已经废止。", []),
        ("根据《食堂管理办法》办理。", []),
    ],
)
def test_what_is_abolished_is_named(clause: str, abolishes: list[Named]) -> None:
    assert list(read_particulars(f"本办法自发布之日起施行。{clause}").abolishes) == abolishes


_PIECES = st.sampled_from(
    [
        "本办法",
        "自2026年2月30日起施行",
        "自2024年2月29日起施行，有效期1年",
        "二〇二六年十十月十日",
        "〔2026〕",
        "第3号",
        "有效期十年",
        "《",
        "》同时废止",
        "文件",
        "东山军休所",
        "2026年1月31日",
        "\n",
        " ",
        "。",
        "（",
        "发文字号：",
    ]
)


@given(st.one_of(st.lists(_PIECES, max_size=30).map("".join), st.text(max_size=200)))
def test_any_text_is_read_without_a_fall(text: str) -> None:
    said = read_particulars(text)
    assert said.number is None or plain_number(said.number) == said.number


def test_a_leap_day_ends_on_the_last_of_february() -> None:
    text = "本办法自2024年2月29日起施行，有效期1年。"
    assert read_particulars(text).ends_on == date(2025, 2, 28)
