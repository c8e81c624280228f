"""Answers over the bundled notice: the whole path, with the real model and the real index."""

import pytest

from knowledge.answering import Answering
from knowledge.answers import AnswerStatus
from tests.conftest import NOW


def test_an_answer_quotes_and_says_where_it_stands(notice: Answering) -> None:
    answer = notice.answer("一年能做几回体检", institution_id=None, now=NOW)
    first = answer.citations[0]
    assert answer.status is AnswerStatus.ANSWERED
    assert "1次" in first.quote
    assert first.quote in answer.text
    assert first.document == "notice"
    assert answer.services == ("checkup",)


@pytest.mark.parametrize(
    ("question", "asked"), [("去疗养一趟要花多少钱", "多少钱"), ("疗养一回住多少天", "多长时间")]
)
def test_what_the_notice_does_not_say_is_said_to_be_missing(
    notice: Answering, question: str, asked: str
) -> None:
    answer = notice.answer(question, institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.PARTIAL
    assert asked in answer.text
    assert "工作人员" in answer.text


@pytest.mark.parametrize("question", ["", "   ", "\0", "\ud800", "😀😀", "？？？"])
def test_nothing_asked_ends_kindly(notice: Answering, question: str) -> None:
    answer = notice.answer(question, institution_id=None, now=NOW)
    assert answer.status in {AnswerStatus.OUT_OF_SCOPE, AnswerStatus.NOT_IN_DOCUMENTS}
    assert answer.citations == ()


def test_a_very_long_message_is_answered(notice: Answering) -> None:
    answer = notice.answer("每年体检几次？" + "谢谢" * 50_000, institution_id=None, now=NOW)
    assert answer.status is AnswerStatus.ANSWERED
