"""食谱 at the desk: written, changed, taken in from a table; the round with its link and sheets."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from booking.meals.diets import diet_of
from booking.meals.models import WEEKDAYS, StandingOrder
from booking.meals.standing import WantedOrder, start_order
from booking.models import Opening, Request, RequestStatus
from booking.services import load_catalog
from booking.work_links import WorkLink
from ingestion.menu_tables import write_form
from store.clock import local_date
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import NOW
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

TODAY = local_date(NOW)
TOMORROW = TODAY + timedelta(days=1)
Seat = Callable[[str], ClerkAtDesk]


@pytest.fixture
def li(at_desk: Seat) -> ClerkAtDesk:
    """Return the meal clerk at her desk."""
    return at_desk("小李")


def _post(clerk: ClerkAtDesk, path: str, **fields: str) -> Any:
    return clerk.client.post(f"/desk{path}", data={"csrf": clerk.csrf, **fields})


def _meal(database: Database, house: House, **wanted: object) -> Opening:
    with database.read() as session:
        return session.execute(
            select(Opening).filter_by(institution_id=house.id, service="meal", **wanted)
        ).scalar_one()


def test_a_meal_is_written_and_changed(li: ClerkAtDesk, database: Database, house: House) -> None:
    day = TODAY + timedelta(days=60)
    made = _post(
        li,
        "/meals/new",
        day=str(day),
        meal="lunch",
        dishes="清蒸鱼、米饭",
        portions="30",
        kitchen="社区食堂",
        price="12.5",
        closes="前一天 16:00",
    )
    assert made.status_code == 303
    week = li.client.get(f"/desk/meals/week/{day}").text
    assert "清蒸鱼、米饭" in week
    assert "12.50元" in week
    assert "前一天 16:00截止" in week
    opening = _meal(database, house, day=day)
    changed = _post(
        li,
        f"/meals/{opening.id}",
        day=str(day),
        meal="lunch",
        kitchen="社区食堂",
        dishes="红烧肉",
        portions="30",
        price="12.5",
        closes="前一天 16:00",
    )
    assert changed.status_code == 303
    assert _meal(database, house, day=day).details == "红烧肉"


def test_what_is_wrong_is_said_and_what_was_typed_stays(li: ClerkAtDesk) -> None:
    page = _post(li, "/meals/new", day=str(TOMORROW), meal="lunch", dishes="面条", portions="很多")
    assert page.status_code == 422
    assert "份数请写整数" in page.text
    assert "面条" in page.text


def test_a_table_is_taken_in_or_refused_with_every_mistake(
    li: ClerkAtDesk, database: Database, house: House
) -> None:
    form = li.client.get("/desk/meals/empty.xlsx")
    assert form.headers["content-type"].startswith("application/vnd.openxml")
    book = openpyxl.load_workbook(BytesIO(form.content))
    sheet = book.worksheets[0]
    for row in range(3, sheet.max_row + 1):
        sheet.cell(row, 3).value, sheet.cell(row, 4).value = "面条", 30
    sheet.cell(4, 4).value = "很多"
    for good in (False, True):
        if good:
            sheet.cell(4, 4).value = 30
        target = BytesIO()
        book.save(target)
        answer = li.client.post(
            "/desk/meals/import",
            data={"csrf": li.csrf},
            files={"file": ("食谱.xlsx", target.getvalue())},
        )
        assert answer.status_code == (200 if good else 422)
        assert ("导入好了：新写19顿，改了2顿" if good else "第4行D列") in answer.text
    monday = TODAY + timedelta(days=7)
    assert _meal(database, house, day=monday, period="lunch").capacity == 30


def test_an_empty_form_that_is_sent_back_says_what_is_missing(li: ClerkAtDesk) -> None:
    target = BytesIO()
    write_form(target, load_catalog().get("meal"), [TOMORROW])
    answer = li.client.post(
        "/desk/meals/import",
        data={"csrf": li.csrf},
        files={"file": ("x.xlsx", target.getvalue())},
    )
    assert "没有写菜" in answer.text


def test_the_round_has_sheets_and_a_link(
    li: ClerkAtDesk, book: Book, database: Database, house: House
) -> None:
    request = book.meal(NOW)
    with database.read() as session:
        opening_id = session.get_one(Request, request).opening_id
    page = li.client.get(f"/desk/meals/{opening_id}").text
    assert "厨房单" in page
    assert "3号楼2单元501" in page
    assert _post(li, f"/meals/{opening_id}/link").status_code == 303
    page = li.client.get(f"/desk/meals/{opening_id}").text
    (token,) = re.findall(r"http://testserver/round/([\w-]+)", page)
    with database.read() as session:
        assert session.scalars(select(WorkLink)).one().token == token
    table = li.client.get(f"/desk/meals/{opening_id}/round.xlsx")
    kitchen, delivery = openpyxl.load_workbook(BytesIO(table.content)).worksheets
    assert kitchen.cell(kitchen.max_row, 3).value == delivery.cell(delivery.max_row, 6).value
    _post(li, f"/meals/{opening_id}/revoke")
    assert token not in li.client.get(f"/desk/meals/{opening_id}").text


def test_a_meal_that_is_taken_off_sends_bookings_back(
    li: ClerkAtDesk, book: Book, database: Database
) -> None:
    request = book.meal(NOW)
    with database.read() as session:
        opening_id = session.get_one(Request, request).opening_id
    answer = _post(li, f"/meals/{opening_id}/remove", reason="停电")
    assert "有1单没有饭了" in answer.text
    with database.read() as session:
        row = session.get_one(Request, request)
        assert (row.status, row.reason) == (RequestStatus.DECLINED, "停电")
        assert session.get(Opening, opening_id) is None
    assert li.client.get(f"/desk/meals/{opening_id}").status_code == 404


def test_fewer_portions_from_the_desk(li: ClerkAtDesk, book: Book, database: Database) -> None:
    request = book.meal(NOW)
    with database.read() as session:
        opening_id = session.get_one(Request, request).opening_id
    assert "有1单没有饭了" in _post(li, f"/meals/{opening_id}/lower", portions="0").text
    assert _post(li, f"/meals/{opening_id}/lower", portions="x").status_code == 422


def test_what_someone_must_not_eat(li: ClerkAtDesk, database: Database, house: House) -> None:
    person = house.people["李秀英"]
    _post(li, f"/meals/people/{person}", usual="soft", avoids="花生，海鲜")
    with database.read() as session:
        assert diet_of(session, person).avoids == ("花生", "海鲜")
    assert "花生、海鲜" in li.client.get("/desk/meals/people").text


def test_a_kitchen_has_its_own_times(li: ClerkAtDesk) -> None:
    assert (
        _post(li, "/meals/kitchens", name="社区食堂", kind="canteen", lunch="9:00").status_code
        == 303
    )
    page = li.client.get("/desk/meals").text
    assert 'value="09:00"' in page
    assert "看不懂" in _post(li, "/meals/kitchens", name="社区食堂", lunch="九点").text


def test_the_months_statement(li: ClerkAtDesk) -> None:
    answer = li.client.get("/desk/meals/statement.xlsx?month=2026-11")
    assert openpyxl.load_workbook(BytesIO(answer.content)).sheetnames == ["每人合计", "每顿明细"]
    assert li.client.get("/desk/meals/statement.xlsx?month=2026-13").status_code == 404


def test_another_clerk_and_another_house_see_nothing(
    at_desk: Seat, book: Book, database: Database
) -> None:
    request = book.meal(NOW)
    with database.read() as session:
        opening_id = session.get_one(Request, request).opening_id
    assert at_desk("老周").client.get("/desk/meals").status_code == 403
    stranger = at_desk("other-xiaoli")
    assert stranger.client.get(f"/desk/meals/{opening_id}").status_code == 404
    assert _post(stranger, f"/meals/{opening_id}/remove").status_code == 404


def test_a_whole_round_is_taken_at_once(li: ClerkAtDesk, book: Book, database: Database) -> None:
    requests = [book.meal(NOW), book.meal(NOW, who="李秀英")]
    with database.read() as session:
        opening_id = session.get_one(Request, requests[0]).opening_id
    assert "全部接单（2）" in li.client.get(f"/desk/meals/{opening_id}").text
    assert _post(li, f"/meals/{opening_id}/accept").status_code == 303
    with database.read() as session:
        rows = [session.get_one(Request, each) for each in requests]
        assert {row.status for row in rows} == {RequestStatus.ACCEPTED}
    assert "全部接单" not in li.client.get(f"/desk/meals/{opening_id}").text


def test_what_stands_is_seen_and_ended_for_someone(
    at_desk: Seat, li: ClerkAtDesk, database: Database, house: House
) -> None:
    person_id = house.people["张建国"]
    with database.begin() as session:
        person = session.get_one(Person, person_id)
        wanted = WantedOrder(
            requester=person,
            person=person,
            meal="lunch",
            weekdays=WEEKDAYS,
            values={"diet": "soft", "portions": "1"},
            from_day=TOMORROW,
            until_day=None,
            account_id=None,
            key="standing",
        )
        order = start_order(session, wanted, service=load_catalog().get("meal"), now=NOW).id
    page = li.client.get("/desk/meals/standing").text
    assert "张建国" in page
    assert "每个工作日" in page
    assert "接着送" not in page
    with database.begin() as session:
        session.get_one(StandingOrder, order).paused_from = TOMORROW
    assert "接着送" in li.client.get("/desk/meals/standing").text
    assert _post(at_desk("other-xiaoli"), f"/meals/standing/{order}/go-on").status_code == 404
    assert _post(li, f"/meals/standing/{order}/go-on").status_code == 303
    with database.read() as session:
        assert session.get_one(StandingOrder, order).paused_from is None
    assert _post(at_desk("other-xiaoli"), f"/meals/standing/{order}/end").status_code == 404
    assert _post(li, f"/meals/standing/{order}/end").status_code == 303
    assert "没有长期订餐" in li.client.get("/desk/meals/standing").text
    with database.read() as session:
        told = [row.body["text"] for row in session.scalars(select(OutboxRow))]
    assert any("长期订餐停了" in text for text in told)
