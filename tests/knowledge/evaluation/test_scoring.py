"""Each rule of scoring with an answer that passes it and one that does not."""

import pytest

from knowledge.answers import Answer, AnswerStatus
from knowledge.evaluation.scoring import (
    breaches,
    score,
    score_without_document,
    shows_what_is_right,
)
from knowledge.evaluation.sets import Kind, Score
from tests.knowledge.evaluation.made import GOLD, OTHER, answer, asked, quote

ANSWERED = AnswerStatus.ANSWERED
PARTIAL = AnswerStatus.PARTIAL


def is_right(made: Answer, **question: tuple[str, ...]) -> bool:
    """Tell whether an answer is right for an answerable question."""
    return score(asked(**question), made)[Score.ANSWERABLE]  # type: ignore[arg-type]


@pytest.mark.parametrize("status", list(AnswerStatus))
def test_an_answerable_question_must_be_answered(status: AnswerStatus) -> None:
    assert is_right(answer(quote(), status=status)) is (status is ANSWERED)


def test_three_quotes_and_no_more() -> None:
    others = [quote(OTHER), quote("就医有保障。")]
    assert is_right(answer(quote(), *others))
    assert not is_right(answer(quote(), *others, quote("活动场所开放。")))


def test_two_hundred_and_forty_characters_in_all() -> None:
    room = 240 - len(GOLD)
    assert is_right(answer(quote(), quote("字" * room)))
    assert not is_right(answer(quote(), quote("字" * (room + 1))))


def test_twelve_characters_in_a_row_are_shared() -> None:
    assert is_right(answer(quote(GOLD[:12])))
    assert not is_right(answer(quote(GOLD[:11])))
    # Twelve that do not follow one another are not shared.
    assert not is_right(answer(quote(GOLD[:6] + "，" + GOLD[6:12])))


def test_a_gold_of_less_is_shared_whole() -> None:
    assert is_right(answer(quote("每年健康体检1次")), gold=("体检1次",))
    assert not is_right(answer(quote("每年健康体检")), gold=("体检1次",))


def test_one_gold_of_several_is_enough() -> None:
    assert is_right(answer(quote()), gold=(OTHER, GOLD))
    assert not is_right(answer(quote()), gold=(OTHER,))


def test_one_of_the_words_must_be_said() -> None:
    assert is_right(answer(quote()), must_include=("2次", "1次"))
    assert not is_right(answer(quote()), must_include=("2次", "两次"))
    # Said, not quoted: what counts is what the person reads.
    assert not is_right(answer(quote(), text="有的。"), must_include=("1次",))


def test_first_counts_the_first_quote_of_a_right_answer() -> None:
    def first(made: Answer) -> bool:
        return score(asked(), made)[Score.FIRST]

    assert first(answer(quote(), quote(OTHER)))
    assert not first(answer(quote(OTHER), quote()))
    assert not first(answer(quote(), status=PARTIAL))


@pytest.mark.parametrize(
    ("kind", "right"),
    [
        (Kind.UNANSWERABLE, {"partial", "not_in_documents", "needs_staff"}),
        (Kind.OFFTOPIC, {"out_of_scope", "not_in_documents"}),
    ],
)
def test_what_cannot_be_answered_must_end_so(kind: Kind, right: set[str]) -> None:
    ends = {s.value for s in AnswerStatus if score(asked(kind), answer(status=s))[Score(kind)]}
    assert ends == right
    assert list(score(asked(kind), answer())) == [Score(kind)]


def hits(made: Answer) -> tuple[bool, bool]:
    """Return hit@1 and hit@3 of an answer to a question of the notice."""
    scores = score(asked(Kind.DOCUMENT), made)
    return scores[Score.HIT_1], scores[Score.HIT_3]


def test_a_hit_is_first_or_among_three() -> None:
    assert hits(answer(quote(), quote(OTHER))) == (True, True)
    assert hits(answer(quote(OTHER), quote(OTHER), quote())) == (False, True)
    assert hits(answer(quote(OTHER))) == (False, False)
    assert hits(answer(status=AnswerStatus.NOT_IN_DOCUMENTS)) == (False, False)


def test_a_hit_is_of_the_right_document() -> None:
    assert hits(answer(quote(document="other"), quote())) == (False, True)
    assert hits(answer(quote(document="other"))) == (False, False)


@pytest.mark.parametrize("status", [PARTIAL, AnswerStatus.NEEDS_STAFF])
def test_a_hit_counts_however_the_answer_ends(status: AnswerStatus) -> None:
    assert hits(answer(quote(), status=status)) == (True, True)


def test_hits_stay_within_the_same_room() -> None:
    assert hits(answer(quote(), quote("字" * 300))) == (False, False)


def test_answered_is_counted_for_questions_of_a_document() -> None:
    def answered(made: Answer) -> bool:
        return score(asked(Kind.DOCUMENT), made)[Score.ANSWERED]

    assert answered(answer())
    assert not answered(answer(quote(), status=PARTIAL))


@pytest.mark.parametrize("status", list(AnswerStatus))
def test_without_its_document_nothing_may_be_answered(status: AnswerStatus) -> None:
    without = score_without_document(answer(quote(OTHER), status=status))
    assert without == {Score.WITHOUT_DOCUMENT: status is not ANSWERED}


def test_what_is_shown_counts_for_the_curve_however_it_ends() -> None:
    assert shows_what_is_right(asked(), answer(quote(), status=PARTIAL))
    assert not shows_what_is_right(asked(), answer(quote(OTHER)))
    assert not shows_what_is_right(asked(), answer())
    assert not shows_what_is_right(asked(Kind.UNANSWERABLE), answer(quote()))


TEXTS = {"notice": ["第一部分\n规定军休干部每年\n健康体检1次。"]}


def test_a_quote_stands_in_its_document_white_space_aside() -> None:
    assert breaches("", answer(quote(), text=""), TEXTS) == []
    assert len(breaches("", answer(quote("规定军休干部每年健康体检2次。"), text=""), TEXTS)) == 1
    assert len(breaches("", answer(quote(document="other"), text=""), TEXTS)) == 1
    # Also where it may not be shown at all.
    refused = answer(quote(OTHER), status=AnswerStatus.NOT_IN_DOCUMENTS)
    assert len(breaches("", refused, TEXTS)) == 1


def test_a_number_stands_in_a_quote_or_in_the_question() -> None:
    assert breaches("", answer(quote(), text="每年1次"), TEXTS) == []
    assert breaches("去3次行吗", answer(quote(), text="您问的3次没有，每年1次"), TEXTS) == []
    assert breaches("", answer(quote(), text="每年2次"), TEXTS) == ["数字2没有出处"]
    # A part of a number backs nothing.
    assert breaches("", answer(quote(), text="第11条"), TEXTS) == ["数字11没有出处"]


def test_numbers_count_where_something_is_said() -> None:
    said = {s for s in AnswerStatus if breaches("", answer(status=s, text="请拨12345"), TEXTS)}
    assert said == {ANSWERED, PARTIAL}
