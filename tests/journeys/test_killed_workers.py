"""Workers killed while people book, on both databases: the short form of benchmarks.killing."""

import random
from datetime import UTC, datetime

import pytest

from benchmarks.houses import KINDS, empty_database
from benchmarks.killing import kill_workers


@pytest.mark.parametrize("kind", KINDS)
def test_killed_workers_lose_nothing_and_double_nothing(kind: str) -> None:
    # The seed is printed by pytest when this fails, so that the moments can be tried again.
    seed = random.randrange(1_000_000)
    print(f"moments drawn with seed {seed}")
    with empty_database(kind, now=datetime.now(UTC)) as place:
        tally = kill_workers(place, times=4, messages=60, seed=seed)
    assert tally.wrong == ()
    assert tally.kills == 4
    assert tally.bookings >= 60
