"""Every sentence asked for is there, every sentence there is asked for, moments read well."""

import re
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import desk
from booking.duty.models import HowMuch, StayKind
from booking.form import TEXTS as BOOKING_TEXTS
from booking.models import AnswerState, RequestStatus, StaffRole
from booking.services import Catalog
from desk.asked_questions import Ended
from desk.wording import TEXTS, ago, minutes, moment, overdue, reasons
from ingestion.entries import Entry
from knowledge.answers import AnswerStatus
from knowledge.evaluation.own_set import NotKept
from knowledge.life import DocumentState
from tests.conftest import NOW

FOLDER = Path(desk.__file__).parent
_KEY = re.compile(r"""["']([a-z_]+(?:\.[a-z0-9_]*[a-z0-9])+)["']""")
# Keys that are put together from what the request is; a test below asks for each.
_FAMILIES = (
    "acts.emergency_",
    "acts.next_",
    "status.",
    "done.",
    "time.",
    "reasons.",
    "facts.done.",
    "acts.accept",
    "acts.complete",
    "acts.decline",
    "questions.ended_",
    "questions.status_",
    "questions.right_",
    "kept.",
    "not_kept.",
    "documents.state.",
    "documents.fields.",
    "documents.done.",
    "answers.state_",
    "round.",
    "drive.",
    "vehicles.done.",
    "vehicles.kind_",
    "vehicles.hint_",
    "vehicles.off_done",
    "vehicles.back_done",
    "vehicles.new_",
    "vehicles.retire",
    "vehicles.remove",
    "meals.done.",
    "meals.kind_",
    "duty.done.",
    "duty.role_",
    "people.act_",
    "people.done_",
    "people.sure_",
    "answers.stands_",
    "answers.answer",
    "answers.propose",
    "answers.reject",
    "answers.withdraw",
)
_DOCUMENT_ACTS = {"documents.withdraw", "documents.restore", "documents.remove"}


def asked_for() -> set[str]:
    """Return the literal keys in the code and the templates."""
    files = [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")]
    found = {key for file in files for key in _KEY.findall(file.read_text(encoding="utf-8"))}
    tables = {key.partition(".")[0] for key in sorted(TEXTS.keys())}
    return {key for key in found if key.partition(".")[0] in tables and ".html" not in key}


def test_every_sentence_asked_for_is_there() -> None:
    assert asked_for() - TEXTS.keys() - BOOKING_TEXTS.keys() == set()


def test_every_sentence_there_is_asked_for() -> None:
    unused = {key for key in TEXTS.keys() - asked_for() if not key.startswith(_FAMILIES)}
    kinds = {f"people.{each.value}" for each in (*StayKind, *HowMuch)}
    assert unused - _DOCUMENT_ACTS - kinds == set()


def test_every_state_field_and_end_of_an_act_has_its_words() -> None:
    for state in DocumentState:
        assert TEXTS.say(f"documents.state.{state.value}", day="")
    for field in fields(Entry):
        assert TEXTS.say(f"documents.fields.{field.name}")
    pages = "".join(
        (FOLDER / name).read_text(encoding="utf-8")
        for name in ("documents_page.py", "drafts_page.py")
    )
    ends = {
        key.rpartition(".")[2] for key in sorted(TEXTS.keys()) if key.startswith("documents.done.")
    }
    assert ends
    assert all(f'"{end}"' in pages or f"done.{end}" in pages for end in ends)


def test_every_status_and_every_standing_has_its_words() -> None:
    for status in RequestStatus:
        assert TEXTS.say(f"status.{status.value}")
        assert TEXTS.say(f"done.stands_{status.value}")
    for state in AnswerState:
        assert TEXTS.say(f"answers.state_{state.value}")
        assert TEXTS.say(f"answers.stands_{state.value}")
    for form in ("answer", "propose", "reject", "withdraw"):
        for part in ("", "_title", "_lead"):
            assert TEXTS.say(f"answers.{form}{part}")
    for kind in ("policy_", "fraud_"):
        for stands in ("submitted", "accepted"):
            assert TEXTS.say(f"acts.next_{kind}{stands}")
    for kind in ("", "emergency_", "fraud_"):
        for step in ("accepted", "declined", "completed", "message"):
            assert TEXTS.say(f"done.{kind}{step}", who="张建国", number="餐1001")
    for kind in ("", "emergency_"):
        for act in ("accept", "complete", "decline", "decline_title", "decline_lead"):
            assert TEXTS.say(f"acts.{kind}{act}")
        for stands in ("submitted", "accepted"):
            assert TEXTS.say(f"acts.next_{kind}{stands}")


def test_every_stay_and_every_wish_has_its_words() -> None:
    for kind in StayKind:
        assert TEXTS.say(f"people.act_{kind.value}")
        assert TEXTS.say(f"people.sure_{kind.value}")
        if kind is not StayKind.HOME:
            assert TEXTS.say(f"people.{kind.value}")
    for wish in HowMuch:
        assert TEXTS.say(f"people.{wish.value}")
    for role in StaffRole:
        assert TEXTS.say(f"duty.role_{role.value}")


def test_every_way_a_question_ends_has_its_words() -> None:
    for status in AnswerStatus:
        assert TEXTS.say(f"questions.status_{status.value}")
    for ended in Ended:
        assert TEXTS.say(f"questions.ended_{ended.value}")
    for kind in ("answerable", "unanswerable", "offtopic"):
        assert TEXTS.say(f"questions.right_{kind}")
        assert TEXTS.say(f"kept.{kind}")
    for reason in NotKept.REASONS:
        assert TEXTS.say(f"not_kept.{reason}")


def test_every_queue_has_usual_reasons(catalog: Catalog) -> None:
    for service in catalog.services:
        assert reasons(service.id)
    assert reasons("new_service") == reasons("any") != []


@pytest.mark.parametrize(
    ("instant", "words"),
    [
        (datetime(2026, 11, 23, 1, 30, tzinfo=UTC), "今天 09:30"),
        (datetime(2026, 11, 23, 16, 5, tzinfo=UTC), "明天（星期二） 00:05"),
        (datetime(2026, 11, 22, 1, 0, tzinfo=UTC), "11月22日（星期日） 09:00"),
        (datetime(2027, 1, 4, 1, 0, tzinfo=UTC), "2027年1月4日（星期一） 09:00"),
    ],
)
def test_a_moment_is_read_in_shanghai(instant: datetime, words: str) -> None:
    assert moment(instant, NOW) == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=30), "刚刚"),
        (timedelta(minutes=5), "5分钟前"),
        (timedelta(hours=5), "5小时前"),
        (timedelta(days=3), "3天前"),
    ],
)
def test_how_long_ago(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words


def test_how_late() -> None:
    assert overdue(NOW - timedelta(seconds=20), NOW) == "1分钟"
    assert overdue(NOW - timedelta(hours=3), NOW) == "3小时"


def test_waiting_is_rounded_up() -> None:
    assert minutes(61) == "2分钟"
