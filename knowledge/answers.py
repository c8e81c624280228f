"""What an answer is: a status, the words a person reads, and the quotes they rest on."""

import enum
from dataclasses import dataclass
from datetime import date


class AnswerStatus(enum.StrEnum):
    """How a question ended; every answer ends in one of these."""

    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_IN_DOCUMENTS = "not_in_documents"
    NEEDS_STAFF = "needs_staff"
    OUT_OF_SCOPE = "out_of_scope"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Citation:
    """A verbatim quote and where it stands; `document_text[start:end] == quote`.

    `number` is the document's 文号, `dated_on` the day it was issued or written down.
    """

    document: str
    title: str
    source: str
    heading: str
    quote: str
    passage_id: int
    start: int
    end: int
    number: str | None = None
    dated_on: date | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person reads (`text`, quotes included) and what it rests on.

    `services` are ids of the services the answer is about; `seconds` is the whole time;
    `understood_as` is the question with what an earlier one lent it, for the next to go on from;
    `plain` is the line in `text` that is no quote but our own words, "" where there is none;
    `confidence` orders answers by how sure they are, from 0 to 1 (a refusal carries that of the
    answer it held back).
    """

    status: AnswerStatus
    text: str
    citations: tuple[Citation, ...]
    services: tuple[str, ...]
    seconds: float
    understood_as: str = ""
    plain: str = ""
    confidence: float = 0.0

    @property
    def shown(self) -> tuple[Citation, ...]:
        """The citations whose quotes stand in `text`: of a partial answer, the first."""
        return self.citations[:1] if self.status is AnswerStatus.PARTIAL else self.citations
