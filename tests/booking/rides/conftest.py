"""A house with cars and drivers, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select

from booking import requests
from booking.models import Request, RequestEvent
from booking.requests import Submission, submit
from booking.rides import dispatch
from booking.rides.models import Destination, Driver, Leg, Route, Vehicle
from booking.services import Catalog, load_catalog
from store.clock import SHANGHAI, local
from store.database import Database
from store.identity import Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

RIDE = {"date": "2026-11-24", "time": "08:00", "destination": "银行", "return_trip": "no"}


def at(clock_time: str, day: str = "2026-11-24") -> datetime:
    """Return an instant of Shanghai."""
    return datetime.fromisoformat(f"{day}T{clock_time}").replace(tzinfo=SHANGHAI)


@dataclass
class Garage:
    """A house on a database, with shortcuts to ride in it."""

    database: Database
    house: House
    catalog: Catalog
    clock: StandingClock
    account_id: int
    keys: int = 0

    def ride(self, actor: int | None = None, beneficiary: int | None = None, **values: str) -> int:
        """Book a ride to the bank tomorrow at eight, or what `values` say."""
        self.keys += 1
        who = actor or self.house.zhang
        with self.database.begin() as session:
            return submit(
                session,
                Submission(
                    actor=session.get_one(Person, who),
                    beneficiary=session.get_one(Person, beneficiary or who),
                    service=self.catalog.get("ride"),
                    values={**RIDE, **values},
                    account_id=self.account_id,
                    key=f"ride {self.keys}",
                ),
                now=self.clock(),
            ).id

    def act(self, verb: Callable[..., object], request_id: int, **more: object) -> None:
        """Let the head do something to a request."""
        with self.database.begin() as session:
            verb(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
                **more,
            )

    def cancel(self, request_id: int) -> None:
        """Let him cancel it."""
        with self.database.begin() as session:
            zhang = session.get_one(Person, self.house.zhang)
            requests.cancel(session, actor=zhang, request_id=request_id, now=self.clock())

    def car(self, name: str, **how: object) -> int:
        """Add a car to the house."""
        with self.database.begin() as session:
            given = {"seats": 4, "takes_wheelchair": False, **how}
            vehicle = Vehicle(institution_id=self.house.id, name=name, **given)
            session.add(vehicle)
            session.flush()
            return vehicle.id

    def partner(self, name: str = "大众", **how: object) -> int:
        """Add a partner's car."""
        return self.car(name, kind=Route.PARTNER, **how)

    def place(self, name: str, **how: object) -> None:
        """Enter a destination."""
        with self.database.begin() as session:
            session.add(Destination(institution_id=self.house.id, name=name, position=9, **how))

    def change_car(self, name: str, **how: object) -> int:
        """Change a car."""
        with self.database.begin() as session:
            return _set(session.scalars(select(Vehicle).where(Vehicle.name == name)).one(), how)

    def change_driver(self, name: str, **how: object) -> int:
        """Change a driver."""
        with self.database.begin() as session:
            return _set(session.scalars(select(Driver).where(Driver.name == name)).one(), how)

    def legs(self, request_id: int) -> list[Leg]:
        """Return the legs of a ride."""
        with self.database.read() as session:
            return dispatch.legs_of(session, request_id)

    def cars(self, request_id: int) -> list[str]:
        """Return in words which cars a ride has."""
        with self.database.read() as session:
            legs = dispatch.legs_of(session, request_id)
            return [dispatch.car_words(session, leg) for leg in legs]

    def held(self, request_id: int) -> list[str]:
        """Return from when until when each leg holds a car, in Shanghai."""
        return [
            f"{local(leg.held_from):%H:%M}-{local(leg.held_until):%H:%M}"
            for leg in self.legs(request_id)
        ]

    def request(self, request_id: int) -> Request:
        """Return a request as it stands."""
        with self.database.read() as session:
            return session.get_one(Request, request_id)

    def history(self, request_id: int) -> list[str]:
        """Return the lines of a request's history."""
        with self.database.read() as session:
            rows = session.execute(
                select(RequestEvent)
                .where(RequestEvent.request_id == request_id)
                .order_by(RequestEvent.id)
            ).scalars()
            return [row.text or "" for row in rows]

    def notices(self, request_id: int | None = None) -> list[str]:
        """Return what was said to people."""
        with self.database.read() as session:
            rows = session.execute(select(OutboxRow).order_by(OutboxRow.id)).scalars()
            return [row.body["text"] for row in rows if request_id in (None, row.request_id)]


def _set(row: Vehicle | Driver, how: dict[str, object]) -> int:
    for key, value in how.items():
        setattr(row, key, value)
    return row.id


@pytest.fixture
def garage(either_database: Database, clock: StandingClock) -> Garage:
    """Return the house: 一号车 (老马, four seats) and 二号车 (老牛, six seats, wheelchair)."""
    with either_database.begin() as session:
        house = make_house(session, clock())
        account_id = make_account(session, clock(), person_id=house.zhang).id
        daughter = make_account(session, clock(), person_id=house.min, external_id="2")
        assert daughter.id
    return Garage(either_database, house, load_catalog(), clock, account_id)
