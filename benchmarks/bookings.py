"""What a booking verb costs, beside the raw database writing the same rows in the same run.

Run `python -m benchmarks.bookings`; `--check` exits with 1 when a bar is missed. On SQLite one
client books, on PostgreSQL eight, each a process with a house of its own. Raw and booking take
turns, so that a busy machine slows both alike; CPU is the thread's own, the least of several
stretches. The queue page is read in a house with a million old requests (`--old`).
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import text, update

from benchmarks.houses import (
    KINDS,
    BenchHouse,
    Place,
    empty_database,
    lunch,
    make_houses,
    processes,
)
from booking import queues, requests
from booking.models import Request, RequestStatus
from booking.requests import Submission, submit
from booking.services import Catalog, load_catalog
from store.database import Database
from store.identity import Person

CPU_BAR_MS = 1.5
RATE_BARS = {"sqlite": 0.60, "postgresql": 0.25}
PAGE_BAR_MS = 50.0
CLIENTS = {"sqlite": 1, "postgresql": 8}
_ROUNDS = 3
_STRETCH = 40
_PAGES = 60


@dataclass(frozen=True, slots=True)
class Rates:
    """Bookings a second, raw and through the verb, one pair for each round."""

    raw: tuple[float, ...]
    ours: tuple[float, ...]

    @property
    def share(self) -> float:
        """The verb's share of the raw rate, the median over the rounds."""
        return statistics.median(our / raw for raw, our in zip(self.raw, self.ours, strict=True))


def main() -> int:
    """Measure, print, and say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round")
    parser.add_argument("--old", type=int, default=1_000_000, help="old requests of the house")
    parser.add_argument(
        "--on", choices=KINDS, action="append", help="which database, both if unsaid"
    )
    options = parser.parse_args()
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    held = True
    for kind in options.on or KINDS:
        with empty_database(kind, now=datetime.now(UTC)) as place:
            held &= _measure(place, seconds=options.seconds, old=options.old)
    print(f"load average at the end: {os.getloadavg()[0]:.1f}")
    return 1 if options.check and not held else 0


def _measure(place: Place, *, seconds: float, old: int) -> bool:
    database, catalog, now = place.open(), load_catalog(), datetime.now(UTC)
    houses = make_houses(
        database, houses=CLIENTS[place.kind], retirees=20, portions=1_000_000, bots=1, now=now
    )
    booker = Booker(database, catalog, houses[0], now)
    print(f"\n{place.kind}")
    held = [_report_cpu(name, milliseconds) for name, milliseconds in booker.cpu().items()]
    rates = _rates(place, houses, seconds)
    bar = RATE_BARS[place.kind]
    raw, ours = statistics.median(rates.raw), statistics.median(rates.ours)
    print(f"  raw {raw:7.0f}/s   booking {ours:7.0f}/s   share {rates.share:.2f}   bar {bar:.2f}")
    held.append(rates.share >= bar)
    if old:
        _grow_old(database, houses[0], old)
        p95 = _page_p95(database, catalog, houses[0])
        print(f"  queue page with {old:,} old requests: p95 {p95:.1f} ms   bar {PAGE_BAR_MS:.0f}")
        held.append(p95 <= PAGE_BAR_MS)
    database.close()
    return all(held)


def _report_cpu(name: str, milliseconds: float) -> bool:
    print(f"  {name:<9} {milliseconds:5.2f} ms of CPU   bar {CPU_BAR_MS}")
    return milliseconds <= CPU_BAR_MS


class Booker:
    """One client: books lunches in its house, raw or through the verb."""

    def __init__(
        self, database: Database, catalog: Catalog, house: BenchHouse, now: datetime
    ) -> None:
        """Take the house to book in."""
        self._database = database
        self._catalog = catalog
        self._house = house
        self._now = now
        self._values = lunch(now)
        self._made = 0

    def book(self) -> int:
        """Book through the verb, one unit of work; a daughter is told."""
        self._made += 1
        at = self._made % len(self._house.retirees)
        with self._database.begin() as session:
            person = session.get_one(Person, self._house.retirees[at])
            wanted = Submission(
                actor=person,
                beneficiary=person,
                service=self._catalog.get("meal"),
                values=self._values,
                account_id=self._house.accounts[at],
                key=f"{self._house.id}:{self._made}",
            )
            return submit(session, wanted, now=self._now).id

    def act(self, verb: Callable[..., object], request_id: int) -> None:
        """Take a clerk's step."""
        with self._database.begin() as session:
            verb(
                session,
                catalog=self._catalog,
                request_id=request_id,
                clerk=self._house.clerk,
                now=self._now,
            )

    def _book_into(self, made: list[int], _at: int) -> None:
        made.append(self.book())

    def _act_on(self, made: list[int], verb: Callable[..., object], at: int) -> None:
        self.act(verb, made[at])

    def cpu(self) -> dict[str, float]:
        """Return the milliseconds of CPU of each verb, the least of several stretches."""
        for _ in range(_STRETCH):
            self.book()
        least: dict[str, float] = {}
        for _ in range(_ROUNDS * 2):
            made: list[int] = []
            steps: dict[str, Callable[[int], None]] = {
                "submit": partial(self._book_into, made),
                "accept": partial(self._act_on, made, requests.accept),
                "complete": partial(self._act_on, made, requests.complete),
            }
            for name, step in steps.items():
                started = time.thread_time()
                for at in range(_STRETCH):
                    step(at)
                each = (time.thread_time() - started) / _STRETCH * 1000
                least[name] = min(each, least.get(name, each))
        return least


