"""The rules: what counts as right, and what no answer may do."""

from collections.abc import Collection, Mapping

from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.evaluation.sets import Kind, Score, SetQuestion
from knowledge.grounding import is_exact, shares, unbacked_numbers

MOST_QUOTES = 3
MOST_CHARACTERS = 240
SHARED_CHARACTERS = 12

RIGHT_ENDS: Mapping[Kind, frozenset[AnswerStatus]] = {
    Kind.ANSWERABLE: frozenset({AnswerStatus.ANSWERED}),
    Kind.UNANSWERABLE: frozenset(
        {AnswerStatus.PARTIAL, AnswerStatus.NOT_IN_DOCUMENTS, AnswerStatus.NEEDS_STAFF}
    ),
    Kind.OFFTOPIC: frozenset({AnswerStatus.OUT_OF_SCOPE, AnswerStatus.NOT_IN_DOCUMENTS}),
}
_SAYS_SOMETHING = frozenset({AnswerStatus.ANSWERED, AnswerStatus.PARTIAL})


def score(question: SetQuestion, answer: Answer) -> dict[Score, bool]:
    """Return what an answer is scored on, and whether it was right."""
    if question.kind is Kind.DOCUMENT:
        return _score_by_document(question, answer)
    ended_right = answer.status in RIGHT_ENDS[question.kind]
    if question.kind is not Kind.ANSWERABLE:
        return {Score(question.kind): ended_right}
    right = ended_right and shows_what_is_right(question, answer)
    return {Score.ANSWERABLE: right, Score.FIRST: right and _hits(question, answer)[0]}


def score_without_document(answer: Answer) -> dict[Score, bool]:
    """Score an answer that was given with the right document taken out."""
    return {Score.WITHOUT_DOCUMENT: answer.status is not AnswerStatus.ANSWERED}


def shows_what_is_right(question: SetQuestion, answer: Answer) -> bool:
    """Tell whether the right words are shown, shortly enough, however the answer ends."""
    if question.kind not in {Kind.ANSWERABLE, Kind.DOCUMENT} or not _is_short_enough(answer):
        return False
    wanted = question.must_include
    says_it = not wanted or any(words in answer.text for words in wanted)
    return says_it and any(_hits(question, answer))


def breaches(question: str, answer: Answer, texts: Mapping[str, Collection[str]]) -> list[str]:
    """Return what of an answer no answer may say, in words.

    Args:
        question: as it was asked.
        answer: what was said.
        texts: the texts that each document id may stand for.
    """
    found = [
        f"“{citation.quote}”不是原文"
        for citation in answer.citations
        if not any(is_exact(citation.quote, text) for text in texts.get(citation.document, ()))
    ]
    if answer.status in _SAYS_SOMETHING:
        quotes = [citation.quote for citation in answer.citations]
        numbers = unbacked_numbers(answer.text, quotes=quotes, question=question)
        found += [f"数字{number}没有出处" for number in numbers]
    return found


def _score_by_document(question: SetQuestion, answer: Answer) -> dict[Score, bool]:
    hits = _hits(question, answer) if _is_short_enough(answer) else []
    return {
        Score.HIT_1: any(hits[:1]),
        Score.HIT_3: any(hits[:MOST_QUOTES]),
        Score.ANSWERED: answer.status is AnswerStatus.ANSWERED,
    }


def _hits(question: SetQuestion, answer: Answer) -> list[bool]:
    return [_is_hit(question, citation) for citation in answer.citations]


def _is_hit(question: SetQuestion, citation: Citation) -> bool:
    if question.document is not None and citation.document != question.document:
        return False
    return any(shares(citation.quote, gold, characters=SHARED_CHARACTERS) for gold in question.gold)


def _is_short_enough(answer: Answer) -> bool:
    shown = sum(len(citation.quote) for citation in answer.citations)
    return len(answer.citations) <= MOST_QUOTES and shown <= MOST_CHARACTERS
