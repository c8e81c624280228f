"""The original behind a quote: neighbours of the same heading, and the whole text in order."""

from sqlalchemy import select

from knowledge.answering import Answering
from knowledge.models import Document
from knowledge.originals import read_clause, read_original
from store.database import Database
from tests.conftest import NOW
from tests.documents import make_document


def test_a_clause_stands_between_its_neighbours(database: Database) -> None:
    with database.begin() as session:
        document, passages = make_document(session, NOW)
        clause = read_clause(session, passages[2].id)
        first = read_clause(session, passages[1].id)
        last = read_clause(session, passages[5].id)
    assert clause is not None
    assert (clause.before, clause.words, clause.after) == (
        "军休干部到军队医院看病，可享受优先。",
        "每年组织1次健康体检。",
        "体检由军休机构组织。",
    )
    assert clause.heading == ("一、医疗",)
    assert clause.document.document_id == document.id
    assert clause.document.number == "军休发〔2026〕3号"
    # Nothing of another heading, and nothing beyond the ends.
    assert first is not None
    assert first.before == ""
    assert last is not None
    assert (last.before, last.after) == ("", "")


def test_long_neighbours_are_cut_on_the_far_side(database: Database) -> None:
    with database.begin() as session:
        lines = ("开头" * 100 + "近处。", "中间。", "近处。" + "结尾" * 100)
        _, passages = make_document(session, NOW, lines=lines)
        clause = read_clause(session, passages[1].id)
    assert clause is not None
    assert clause.before.startswith("……")
    assert clause.before.endswith("近处。")
    assert clause.after.startswith("近处。")
    assert clause.after.endswith("……")


def test_what_is_gone_is_none(database: Database) -> None:
    with database.read() as session:
        assert read_clause(session, 99) is None
        assert read_original(session, 99) is None


def test_the_whole_notice_is_there_letter_by_letter(
    notice: Answering, notice_database: Database
) -> None:
    answer = notice.answer("每年能体检几次", institution_id=None, now=NOW)
    with notice_database.read() as session:
        clause = read_clause(session, answer.citations[0].passage_id)
        assert clause is not None
        original = read_original(session, clause.document.document_id)
        text = session.scalars(select(Document.text)).one()
    assert original is not None
    shown = "".join(piece.words for each in original.paragraphs for piece in each.pieces)
    assert "".join(shown.split()) == "".join(text.split())
    assert any(each.is_heading for each in original.paragraphs)
    assert max(len(each.pieces) for each in original.paragraphs) > 1
    assert len({each.source for each in original.paragraphs}) == 2


def test_a_house_s_own_document_is_for_its_people_only(database: Database) -> None:
    with database.begin() as session:
        _, national = make_document(session, NOW)
        clause = read_clause(session, national[1].id)
        assert clause is not None
        assert clause.document.may_be_read_by(None)
    own = clause.document.__class__(
        document_id=1,
        institution_id=7,
        title="",
        source="",
        issuer=None,
        number=None,
        issued_on=None,
        starts_on=None,
        ends_on=None,
        is_withdrawn=False,
    )
    assert [own.may_be_read_by(each) for each in (None, 7, 8)] == [False, True, False]