class RawBooker:
    """The same rows written by hand through the bare driver: the baseline.

    The rows are those of a booking that was made, with another number, key and request.
    """

    def __init__(self, place: Place, house: BenchHouse) -> None:
        """Read the rows of the house's first booking."""
        self._database = place.open()
        self._sign = "?" if self._database.is_sqlite else "%s"
        self._driver: Any = self._database.engine.raw_connection()
        self._driver.detach()
        self._cursor: Any = self._driver.cursor()
        self._house = house
        self._made = 0
        self._request = self._first("requests", "institution_id", house.id)
        self._others = [
            (table, row)
            for table in ("request_events", "outbox")
            for row in self._all(table, "request_id", self._request["id"])
        ]
        self._driver.commit()

    def _first(self, table: str, column: str, value: int) -> dict[str, Any]:
        return self._all(table, column, value, "LIMIT 1")[0]

    def _all(self, table: str, column: str, value: int, more: str = "") -> list[dict[str, Any]]:
        self._cursor.execute(
            f"SELECT * FROM {table} WHERE {column} = {self._sign} ORDER BY id {more}", (value,)
        )
        names = [each[0] for each in self._cursor.description]
        return [dict(zip(names, row, strict=True)) for row in self._cursor.fetchall()]

    def book(self) -> None:
        """Write one booking and commit."""
        self._made += 1
        run, sign = self._cursor.execute, self._sign
        if self._database.is_sqlite:
            run("BEGIN IMMEDIATE")
        run(
            f"UPDATE openings SET taken = taken + 1 WHERE id = {sign} AND taken + 1 <= capacity",
            (self._request["opening_id"],),
        )
        run(
            "UPDATE number_counters SET last = last + 1"
            f" WHERE institution_id = {sign} AND prefix = '餐' RETURNING last",
            (self._house.id,),
        )
        last = self._cursor.fetchone()[0]
        key = f"raw{self._house.id}:{self._made}"
        mine = {"number": f"餐{last}", "idempotency_key": key}
        self._insert("requests", self._request | mine, "RETURNING id")
        request_id = self._cursor.fetchone()[0]
        for table, row in self._others:
            self._insert(table, row | {"request_id": request_id})
        if self._database.is_sqlite:
            run("COMMIT")
        else:
            self._driver.commit()

    def _insert(self, table: str, row: dict[str, Any], more: str = "") -> None:
        names = [name for name in row if name != "id"]
        columns = ", ".join(f'"{name}"' for name in names)
        signs = ", ".join(self._sign for _ in names)
        self._cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({signs}) {more}",
            tuple(row[name] for name in names),
        )


