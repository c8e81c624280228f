"""The generation of a scope moves with every change, whoever makes it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from knowledge.generations import generations, move_generation
from store.database import Database
from tests.conftest import NOW

EACH = 10


def test_two_at_the_same_moment_are_two_changes(either_database: Database) -> None:
    start = threading.Barrier(4)

    def change(scope: str) -> list[int]:
        start.wait()
        found = []
        for _ in range(EACH):
            with either_database.begin() as session:
                found.append(move_generation(session, scope, now=NOW))
        return found

    with ThreadPoolExecutor(4) as pool:
        moved = list(pool.map(change, ["national", "national", "national", "institution-1"]))
    with either_database.read() as session:
        assert generations(session, ["national", "institution-1"]) == {
            "national": 3 * EACH,
            "institution-1": EACH,
        }
    # Each change had a number of its own.
    assert sorted(chain(*moved[:3])) == list(range(1, 3 * EACH + 1))


def test_a_change_that_is_taken_back_moves_nothing(database: Database) -> None:
    with database.read() as session:
        move_generation(session, "national", now=NOW)
    with database.read() as session:
        assert generations(session, ["national"]) == {}
