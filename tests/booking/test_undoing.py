"""Undoing a cancelling, on both databases."""

import pytest

from booking.errors import AlreadyUsed, BookingError, MoveNotAllowed, RequestNotFound
from booking.freeing import free_overdue
from booking.models import RequestStatus
from booking.services import load_catalog
from booking.undoing import restore
from store.database import Database
from store.identity import Person
from tests.booking.test_requests import CHECKUP, LUNCH, RIDE, Setting
from tests.booking.test_waiting import join
from tests.conftest import StandingClock
from tests.houses import make_account, make_house


@pytest.fixture
def setting(either_database: Database, clock: StandingClock) -> Setting:
    with either_database.begin() as session:
        house = make_house(session, clock(), portions=1)
        account_id = make_account(session, clock(), person_id=house.zhang).id
    return Setting(either_database, house, load_catalog(), clock, account_id)


def _restore(setting: Setting, request_id: int, actor: int | None = None) -> None:
    with setting.database.begin() as session:
        restore(
            session,
            catalog=setting.catalog,
            actor=session.get_one(Person, actor or setting.house.zhang),
            request_id=request_id,
            now=setting.clock(),
        )


@pytest.mark.parametrize(
    ("service", "values"), [("meal", LUNCH), ("ride", RIDE), ("checkup", CHECKUP)]
)
def test_within_ten_minutes_it_is_as_before(
    setting: Setting, service: str, values: dict[str, str]
) -> None:
    request_id = setting.submit(service, values)
    setting.accept(request_id)
    setting.cancel(request_id)
    setting.clock.go(minutes=9)
    _restore(setting, request_id)
    _restore(setting, request_id)
    request = setting.request(request_id)
    assert request.status is RequestStatus.SUBMITTED
    assert request.closed_at is None
    with setting.database.begin() as session:
        assert free_overdue(session, now=setting.clock.go(minutes=10)) == 0


def test_an_undone_checkup_uses_the_year_again(setting: Setting) -> None:
    request_id = setting.submit("checkup", CHECKUP)
    setting.cancel(request_id)
    _restore(setting, request_id)
    with pytest.raises(AlreadyUsed):
        setting.submit("checkup", {**CHECKUP, "session": "afternoon"}, key="again")


def test_after_ten_minutes_it_is_too_late(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.cancel(request_id)
    setting.clock.go(minutes=10)
    with pytest.raises(MoveNotAllowed):
        _restore(setting, request_id)


def test_whoever_wants_the_place_now_gets_it_and_undoing_is_over(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.cancel(request_id)
    other = setting.submit("meal", LUNCH, key="li", actor=setting.house.li)
    assert setting.taken("meal") == 1
    with pytest.raises(BookingError):
        _restore(setting, request_id)
    assert setting.request(request_id).status is RequestStatus.CANCELLED
    assert setting.request(other).status is RequestStatus.SUBMITTED


def test_where_someone_waits_the_place_goes_to_him_at_once(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    waits = join(setting, "meal", LUNCH, key="w", actor=setting.house.li)
    setting.cancel(request_id)
    assert setting.request(waits).status is RequestStatus.SUBMITTED
    assert setting.taken("meal") == 1
    with pytest.raises(BookingError):
        _restore(setting, request_id)


def test_instead_of_undoing_he_books_anew(setting: Setting) -> None:
    setting.cancel(setting.submit("ride", RIDE, key="a"))
    setting.cancel(setting.submit("ride", RIDE, key="b"))
    setting.submit("ride", RIDE, key="c")
    setting.submit("ride", RIDE, key="d")


def test_what_the_house_declined_is_not_undone(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.decline(request_id)
    with pytest.raises(MoveNotAllowed):
        _restore(setting, request_id)


def test_a_stranger_undoes_nothing(setting: Setting) -> None:
    request_id = setting.submit("meal", LUNCH)
    setting.cancel(request_id)
    with pytest.raises(RequestNotFound):
        _restore(setting, request_id, actor=setting.house.li)
