"""A car breaks down, a driver is ill: each ride gets another car, or the staff are to telephone."""

from datetime import datetime

import pytest
from sqlalchemy import select

from booking import requests
from booking.errors import RequestNotFound, ValueProblem
from booking.models import Request, RequestStatus
from booking.rides.away import Moved, end_time_off, take_off
from booking.rides.driving import report
from booking.rides.models import Driver, LegStep, Route, TimeOff, Vehicle
from booking.services import HUMAN
from tests.booking.rides.conftest import Garage, at
from tests.houses import make_house


def _off(
    garage: Garage,
    name: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    reason: str = "送修",
) -> Moved:
    kind = Vehicle if "车" in name or name == "大众" else Driver
    with garage.database.begin() as session:
        who: Vehicle | Driver = (
            session.scalars(select(Vehicle).where(Vehicle.name == name)).one()
            if kind is Vehicle
            else session.scalars(select(Driver).where(Driver.name == name)).one()
        )
        return take_off(
            session,
            catalog=garage.catalog,
            clerk=garage.house.head,
            who=who,
            from_at=since or garage.clock(),
            until_at=until,
            reason=reason,
            now=garage.clock(),
        )


def test_a_ride_of_a_broken_car_gets_another_and_he_is_told(garage: Garage) -> None:
    ride = garage.ride(return_trip="yes")
    garage.act(requests.accept, ride)
    assert _off(garage, "一号车") == Moved(1, ())
    assert garage.cars(ride) == ["二号车，司机老牛"] * 2
    assert garage.request(ride).status is RequestStatus.ACCEPTED
    told = [each for each in garage.notices(ride) if "换了" in each]
    assert told[0] == (
        "张老，一号车送修，给您换了：二号车，司机老牛。时间不变："
        f"{garage.request(ride).summary}。单号 车1001。"
    )
    assert told[1].startswith("一号车送修，张建国的车换了")
    assert "一号车送修" in garage.history(ride)


def test_an_absent_driver_leaves_the_car_to_another(garage: Garage) -> None:
    ride = garage.ride()
    assert _off(garage, "老马", reason="请假").moved == 1
    assert garage.cars(ride) == ["一号车，司机老牛"]


def test_a_ride_without_another_car_is_late_at_once_and_told(garage: Garage) -> None:
    rides = [garage.ride(), garage.ride()]
    for ride in rides:
        garage.act(requests.accept, ride)
    moved = _off(garage, "一号车")
    assert moved == Moved(0, ("车1001",))
    lost = garage.request(rides[0])
    assert lost.status is RequestStatus.SUBMITTED
    assert lost.assignee_id is None
    assert lost.due_at == lost.look_at == garage.clock()
    assert garage.cars(rides[0]) == ["还没有派到车"]
    assert garage.cars(rides[1]) == ["二号车，司机老牛"]
    assert any("工作人员会给您打电话商量" in each for each in garage.notices(rides[0]))
    garage.act(requests.accept, rides[0])
    fixed = [each for each in garage.notices(rides[0]) if "定好了" in each]
    assert "车还没有派到，派到了马上告诉您" in fixed[-1]


def test_a_partner_steps_in(garage: Garage) -> None:
    garage.partner()
    rides = [garage.ride(), garage.ride()]
    assert _off(garage, "一号车").moved == 1
    assert garage.legs(rides[0])[0].route is Route.PARTNER


def test_only_the_rides_of_that_time_are_touched(garage: Garage) -> None:
    ride = garage.ride(time="14:00")
    assert _off(garage, "一号车", until=at("12:00")) == Moved(0, ())
    assert garage.cars(ride) == ["一号车，司机老马"]
    assert garage.cars(garage.ride(time="08:00")) == ["二号车，司机老牛"]


def test_back_in_service_takes_the_rides_that_had_none(garage: Garage) -> None:
    garage.ride()
    ride = garage.ride()
    _off(garage, "二号车")
    assert garage.cars(ride) == ["还没有派到车"]
    with garage.database.begin() as session:
        row = session.scalars(select(TimeOff)).one()
        back = end_time_off(
            session,
            catalog=garage.catalog,
            clerk=garage.house.head,
            time_off_id=row.id,
            now=garage.clock(),
        )
    assert back.moved == 1
    assert garage.cars(ride) == ["二号车，司机老牛"]


def test_a_breakdown_on_the_road_calls_the_staff(garage: Garage) -> None:
    garage.change_car("二号车", active=False)
    ride = garage.ride()
    garage.act(requests.accept, ride)
    garage.clock.go(days=1)
    leg = garage.legs(ride)[0]
    assert leg.driver_id is not None
    with garage.database.begin() as session:
        report(
            session,
            catalog=garage.catalog,
            driver_id=leg.driver_id,
            leg_id=leg.id,
            step=LegStep.SET_OUT,
            now=garage.clock(),
        )
    assert _off(garage, "一号车", reason="坏在路上").without_car == ("车1001",)
    with garage.database.read() as session:
        call = session.scalars(select(Request).where(Request.service == HUMAN)).one()
    assert call.follows_id == ride
    assert call.due_at == garage.clock()
    assert "坏在路上" in call.summary


def test_what_is_wrong_is_said_and_nothing_is_done(garage: Garage) -> None:
    ride = garage.ride()
    with pytest.raises(ValueProblem, match="原因"):
        _off(garage, "一号车", reason=" ")
    with pytest.raises(ValueProblem, match="到什么时候"):
        _off(garage, "一号车", until=garage.clock())
    with garage.database.begin() as session:
        other = make_house(session, garage.clock(), name="西山军休所")
        foreign = session.scalars(
            select(Vehicle).where(Vehicle.institution_id == garage.house.id)
        ).all()[0]
        with pytest.raises(RequestNotFound):
            take_off(
                session,
                catalog=garage.catalog,
                clerk=other.head,
                who=foreign,
                from_at=garage.clock(),
                until_at=None,
                reason="送修",
                now=garage.clock(),
            )
    assert garage.cars(ride) == ["一号车，司机老马"]
