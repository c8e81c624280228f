"""本所信息 at the desk: written, tried, put right, ended; by the house's clerks and nobody else."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from booking.models import AuditRow, Request, RequestStatus, Staff
from booking.services import Catalog
from ingestion.fact_reminders import facts_to_remind_of, remind
from knowledge.models import Document, DocumentKind
from store.clock import local_date
from store.database import Database
from store.identity import Person
from tests.conftest import NOW, StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import House

Seat = Callable[[str], ClerkAtDesk]
TODAY = local_date(NOW)
A_DAY = timedelta(days=1)
TITLE, TEXT = "食堂几点开？", "早饭6:40到8:00，午饭11:20到12:40。星期六、星期天照常开。"


@pytest.fixture
def clerk(at_desk: Seat) -> ClerkAtDesk:
    """Return a clerk who is no head."""
    return at_desk("小李")


def _form(house: House, **changed: str) -> dict[str, str]:
    given = {
        "title": TITLE,
        "text": TEXT,
        "owner": str(house.people["小李"]),
        "starts_on": "",
        "ends_on": "2026-12-31",
    }
    return {**given, **changed}


def _write(clerk: ClerkAtDesk, house: House, database: Database, **changed: str) -> int:
    answer = clerk.press("/facts/new", **_form(house, **changed))
    assert answer.headers["hx-redirect"] == "/desk/facts?done=added", answer.text
    with database.read() as session:
        return session.scalars(select(func.max(Document.id))).one() or 0


def _mark(clerk: ClerkAtDesk, fact_id: int) -> str:
    found = re.search(r'name="mark" value="([^"]+)"', clerk.see(f"/facts/{fact_id}").text)
    assert found is not None
    return found.group(1)


def _facts(database: Database) -> list[Document]:
    with database.read() as session:
        wanted = select(Document).where(Document.kind == DocumentKind.FACT).order_by(Document.id)
        return list(session.scalars(wanted))


def _acts(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.id))
        return [(row.actor, row.act) for row in rows if row.act.endswith("fact")]


def test_any_clerk_writes_a_fact_and_it_answers_at_once(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    assert "还没有写过" in clerk.see("/facts").text
    form = clerk.see("/facts/new").text
    assert f'<option value="{house.people["小李"]}" selected>小李</option>' in form
    assert f'value="{TODAY + timedelta(days=180)}"' in form
    _write(clerk, house, database)
    page = clerk.see("/facts?done=added").text
    assert "写好了，从现在起用来回答" in page
    assert "食堂几点开？" in page
    assert "小李管" in page
    assert "有效到2026年12月31日" in page
    tried = clerk.press("/facts/questions/try", question="星期天食堂开不开").text
    assert "本所信息" in tried
    assert TEXT in tried
    assert "有效到2026年12月31日" in tried
    assert [act for _, act in _acts(database)] == ["add fact"]


def test_a_question_that_no_fact_answers_is_said_to_be_open(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    _write(clerk, house, database)
    tried = clerk.press("/facts/questions/try", question="食堂一份饭多少钱").text
    assert "没有哪一条回答这句话" in tried
    assert "请先写一句问的话" in clerk.press("/facts/questions/try", question=" ").text


def test_a_fact_is_put_right_and_the_page_says_so(
    clerk: ClerkAtDesk, at_desk: Seat, house: House, database: Database, clock: StandingClock
) -> None:
    fact_id = _write(clerk, house, database)
    page = clerk.see(f"/facts/{fact_id}").text
    assert TEXT in page
    assert 'value="2026-12-31"' in page
    clock.go(days=2)
    clerk = at_desk("小李")
    answer = clerk.press(
        f"/facts/{fact_id}",
        **_form(house, text="午饭改到12点。", owner=str(house.people["刘所长"])),
        mark=_mark(clerk, fact_id),
    )
    assert answer.headers["hx-redirect"] == "/desk/facts?done=changed"
    [fact] = _facts(database)
    assert (fact.text, fact.owner_id) == ("午饭改到12点。", house.people["刘所长"])
    assert fact.issued_on == TODAY + 2 * A_DAY
    assert "刘所长管" in clerk.see("/facts").text
    assert "午饭改到12点" in clerk.press("/facts/questions/try", question="食堂几点开门").text


def test_an_ended_fact_answers_no_more_and_can_be_written_anew(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    fact_id = _write(clerk, house, database)
    assert clerk.press(f"/facts/{fact_id}/end").headers["hx-redirect"].endswith("?done=ended")
    assert "没有哪一条" in clerk.press("/facts/questions/try", question=TITLE).text
    page = clerk.see(f"/facts/{fact_id}").text
    assert "已停用" in page
    assert 'name="title"' not in page
    again = clerk.see(f"/facts/new?like={fact_id}").text
    assert TEXT in again
    assert "已停用" in clerk.see("/facts").text
    _write(clerk, house, database)
    assert len(_facts(database)) == 2
    assert [act for _, act in _acts(database)] == ["add fact", "end fact", "add fact"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("title", "", "请写上大家怎么问"),
        ("text", "", "请写上回答的话"),
        ("text", "长" * 201, "写得短一些"),
        ("owner", "", "请选一位在职的工作人员"),
        ("owner", "9" * 30, "请选一位在职的工作人员"),
        ("owner", "１", "请选一位在职的工作人员"),
        ("ends_on", "", "请写有效到哪一天"),
        ("ends_on", "2026-13-01", "日期不对"),
        ("ends_on", "2026-11-22", "已经过了"),
        ("ends_on", "2206-11-22", "最长写两年"),
        ("starts_on", "明天", "日期不对"),
        ("starts_on", "2027-01-01", "后面"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    clerk: ClerkAtDesk, house: House, database: Database, field: str, value: str, sentence: str
) -> None:
    form = _form(house, **{field: value})
    with_script = clerk.press("/facts/new", **form)
    assert "hx-redirect" not in with_script.headers
    assert sentence in with_script.text
    without = clerk.client.post("/desk/facts/new", data={**form, "csrf": clerk.csrf})
    assert without.status_code == 422
    assert sentence in without.text
    assert f'name="{field}"' in without.text
    assert 'aria-invalid="true"' in without.text
    for name in ("title", "text", "ends_on"):
        assert form[name].rstrip() in without.text
    assert _facts(database) == []
    assert _acts(database) == []


def test_the_same_question_twice_names_the_fact_that_is_there(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    _write(clerk, house, database)
    answer = clerk.press("/facts/new", **_form(house, text="午饭12点。"))
    assert "已经有一条在用了" in answer.text
    assert len(_facts(database)) == 1


def test_two_who_change_one_fact(
    clerk: ClerkAtDesk, at_desk: Seat, house: House, database: Database
) -> None:
    fact_id = _write(clerk, house, database)
    seen = _mark(clerk, fact_id)
    head = at_desk("刘所长")
    head.press(f"/facts/{fact_id}", **_form(house, text="午饭12点。"), mark=seen)
    answer = clerk.press(f"/facts/{fact_id}", **_form(house, text="午饭11点。"), mark=seen)
    assert "别人改过" in answer.text
    assert _facts(database)[0].text == "午饭12点。"
    assert [actor for actor, _ in _acts(database)] == [
        f"staff {who}" for who in _staff_ids(database, house, "小李", "刘所长")
    ]


def _staff_ids(database: Database, house: House, *names: str) -> list[int]:
    with database.read() as session:
        found = {row.person_id: row.id for row in session.scalars(select(Staff))}
    return [found[house.people[name]] for name in names]


def test_without_scripts_a_fact_is_written_all_the_same(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    answer = clerk.client.post("/desk/facts/new", data={**_form(house), "csrf": clerk.csrf})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk/facts?done=added"
    tried = clerk.client.post(
        "/desk/facts/questions/try", data={"question": TITLE, "csrf": clerk.csrf}
    )
    assert TEXT in tried.text
    assert "回到本所信息" in tried.text


def test_another_house_sees_and_does_nothing(
    clerk: ClerkAtDesk, at_desk: Seat, house: House, database: Database
) -> None:
    fact_id = _write(clerk, house, database)
    other = at_desk("other-liu")
    assert TEXT not in other.see("/facts").text
    assert other.see(f"/facts/{fact_id}").status_code == 404
    assert TEXT not in other.see(f"/facts/new?like={fact_id}").text
    assert other.press(f"/facts/{fact_id}", **_form(house), mark="x").status_code == 404
    assert other.press(f"/facts/{fact_id}/end").status_code == 404
    assert "没有哪一条" in other.press("/facts/questions/try", question=TITLE).text
    assert _facts(database)[0].withdrawn_at is None


@pytest.mark.parametrize("path", ["/facts", "/facts/new", "/facts/1"])
def test_nobody_looks_in_without_logging_in(clerk: ClerkAtDesk, house: House, path: str) -> None:
    clerk.client.cookies.clear()
    assert clerk.see(path).status_code == 303


@pytest.mark.parametrize("path", ["/facts/new", "/facts/1", "/facts/1/end", "/facts/questions/try"])
def test_nothing_is_changed_without_the_pages_secret(
    clerk: ClerkAtDesk, house: House, database: Database, path: str
) -> None:
    _write(clerk, house, database)
    answer = clerk.client.post(f"/desk{path}", data={**_form(house), "question": TITLE})
    assert answer.status_code == 403
    assert len(_facts(database)) == 1


def _listed(clerk: ClerkAtDesk) -> list[str]:
    return re.findall(r'id="fact-\d+"[^>]*><strong>([^<]*)', clerk.see("/facts").text)


def test_what_ends_soon_stands_first_and_says_so(
    clerk: ClerkAtDesk, at_desk: Seat, house: House, database: Database, clock: StandingClock
) -> None:
    for question, days in (("食堂几点开", 30), ("暖气不热找谁", 3), ("所长几点在", 8)):
        _write(clerk, house, database, title=question, ends_on=str(TODAY + days * A_DAY))
    assert _listed(clerk) == ["暖气不热找谁？", "所长几点在？", "食堂几点开？"]
    assert re.findall(r"还有(\d+)天到期", clerk.see("/facts").text) == ["3"]
    clock.go(days=3)
    clerk = at_desk("小李")
    assert "今天是最后一天" in clerk.see("/facts").text
    clock.go(days=1)
    clerk = at_desk("小李")
    assert "过期了，现在不回答" in clerk.see("/facts").text
    assert _listed(clerk) == ["所长几点在？", "食堂几点开？", "暖气不热找谁？"]


def test_a_fact_that_has_not_begun_says_when_it_does(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    _write(clerk, house, database, starts_on="2026-12-01")
    assert "2026年12月1日起才用" in clerk.see("/facts").text
    assert "没有哪一条" in clerk.press("/facts/questions/try", question=TITLE).text


def test_who_has_left_is_said_and_another_must_be_chosen(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    fact_id = _write(clerk, house, database, owner=str(house.people["老周"]))
    with database.begin() as session:
        session.get_one(Person, house.people["老周"]).active = False
    assert "管的人已经不在" in clerk.see("/facts").text
    page = clerk.see(f"/facts/{fact_id}").text
    assert '<option value="">请选一位</option>' in page
    assert "老周" not in page
    answer = clerk.press(f"/facts/{fact_id}", **_form(house, owner=""), mark=_mark(clerk, fact_id))
    assert "请选一位在职的" in answer.text


def test_the_reminder_in_the_queue_leads_to_the_fact_and_is_done_with_it(
    clerk: ClerkAtDesk,
    at_desk: Seat,
    house: House,
    database: Database,
    clock: StandingClock,
    catalog: Catalog,
) -> None:
    fact_id = _write(clerk, house, database, ends_on=str(TODAY + 10 * A_DAY))
    clock.go(days=3)
    with database.begin() as session:
        assert facts_to_remind_of(session, now=clock()) == [fact_id]
        remind(session, fact_id, catalog=catalog, now=clock())
    clerk = at_desk("小李")
    board = clerk.see("/").text
    assert "本所信息到期" in board
    assert "您在办" in board
    with database.read() as session:
        request = session.scalars(select(Request)).one()
    page = clerk.see(f"/requests/{request.id}").text
    assert f'href="/desk/facts/{fact_id}"' in page
    assert "系统：到期以前" in page
    clerk.press(
        f"/facts/{fact_id}",
        **_form(house, ends_on=str(date(2027, 6, 30))),
        mark=_mark(clerk, fact_id),
    )
    with database.read() as session:
        assert session.get_one(Request, request.id).status is RequestStatus.COMPLETED
    assert "这一条看过了" in clerk.see(f"/requests/{request.id}").text


def test_words_of_a_page_are_never_taken_for_its_code(
    clerk: ClerkAtDesk, house: House, database: Database
) -> None:
    _write(clerk, house, database, title="<b>几点</b>开？", text="<script>7点</script>开。")
    page = clerk.see("/facts").text
    assert "<script>7点" not in page
    assert "&lt;script&gt;7点" in page
    assert "<script>7点" not in clerk.press("/facts/questions/try", question="<b>几点</b>开").text
