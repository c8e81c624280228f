"""Links without a log-in: one day, one house, and over when they are over."""

from datetime import date, timedelta

from sqlalchemy import text

from booking.work_links import WorkLinkKind, issue, link_of, revoke
from store.clock import local_date
from store.database import Database
from tests.conftest import NOW
from tests.houses import make_house

TODAY = local_date(NOW)


def _issue(database: Database, day: date = TODAY) -> tuple[int, int, str]:
    with database.begin() as session:
        house = make_house(session, NOW)
        link = issue(
            session,
            institution_id=house.id,
            kind=WorkLinkKind.MEAL_ROUND,
            about="lunch",
            day=day,
            issued_by="小李",
            now=NOW,
        )
        return house.id, link.id, link.token


def test_a_link_is_good_until_midnight_of_its_day(either_database: Database) -> None:
    house, link_id, token = _issue(either_database)
    with either_database.read() as session:
        found = link_of(session, token, now=NOW + timedelta(hours=14, minutes=59))
        assert found is not None
        assert (found.id, found.institution_id) == (link_id, house)
        assert link_of(session, token, now=NOW + timedelta(hours=15)) is None


def test_the_same_work_has_one_link(database: Database) -> None:
    house, link_id, token = _issue(database)
    with database.begin() as session:
        again = issue(
            session,
            institution_id=house,
            kind=WorkLinkKind.MEAL_ROUND,
            about="lunch",
            day=TODAY,
            issued_by="刘所长",
            now=NOW,
        )
        other = issue(
            session,
            institution_id=house,
            kind=WorkLinkKind.MEAL_ROUND,
            about="dinner",
            day=TODAY,
            issued_by="刘所长",
            now=NOW,
        )
    assert (again.id, again.token) == (link_id, token)
    assert other.token != token


def test_a_revoked_link_opens_nothing_and_only_its_house_revokes_it(database: Database) -> None:
    house, link_id, token = _issue(database)
    with database.begin() as session:
        assert not revoke(session, institution_id=house + 1, link_id=link_id, now=NOW)
    with database.read() as session:
        assert link_of(session, token, now=NOW) is not None
    with database.begin() as session:
        assert revoke(session, institution_id=house, link_id=link_id, now=NOW)
    with database.read() as session:
        assert link_of(session, token, now=NOW) is None


def test_no_token_lies_in_the_database(database: Database) -> None:
    _, _, token = _issue(database)
    with database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM work_links")).all()
    assert rows
    assert token not in repr(rows)


def test_what_is_no_token_opens_nothing(database: Database) -> None:
    _issue(database)
    with database.read() as session:
        for guess in ("", "x" * 500, "午饭", "\x00", "AAAAAAAAAAAAAAAAAAAAAAAA"):
            assert link_of(session, guess, now=NOW) is None
