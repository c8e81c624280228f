"""名额 at the desk: added by hand and from a table, lowered, closed; who has none this year."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from booking.models import Opening, Request, RequestStatus
from booking.services import load_catalog
from ingestion.opening_tables import write_empty
from store.clock import local_date
from store.database import Database
from store.outbox import OutboxRow
from tests.conftest import NOW
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

TODAY = local_date(NOW)
NEXT_MONTH = TODAY + timedelta(days=40)
Seat = Callable[[str], ClerkAtDesk]


@pytest.fixture
def doctor(at_desk: Seat) -> ClerkAtDesk:
    """Return the clerk of checkups at the desk."""
    return at_desk("陈医生")


def _post(clerk: ClerkAtDesk, path: str, **fields: str) -> Any:
    return clerk.client.post(f"/desk/places{path}", data={"csrf": clerk.csrf, **fields})


def _openings(database: Database, house: House, service: str) -> list[Opening]:
    with database.read() as session:
        found = select(Opening).where(
            Opening.institution_id == house.id, Opening.service == service
        )
        return list(session.execute(found.order_by(Opening.day, Opening.id)).scalars())


def _request(database: Database, request_id: int) -> Request:
    with database.read() as session:
        return session.get_one(Request, request_id)


def _told(database: Database) -> list[str]:
    with database.read() as session:
        rows = session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars()
        return [row.body["text"] for row in rows]


@pytest.mark.parametrize(
    ("service", "period", "provider", "label"),
    [
        ("checkup", "morning", "", "上午"),
        ("recuperation", "week", "海滨疗养院", "一个星期"),
        ("venue", "evening", "棋牌室", "晚上"),
        ("medical_point", "afternoon", "", "下午"),
    ],
)
def test_a_session_of_any_service_is_added(
    doctor: ClerkAtDesk,
    database: Database,
    house: House,
    service: str,
    period: str,
    provider: str,
    label: str,
) -> None:
    said = _post(
        doctor,
        f"/{service}",
        day=str(NEXT_MONTH),
        period=period,
        provider=provider,
        places="12",
        details="带医保卡",
    )
    assert "12个名额" in said.text
    made = _openings(database, house, service)[-1]
    assert (made.day, made.period, made.provider, made.capacity) == (
        NEXT_MONTH,
        period,
        provider,
        12,
    )
    page = doctor.client.get(f"/desk/places/{service}").text
    assert "带医保卡" in page
    assert label in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"day": "", "places": "3"}, "请选一天"),
        ({"day": str(NEXT_MONTH), "places": "三"}, "请写一个数"),
        ({"day": "2020-01-01", "places": "3"}, "已经过去"),
    ],
)
def test_what_is_wrong_is_said(doctor: ClerkAtDesk, fields: dict[str, str], words: str) -> None:
    said = _post(doctor, "/checkup", period="morning", **fields)
    assert said.status_code == 422
    assert words in said.text


def _table(*rows: list[object]) -> BytesIO:
    target = BytesIO()
    write_empty(target, load_catalog().get("checkup"), TODAY)
    book = openpyxl.load_workbook(BytesIO(target.getvalue()))
    sheet = book.worksheets[0]
    sheet.delete_rows(3, 10)
    for row in rows:
        sheet.append(row)
    written = BytesIO()
    book.save(written)
    return BytesIO(written.getvalue())


def _send(clerk: ClerkAtDesk, table: BytesIO) -> Any:
    return clerk.client.post(
        "/desk/places/checkup/import",
        data={"csrf": clerk.csrf},
        files={"file": ("名额.xlsx", table)},
    )


def test_a_table_is_taken_in_whole_or_not_at_all(
    doctor: ClerkAtDesk, database: Database, house: House
) -> None:
    before = len(_openings(database, house, "checkup"))
    good = [str(NEXT_MONTH), "上午", 20, "", "总医院，空腹"]
    refused = _send(doctor, _table(good, ["后天", "上午", 3], [str(NEXT_MONTH), "夜里", 3]))
    assert "第4行" in refused.text
    assert "没有“夜里”这个时段" in refused.text
    assert len(_openings(database, house, "checkup")) == before
    past = _send(doctor, _table(good, ["2020-01-01", "上午", 3]))
    assert "已经过去" in past.text
    assert len(_openings(database, house, "checkup")) == before
    assert "一共1场" in _send(doctor, _table(good)).text
    assert _openings(database, house, "checkup")[-1].capacity == 20


def test_places_are_taken_away_and_the_line_is_shown(
    doctor: ClerkAtDesk, database: Database, house: House, book: Book
) -> None:
    request_id = book.checkup(NOW)
    opening_id = _request(database, request_id).opening_id
    said = _post(doctor, f"/checkup/{opening_id}/lower", places="0", reason="医生不来")
    assert "1个人没有了名额" in said.text
    assert _request(database, request_id).status is RequestStatus.WAITING
    assert any("医生不来" in each for each in _told(database))
    page = doctor.client.get(f"/desk/places/checkup/{opening_id}").text
    assert "张建国" in page
    assert "排队的人" in page


def test_a_session_is_closed(
    doctor: ClerkAtDesk, database: Database, house: House, book: Book
) -> None:
    request_id = book.checkup(NOW)
    opening_id = _request(database, request_id).opening_id
    assert "请写明原因" in _post(doctor, f"/checkup/{opening_id}/close", reason=" ").text
    assert "告诉了1个人" in _post(doctor, f"/checkup/{opening_id}/close", reason="停电").text
    assert _request(database, request_id).status is RequestStatus.DECLINED
    assert doctor.client.get(f"/desk/places/checkup/{opening_id}").status_code == 404


def test_who_has_not_booked_this_year(doctor: ClerkAtDesk, database: Database, book: Book) -> None:
    book.checkup(NOW)
    page = doctor.client.get("/desk/places/checkup/year").text
    assert "李秀英" in page
    assert "张建国" not in page
    assert "要打电话" in _post(doctor, "/checkup/invite").text
    assert "没有再发" in _post(doctor, "/checkup/invite").text
    table = doctor.client.get("/desk/places/checkup/year.xlsx")
    rows = list(openpyxl.load_workbook(BytesIO(table.content)).worksheets[0].values)
    assert rows[-1][0] == "李秀英"
    assert "算用掉了" in _post(doctor, "/checkup/missed", used="yes").text


def test_other_clerks_and_other_houses_arrange_nothing(
    at_desk: Seat, doctor: ClerkAtDesk, database: Database, two_houses: Any
) -> None:
    assert at_desk("小李").client.get("/desk/places/checkup").status_code == 404
    foreign = _openings(database, two_houses.other, "checkup")[0]
    assert doctor.client.get(f"/desk/places/checkup/{foreign.id}").status_code == 404
    said = _post(doctor, f"/checkup/{foreign.id}/close", reason="停电")
    assert "不在了" in said.text
    assert doctor.client.get("/desk/places/meal").status_code == 404
    assert doctor.client.get("/desk/places/venue/year").status_code == 404
