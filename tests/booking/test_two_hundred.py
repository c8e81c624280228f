"""Two hundred people for fifty places, from eight processes at once, on both databases."""

import multiprocessing
from collections.abc import Sequence

from sqlalchemy import select

from booking.errors import NoPlaceLeft, ValueProblem
from booking.joining import join
from booking.models import Opening, Request, RequestStatus
from booking.place_models import WaitingEntry
from booking.requests import Submission, submit
from booking.services import load_catalog
from booking.waiting import turn_of
from store.database import Database
from store.identity import CareFlag, Person, PersonKind
from store.keyring import Keyring
from tests.conftest import NOW
from tests.houses import make_account, make_house, make_person

PEOPLE, PLACES, PROCESSES = 200, 50, 8
LUNCH = {"date": "2026-11-24", "meal": "lunch", "diet": "normal", "portions": "1"}


def test_exactly_fifty_get_a_place_and_the_others_stand_in_order(
    either_database: Database, keyring: Keyring
) -> None:
    account_id, people = _make_people(either_database)
    url = either_database.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    arguments = [
        (url, keyring, account_id, people[number::PROCESSES]) for number in range(PROCESSES)
    ]
    with context.Pool(PROCESSES) as pool:
        pool.starmap(_want_lunch, arguments)
    with either_database.read() as session:
        statuses = [each.status for each in session.execute(select(Request)).scalars()]
        assert statuses.count(RequestStatus.SUBMITTED) == PLACES
        assert statuses.count(RequestStatus.WAITING) == PEOPLE - PLACES
        assert session.execute(select(Opening.taken).where(Opening.taken > 0)).scalars().all() == [
            PLACES
        ]
        entries = session.execute(select(WaitingEntry)).scalars().all()
        in_order = sorted(entries, key=lambda each: (-each.rank, each.since, each.request_id))
        turns = [turn_of(session, each.request_id) for each in in_order]
        assert [turn.position for turn in turns if turn] == list(range(1, PEOPLE - PLACES + 1))
        ranks = [each.rank for each in in_order]
        assert ranks == sorted(ranks, reverse=True)
        assert len(set(ranks)) > 1


def _make_people(database: Database) -> tuple[int, list[int]]:
    with database.begin() as session:
        house = make_house(session, NOW, portions=PLACES)
        account_id = make_account(session, NOW, person_id=house.zhang).id
        people = []
        for number in range(PEOPLE):
            name = f"军休{number}"
            person = make_person(session, house.id, PersonKind.RETIREE, name, name, NOW)
            person.care_flags = [CareFlag.ALONE.value] if number % 10 == 0 else None
            people.append(person.id)
        return account_id, people


def _want_lunch(url: str, keyring: Keyring, account_id: int, people: Sequence[int]) -> None:
    """Book for each, or join the list, as the chat does; runs in a process of its own."""
    database = Database(url, keyring)
    service = load_catalog().get("meal")
    for person_id in people:
        with database.begin() as session:
            person = session.get_one(Person, person_id)
            wanted = Submission(person, person, service, LUNCH, account_id, f"lunch {person_id}")
            try:
                with session.begin_nested():
                    submit(session, wanted, now=NOW)
            except (NoPlaceLeft, ValueProblem):
                join(session, wanted, now=NOW)
    database.close()
