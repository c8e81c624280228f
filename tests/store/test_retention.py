"""What is old goes, in batches; what still waits stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from knowledge.answers import AnswerStatus
from knowledge.models import EvaluationQuestion, QuestionLogRow
from store import inbox, outbox
from store.database import Database
from store.inbox import InboxRow, InboxStatus
from store.messages import Message
from store.outbox import Lane, OutboxRow
from store.retention import forget_old
from tests.conftest import NOW
from tests.houses import make_account, make_house


def test_what_is_old_goes_and_what_waits_stays(
    either_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.retention.BATCH", 3)
    ages = [400, 366, 364, 31, 29, 0]
    with either_database.begin() as session:
        house = make_house(session, NOW)
        # One channel that pushes, so that rows wait to be sent.
        account = make_account(session, NOW, person_id=house.zhang, channel="telegram")
        first = 0
        for age in ages:
            then = NOW - timedelta(days=age)
            for end in ("done", "waits"):
                inbox.put(
                    session, account=account, external_id=f"{end}{age}", body={"age": age}, now=then
                )
                row = outbox.put(
                    session,
                    account=account,
                    message=Message(f"{end}{age}"),
                    lane=Lane.REPLY,
                    now=then,
                    edits_id=first or None,
                )
                if end == "done":
                    outbox.mark_sent(session, row, external_message_id="1", now=then)
                first = first or row
            log = QuestionLogRow(
                institution_id=house.id,
                asked_at=then,
                question=f"问{age}",
                status=AnswerStatus.ANSWERED,
                passage_ids=[],
                seconds=0.1,
            )
            session.add(log)
            session.flush()
        session.execute(
            update(InboxRow)
            .where(InboxRow.external_id.like("done%"))
            .values(status=InboxStatus.DONE)
        )
        kept = session.scalars(select(QuestionLogRow).order_by(QuestionLogRow.id)).first()
        assert kept is not None
        session.add(
            EvaluationQuestion(
                institution_id=house.id,
                question="问",
                expected="offtopic",
                gold=[],
                log_id=kept.id,
                added_by_id=house.head.person_id,
                added_at=NOW,
            )
        )
    kept_for = {"updates": timedelta(days=30), "conversations": timedelta(days=365)}
    assert forget_old(either_database, now=NOW, **kept_for) == 4 + 2 + 2
    assert forget_old(either_database, now=NOW, **kept_for) == 0
    with either_database.read() as session:
        updates = session.scalars(select(InboxRow.external_id)).all()
        assert sorted(updates) == sorted([*(f"waits{age}" for age in ages), "done29", "done0"])
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
        young = [age for age in ages if age < 365]
        assert sorted(told) == sorted(
            [*(f"waits{age}" for age in ages), *(f"done{age}" for age in young)]
        )
        asked = session.scalars(select(QuestionLogRow.question)).all()
        assert sorted(asked) == sorted(f"问{age}" for age in young)
        # A question that staff took into their set stays theirs.
        assert session.scalars(select(EvaluationQuestion.log_id)).all() == [None]
