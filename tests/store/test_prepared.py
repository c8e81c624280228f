"""A prepared statement behaves as SQLAlchemy's own does, at a fraction of the price."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError

from app.schema import all_tables
from store.database import Database
from store.identity import Institution, Person, PersonKind
from store.keyring import Keyring
from store.prepared import Prepared
from store.statements import write_row

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)
BY_NAME = Prepared(
    select(Person.id, Person.kind, Person.phone, Person.care_flags, Person.created_at).where(
        Person.name == bindparam("who"), Person.active.is_(True)
    )
)
RENAME = Prepared(
    update(Person).where(Person.id == bindparam("the_id")).returning(Person.name),
    sets=("name", "phone"),
)


def write_zhang(database: Database, at: datetime = NOON) -> int:
    """Write a house with one person, and return the person's id."""
    with database.begin() as session:
        house = write_row(session, Institution, name="一所", created_at=at)
        return write_row(
            session,
            Person,
            institution_id=house,
            kind=PersonKind.RETIREE,
            name="张",
            salutation="张老",
            phone="13800000000",
            care_flags=["独居"],
            created_at=at,
        )


def test_values_keep_their_types(either_database: Database) -> None:
    zhang = write_zhang(either_database, NOON.astimezone(timezone(timedelta(hours=8))))
    with either_database.read() as session:
        found = BY_NAME.first(session, who="张")
        at_rest = session.execute(text("SELECT phone FROM people")).scalar_one()
    assert found == (zhang, PersonKind.RETIREE, "13800000000", ["独居"], NOON)
    assert b"138" not in bytes(at_rest)


def test_nothing_found_is_none(either_database: Database) -> None:
    with either_database.read() as session:
        assert BY_NAME.first(session, who="李") is None


def test_what_waits_in_the_session_is_written_first(either_database: Database) -> None:
    zhang = write_zhang(either_database)
    with either_database.begin() as session:
        session.get_one(Person, zhang).name = "李"
        assert BY_NAME.first(session, who="张") is None


def test_it_is_rolled_back_with_its_savepoint(either_database: Database) -> None:
    zhang = write_zhang(either_database)
    with either_database.begin() as session:
        savepoint = session.begin_nested()
        assert RENAME.rows(session, the_id=zhang, name="李", phone=None) == [("李",)]
        savepoint.rollback()
    with either_database.read() as session:
        assert session.get_one(Person, zhang).phone == "13800000000"


def test_a_broken_rule_is_raised_as_usual_and_names_no_values(either_database: Database) -> None:
    write_zhang(either_database)
    with either_database.begin() as session:
        with pytest.raises(IntegrityError) as raised, session.begin_nested():
            write_row(session, Institution, name="一所", created_at=NOON)
        # The savepoint is rolled back, and the unit of work goes on.
        write_row(session, Institution, name="二所", created_at=NOON)
    assert "parameters" not in str(raised.value)


def test_each_database_seals_with_its_own_key(either_database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path}/other", Keyring([Fernet.generate_key()]))
    all_tables().create_all(other.engine)
    for database in (either_database, other):
        write_zhang(database)
        with database.read() as session:
            found = BY_NAME.first(session, who="张")
        assert found is not None
        assert found[2] == "13800000000"
    other.close()
