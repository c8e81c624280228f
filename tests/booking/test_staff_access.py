"""Log-in: who is recognised, how long a session lasts, and what is kept of the secrets."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from booking.duty.models import StaffAbsence
from booking.errors import LogInRefused, ValueProblem
from booking.models import AuditRow, DeskSession, Staff, StaffRole
from booking.staff_access import (
    SESSION_LIFE,
    Clerk,
    clerk_of,
    covered_roles,
    create_staff,
    log_in,
    log_out,
    recognise,
    start_session,
    visit_of,
)
from store.clock import local_date
from store.database import Database
from store.identity import Institution, Person, PersonKind
from tests.conftest import NOW, StandingClock
from tests.houses import make_house

PASSWORD = "watering-can-7"


@pytest.fixture
def clerk(database: Database) -> Clerk:
    """Return 小李, who cooks, of a house of her own."""
    with database.begin() as session:
        house = Institution(name="示范军休所", is_demonstration=False, created_at=NOW)
        session.add(house)
        session.flush()
        person = _person(house.id, PersonKind.STAFF, "小李")
        session.add(person)
        session.flush()
        staff = create_staff(
            session,
            person=person,
            login=" XiaoLi ",
            password=PASSWORD,
            roles=[StaffRole.MEAL],
            now=NOW,
        )
        return Clerk(staff.id, person.id, house.id, "小李", frozenset({StaffRole.MEAL}))


def _person(institution_id: int, kind: PersonKind, name: str) -> Person:
    return Person(
        institution_id=institution_id,
        kind=kind,
        name=name,
        salutation=name,
        active=True,
        created_at=NOW,
    )


def test_the_right_password_is_recognised(database: Database, clerk: Clerk) -> None:
    with database.read() as session:
        assert recognise(session, login="xiaoli", password=PASSWORD) == clerk


@pytest.mark.parametrize("typed", ["XIAOLI", " xiaoli ", "ｘｉａｏｌｉ"])
def test_how_the_name_is_typed_does_not_matter(
    database: Database, clerk: Clerk, typed: str
) -> None:
    with database.read() as session:
        assert recognise(session, login=typed, password=PASSWORD) == clerk


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("xiaoli", "watering-can-8"),
        ("xiaoli", ""),
        ("xiaoli", "\ud800"),
        ("xiaoli", "x" * 100_000),
        ("nobody", PASSWORD),
        ("", PASSWORD),
        ("xiaoli' OR 1=1 --", PASSWORD),
    ],
)
def test_anything_else_is_refused_alike(
    database: Database, clerk: Clerk, login: str, password: str
) -> None:
    with database.read() as session, pytest.raises(LogInRefused):
        recognise(session, login=login, password=password)


def test_staff_who_left_are_refused_and_their_session_ends(
    database: Database, clerk: Clerk
) -> None:
    with database.begin() as session:
        token, _ = log_in(session, login="xiaoli", password=PASSWORD, now=NOW)
        session.get_one(Staff, clerk.staff_id).active = False
    with database.read() as session:
        assert clerk_of(session, token=token, now=NOW) is None
        with pytest.raises(LogInRefused):
            recognise(session, login="xiaoli", password=PASSWORD)


def test_a_session_ends_after_twelve_hours(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        token = start_session(session, clerk=clerk, now=NOW)
    with database.read() as session:
        last = NOW + SESSION_LIFE - timedelta(seconds=1)
        assert clerk_of(session, token=token, now=last) == clerk
        assert clerk_of(session, token=token, now=NOW + SESSION_LIFE) is None


def test_log_out_ends_this_session_only(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        phone = start_session(session, clerk=clerk, now=NOW)
        desk = start_session(session, clerk=clerk, now=NOW)
        log_out(session, token=phone, now=NOW)
        log_out(session, token="unknown", now=NOW)
    with database.read() as session:
        assert clerk_of(session, token=phone, now=NOW) is None
        assert clerk_of(session, token=desk, now=NOW) == clerk


def test_every_session_has_a_secret_of_its_own(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        visits = [
            visit_of(session, token=start_session(session, clerk=clerk, now=NOW), now=NOW)
            for _ in range(2)
        ]
    assert visits[0] is not None
    assert visits[1] is not None
    assert visits[0].csrf_token != visits[1].csrf_token


def test_ended_sessions_are_swept_away(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        start_session(session, clerk=clerk, now=NOW)
        start_session(session, clerk=clerk, now=NOW + timedelta(days=1))
    with database.read() as session:
        assert len(session.execute(select(DeskSession)).all()) == 1


def test_neither_password_nor_token_is_kept(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        token = start_session(session, clerk=clerk, now=NOW)
    with database.engine.connect() as connection:
        kept = [
            *connection.execute(text("SELECT * FROM staff")).all(),
            *connection.execute(text("SELECT * FROM desk_sessions")).all(),
        ]
    assert PASSWORD not in str(kept)
    assert token not in str(kept)
    assert "$argon2id$" in str(kept)


def test_coming_and_going_is_on_record(database: Database, clerk: Clerk) -> None:
    with database.begin() as session:
        log_out(session, token=start_session(session, clerk=clerk, now=NOW), now=NOW)
    with database.read() as session:
        rows = session.execute(select(AuditRow.actor, AuditRow.act)).all()
    assert [tuple(row) for row in rows] == [
        (f"staff {clerk.staff_id}", "log_in"),
        (f"staff {clerk.staff_id}", "log_out"),
    ]


@pytest.mark.parametrize(
    ("kind", "login", "password", "field"),
    [
        (PersonKind.RETIREE, "zhang", PASSWORD, "person"),
        (PersonKind.STAFF, "  ", PASSWORD, "login"),
        (PersonKind.STAFF, "x" * 61, PASSWORD, "login"),
        (PersonKind.STAFF, "XIAOLI", PASSWORD, "login"),
        (PersonKind.STAFF, "new", "short", "password"),
        (PersonKind.STAFF, "new", "x" * 129, "password"),
    ],
)
def test_a_log_in_that_cannot_be_names_the_field(
    database: Database, clerk: Clerk, kind: PersonKind, login: str, password: str, field: str
) -> None:
    with database.begin() as session:
        person = _person(clerk.institution_id, kind, "某某")
        session.add(person)
        session.flush()
        with pytest.raises(ValueProblem) as problem:
            create_staff(session, person=person, login=login, password=password, roles=[], now=NOW)
    assert problem.value.field == field


@pytest.mark.parametrize(
    ("roles", "queue_role", "allowed"),
    [
        ({StaffRole.MEAL}, "meal", True),
        ({StaffRole.MEAL}, "health", False),
        ({StaffRole.MEAL}, None, True),
        ({StaffRole.HEAD}, "health", True),
        (set(), "meal", False),
        (set(), None, True),
    ],
)
def test_roles_open_queues(roles: set[StaffRole], queue_role: str | None, allowed: bool) -> None:
    assert Clerk(1, 1, 1, "某", frozenset(roles)).may_work(queue_role) is allowed


def test_who_stands_in_works_the_queues_of_who_is_away(
    database: Database, clock: StandingClock
) -> None:
    with database.begin() as session:
        house = make_house(session, clock())
        for clerk, login in ((house.meal_clerk, "li"), (house.ride_clerk, "wang")):
            create_staff(
                session,
                person=session.get_one(Person, clerk.person_id),
                login=login,
                password="watering-can-7",
                roles=clerk.roles,
                now=clock(),
            )
        today = local_date(clock())
        session.add(
            StaffAbsence(
                institution_id=house.id,
                person_id=house.ride_clerk.person_id,
                since=today,
                until=today,
                stand_in_id=house.meal_clerk.person_id,
                made_at=clock(),
            )
        )
    with database.begin() as session:
        token, _ = log_in(session, login="li", password="watering-can-7", now=clock())
    with database.read() as session:
        found = clerk_of(session, token=token, now=clock())
        tomorrow = covered_roles(
            session, person_id=house.meal_clerk.person_id, day=today + timedelta(days=1)
        )
    assert found is not None
    assert found.may_work("ride")
    assert tomorrow == frozenset()
