"""Every question is logged with status, passages and time, and nobody can read its words."""

from sqlalchemy import select, text

from knowledge.answering import Answering
from knowledge.models import QuestionLogRow
from knowledge.question_log import log_question
from store.database import Database
from tests.conftest import NOW


def test_a_question_is_logged_encrypted(notice: Answering, database: Database) -> None:
    answer = notice.answer("一年能做几回体检", institution_id=None, now=NOW)
    with database.begin() as session:
        log_question(
            session,
            question="一年能做几回体检",
            answer=answer,
            now=NOW,
            institution_id=None,
            account_id=None,
            person_id=None,
        )
    with database.read() as session:
        row = session.scalars(select(QuestionLogRow)).one()
        assert row.question == "一年能做几回体检"
        assert row.status is answer.status
        assert row.passage_ids == [citation.passage_id for citation in answer.citations]
        assert row.answer == answer.text
        stored = session.execute(text("SELECT question, answer FROM question_log")).one()
    assert not any("体检".encode() in each for each in stored)
