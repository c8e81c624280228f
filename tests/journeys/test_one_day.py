"""One day of a house, on both databases: what was promised is kept, and what goes wrong is seen.

The verbs and the rounds are the real ones; only the clock is ours.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.duty_rounds import duty_rounds
from app.place_rounds import places
from app.rounds import Round, standing_orders
from booking import requests
from booking.joining import join
from booking.meals.door import Mark, checks_of, mark
from booking.meals.models import mask_of
from booking.meals.sheets import Round as MealRound
from booking.meals.sheets import kitchen_lines, rounds_of, stops_of
from booking.meals.standing import WantedOrder, start_order
from booking.models import EventKind, Opening, Request, RequestEvent, RequestStatus
from booking.requests import Submission, submit
from booking.rides.away import take_off
from booking.rides.dispatch import legs_of
from booking.rides.models import Destination, Vehicle
from booking.services import DOOR_CHECK, Catalog, load_catalog
from booking.staff_access import Clerk
from booking.work_links import WorkLink, WorkLinkKind, issue
from store.clock import local, local_date
from store.database import Database
from store.identity import Person, PersonKind
from store.outbox import OutboxRow
from tests.conftest import NOW, StandingClock
from tests.houses import House, make_account, make_house, make_person

MONDAY = local_date(NOW)
TUESDAY = MONDAY + timedelta(days=1)
WEEKDAYS = mask_of({0, 1, 2, 3, 4})
PORTIONS = 3


@dataclass
class Day:
    """A house, its clock, its rounds, and what can be done in it."""

    database: Database
    clock: StandingClock
    house: House
    people: dict[str, int]
    accounts: dict[str, int]
    catalog: Catalog = field(default_factory=load_catalog)
    made: int = 0

    @property
    def rounds(self) -> list[Round]:
        """Return what looks after the house."""
        return [
            places(self.database),
            standing_orders(self.database, self.catalog),
            *duty_rounds(self.database, self.catalog),
        ]

    def until(self, hour: int, minute: int = 0, *, days: int = 0) -> None:
        """Let time go by to a moment of Monday, or of a later day, looking every five minutes."""
        target = local(NOW).replace(hour=hour, minute=minute) + timedelta(days=days)
        while self.clock() < target:
            self.clock.now = min(self.clock() + timedelta(minutes=5), target)
            for each in self.rounds:
                each.make(self.clock())

    def asks(self, who: str, service: str, **values: str) -> int:
        """Book for oneself."""
        return self._ask(submit, who, service, values)

    def waits(self, who: str, service: str, **values: str) -> int:
        """Join a waiting list."""
        return self._ask(join, who, service, values)

    def _ask(
        self, verb: Callable[..., Request], who: str, service: str, values: dict[str, str]
    ) -> int:
        self.made += 1
        with self.database.begin() as session:
            person = session.get_one(Person, self.people[who])
            wanted = Submission(
                person,
                person,
                self.catalog.get(service),
                values,
                self.accounts[who],
                f"day {self.made}",
            )
            return verb(session, wanted, now=self.clock()).id

    def orders_lunch(self, who: str) -> None:
        """Order lunch for every working day from tomorrow on."""
        with self.database.begin() as session:
            person = session.get_one(Person, self.people[who])
            start_order(
                session,
                WantedOrder(
                    requester=person,
                    person=person,
                    meal="lunch",
                    weekdays=WEEKDAYS,
                    values={"diet": "soft", "portions": "1"},
                    from_day=TUESDAY,
                    until_day=None,
                    account_id=self.accounts[who],
                    key=f"order {who}",
                ),
                service=self.catalog.get("meal"),
                now=self.clock(),
            )

    def does(self, clerk: Clerk, verb: Callable[..., Request], request_id: int) -> None:
        """Let someone of the staff act."""
        with self.database.begin() as session:
            verb(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=clerk,
                now=self.clock(),
            )

    def cancels(self, who: str, request_id: int) -> None:
        """Call one's own request off."""
        with self.database.begin() as session:
            person = session.get_one(Person, self.people[who])
            requests.cancel(session, actor=person, request_id=request_id, now=self.clock())

    def breaks_down(self, name: str) -> None:
        """Take a vehicle out of service."""
        with self.database.begin() as session:
            car = session.execute(select(Vehicle).where(Vehicle.name == name)).scalar_one()
            take_off(
                session,
                catalog=self.catalog,
                clerk=self.house.head,
                who=car,
                from_at=self.clock(),
                until_at=None,
                reason="刹车坏了",
                now=self.clock(),
            )

    def at_the_door(self, link_id: int, request_id: int, what: Mark) -> None:
        """Mark what happened at a door."""
        with self.database.begin() as session:
            mark(
                session,
                catalog=self.catalog,
                link=session.get_one(WorkLink, link_id),
                request_id=request_id,
                what=what,
                now=self.clock(),
            )

    def request(self, request_id: int) -> Request:
        """Return a request as it stands."""
        with self.database.read() as session:
            return session.get_one(Request, request_id)

    def lunches(self) -> dict[str, Request]:
        """Return Tuesday's lunches that are not called off, by whose they are."""
        names = {person: name for name, person in self.people.items()}
        with self.database.read() as session:
            found = session.execute(
                select(Request).where(
                    Request.service == "meal",
                    Request.day == TUESDAY,
                    Request.status != RequestStatus.CANCELLED,
                )
            ).scalars()
            return {names[each.beneficiary_id]: each for each in found}

    def events(self, request_id: int, kind: EventKind) -> int:
        """Return how often something happened to a request."""
        with self.database.read() as session:
            return session.execute(
                select(func.count()).where(
                    RequestEvent.request_id == request_id, RequestEvent.kind == kind
                )
            ).scalar_one()

    def told(self, who: str) -> str:
        """Return everything that was said to someone."""
        with self.database.read() as session:
            rows = session.execute(
                select(OutboxRow.body)
                .where(OutboxRow.account_id == self.accounts[who])
                .order_by(OutboxRow.id)
            )
            return "\n".join(body["text"] for (body,) in rows)

    def taken(self) -> int:
        """Return how many portions of Tuesday's lunch are given."""
        with self.database.read() as session:
            return session.execute(
                select(Opening.taken).where(
                    Opening.service == "meal", Opening.day == TUESDAY, Opening.period == "lunch"
                )
            ).scalar_one()


