"""One person's data, handed over and erased, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.schema import all_tables
from booking import queues, requests
from booking.errors import StillOpen
from booking.meals.models import Diet
from booking.models import AuditRow, Request, RequestEvent
from booking.own_data import _about, erase, rows_about
from booking.ratings import rate
from booking.requests import Submission, submit
from booking.services import load_catalog
from knowledge.answers import AnswerStatus
from knowledge.models import EvaluationQuestion, QuestionLogRow
from store import inbox, outbox
from store.base import Base
from store.database import Database
from store.identity import Account, Person
from store.messages import Message
from store.outbox import Lane
from store.types import EncryptedJson, EncryptedText
from tests.conftest import NOW
from tests.houses import House, make_account, make_house

CATALOG = load_catalog()
MEAL = {"date": "2026-11-24", "meal": "lunch", "diet": "diabetic", "portions": "1"}
RIDE = {"date": "2026-11-24", "time": "08:00", "destination": "肿瘤医院", "return_trip": "no"}
TELLS = ("张建国", "张老", "13900000001", "幸福里", "肿瘤", "糖尿病", "我爸", "头疼", "忌口")
# Nobody's own: keys and links of the house, its cars and drivers.
OF_NOBODY = {"home_facts", "work_links", "vehicles", "drivers", "ride_time_off"}


@pytest.fixture
def house(either_database: Database) -> House:
    """Return a house in which Zhang ate, was driven, asked and was answered."""
    with either_database.begin() as session:
        house = make_house(session, NOW)
        account = make_account(session, NOW, person_id=house.zhang, external_id="1")
        daughter = make_account(session, NOW, person_id=house.min, external_id="2")
        zhang = session.get_one(Person, house.zhang)
        zhang.health_note = "头疼"
        session.add(
            Diet(person_id=zhang.id, institution_id=house.id, words="忌口", **_diet_defaults())
        )
        for number, (service, values) in enumerate((("meal", MEAL), ("ride", RIDE))):
            actor = zhang if service == "meal" else session.get_one(Person, house.min)
            wanted = Submission(
                actor=actor,
                beneficiary=zhang,
                service=CATALOG.get(service),
                values=values,
                account_id=account.id if service == "meal" else daughter.id,
                key=f"k{number}",
            )
            submit(session, wanted, now=NOW)
        inbox.put(session, account=account, external_id="1", body={"text": "头疼"}, now=NOW)
        outbox.put(
            session, account=account, message=Message("张老，头疼"), lane=Lane.REPLY, now=NOW
        )
        asked = QuestionLogRow(
            institution_id=house.id,
            account_id=account.id,
            person_id=zhang.id,
            asked_at=NOW,
            question="我头疼",
            status=AnswerStatus.ANSWERED,
            passage_ids=[],
            seconds=0.1,
        )
        session.add(asked)
        session.flush()
        session.add(
            EvaluationQuestion(
                institution_id=house.id,
                question="张老头疼",
                expected="offtopic",
                gold=[],
                log_id=asked.id,
                added_by_id=house.head.person_id,
                added_at=NOW,
            )
        )
    return house


def _diet_defaults() -> dict[str, object]:
    """Return what else a row of diets must have."""
    known = {"person_id", "institution_id", "words"}
    values: dict[str, object] = {}
    for column in Diet.__table__.columns:
        if column.name in known or column.nullable or column.default is not None:
            continue
        values[column.name] = NOW if "at" in column.name.split("_") else []
    return values


def _finish(database: Database, house: House) -> None:
    with database.begin() as session:
        for request_id in session.scalars(select(Request.id)).all():
            for verb in (requests.accept, requests.complete):
                verb(
                    session,
                    catalog=CATALOG,
                    request_id=request_id,
                    clerk=house.head,
                    now=NOW + timedelta(days=2),
                )
        rate(
            session,
            actor=session.get_one(Person, house.zhang),
            request_id=session.scalars(select(Request.id).order_by(Request.id)).first() or 0,
            stars=5,
            now=NOW + timedelta(days=2),
        )


def _everything(database: Database, *, without: str = "") -> str:
    """Return every word of every table, opened."""
    words = []
    with database.read() as session:
        for table in all_tables().sorted_tables:
            if table.name == without:
                continue
            words += [str(tuple(row)) for row in session.execute(select(table))]
    return "\n".join(words)


def test_what_is_handed_over_is_everything(either_database: Database, house: House) -> None:
    with either_database.read() as session:
        found = dict(rows_about(session, session.get_one(Person, house.zhang)))
    assert found["people"][0]["phone"] == "13900000001"
    assert {row["service"] for row in found["requests"]} == {"meal", "ride"}
    assert found["question_log"][0]["question"] == "我头疼"
    assert found["inbox"][0]["body"] == {"text": "头疼"}
    assert found["links"][0]["calls"] == "我爸"
    assert found["diets"][0]["words"] == "忌口"
    assert {row["beneficiary_id"] for row in found["requests"]} == {house.zhang}
    with either_database.read() as session:
        of_li = dict(rows_about(session, session.get_one(Person, house.li)))
    assert of_li.keys() == {"people"}


def test_who_has_open_requests_is_not_erased(either_database: Database, house: House) -> None:
    before = _everything(either_database)
    with either_database.begin() as session, pytest.raises(StillOpen, match="餐"):
        erase(session, person=session.get_one(Person, house.zhang), catalog=CATALOG, now=NOW)
    assert _everything(either_database) == before


def test_who_is_erased_leaves_numbers_only(either_database: Database, house: House) -> None:
    _finish(either_database, house)
    for word in TELLS:
        assert word in _everything(either_database), word
    with either_database.begin() as session:
        person = session.get_one(Person, house.zhang)
        erase(session, person=person, catalog=CATALOG, now=NOW)
    left = _everything(either_database)
    for word in TELLS:
        assert word not in left, word
    with either_database.read() as session:
        assert session.scalar(select(func.count(Request.id))) == 2
        assert session.scalar(select(func.count(RequestEvent.id))) or 0 >= 4
        assert session.scalars(select(Account.person_id)).all() == [house.min]
        erased = session.scalars(select(AuditRow).where(AuditRow.act == "erase")).one()
        assert erased.subject_person_id == house.zhang
        meal = session.scalars(select(Request).where(Request.service == "meal")).one()
        assert meal.values["date"] == MEAL["date"]
        assert meal.values["portions"] == "1"
        daughter = session.get_one(Person, house.min)
        assert daughter.name == "张敏"
    # The desk still opens what was done.
    with either_database.read() as session:
        for request_id in session.scalars(select(Request.id)).all():
            view = queues.open_request(
                session, catalog=CATALOG, clerk=house.head, request_id=request_id, now=NOW
            )
            assert view.row.who == "已注销"


def test_a_relative_who_is_erased_leaves_his_father_s_bookings(
    either_database: Database, house: House
) -> None:
    _finish(either_database, house)
    with either_database.begin() as session:
        erase(session, person=session.get_one(Person, house.min), catalog=CATALOG, now=NOW)
    # What was said to her father is in his own chat.
    left = _everything(either_database, without="outbox")
    assert "张敏" not in left
    assert "张建国" in left
    with either_database.read() as session:
        ride = session.scalars(select(Request).where(Request.service == "ride")).one()
        assert ride.values["destination"] == "肿瘤医院"
        assert ride.account_id is None


def test_staff_are_not_erased(either_database: Database, house: House) -> None:
    with either_database.begin() as session, pytest.raises(ValueError, match="staff"):
        erase(
            session,
            person=session.get_one(Person, house.head.person_id),
            catalog=CATALOG,
            now=NOW,
        )


def test_every_table_with_secrets_is_known_to_be_somebody_s() -> None:
    """A table that is added, and encrypts something, must point to whom it is about."""
    all_tables()
    unknown = [
        table.name
        for table in Base.metadata.sorted_tables
        if any(isinstance(column.type, EncryptedText | EncryptedJson) for column in table.columns)
        and _about(table, 1) is None
    ]
    assert set(unknown) <= OF_NOBODY
