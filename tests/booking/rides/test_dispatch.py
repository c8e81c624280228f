"""派车 on both databases: which car, which driver, how long, and never two at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from booking import requests
from booking.errors import BookingError, NoPlaceLeft
from booking.models import RequestStatus
from booking.rides.models import Route, Vehicle, VehicleBlock
from store.identity import PersonKind
from tests.booking.rides.conftest import Garage
from tests.houses import make_person


def test_a_ride_holds_a_car_and_the_driver_who_knows_it(garage: Garage) -> None:
    ride = garage.ride()
    assert garage.cars(ride) == ["一号车，司机老马"]
    assert garage.held(ride) == ["08:00-10:00"]
    assert "去：派一号车，司机老马" in garage.history(ride)


def test_a_car_without_a_driver_goes_nowhere(garage: Garage) -> None:
    garage.change_driver("老马", active=False)
    assert garage.cars(garage.ride()) == ["一号车，司机老牛"]
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride()
    assert none.value.why == "所里的车没有司机空着"


def test_how_long_it_holds_depends_on_the_place(garage: Garage) -> None:
    garage.place("社区医院", travel_minutes=10, waiting_minutes=20, is_hospital=True)
    garage.place("机场", aliases=["首都机场"], travel_minutes=90)
    assert garage.held(garage.ride(destination="社区医院")) == ["08:00-09:00"]
    there_and_back = garage.ride(destination="社区医院", return_trip="yes", time="13:10")
    assert garage.held(there_and_back) == ["13:00-13:30", "13:30-14:30"]
    assert garage.held(garage.ride(destination="首都机场", time="15:00")) == ["15:00-18:30"]


def test_the_car_waits_for_a_short_errand_and_comes_again_after_a_long_one(garage: Garage) -> None:
    short = garage.ride(return_trip="yes")
    assert garage.cars(short) == ["一号车，司机老马"] * 2
    assert garage.held(short) == ["08:00-09:30", "09:30-11:00"]
    garage.place("透析中心", travel_minutes=30, waiting_minutes=240, is_hospital=True)
    long = garage.ride(destination="透析中心", return_trip="yes", time="11:00")
    assert garage.held(long) == ["11:00-12:30", "15:00-16:30"]
    between = garage.ride(time="13:00", passengers="2")
    assert garage.cars(between) == ["一号车，司机老马"]


def test_the_way_back_may_be_another_car(garage: Garage) -> None:
    garage.place("透析中心", travel_minutes=30, waiting_minutes=240, is_hospital=True)
    garage.ride(time="15:00")
    long = garage.ride(destination="透析中心", return_trip="yes", time="11:00")
    assert garage.cars(long) == ["一号车，司机老马", "二号车，司机老牛"]


def test_a_wheelchair_is_taken_both_ways(garage: Garage) -> None:
    garage.place("透析中心", travel_minutes=30, waiting_minutes=240, is_hospital=True)
    garage.ride(time="15:00", wheelchair="yes")
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride(destination="透析中心", return_trip="yes", time="11:00", wheelchair="yes")
    assert {each.values["time"] for each in none.value.alternatives} == {"09:00", "09:30", "13:00"}


def test_companions_count(garage: Garage) -> None:
    assert garage.cars(garage.ride(passengers="5")) == ["二号车，司机老牛"]
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride(passengers="5")
    assert none.value.why == "所里的车都派出去了"
    garage.change_car("二号车", seats=4)
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride(passengers="5", time="14:00")
    assert none.value.why == "所里的车坐不下5个人"
    assert none.value.alternatives == ()


def test_hours_of_work_are_kept(garage: Garage) -> None:
    for name in ("一号车", "二号车"):
        garage.change_car(name, from_time=time(8), until_time=time(17), days="12345")
    garage.ride()
    with pytest.raises(NoPlaceLeft) as early:
        garage.ride(time="07:00")
    assert early.value.why == "所里的车不出车"
    with pytest.raises(NoPlaceLeft):
        garage.ride(date="2026-11-28")


def test_a_partner_takes_over_and_he_is_told_why(garage: Garage) -> None:
    garage.partner(phone="13600000000")
    garage.ride()
    garage.ride()
    third = garage.ride()
    assert garage.cars(third) == ["大众，电话13600000000"]
    assert garage.history(third)[-1] == "去：上午8点所里的车都派出去了，派大众"
    with pytest.raises(NoPlaceLeft):
        garage.ride()


def test_hailing_comes_after_the_partner_and_has_no_end(garage: Garage) -> None:
    garage.car("网约车", kind=Route.HAILING)
    garage.partner()
    rides = [garage.ride() for _ in range(5)]
    routes = [garage.legs(ride)[0].route for ride in rides]
    assert routes == [Route.OWN, Route.OWN, Route.PARTNER, Route.HAILING, Route.HAILING]
    assert "合作车队的车都派出去了" in garage.history(rides[-1])[-1]
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride(wheelchair="yes")
    assert none.value.why == "所里的车都派出去了"


def test_a_house_without_cars_says_so(garage: Garage) -> None:
    with garage.database.begin() as session:
        session.execute(update(Vehicle).values(active=False))
    with pytest.raises(NoPlaceLeft) as none:
        garage.ride()
    assert none.value.why == "所里还没有登记能派的车"


def test_cancelling_frees_both_ways_and_the_driver_for_whoever_wants_them(garage: Garage) -> None:
    ride, other = garage.ride(return_trip="yes"), garage.ride(return_trip="yes")
    garage.cancel(ride)
    assert garage.cars(garage.ride(return_trip="yes")) == ["一号车，司机老马"] * 2
    assert garage.legs(ride) == []
    assert len(garage.legs(other)) == 2


def test_a_ride_that_is_over_early_frees_the_rest(garage: Garage) -> None:
    ride = garage.ride(return_trip="yes")
    garage.act(requests.accept, ride)
    garage.clock.go(days=1)
    garage.act(requests.miss, ride, reason="没等到人")
    assert garage.request(ride).status is RequestStatus.MISSED
    with garage.database.read() as session:
        left = session.scalar(select(func.count()).select_from(VehicleBlock))
    assert left is not None
    assert left < 6


def test_when_it_is_fixed_he_hears_which_car_comes(garage: Garage) -> None:
    garage.change_driver("老马", phone="13500000000")
    ride = garage.ride(return_trip="yes")
    garage.act(requests.accept, ride)
    own, family = (each for each in garage.notices(ride) if "定好了" in each)
    for said in (own, family):
        assert "一号车，司机老马，电话13500000000。大约上午9点45分去接您回来。" in said


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    wanted=st.lists(
        st.tuples(
            st.sampled_from(["08:00", "08:10", "09:00", "09:25", "10:30"]),
            st.sampled_from(["yes", "no"]),
            st.integers(1, 5),
            st.sampled_from(["yes", "no"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_booked_no_car_and_no_driver_is_in_two_places(
    garage: Garage, wanted: list[tuple[str, str, int, str]]
) -> None:
    for when, back, passengers, wheelchair in wanted:
        try:
            garage.ride(
                time=when, return_trip=back, passengers=str(passengers), wheelchair=wheelchair
            )
        except BookingError:
            continue
    with garage.database.read() as session:
        blocks = list(session.scalars(select(VehicleBlock)))
    cars = [(block.vehicle_id, block.starts_at) for block in blocks]
    drivers = [(block.driver_id, block.starts_at) for block in blocks]
    assert len(set(cars)) == len(cars)
    assert len(set(drivers)) == len(drivers)


@pytest.mark.parametrize("scarce", ["car", "driver"])
def test_contenders_for_one_car_or_one_driver(garage: Garage, scarce: str) -> None:
    """Two drivers and one car, or two cars and one driver: one of twelve gets it."""
    if scarce == "car":
        garage.change_car("二号车", active=False)
    else:
        garage.change_driver("老牛", active=False)
    with garage.database.begin() as session:
        people = [
            make_person(
                session, garage.house.id, PersonKind.RETIREE, f"老{n}", "您", garage.clock()
            ).id
            for n in range(12)
        ]
    barrier = threading.Barrier(4)

    def contend(mine: list[int]) -> int:
        barrier.wait()
        got = 0
        for person in mine:
            garage_of_mine = Garage(
                garage.database,
                garage.house,
                garage.catalog,
                garage.clock,
                garage.account_id,
                keys=person * 100,
            )
            try:
                garage_of_mine.ride(person)
            except NoPlaceLeft:
                continue
            got += 1
        return got

    with ThreadPoolExecutor(4) as pool:
        got = sum(pool.map(contend, [people[n::4] for n in range(4)]))
    assert got == 1


def test_the_database_itself_refuses_a_second_car_for_a_driver(garage: Garage) -> None:
    garage.ride()
    with garage.database.read() as session:
        block = session.scalars(select(VehicleBlock)).all()[0]
        other = session.scalars(select(Vehicle).where(Vehicle.id != block.vehicle_id)).all()[0]
    with pytest.raises(IntegrityError), garage.database.begin() as session:
        session.add(
            VehicleBlock(
                institution_id=block.institution_id,
                vehicle_id=other.id,
                driver_id=block.driver_id,
                starts_at=block.starts_at,
                request_id=block.request_id,
            )
        )