def _rates(place: Place, houses: Sequence[BenchHouse], seconds: float) -> Rates:
    context = processes()
    results: Queue[tuple[int, str, int]] = context.Queue()
    barrier = context.Barrier(len(houses))
    clients = [
        context.Process(target=_client, args=(place, house, seconds, barrier, results))
        for house in houses
    ]
    for client in clients:
        client.start()
    counted: dict[tuple[int, str], int] = {}
    for _ in range(len(houses) * _ROUNDS * 2):
        number, name, count = results.get(timeout=seconds * 20 + 120)
        counted[number, name] = counted.get((number, name), 0) + count
    for client in clients:
        client.join()
    raw = tuple(counted[number, "raw"] / seconds for number in range(_ROUNDS))
    ours = tuple(counted[number, "ours"] / seconds for number in range(_ROUNDS))
    return Rates(raw, ours)


def _client(
    place: Place,
    house: BenchHouse,
    seconds: float,
    barrier: Barrier,
    results: "Queue[tuple[int, str, int]]",
) -> None:
    database = place.open()
    ours = Booker(database, load_catalog(), house, datetime.now(UTC))
    ours._made = 10_000
    for _ in range(20):
        ours.book()
    raw = RawBooker(place, house)
    for _ in range(20):
        raw.book()
    for number in range(_ROUNDS):
        for name, book in (("raw", raw.book), ("ours", ours.book)):
            _close_all(database, house)
            barrier.wait(120)
            end, count = time.perf_counter() + seconds, 0
            while time.perf_counter() < end:
                book()
                count += 1
            results.put((number, name, count))
    database.close()


def _close_all(database: Database, house: BenchHouse) -> None:
    """Close what is open: no house has thousands of open requests, as seconds of this leave."""
    with database.begin() as session:
        session.execute(
            update(Request)
            .where(Request.institution_id == house.id, Request.closed_at.is_(None))
            .values(status=RequestStatus.COMPLETED, closed_at=Request.created_at)
        )


def _grow_old(database: Database, house: BenchHouse, count: int) -> None:
    """Let a house have had many requests that are closed by now: copies of its first one."""
    with database.engine.execution_options(junxiu_writes=True).begin() as connection:
        first = connection.execute(
            text("SELECT * FROM requests WHERE institution_id = :house ORDER BY id LIMIT 1"),
            {"house": house.id},
        ).mappings()
        row = dict(first.one())
        highest = connection.scalar(text("SELECT max(id) FROM requests")) or 0
        changed = {
            "id": f"{highest} + n",
            "number": "'旧' || n",
            "idempotency_key": "'old' || n",
            "status": "'completed'",
            "closed_at": "created_at",
        }
        columns = ", ".join(f'"{name}"' for name in row)
        values = ", ".join(changed.get(name, f'"{name}"') for name in row)
        numbers = (
            "(WITH RECURSIVE up(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < :count)"
            " SELECT n FROM up)"
            if database.is_sqlite
            else "generate_series(1, :count)"
        )
        connection.execute(
            text(
                f"INSERT INTO requests ({columns}) SELECT {values} FROM requests,"
                f" {numbers} AS numbers(n) WHERE requests.id = {row['id']}"
                if not database.is_sqlite
                else f"INSERT INTO requests ({columns}) SELECT {values} FROM requests,"
                f" {numbers} AS numbers WHERE requests.id = {row['id']}"
            ),
            {"count": count},
        )
    with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("ANALYZE"))


def _page_p95(database: Database, catalog: Catalog, house: BenchHouse) -> float:
    now, times = datetime.now(UTC), []
    for number in range(_PAGES):
        started = time.perf_counter()
        with database.read() as session:
            queues.revision(session, house.id)
            queues.counts(session, catalog=catalog, clerk=house.clerk, now=now)
            queues.queue(
                session,
                catalog=catalog,
                clerk=house.clerk,
                service="meal",
                now=now,
                closed=number % 2 == 1,
                limit=50,
            )
        times.append((time.perf_counter() - started) * 1000)
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
