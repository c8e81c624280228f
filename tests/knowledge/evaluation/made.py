"""Questions and answers made by hand."""

from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.evaluation.sets import Kind, SetQuestion

GOLD = "规定军休干部每年健康体检1次。"
OTHER = "建立荣誉疗养制度，制定年度计划。"


def quote(words: str = GOLD, document: str = "notice") -> Citation:
    """Return a citation of these words."""
    return Citation(document, "通知", "官方解读", "官方解读", words, 1, 0, len(words))


def answer(
    *citations: Citation,
    status: AnswerStatus = AnswerStatus.ANSWERED,
    text: str | None = None,
    confidence: float = 0.5,
) -> Answer:
    """Return an answer that says its quotes, or `text`."""
    said = "".join(each.quote for each in citations) if text is None else text
    return Answer(status, said, citations, (), 0.01, confidence=confidence)


def asked(
    kind: Kind = Kind.ANSWERABLE,
    *,
    id: str = "1",  # noqa: A002 - The name that stands in a set.
    question: str = "每年能体检几次",
    gold: tuple[str, ...] = (GOLD,),
    must_include: tuple[str, ...] = (),
    document: str | None = None,
) -> SetQuestion:
    """Return a question of a set."""
    if kind is Kind.DOCUMENT and document is None:
        document = "notice"
    return SetQuestion(id, question, kind, gold, must_include, document)
