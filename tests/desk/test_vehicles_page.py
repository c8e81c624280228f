"""车辆和司机 and 出车单 at the desk, and the driver's page behind its link."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from booking import requests
from booking.models import Request, RequestStatus, StaffRole
from booking.rides.models import Destination, Driver, Leg, TimeOff, Vehicle, VehicleBlock
from booking.services import Catalog
from booking.staff_access import Clerk
from booking.work_links import WorkLink
from desk.work_site import work_site
from store.clock import local_date
from store.database import Database
from tests.conftest import NOW, StandingClock
from tests.desk.conftest import ClerkAtDesk
from tests.desk.houses import Book, House

TOMORROW = local_date(NOW) + timedelta(days=1)
Seat = Callable[[str], ClerkAtDesk]


@pytest.fixture
def zhou(at_desk: Seat) -> ClerkAtDesk:
    """Return the clerk of the cars at his desk."""
    return at_desk("老周")


def _hours() -> dict[str, str | list[str]]:
    return {"days": ["1", "2", "3", "4", "5"], "from_time": "07:00", "until_time": "19:00"}


def _form(clerk: ClerkAtDesk, path: str, **fields: object) -> int:
    answer = clerk.client.post(f"/desk{path}", data={"csrf": clerk.csrf, **fields})
    return answer.status_code


def test_a_real_house_enters_what_it_drives_with(
    zhou: ClerkAtDesk, database: Database, house: House
) -> None:
    car = {"name": "二号车", "route": "own", "seats": "6", "takes_wheelchair": "yes", **_hours()}
    assert _form(zhou, "/vehicles/cars/new", **car) == 303
    assert _form(zhou, "/vehicles/cars/new", name="大众", route="partner", seats="4", **_hours())
    driver = {"name": "钱师傅", "phone": "13800009999", **_hours()}
    assert _form(zhou, "/vehicles/drivers/new", **driver) == 303
    place = {"name": "总医院", "aliases": "301、总院", "travel_minutes": "40", "is_hospital": "yes"}
    assert _form(zhou, "/vehicles/places/new", **place) == 303
    page = zhou.see("/vehicles").text
    for said in (
        "二号车",
        "坐6位，能放轮椅",
        "星期一、二、三、四、五",
        "07:00到19:00",
        "301、总院",
    ):
        assert said in page
    with database.read() as session:
        made = session.scalars(select(Destination).where(Destination.name == "总医院")).one()
        assert made.aliases == ["301", "总院"]
        assert made.is_hospital
        assert made.travel_minutes == 40
        new = session.scalars(select(Driver).where(Driver.name == "钱师傅")).one()
        assert new.phone == "13800009999"
        assert new.institution_id == house.id


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/vehicles/cars/new", {"name": "", "route": "own", "seats": "4"}, "请写上名字"),
        ("/vehicles/cars/new", {"name": "一号车", "route": "own", "seats": "4"}, "已经有一个"),
        ("/vehicles/cars/new", {"name": "三号车", "route": "own", "seats": "四"}, "请写数字"),
        ("/vehicles/cars/new", {"name": "三号车", "route": "own", "seats": "0"}, "1到60"),
        ("/vehicles/cars/new", {"name": "三号车", "route": "tank", "seats": "4"}, "请选"),
        ("/vehicles/drivers/new", {"name": "孙师傅", "phone": "问传达室"}, "电话只写数字"),
        ("/vehicles/drivers/new", {"name": "孙师傅", "days": []}, "至少选一天"),
        (
            "/vehicles/drivers/new",
            {"name": "孙师傅", "from_time": "18:00", "until_time": "08:00"},
            "以后",
        ),
        ("/vehicles/places/new", {"name": "银行", "travel_minutes": "9999"}, "5到600"),
        ("/vehicles/places/new", {"name": "市立", "aliases": "人民医院"}, "只能指一个地方"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    zhou: ClerkAtDesk, database: Database, path: str, fields: dict[str, str], said: str
) -> None:
    with database.read() as session:
        before = [len(session.scalars(select(kind)).all()) for kind in (Vehicle, Driver)]
    given = {**_hours(), **fields}
    answer = zhou.client.post(
        f"/desk{path}",
        data=given,
        headers={"HX-Request": "true", "X-CSRF-Token": zhou.csrf},
    )
    assert said in answer.text
    with database.read() as session:
        assert before == [len(session.scalars(select(kind)).all()) for kind in (Vehicle, Driver)]


def test_a_car_in_repair_says_what_became_of_its_rides(
    zhou: ClerkAtDesk, book: Book, database: Database, clock: StandingClock
) -> None:
    ride = book.ride(clock())
    with database.read() as session:
        car = session.scalars(select(Leg).where(Leg.request_id == ride)).all()[0].vehicle_id
    said = zhou.press(f"/vehicles/cars/{car}/off", reason="送修", until="", since="").text
    assert "没有车的1单，请马上打电话商量：车1001" in said
    page = zhou.see("/vehicles").text
    assert "送修" in page
    with database.read() as session:
        off = session.scalars(select(TimeOff)).one()
        assert session.get_one(Request, ride).due_at == clock()
    assert "又派上了1单" in zhou.press(f"/vehicles/off/{off.id}/end").text
    with database.read() as session:
        legs = session.scalars(select(Leg).where(Leg.request_id == ride)).all()
        assert [leg.vehicle_id for leg in legs] == [car, car]
    assert "请写上原因" in zhou.press(f"/vehicles/cars/{car}/off", reason="").text


def test_only_who_works_the_rides_and_only_this_house(
    at_desk: Seat, zhou: ClerkAtDesk, database: Database, house: House
) -> None:
    assert at_desk("小李").see("/vehicles").status_code == 403
    assert at_desk("刘所长").see("/vehicles").status_code == 200
    with database.read() as session:
        foreign = session.scalars(
            select(Vehicle.id).where(Vehicle.institution_id != house.id)
        ).all()[0]
    assert zhou.see(f"/vehicles/cars/{foreign}").status_code == 404
    assert zhou.press(f"/vehicles/cars/{foreign}/off", reason="送修").status_code == 404
    assert zhou.press(f"/vehicles/cars/{foreign}/retire").status_code == 404


def test_the_drivers_day_from_sheet_to_last_stop(
    at_desk: Seat,
    zhou: ClerkAtDesk,
    book: Book,
    database: Database,
    catalog: Catalog,
    house: House,
    clock: StandingClock,
) -> None:
    ride = book.ride(clock())
    sheet = zhou.see(f"/rides?on={TOMORROW}").text
    for said in ("赵师傅", "08:00", "李秀英", "人民医院", "2个人", "带轮椅", "等接单"):
        assert said in sheet
    driver = re.search(r'name="driver" value="(\d+)"', sheet)
    assert driver is not None
    zhou.press("/rides/link", driver=driver.group(1), on=str(TOMORROW))
    shown = re.search(r"/round/([\w-]+)", zhou.see(f"/rides?on={TOMORROW}").text)
    assert shown is not None

    app = FastAPI()
    app.mount("/round", work_site(database=database, clock=clock, catalog=catalog))
    with TestClient(app, follow_redirects=False) as phone:
        at = f"/round/{shown.group(1)}"
        assert "工作人员还没有定，先别出车" in phone.get(at).text
        _accept(database, catalog, house, ride, clock)
        clock.go(days=1)
        page = phone.get(at).text
        assert page.count("没等到人</button>") == 2
        legs = re.findall(r'id="stop-(\d+)"', page)
        data = {"accept": "application/json"}
        for leg in legs:
            for verb in ("set-out", "set-out", "picked-up", "arrived"):
                answer = phone.post(f"{at}/{leg}/{verb}", headers=data)
                assert answer.status_code == 200
        assert answer.json()["state"] == "completed"
        assert phone.post(f"{at}/{legs[0]}/fly", headers=data).status_code == 404
        with database.read() as session:
            assert session.get_one(Request, ride).status is RequestStatus.COMPLETED
            link = session.scalars(select(WorkLink)).one()
        at_desk("老周").press("/rides/link/end", link=str(link.id), on=str(TOMORROW))
        assert phone.get(at).status_code == 404


def test_a_clerk_gives_a_ride_another_car_by_hand(
    zhou: ClerkAtDesk, book: Book, database: Database, house: House, clock: StandingClock
) -> None:
    ride = book.ride(clock())
    _form(zhou, "/vehicles/cars/new", name="二号车", route="own", seats="6", **_hours())
    _form(zhou, "/vehicles/cars/new", name="大众", route="partner", seats="4", **_hours())
    with database.read() as session:
        out, back = session.scalars(
            select(Leg).where(Leg.request_id == ride).order_by(Leg.starts_at)
        ).all()
        cars = {
            car.name: str(car.id)
            for car in session.scalars(select(Vehicle).where(Vehicle.institution_id == house.id))
        }
    driver = str(out.driver_id)
    to = f"/rides/legs/{out.id}/assign"
    assert f'id="assign-{out.id}"' in zhou.see(f"/requests/{ride}").text
    assert "二号车放不了轮椅" in zhou.press(to, vehicle=cars["二号车"], driver=driver).text
    wheelchair = {"name": "二号车", "route": "own", "seats": "6", "takes_wheelchair": "yes"}
    _form(zhou, f"/vehicles/cars/{cars['二号车']}", **wheelchair, **_hours())
    assert "请选一位司机" in zhou.press(to, vehicle=cars["二号车"]).text
    # He cannot set out to fetch her in another car while he brings her there in this one.
    fetch = f"/rides/legs/{back.id}/assign"
    said = zhou.press(fetch, vehicle=cars["二号车"], driver=driver).text
    assert "已经有别的单子" in said
    assert "派好了" in zhou.press(to, vehicle=cars["二号车"], driver=driver).text
    with database.read() as session:
        assert session.get_one(Leg, out.id).vehicle_id == int(cars["二号车"])
        assert session.get_one(Leg, back.id).vehicle_id == int(cars["一号车"])
        held = [(each.driver_id, each.starts_at) for each in session.scalars(select(VehicleBlock))]
    assert len(held) == len(set(held))


def _accept(
    database: Database, catalog: Catalog, house: House, ride: int, clock: StandingClock
) -> None:
    person = house.people["刘所长"]
    head = Clerk(person, person, house.id, "刘所长", frozenset({StaffRole.HEAD}))
    with database.begin() as session:
        requests.accept(session, catalog=catalog, request_id=ride, clerk=head, now=clock())
