"""What a report says: every miss with what was shown and what is right, then the table."""

from datetime import UTC, datetime

import pytest

from knowledge.answers import AnswerStatus
from knowledge.evaluation.evaluating import Outcome, Report, Tally
from knowledge.evaluation.report import report_lines
from knowledge.evaluation.risk_coverage import Judged, Point, risk_coverage
from knowledge.evaluation.runs import Before, Change, Comparison
from knowledge.evaluation.scoring import score
from knowledge.evaluation.sets import Kind, Score
from tests.knowledge.evaluation.made import GOLD, OTHER, answer, asked, quote


def report(*outcomes: Outcome, breaches: tuple[str, ...] = (), bar: float = 0.95) -> Report:
    """Return a report of some outcomes, one of two answerable questions right."""
    return Report(
        set_name="made.jsonl",
        outcomes=outcomes,
        tallies=(Tally(Score.ANSWERABLE, 1, 2),),
        bars={Score.ANSWERABLE: bar, Score.WITHOUT_DOCUMENT: 0.65},
        curve=risk_coverage([Judged(0.9, is_right=True), Judged(0.5, is_right=False)]),
        working_point=Point(0.5, 0.25),
        breaches=breaches,
        median_seconds=0.0123,
    )


def test_a_miss_says_what_was_shown_and_what_is_right() -> None:
    question = asked(must_include=("1次", "一次"))
    shown = answer(quote(OTHER.replace("，", "，\n")), status=AnswerStatus.PARTIAL)
    lines = report_lines(report(Outcome(question, shown, score(question, shown))), None)
    assert lines[:4] == [
        "没对的（1题）",
        "[answerable、answerable, first] 1 每年能体检几次",
        "    显示的：只答了一部分，引的是 notice 的“建立荣誉疗养制度， 制定年度计划。”",
        f"    应当是：回答了，原文有“{GOLD}”，说的话里有“1次”或“一次”",
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Kind.UNANSWERABLE, "只答了一部分、材料里没有，或请工作人员"),
        (Kind.OFFTOPIC, "不会，或材料里没有"),
        (Kind.DOCUMENT, f"引用 notice 的“{GOLD}”"),
    ],
)
def test_every_kind_says_what_is_right(kind: Kind, words: str) -> None:
    question, shown = asked(kind), answer()
    lines = report_lines(report(Outcome(question, shown, score(question, shown))), None)
    assert lines[2] == "    显示的：回答了"
    assert lines[3] == f"    应当是：{words}"


def test_what_is_right_is_not_listed() -> None:
    question, shown = asked(), answer(quote())
    lines = report_lines(report(Outcome(question, shown, score(question, shown))), None)
    assert "每年能体检几次" not in "".join(lines)


def test_answers_that_stay_without_their_document_are_listed_apart() -> None:
    question, shown, without = asked(Kind.DOCUMENT), answer(quote()), answer(quote(OTHER, "old"))
    scores = score(question, shown) | {Score.WITHOUT_DOCUMENT: False}
    lines = report_lines(report(Outcome(question, shown, scores, without)), None)
    assert lines[:3] == [
        "拿掉依据的文件，还说回答了的（1题）",
        "1 每年能体检几次",
        f"    显示的：回答了，引的是 old 的“{OTHER}”",
    ]
    assert "下面几行，拿掉文件再问的也算在里面：" in lines


def test_the_table_stands_last_with_bars_and_curve() -> None:
    lines = report_lines(report(), None)
    assert lines == [
        "这套题以前没有打过分，没有可比的。",
        "",
        "                        对    共    比率   95%区间       要求",
        "answerable               1     2   0.500   0.095–0.905   0.950 没达到",
        "without document    没有量（要加 --without-documents）",
        "每问中位用时 12.3 毫秒",
        "现在回答了50.0%，其中25.0%不对。",
        "错的不超过5%，最多能回答50.0%。",
        "错的不超过10%，最多能回答50.0%。",
        "错的不超过20%，最多能回答50.0%。",
        "风险—覆盖曲线下的面积 0.250（越小越好）。",
        "违例：没有",
        "没有达到要求：answerable。",
    ]


def test_breaches_are_said_last_and_held_bars_too() -> None:
    lines = report_lines(report(breaches=("“x”不是原文",), bar=0.5), None)
    assert lines[-2:] == ["违例：“x”不是原文", "各项要求都达到了。"]


def test_what_changed_is_said_question_by_question() -> None:
    question, now = asked(), answer(quote())
    outcome = Outcome(question, now, score(question, now))
    better = Change(outcome, Before("partial", OTHER, {}), (Score.ANSWERABLE, Score.FIRST))
    worse = Change(outcome, Before("a status of old", GOLD, {}), (Score.FIRST,))
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    lines = report_lines(report(), Comparison(at, 66, (better,), (worse,)))
    assert lines[:6] == [
        "和上一次（2026-11-23 09:00，相同的66题）比：变好1题，变差1题",
        "变好 [answerable、answerable, first] 1 每年能体检几次：只答了一部分 → 回答了",
        f"    上次“{OTHER}”",
        f"    这次“{GOLD}”",
        "变差 [answerable, first] 1 每年能体检几次：a status of old → 回答了",
        "",
    ]


def test_what_no_terminal_can_show_is_shown_as_a_question_mark() -> None:
    question, shown = asked(id="\ud800"), answer()
    lines = report_lines(report(Outcome(question, shown, score(question, shown))), None)
    assert lines[1].startswith("[answerable、answerable, first] ? ")