@pytest.fixture
def day(either_database: Database, clock: StandingClock) -> Day:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=PORTIONS)
        hospital = session.execute(select(Destination)).scalar_one()
        hospital.is_hospital = True
        people = {"张": house.zhang, "李": house.li}
        for name in ("王", "赵"):
            people[name] = make_person(
                session, house.id, PersonKind.RETIREE, f"{name}德胜", f"{name}老", clock()
            ).id
        accounts = {
            name: make_account(session, clock(), person_id=person, external_id=name).id
            for name, person in people.items()
        }
    return Day(either_database, clock, house, people, accounts)


def test_one_day(day: Day) -> None:
    # Monday. Two have a standing order, two ask for tomorrow: one more than there are portions.
    day.orders_lunch("张")
    day.orders_lunch("李")
    day.until(9, 30)
    lunch = {"date": TUESDAY.isoformat(), "meal": "lunch", "diet": "normal", "portions": "1"}
    wang = day.asks("王", "meal", **lunch)
    zhao = day.waits("赵", "meal", **lunch)
    assert set(day.lunches()) == {"张", "李", "王", "赵"}
    assert day.request(zhao).status is RequestStatus.WAITING
    assert day.taken() == PORTIONS

    # One calls off; whoever waits has his place at once, and is told.
    day.until(10)
    day.cancels("王", wang)
    day.until(10, 15)
    assert day.request(zhao).status is RequestStatus.SUBMITTED
    assert day.request(zhao).number in day.told("赵")
    assert day.taken() == PORTIONS
    for request in day.lunches().values():
        day.does(day.house.meal_clerk, requests.accept, request.id)

    # A car to the hospital that nobody accepts: the clerk hears of it before, the head after.
    ride = day.asks(
        "张", "ride", date=TUESDAY.isoformat(), time="08:00", destination="总医院",
        return_trip="yes",
    )  # fmt: skip
    due = local(day.request(ride).due_at)
    assert due <= local(NOW).replace(hour=17)
    day.until(due.hour, due.minute - 5)
    assert day.events(ride, EventKind.REMINDED) == 1
    assert day.events(ride, EventKind.ESCALATED) == 0
    day.until(17, 30)
    assert day.events(ride, EventKind.REMINDED) == 1
    assert day.events(ride, EventKind.ESCALATED) == 1
    day.does(day.house.head, requests.accept, ride)

    # The car breaks down: another one comes, and he is told which.
    with day.database.read() as session:
        first = {leg.vehicle_id for leg in legs_of(session, ride)}
        name = session.get_one(Vehicle, next(iter(first - {None}))).name
    day.breaks_down(name)
    with day.database.read() as session:
        second = {leg.vehicle_id for leg in legs_of(session, ride)}
        other = session.get_one(Vehicle, next(iter(second - {None}))).name
    assert not first & second
    assert other in day.told("张")
    assert day.request(ride).status is RequestStatus.ACCEPTED

    # In the evening he is reminded of it, once.
    day.until(19, 0)
    before = day.told("张")
    assert before.count("明天的事") == 1

    # Night: nobody is disturbed, nothing is made twice.
    day.until(6, 0, days=1)
    assert day.told("张") == before
    assert len(day.lunches()) == PORTIONS

    # Tuesday. What the kitchen cooks is what is driven out.
    day.until(11, 0, days=1)
    service = day.catalog.get("meal")
    with day.database.begin() as session:
        (counted,) = rounds_of(session, service, institution_id=day.house.id, day=TUESDAY)
        stops = stops_of(
            session, service, institution_id=day.house.id, round_=MealRound(TUESDAY, "lunch", "")
        )
        cooked = sum(line.portions for line in kitchen_lines(stops))
        link = issue(
            session,
            institution_id=day.house.id,
            kind=WorkLinkKind.MEAL_ROUND,
            about=counted.round.about,
            day=TUESDAY,
            issued_by="小李",
            now=day.clock(),
        ).id
    assert cooked == counted.portions == sum(stop.portions for stop in stops) == PORTIONS

    # At the doors: one opens, one who lives alone does not. Someone is sent to look, at once.
    day.until(11, 40, days=1)
    day.at_the_door(link, day.lunches()["张"].id, Mark.DELIVERED)
    day.at_the_door(link, zhao, Mark.DELIVERED)
    at_li = day.lunches()["李"].id
    day.at_the_door(link, at_li, Mark.NO_ANSWER)
    day.at_the_door(link, at_li, Mark.NO_ANSWER)
    with day.database.read() as session:
        (check,) = checks_of(session, at_li)
    assert check.service == DOOR_CHECK
    assert check.due_at - day.clock() <= timedelta(minutes=30)
    day.does(day.house.meal_clerk, requests.accept, check.id)
    day.does(day.house.meal_clerk, requests.complete, check.id)

    # He rode, he is back.
    day.does(day.house.head, requests.start, ride)
    day.does(day.house.head, requests.complete, ride)
    day.until(20, 0, days=1)

    # The books balance: everything of the day is closed, and every place was given once.
    with day.database.read() as session:
        left = session.execute(
            select(Request.number, Request.status).where(
                Request.day == TUESDAY,
                Request.status.in_([*requests.UNFINISHED]),
            )
        ).all()
    assert left == []
    assert day.taken() == PORTIONS
    assert {each.status for each in day.lunches().values()} == {
        RequestStatus.COMPLETED,
        RequestStatus.MISSED,
    }
