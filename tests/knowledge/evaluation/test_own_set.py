"""The house's own set: kept from its log, read as a set, written out without personal data."""

import pytest
from sqlalchemy import select, text

from knowledge.answers import AnswerStatus
from knowledge.evaluation.own_set import (
    Keeping,
    NotKept,
    drop_question,
    exported_lines,
    keep_question,
    own_set,
    ungrounded,
)
from knowledge.evaluation.sets import Kind, QuestionSet, SetQuestion
from knowledge.masking import Masking
from knowledge.models import Document, EvaluationQuestion, QuestionLogRow
from knowledge.question_log import asked_question, asked_questions
from store.database import Database
from store.identity import Institution, Person, PersonKind
from tests.conftest import NOW
from tests.knowledge.test_passage_search import CHECKUP, write


class HouseLog:
    """A house with one clerk and its log."""

    def __init__(self, database: Database, name: str = "示范军休所") -> None:
        self.database = database
        with database.begin() as session:
            house = Institution(name=name, created_at=NOW)
            session.add(house)
            session.flush()
            clerk = Person(
                institution_id=house.id,
                kind=PersonKind.STAFF,
                name="小李",
                salutation="小李",
                created_at=NOW,
            )
            session.add(clerk)
            session.flush()
            self.id, self.clerk = house.id, clerk.id

    def asked(self, words: str, passages: list[int] | None = None) -> int:
        """Log a question."""
        with self.database.begin() as session:
            row = QuestionLogRow(
                institution_id=self.id,
                asked_at=NOW,
                question=words,
                status=AnswerStatus.PARTIAL,
                passage_ids=passages or [],
                seconds=0.01,
            )
            session.add(row)
            session.flush()
            return row.id

    def keep(self, keeping: Keeping) -> int:
        """Put a question into the set."""
        with self.database.begin() as session:
            return keep_question(
                session, keeping, institution_id=self.id, added_by_id=self.clerk, now=NOW
            )

    def questions(self) -> QuestionSet:
        """Return the set."""
        with self.database.read() as session:
            return own_set(session, self.id)


def test_a_kept_question_is_a_question_of_the_set(either_database: Database) -> None:
    house = HouseLog(either_database)
    (passage,) = write(either_database, [CHECKUP])
    one, two, three = (house.asked(words) for words in ("体检几次", "暖气费呢", "下不下雨"))
    first = house.keep(Keeping(one, "体检几次", Kind.ANSWERABLE, passage_id=passage))
    second = house.keep(Keeping(two, "暖气费呢", Kind.UNANSWERABLE, gold="不用的话"))
    third = house.keep(Keeping(three, "下不下雨", Kind.OFFTOPIC))
    assert house.questions() == QuestionSet(
        "own",
        (
            SetQuestion(f"own-{first}", "体检几次", Kind.ANSWERABLE, (CHECKUP,)),
            SetQuestion(f"own-{second}", "暖气费呢", Kind.UNANSWERABLE),
            SetQuestion(f"own-{third}", "下不下雨", Kind.OFFTOPIC),
        ),
    )
    with pytest.raises(NotKept, match="known"):
        house.keep(Keeping(one, "体检几次", Kind.OFFTOPIC))
    with either_database.begin() as session:
        assert drop_question(session, institution_id=house.id, log_id=one)
        assert not drop_question(session, institution_id=house.id, log_id=one)
    assert len(house.questions().questions) == 2
    house.keep(Keeping(one, "体检几次", Kind.OFFTOPIC))


def test_the_log_shows_what_is_kept(either_database: Database) -> None:
    house = HouseLog(either_database)
    (passage,) = write(either_database, [CHECKUP])
    plain, kept = house.asked("暖气费呢"), house.asked("体检几次", [passage, 10**6])
    house.keep(Keeping(kept, "体检几次", Kind.ANSWERABLE, gold="每年健康体检1次"))
    with either_database.read() as session:
        rows = asked_questions(session, institution_id=house.id)
        only = asked_questions(
            session, institution_id=house.id, only=QuestionLogRow.id == plain, limit=1
        )
        nobodys = asked_question(session, kept, institution_id=house.id + 1)
    assert [row.id for row in rows] == [kept, plain]
    assert (rows[0].expected, rows[0].gold) == ("answerable", ("每年健康体检1次",))
    assert rows[0].quotes == {passage: CHECKUP}
    assert (rows[1].expected, rows[1].quotes) == (None, {})
    assert [row.id for row in only] == [plain]
    assert nobodys is None


