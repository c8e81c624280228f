"""A clerk's answer as a document: found in other words by the same house, gone when withdrawn."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ingestion.pipeline import ingest_bundled_notice
from ingestion.staff_answers import HouseAnswer, embed_answer, let_in, take_out
from knowledge.answering import Answering
from knowledge.answers import Answer, AnswerStatus
from knowledge.embedding import Embedder
from knowledge.models import Document, DocumentKind, Passage
from knowledge.vectors import VectorStore
from store.database import Database
from store.identity import Institution, Person, PersonKind
from store.keyring import Keyring
from tests.conftest import NOW
from tests.knowledge.conftest import answering_of

ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "data/answered_before.jsonl")
    .read_text("utf-8")
    .splitlines()
]
ANSWERS: dict[str, str] = {row["question"]: row["answer"] for row in ROWS}
# Measured, not asked for: how many of the paraphrases are known, how many near misses taken.
LEAST_KNOWN, MOST_TAKEN = 0.7, 0.15


@dataclass(frozen=True, slots=True)
class Houses:
    """Two houses; a clerk of the first answered, and it was let in."""

    database: Database
    house: int
    other: int
    clerk: int
    answering: Answering

    def ask(self, question: str, now: datetime = NOW) -> Answer:
        return self.answering.answer(question, institution_id=self.house, now=now)

    def told(self, question: str) -> str | None:
        """Return the first quote of a whole answer."""
        answer = self.ask(question)
        return answer.citations[0].quote if answer.status is AnswerStatus.ANSWERED else None

    def let_in(self, key: str, question: str, text: str, ends_on: date | None = None) -> int:
        answer = HouseAnswer(key, self.house, question, text, ends_on, self.clerk, self.clerk)
        with self.database.begin() as session:
            return let_in(session, answer, now=NOW).id


def build_houses(database: Database, embedder: Embedder) -> Houses:
    with database.begin() as session:
        house, other = (Institution(name=name, created_at=NOW) for name in ("东山", "西山"))
        session.add_all([house, other])
        session.flush()
        clerk = Person(
            institution_id=house.id,
            kind=PersonKind.STAFF,
            name="小陈",
            salutation="小陈",
            created_at=NOW,
        )
        session.add(clerk)
        session.flush()
        return Houses(database, house.id, other.id, clerk.id, answering_of(database, embedder))


@pytest.fixture(scope="module")
def houses(
    tmp_path_factory: pytest.TempPathFactory,
    migrated_file: Path,
    keyring: Keyring,
    embedder: Embedder,
) -> Houses:
    target = tmp_path_factory.mktemp("answers") / "junxiu.sqlite3"
    target.write_bytes(migrated_file.read_bytes())
    database = Database(f"sqlite:///{target}", keyring)
    vectors = VectorStore(database, embedder)
    ingest_bundled_notice(database, vectors, now=NOW)
    made = build_houses(database, embedder)
    for number, (question, text) in enumerate(ANSWERS.items()):
        embed_answer(vectors, question, text)
        ends_on = date(2027, 12, 31) if number else None
        made.let_in(f"answer-{number}", question, text, ends_on)
    return made


@pytest.fixture
def empty_houses(database: Database, embedder: Embedder) -> Houses:
    return build_houses(database, embedder)


@pytest.mark.parametrize("question", ANSWERS)
def test_the_same_question_is_answered_whole_with_source_and_date(
    houses: Houses, question: str
) -> None:
    answer = houses.ask(question)
    assert answer.status is AnswerStatus.ANSWERED
    first = answer.citations[0]
    assert first.quote == ANSWERS[question]
    assert first.source == "本所答复"
    assert str(first.dated_on) == "2026-11-23"
    assert answer.text.startswith(f"所里答复过“{question}”：“{first.quote}”")


def test_other_words_find_the_same_answer(houses: Houses) -> None:
    asked = [(row["answer"], otherwise) for row in ROWS for otherwise in row["same"]]
    known = [otherwise for text, otherwise in asked if houses.told(otherwise) == text]
    assert len(known) / len(asked) >= LEAST_KNOWN


def test_few_other_questions_are_taken_for_the_same(houses: Houses) -> None:
    others = [each for row in ROWS for each in row["other"] if each not in ANSWERS]
    taken = [each for each in others if houses.told(each) in ANSWERS.values()]
    assert len(taken) / len(others) <= MOST_TAKEN


@pytest.mark.parametrize(
    "question", ["每年能体检几次", "到军队医院看病能优先吗", "全国有多少军休干部"]
)
def test_what_the_notice_says_is_still_answered_from_it(houses: Houses, question: str) -> None:
    answer = houses.ask(question)
    assert answer.status is AnswerStatus.ANSWERED
    assert answer.citations[0].document == "notice"


def test_another_house_is_not_answered_from_it(houses: Houses) -> None:
    for institution_id in (houses.other, None):
        for question in ANSWERS:
            answer = houses.answering.answer(question, institution_id=institution_id, now=NOW)
            assert all(citation.source != "本所答复" for citation in answer.citations)


def test_after_its_last_day_it_answers_no_more(houses: Houses) -> None:
    later = NOW + timedelta(days=500)
    asked = {question: houses.ask(question, now=later) for question in list(ANSWERS)[:2]}
    assert [answer.status is AnswerStatus.ANSWERED for answer in asked.values()] == [True, False]


def test_what_is_written_is_marked_as_a_clerk_s_answer(houses: Houses) -> None:
    with houses.database.read() as session:
        document = session.scalars(select(Document).where(Document.external_id == "answer-1")).one()
    assert document.kind is DocumentKind.ANSWER
    assert document.institution_id == houses.house
    assert (document.author_id, document.approved_by_id) == (houses.clerk, houses.clerk)
    assert document.ends_on == date(2027, 12, 31)


def test_withdrawn_it_answers_no_more_and_comes_back_with_new_words(
    empty_houses: Houses, embedder: Embedder
) -> None:
    def ask() -> list[str]:
        return [citation.quote for citation in empty_houses.ask("暖气哪天来").citations]

    document_id = empty_houses.let_in("answer-1", "暖气什么时候来", "11月15日供暖。")
    assert ask() == ["11月15日供暖。"]
    with empty_houses.database.begin() as session:
        take_out(session, document_id, now=NOW)
    assert ask() == []
    again = empty_houses.let_in("answer-1", "暖气什么时候来", "11月20日供暖，今年晚五天。")
    assert again == document_id
    assert ask() == ["11月20日供暖，今年晚五天。"]
    with empty_houses.database.read() as session:
        assert session.get_one(Document, document_id).version == 2


@pytest.mark.parametrize(
    "text",
    [
        "一句话没有句号",
        "头一句。第二句！第三句？",
        "第一行\n第二行\n\n第三行。",
        "很长的一句话，" * 60 + "完了。" + "后面还有一句。" * 40,
        "　开头有空白。 中间也有。\n",
    ],
)
def test_pieces_put_together_are_the_answer(empty_houses: Houses, text: str) -> None:
    document_id = empty_houses.let_in("answer-1", "问", text)
    with empty_houses.database.read() as session:
        rows = session.scalars(
            select(Passage).where(Passage.document_id == document_id).order_by(Passage.position)
        ).all()
    assert "".join(row.text for row in rows) == text
    assert all(row.text == text[row.start : row.end] for row in rows)
    assert all(row.text.strip() for row in rows)
