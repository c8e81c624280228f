"""Wishes, reminders, the digest, the call list; and that nothing is said after someone is gone."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.duty_rounds import digests, reminders, unseen
from booking import requests
from booking.call_list import ToCall, called, to_call
from booking.calls import raise_emergency
from booking.duty.models import HowMuch, StayKind
from booking.duty.rules import RULES
from booking.errors import RequestNotFound
from booking.form import TEXTS
from booking.leaving import Left, leave
from booking.meals.models import WEEKDAYS
from booking.meals.standing import WantedOrder, start_order
from booking.models import Link, Request, RequestEvent, RequestStatus
from booking.requests import Submission, submit
from booking.services import Catalog, load_catalog
from booking.wishes import set_wish, set_wish_everywhere
from store import outbox
from store.clock import SHANGHAI, local_date
from store.database import Database
from store.identity import Account, Person
from store.outbox import OutboxRow
from tests.conftest import StandingClock
from tests.houses import House, make_account, make_house

LUNCH = {"date": "2026-11-24", "meal": "lunch", "diet": "normal", "portions": "1"}
RIDE = {"date": "2026-11-24", "time": "10:00", "destination": "总医院", "return_trip": "no"}
CHECKUP = {"date": "2026-11-24", "session": "afternoon"}


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=SHANGHAI)


@dataclass
class Told:
    """Zhang and his daughter, both with a chat, in a house where things happen."""

    database: Database
    clock: StandingClock
    house: House
    catalog: Catalog
    zhang: int
    min: int
    _made: int = field(default=0)

    def book(self, service: str, values: dict[str, str], *, who: int | None = None) -> int:
        self._made += 1
        with self.database.begin() as session:
            person = session.get_one(Person, who or self.house.zhang)
            wanted = Submission(
                actor=person,
                beneficiary=person,
                service=self.catalog.get(service),
                values=values,
                account_id=self.zhang,
                key=f"told {self._made}",
            )
            return submit(session, wanted, now=self.clock()).id

    def act(self, verb: str, request_id: int, **more: str) -> None:
        with self.database.begin() as session:
            getattr(requests, verb)(
                session,
                catalog=self.catalog,
                request_id=request_id,
                clerk=self.house.head,
                now=self.clock(),
                **more,
            )

    def wish(
        self, who: int, how_much: HowMuch | None = None, reminders: bool | None = None
    ) -> None:
        with self.database.begin() as session:
            set_wish_everywhere(
                session,
                person=session.get_one(Person, who),
                how_much=how_much,
                reminders=reminders,
                by="本人",
                now=self.clock(),
            )

    def leave(self, kind: StayKind) -> Left:
        with self.database.begin() as session:
            return leave(
                session,
                catalog=self.catalog,
                clerk=self.house.head,
                person_id=self.house.zhang,
                kind=kind,
                now=self.clock(),
            )

    def heard(self, account: int) -> list[str]:
        with self.database.read() as session:
            rows = session.scalars(
                select(OutboxRow).where(OutboxRow.account_id == account).order_by(OutboxRow.id)
            ).all()
        return [row.body["text"] for row in rows]

    def list(self) -> list[ToCall]:
        with self.database.read() as session:
            return to_call(session, institution_id=self.house.id)

    def request(self, request_id: int) -> Request:
        with self.database.read() as session:
            return session.get_one(Request, request_id)


@pytest.fixture
def told(either_database: Database, clock: StandingClock) -> Told:
    with either_database.begin() as session:
        house = make_house(session, clock())
        zhang = make_account(
            session, clock(), person_id=house.zhang, external_id="z", channel="telegram"
        )
        daughter = make_account(session, clock(), person_id=house.min, external_id="m")
        ids = zhang.id, daughter.id
    clock.go(minutes=1)
    return Told(either_database, clock, house, load_catalog(), *ids)


def test_every_step_unless_something_else_is_wished(told: Told) -> None:
    meal = told.book("meal", LUNCH)
    told.act("accept", meal)
    told.act("complete", meal)
    assert ["定好了" in text for text in told.heard(told.zhang)] == [True, False]
    assert len(told.heard(told.min)) == 3


def test_only_exceptions_leaves_the_bad_news(told: Told) -> None:
    told.wish(told.house.min, HowMuch.EXCEPTIONS)
    meal = told.book("meal", LUNCH)
    told.act("accept", meal)
    told.act("decline", meal, reason="厨房停电")
    (text,) = told.heard(told.min)
    assert "厨房停电" in text
    assert len(told.heard(told.zhang)) == 2


def test_a_wish_is_about_one_retiree(told: Told) -> None:
    with told.database.begin() as session:
        set_wish(
            session,
            person=session.get_one(Person, told.house.min),
            about_id=told.house.li,
            how_much=HowMuch.EXCEPTIONS,
            by="本人",
            now=told.clock(),
        )
    told.act("accept", told.book("meal", LUNCH))
    assert len(told.heard(told.min)) == 2


def test_once_a_day_is_one_message_in_the_evening(told: Told) -> None:
    told.wish(told.house.zhang, HowMuch.DAILY)
    for service, values in (("meal", LUNCH), ("ride", RIDE)):
        told.act("accept", told.book(service, values))
    assert told.heard(told.zhang) == []
    round_ = digests(told.database)
    assert round_.make(shanghai("11-23T18:59")) == 0
    assert round_.make(shanghai("11-23T19:00")) == 1
    assert round_.make(shanghai("11-23T19:05")) == 0
    (text,) = told.heard(told.zhang)
    assert text.count("定好了") == 2


def test_the_evening_before_and_what_to_bring(told: Told) -> None:
    told.act("accept", told.book("checkup", CHECKUP))
    told.act("accept", told.book("meal", LUNCH))
    before = len(told.heard(told.zhang))
    round_ = reminders(told.database, told.catalog)
    assert round_.make(shanghai("11-23T17:59")) == 0
    assert round_.make(shanghai("11-23T18:00")) == 1
    assert round_.make(shanghai("11-23T18:05")) == 0
    (text,) = told.heard(told.zhang)[before:]
    assert "身份证" in text
    assert "停止" in text
    assert round_.make(shanghai("11-24T07:00")) == 1
    # His daughter hears of it from him.
    assert not any("明天的事" in text for text in told.heard(told.min))


def test_who_stops_reminders_is_still_told_the_rest(told: Told) -> None:
    told.wish(told.house.zhang, reminders=False)
    told.act("accept", told.book("checkup", CHECKUP))
    reminders(told.database, told.catalog).make(shanghai("11-23T18:00"))
    (text,) = told.heard(told.zhang)
    assert "定好了" in text
    with told.database.begin() as session:
        raise_emergency(
            session,
            catalog=told.catalog,
            actor=session.get_one(Person, told.house.zhang),
            words="胸口疼",
            account_id=told.zhang,
            key="danger",
            now=told.clock(),
        )
    assert "胸口疼" in told.heard(told.min)[-1]


def test_what_matters_and_is_not_seen_is_to_be_telephoned(told: Told) -> None:
    ride = told.book("ride", RIDE)
    told.act("accept", ride)
    round_ = unseen(told.database)
    round_.make(shanghai("11-23T11:59"))
    assert told.list() == []
    round_.make(shanghai("11-23T12:02"))
    (line,) = told.list()
    assert (line.who, line.phone, line.number) == ("张建国", "13900000001", "车1001")
    assert "定好了" in line.why
    with told.database.begin() as session:
        called(session, clerk=told.house.head, line_id=line.id, reached=False, now=told.clock())
    (line,) = told.list()
    assert line.tries == 1
    with told.database.begin() as session:
        called(session, clerk=told.house.head, line_id=line.id, reached=True, now=told.clock())
    assert told.list() == []
    with told.database.read() as session:
        texts = session.scalars(select(RequestEvent.text).order_by(RequestEvent.id)).all()
    assert texts[-3:] == [
        "发给张建国的消息一直没有看，请打电话",
        "给张建国打电话，没有人接",
        "打电话告诉了张建国",
    ]


def test_an_answer_counts_as_seen(told: Told) -> None:
    told.act("accept", told.book("ride", RIDE))
    with told.database.begin() as session:
        session.get_one(Account, told.zhang).last_used_at = shanghai("11-23T10:00")
    unseen(told.database).make(shanghai("11-23T13:00"))
    assert told.list() == []


def test_what_an_open_web_chat_has_fetched_counts_as_seen(told: Told) -> None:
    with told.database.begin() as session:
        account = session.get_one(Account, told.zhang)
        account.channel = "web"
    told.act("accept", told.book("ride", RIDE))
    with told.database.begin() as session:
        outbox.mark_fetched(session, account_id=told.zhang, up_to_id=99, now=told.clock())
    unseen(told.database).make(shanghai("11-23T13:00"))
    assert told.list() == []


def test_who_has_no_chat_is_on_the_list_at_once_and_another_house_cannot_tick(told: Told) -> None:
    told.act("accept", told.book("meal", LUNCH, who=told.house.li))
    (line,) = told.list()
    assert line.who == "李秀英"
    with told.database.begin() as session:
        other = make_house(session, told.clock(), name="西山军休所")
        with pytest.raises(RequestNotFound):
            called(session, clerk=other.head, line_id=line.id, reached=True, now=told.clock())


def test_every_step_that_matters_has_its_words() -> None:
    assert {f"call_list.{step}" for step in RULES.told.matters} <= TEXTS.keys()


def test_after_a_death_nothing_is_said_by_anybody(told: Told) -> None:
    meal, ride, checkup = (
        told.book("meal", LUNCH),
        told.book("ride", RIDE),
        told.book("checkup", CHECKUP),
    )
    told.act("accept", checkup)
    told.wish(told.house.zhang, HowMuch.DAILY)
    told.act("accept", ride)
    said = told.heard(told.zhang), told.heard(told.min)
    assert told.leave(StayKind.DIED) == Left(3, 0, 0)
    for request_id in (meal, ride, checkup):
        assert told.request(request_id).status is RequestStatus.CANCELLED
    for moment in ("11-23T18:00", "11-23T19:30", "11-24T07:30"):
        now = shanghai(moment)
        reminders(told.database, told.catalog).make(now)
        digests(told.database).make(now)
        unseen(told.database).make(now)
    assert (told.heard(told.zhang), told.heard(told.min)) == said
    assert told.list() == []
    with told.database.read() as session:
        assert session.scalars(select(Link.revoked_at)).one() is not None
    assert told.leave(StayKind.DIED) == Left(0, 0, 0)


def test_what_is_under_way_when_someone_dies_is_left_to_the_staff(told: Told) -> None:
    ride = told.book("ride", RIDE)
    told.act("accept", ride)
    told.act("start", ride)
    said = told.heard(told.zhang), told.heard(told.min)
    assert told.leave(StayKind.DIED) == Left(0, 1, 0)
    told.act("complete", ride)
    assert (told.heard(told.zhang), told.heard(told.min)) == said


def test_in_hospital_meals_stop_and_the_rest_is_handed_over(told: Told) -> None:
    meal, checkup = told.book("meal", LUNCH), told.book("checkup", CHECKUP)
    told.act("accept", checkup)
    assert told.leave(StayKind.HOSPITAL) == Left(1, 1, 0)
    assert told.request(meal).status is RequestStatus.CANCELLED
    assert told.request(checkup).status is RequestStatus.ACCEPTED
    before = told.heard(told.zhang)
    reminders(told.database, told.catalog).make(shanghai("11-23T18:00"))
    assert told.heard(told.zhang) == before
    told.act("complete", checkup)
    with told.database.read() as session:
        last = session.scalars(select(OutboxRow).where(OutboxRow.account_id == told.zhang)).all()
    assert last[-1].body.get("buttons", []) in ([], ())
    told.leave(StayKind.HOME)
    again = told.book("ride", RIDE)
    told.act("accept", again)
    assert "定好了" in told.heard(told.zhang)[-1]


def test_home_again_he_hears_that_his_meals_are_still_stopped(told: Told) -> None:
    with told.database.begin() as session:
        person = session.get_one(Person, told.house.zhang)
        wanted = WantedOrder(
            requester=person,
            person=person,
            meal="lunch",
            weekdays=WEEKDAYS,
            values={"diet": "soft", "portions": "1"},
            from_day=local_date(told.clock()) + timedelta(days=1),
            until_day=None,
            account_id=told.zhang,
            key="standing",
        )
        start_order(session, wanted, service=told.catalog.get("meal"), now=told.clock())
    told.leave(StayKind.HOSPITAL)
    told.leave(StayKind.HOME)
    assert "还停着：每个工作日" in told.heard(told.zhang)[-1]


def test_only_the_own_house_writes_it_down(told: Told) -> None:
    with told.database.begin() as session:
        other = make_house(session, told.clock(), name="西山军休所")
        with pytest.raises(RequestNotFound):
            leave(
                session,
                catalog=told.catalog,
                clerk=other.head,
                person_id=told.house.zhang,
                kind=StayKind.DIED,
                now=told.clock(),
            )