def test_the_words_are_kept_encrypted_and_without_numbers(database: Database) -> None:
    house = HouseLog(database)
    words = "我电话13800138000，下不下雨"
    house.keep(Keeping(house.asked(words), words, Kind.OFFTOPIC))
    with database.read() as session:
        row = session.scalars(select(EvaluationQuestion)).one()
        stored = session.execute(text("SELECT question FROM evaluation_questions")).scalar_one()
    assert row.question == "我电话〔号码〕，下不下雨"
    assert "下不下雨".encode() not in stored


@pytest.mark.parametrize(
    ("question", "expected", "gold", "reason"),
    [
        (" ", Kind.OFFTOPIC, "", "no_question"),
        ("问" * 301, Kind.OFFTOPIC, "", "too_long"),
        ("体检几次", Kind.ANSWERABLE, "", "no_gold"),
        ("体检几次", Kind.ANSWERABLE, "体 检", "no_gold"),
        ("体检几次", Kind.ANSWERABLE, "体" * 1001, "too_long"),
        ("体检几次", Kind.ANSWERABLE, "每年健康体检2次", "not_in_force"),
        # A text is no pattern.
        ("体检几次", Kind.ANSWERABLE, "每年.*体检", "not_in_force"),
    ],
)
def test_what_cannot_be_kept_says_why(
    database: Database, question: str, expected: Kind, gold: str, reason: str
) -> None:
    house = HouseLog(database)
    write(database, [CHECKUP])
    with pytest.raises(NotKept) as refused:
        house.keep(Keeping(house.asked("体检几次"), question, expected, gold))
    assert refused.value.reason == reason
    assert house.questions().questions == ()


def test_another_house_keeps_and_drops_nothing_of_ours(database: Database) -> None:
    house, other = HouseLog(database), HouseLog(database, "邻市军休所")
    log_id = house.asked("体检几次")
    with pytest.raises(NotKept, match="not_there"):
        other.keep(Keeping(log_id, "体检几次", Kind.OFFTOPIC))
    house.keep(Keeping(log_id, "体检几次", Kind.OFFTOPIC))
    with database.begin() as session:
        assert not drop_question(session, institution_id=other.id, log_id=log_id)
    assert len(house.questions().questions) == 1
    assert other.questions().questions == ()


def test_a_question_whose_words_are_gone_is_named(database: Database) -> None:
    house = HouseLog(database)
    write(database, [CHECKUP])
    house.keep(Keeping(house.asked("体检几次"), "体检几次", Kind.ANSWERABLE, CHECKUP))
    house.keep(Keeping(house.asked("下不下雨"), "下不下雨", Kind.OFFTOPIC))

    def gone() -> list[str]:
        with database.read() as session:
            questions = own_set(session, house.id)
            found = ungrounded(session, questions, institution_id=house.id, now=NOW)
            return [question.question for question in found]

    assert gone() == []
    with database.begin() as session:
        session.scalars(select(Document)).one().withdrawn_at = NOW
    assert gone() == ["体检几次"]


def test_it_is_written_out_without_the_people_of_the_house() -> None:
    questions = QuestionSet(
        "own",
        (
            SetQuestion("own-1", "张建国的体检13800138000", Kind.ANSWERABLE, (CHECKUP,)),
            SetQuestion("own-2", "住3号楼2单元501，糖尿病能送饭吗", Kind.UNANSWERABLE),
        ),
    )
    lines = exported_lines(questions, Masking(), names=["张建国"])
    assert [line["question"] for line in lines] == [
        "【姓名2】的体检【号码1】",
        "住【住址1】,某种病能送饭吗",
    ]
    assert lines[0]["gold"] == [CHECKUP]
    assert (lines[1]["id"], lines[1]["kind"]) == ("own-2", "unanswerable")
    assert "gold" not in lines[1]
