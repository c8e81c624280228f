"""The driver's marks: they move the ride, tell those who wait, and may come twice."""

import pytest
from sqlalchemy import select

from booking import requests
from booking.errors import RequestNotFound
from booking.models import Request, RequestStatus
from booking.rides.driving import Reported, report
from booking.rides.models import Direction, LegStep, VehicleBlock
from booking.services import HUMAN
from tests.booking.rides.conftest import Garage


def _mark(
    garage: Garage, ride: int, direction: Direction, step: LegStep, driver: int | None = None
) -> Reported:
    leg = next(each for each in garage.legs(ride) if each.direction is direction)
    with garage.database.begin() as session:
        return report(
            session,
            catalog=garage.catalog,
            driver_id=driver or leg.driver_id or 0,
            leg_id=leg.id,
            step=step,
            now=garage.clock(),
        )


@pytest.fixture
def on_the_day(garage: Garage) -> int:
    """Return an accepted ride there and back, on its day."""
    ride = garage.ride(return_trip="yes")
    garage.act(requests.accept, ride)
    garage.clock.go(days=1)
    return ride


OUT, BACK = Direction.OUT, Direction.BACK


def test_there_and_back_step_by_step(garage: Garage, on_the_day: int) -> None:
    ride, steps = on_the_day, []
    for direction in (OUT, BACK):
        for step in (LegStep.SET_OUT, LegStep.PICKED_UP, LegStep.ARRIVED):
            _mark(garage, ride, direction, step)
            steps.append(garage.request(ride).status)
    assert steps == [RequestStatus.IN_PROGRESS] * 5 + [RequestStatus.COMPLETED]
    own = [each for each in garage.notices(ride) if each.startswith("张老")]
    assert "接您的车出发了：一号车，司机老马" in own[-6]
    assert "坐稳" in own[-5]
    assert "大约上午9点45分来接您" in own[-4]
    assert "接您回来的车出发了" in own[-3]
    assert "打个分" in own[-1]
    assert "去：老马送到了" in garage.history(ride)


def test_the_same_mark_twice_tells_once(garage: Garage, on_the_day: int) -> None:
    first = _mark(garage, on_the_day, OUT, LegStep.SET_OUT)
    told = len(garage.notices())
    again = _mark(garage, on_the_day, OUT, LegStep.SET_OUT)
    assert first == again
    assert len(garage.notices()) == told
    late = _mark(garage, on_the_day, OUT, LegStep.ARRIVED)
    assert late.step is LegStep.ARRIVED
    assert _mark(garage, on_the_day, OUT, LegStep.PICKED_UP).step is LegStep.ARRIVED


def test_nobody_at_the_door_ends_the_ride_and_frees_the_way_back(
    garage: Garage, on_the_day: int
) -> None:
    _mark(garage, on_the_day, OUT, LegStep.SET_OUT)
    _mark(garage, on_the_day, OUT, LegStep.NOT_MET)
    request = garage.request(on_the_day)
    assert request.status is RequestStatus.MISSED
    assert request.reason == "司机到了，没等到人"
    with garage.database.read() as session:
        blocks = session.scalars(
            select(VehicleBlock).where(VehicleBlock.starts_at >= garage.clock())
        ).all()
    assert blocks == []
    assert any("没等到人" in each and each.startswith("张建国") for each in garage.notices())


def test_nobody_at_the_hospital_door_calls_the_staff(garage: Garage, on_the_day: int) -> None:
    _mark(garage, on_the_day, OUT, LegStep.ARRIVED)
    for _ in range(2):
        _mark(garage, on_the_day, BACK, LegStep.NOT_MET)
    assert garage.request(on_the_day).status is RequestStatus.IN_PROGRESS
    with garage.database.read() as session:
        calls = session.scalars(select(Request).where(Request.service == HUMAN)).all()
    assert [call.follows_id for call in calls] == [on_the_day]
    assert "老马去银行接人" in calls[0].summary
    # He turned up after all.
    assert _mark(garage, on_the_day, BACK, LegStep.ARRIVED).step is LegStep.ARRIVED
    assert garage.request(on_the_day).status is RequestStatus.COMPLETED


def test_what_may_not_be_marked_is_said(garage: Garage) -> None:
    ride = garage.ride()
    assert "到那天再按" in _mark(garage, ride, OUT, LegStep.SET_OUT).said
    garage.clock.go(days=1)
    assert "还没有定" in _mark(garage, ride, OUT, LegStep.SET_OUT).said
    with pytest.raises(RequestNotFound):
        _mark(garage, ride, OUT, LegStep.SET_OUT, driver=999)
    assert garage.request(ride).status is RequestStatus.SUBMITTED
