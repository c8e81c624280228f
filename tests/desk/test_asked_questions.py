"""问过的问题: read by staff without who asked, put into the house's set and taken out of it."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from booking.models import AuditRow, Request
from desk import asked_questions
from knowledge.answers import AnswerStatus
from knowledge.models import EvaluationQuestion
from store.database import Database
from tests.conftest import StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House, Library

Seat = Callable[[str], ClerkAtDesk]

CLAUSE = "规定军休干部每年健康体检1次，由军休服务管理机构组织。"


def shown(page: str) -> list[str]:
    """Return the questions of a page in the order in which they stand."""
    return re.findall(r'id="open-\d+"[^>]*><strong>([^<]+)<', page)


def kept(database: Database) -> list[EvaluationQuestion]:
    with database.read() as session:
        return list(session.scalars(select(EvaluationQuestion).order_by(EvaluationQuestion.id)))


def audited(database: Database) -> list[tuple[str, int | None, str]]:
    """Return the acts on questions: what, in which house, by whom."""
    with database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act.startswith("question")))
        return [(row.act, row.institution_id, row.actor) for row in rows]


def test_an_empty_log_says_so(at_desk: Seat) -> None:
    page = at_desk("小李").see("/questions").text
    assert "还没有人问过。" in page
    assert 'id="menu-questions" href="/desk/questions" aria-current="page"' in page


def test_the_newest_stand_first_with_how_they_ended(
    at_desk: Seat, library: Library, house: House, clock: StandingClock
) -> None:
    library.asked(house, "每年能体检几次", AnswerStatus.ANSWERED, at=clock())
    clock.go(minutes=5)
    library.asked(house, "涨工资了吗", AnswerStatus.NEEDS_STAFF, at=clock())
    page = at_desk("小李").see("/questions").text
    assert shown(page) == ["涨工资了吗", "每年能体检几次"]
    assert "说要请工作人员" in page
    assert "今天 09:05" in page


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ("all", {s.value for s in AnswerStatus}),
        ("not_answered", {"not_in_documents", "needs_staff", "out_of_scope", "error"}),
        ("partial", {"partial"}),
        ("answered", {"answered"}),
        ("handed_over", set()),
    ],
)
def test_the_log_is_filtered_by_how_it_ended(
    at_desk: Seat,
    library: Library,
    house: House,
    clock: StandingClock,
    ended: str,
    words: set[str],
) -> None:
    for status in AnswerStatus:
        library.asked(house, status.value, status, at=clock())
    page = at_desk("小李").see(f"/questions?ended={ended}").text
    assert set(shown(page)) == words
    assert f'hx-get="/desk/questions?ended={ended}&page=1"' in page


def test_older_ones_are_on_the_next_page(
    at_desk: Seat,
    library: Library,
    house: House,
    clock: StandingClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(asked_questions, "ON_A_PAGE", 2)
    for number in range(5):
        library.asked(house, f"第{number}问", AnswerStatus.PARTIAL, at=clock())
    clerk = at_desk("小李")
    first = clerk.see("/questions?ended=partial").text
    assert shown(first) == ["第4问", "第3问"]
    assert "看早一些的" in first
    assert "看新一些的" not in first
    last = clerk.see("/questions?ended=partial&page=3").text
    assert shown(last) == ["第0问"]
    assert "看早一些的" not in last


def test_nobody_reads_who_asked_or_a_number_of_theirs(
    at_desk: Seat, library: Library, house: House, clock: StandingClock
) -> None:
    log_id = library.asked(
        house, "我电话138 0000 1111，证号11010119400101123X，能体检吗", at=clock()
    )
    for path in ("/questions", f"/questions/{log_id}"):
        page = at_desk("小李").see(path).text
        assert "我电话〔号码〕，证号〔号码〕，能体检吗" in page
        assert "张建国" not in page


def test_a_question_shows_what_was_quoted_then_what_else_could_answer_it(
    at_desk: Seat, library: Library, house: House, clock: StandingClock
) -> None:
    quoted, wanted, other = library.document("建立荣誉疗养制度。", CLAUSE, "就近设立医疗点。")
    log_id = library.asked(
        house, "军休干部每年体检几次", AnswerStatus.PARTIAL, at=clock(), passages=[quoted, 99999]
    )
    page = at_desk("小李").see(f"/questions/{log_id}").text
    assert "“建立荣誉疗养制度。”" in page
    found = page[page.index('id="found"') :]
    assert re.findall(r'name="passage" value="(\d+)"', found) == [str(quoted), str(wanted)]
    assert f'value="{other}"' not in found
    assert "军休服务通知 · 二、服务保障（官方解读）" in found


def test_the_part_that_is_fetched_again_looks_for_nothing(
    at_desk: Seat, library: Library, house: House, clock: StandingClock
) -> None:
    library.document(CLAUSE)
    log_id = library.asked(house, "军休干部每年体检几次", at=clock())
    clerk = at_desk("小李")
    again = clerk.client.get(f"/desk/questions/{log_id}", headers={"HX-Request": "true"}).text
    assert "军休干部每年体检几次" in again
    assert CLAUSE not in again


def test_other_words_find_other_passages(
    at_desk: Seat, library: Library, house: House, clock: StandingClock
) -> None:
    quoted, wanted = library.document("建立荣誉疗养制度。", CLAUSE)
    log_id = library.asked(house, "军休干部每年体检几次", at=clock())
    page = at_desk("小李").press(f"/questions/{log_id}/find", find="疗养").text
    assert f'value="{quoted}"' in page
    assert f'value="{wanted}"' not in page
    assert "没有找到有这些字的段落" in (
        at_desk("小李").press(f"/questions/{log_id}/find", find="％_").text
    )


def test_a_picked_passage_answers_the_question(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, database: Database
) -> None:
    (passage,) = library.document(CLAUSE)
    log_id = library.asked(house, "每年体检几次，我电话13800001111", at=clock())
    clerk = at_desk("小李")
    answer = clerk.press(f"/questions/{log_id}/keep", expected="answerable", passage=str(passage))
    assert "收进题库了：应当答得上" in answer.text
    (row,) = kept(database)
    assert (row.institution_id, row.log_id) == (house.id, log_id)
    assert (row.question, row.expected) == ("每年体检几次，我电话〔号码〕", "answerable")
    assert row.gold == [CLAUSE]
    assert row.added_by_id == house.people["小李"]
    page = clerk.see(f"/questions/{log_id}").text
    assert "已在题库" in page
    assert CLAUSE in page
    assert "data-kept" in page
    assert "已在题库" in clerk.see("/questions").text
    assert [(act, place) for act, place, _who in audited(database)] == [("question_kept", house.id)]


def test_pasted_words_are_kept_as_the_document_has_them(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, database: Database
) -> None:
    library.document("规定军休干部每年\n　　健康体检1次。")
    log_id = library.asked(house, "体检几次", at=clock())
    clerk = at_desk("小李")
    clerk.press(
        f"/questions/{log_id}/keep", expected="answerable", gold=" 军休干部 每年健康体检1次"
    )
    (row,) = kept(database)
    assert row.gold == ["军休干部每年\n　　健康体检1次"]


@pytest.mark.parametrize(
    ("gold", "reason"),
    [
        ("", "请先贴上原文"),
        ("体检", "请先贴上原文"),
        ("规定军休干部每年健康体检2次", "没有找到一字不差"),
        ("体" * 1001, "太长了"),
    ],
)
def test_words_that_stand_nowhere_are_refused(
    at_desk: Seat,
    library: Library,
    house: House,
    clock: StandingClock,
    database: Database,
    gold: str,
    reason: str,
) -> None:
    library.document(CLAUSE)
    log_id = library.asked(house, "体检几次", at=clock())
    answer = at_desk("小李").press(f"/questions/{log_id}/keep", expected="answerable", gold=gold)
    assert reason in answer.text
    assert 'class="bad"' in answer.text
    assert kept(database) == []
    assert audited(database) == []


@pytest.mark.parametrize("expected", ["unanswerable", "offtopic"])
def test_what_has_no_answer_is_kept_without_words(
    at_desk: Seat,
    library: Library,
    house: House,
    clock: StandingClock,
    database: Database,
    expected: str,
) -> None:
    log_id = library.asked(house, "明天下不下雨", at=clock())
    at_desk("小李").press(f"/questions/{log_id}/keep", expected=expected)
    (row,) = kept(database)
    assert (row.expected, row.gold) == (expected, [])


def test_once_kept_it_is_changed_only_by_taking_it_out(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, database: Database
) -> None:
    log_id = library.asked(house, "明天下不下雨", at=clock())
    clerk = at_desk("小李")
    clerk.press(f"/questions/{log_id}/keep", expected="unanswerable")
    again = clerk.press(f"/questions/{log_id}/keep", expected="offtopic")
    assert "已经在题库里了" in again.text
    assert [row.expected for row in kept(database)] == ["unanswerable"]
    assert "拿出来了" in clerk.press(f"/questions/{log_id}/drop").text
    # Pressed twice, it is out once.
    clerk.press(f"/questions/{log_id}/drop")
    clerk.press(f"/questions/{log_id}/keep", expected="offtopic")
    assert [row.expected for row in kept(database)] == ["offtopic"]
    acts = [act for act, _place, _who in audited(database)]
    assert acts == ["question_kept", "question_dropped", "question_kept"]


def test_a_question_without_words_is_not_kept(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, database: Database
) -> None:
    log_id = library.asked(house, " ", at=clock())
    answer = at_desk("小李").press(f"/questions/{log_id}/keep", expected="offtopic")
    assert "没有文字" in answer.text
    assert kept(database) == []


@pytest.mark.parametrize("expected", ["document", "", "hard"])
def test_another_kind_is_no_kind(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, expected: str
) -> None:
    log_id = library.asked(house, "体检几次", at=clock())
    answer = at_desk("小李").press(f"/questions/{log_id}/keep", expected=expected)
    assert answer.status_code == 404


def test_what_is_no_longer_in_force_answers_nothing(
    at_desk: Seat, library: Library, house: House, clock: StandingClock, database: Database
) -> None:
    (passage,) = library.document(CLAUSE, ends_on=clock().date())
    log_id = library.asked(house, "军休干部每年体检几次", at=clock())
    clerk = at_desk("小李")
    assert f'value="{passage}"' in clerk.see(f"/questions/{log_id}").text
    clock.go(days=1)
    clerk = at_desk("小李")
    assert f'value="{passage}"' not in clerk.see(f"/questions/{log_id}").text
    answer = clerk.press(f"/questions/{log_id}/keep", expected="answerable", passage=str(passage))
    assert "没有找到一字不差" in answer.text
    assert kept(database) == []


def test_what_was_handed_to_staff_is_marked_and_found(
    at_desk: Seat,
    library: Library,
    house: House,
    book: Book,
    clock: StandingClock,
    database: Database,
) -> None:
    handed, other = (library.asked(house, words, at=clock()) for words in ("暖气费", "水费"))
    request_id = book.human(clock())
    with database.begin() as session:
        session.get_one(Request, request_id).idempotency_key = f"policy:{handed}"
    clerk = at_desk("小李")
    page = clerk.see("/questions").text
    assert page.count("已转给工作人员") == 1
    assert shown(clerk.see("/questions?ended=handed_over").text) == ["暖气费"]
    assert "已转给工作人员" in clerk.see(f"/questions/{handed}").text
    assert "已转给工作人员" not in clerk.see(f"/questions/{other}").text
