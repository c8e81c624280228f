"""The lunch hour: bookings made, routed and told at a steady rate, on PostgreSQL.

Run `python -m benchmarks.lunch_hour --seconds 300 --check`. People write at moments that do not
wait for us (`--rate` a second in all); workers book for them, a null sender carries what the
outbox holds. How long it took is from the moment somebody wrote until the last message about it
was delivered. At the end no place is oversold and nothing is lost.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

from sqlalchemy import func, select, update

from benchmarks.houses import (
    CHANNEL,
    BenchHouse,
    Place,
    empty_database,
    lunch,
    make_houses,
    processes,
)
from booking.errors import NoPlaceLeft, ValueProblem
from booking.models import Opening, Request
from booking.requests import Submission, submit
from booking.services import load_catalog
from store import outbox
from store.database import Database
from store.identity import Account, Person
from store.messages import Message
from store.outbox import Lane, OutboxRow, OutboxStatus

RATE = 120
P99_BAR_MS = 250.0
HOUSES = 200
BOOKERS = 3
CARRIERS = 1
_AT_ONCE = 50
_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Booked:
    """What one booker did: when each message was due, and which request came of it."""

    made: tuple[tuple[int, float], ...]
    refused: int


def main() -> int:
    """Run the hour, or some seconds of it; print; say whether the bars are held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--rate", type=float, default=RATE, help="bookings a second")
    parser.add_argument("--check", action="store_true", help="exit with 1 when a bar is missed")
    options = parser.parse_args()
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    now = datetime.now(UTC)
    with empty_database("postgresql", now=now) as place:
        database = place.open()
        # Two of three places: towards the end of a long run houses are full, and must hold.
        portions = max(int(options.rate * options.seconds / HOUSES / 3 * 2), 20)
        houses = make_houses(
            database, houses=HOUSES, retirees=20, portions=portions, bots=CARRIERS, now=now
        )
        booked = _run(place, houses, options.seconds, options.rate)
        held = _report(database, booked, options.seconds, options.rate)
        database.close()
    print(f"load average after: {os.getloadavg()[0]:.1f}")
    return 1 if options.check and not held else 0


def _run(place: Place, houses: Sequence[BenchHouse], seconds: float, rate: float) -> list[Booked]:
    context = processes()
    results: Queue[Booked] = context.Queue()
    stop, start = context.Event(), time.time() + 8
    carriers = [
        context.Process(target=_carry, args=(place, f"bot{bot}", stop)) for bot in range(CARRIERS)
    ]
    bookers = [
        context.Process(target=_book, args=(place, houses, number, start, seconds, rate, results))
        for number in range(BOOKERS)
    ]
    for each in [*carriers, *bookers]:
        each.start()
    booked = [results.get(timeout=seconds * 4 + 180) for _ in bookers]
    database = place.open()
    deadline = time.time() + _PATIENCE_SECONDS
    while _pending(database) and time.time() < deadline:
        time.sleep(0.2)
    database.close()
    stop.set()
    for each in [*carriers, *bookers]:
        each.join()
    return booked


def _pending(database: Database) -> bool:
    with database.read() as session:
        waits = select(OutboxRow.id).where(OutboxRow.status == OutboxStatus.PENDING).limit(1)
        return session.scalar(waits) is not None


def _book(
    place: Place,
    houses: Sequence[BenchHouse],
    number: int,
    start: float,
    seconds: float,
    rate: float,
    results: "Queue[Booked]",
) -> None:
    database, catalog = place.open(), load_catalog()
    meal, made, refused = catalog.get("meal"), list[tuple[int, float]](), 0
    for turn in range(int(rate * seconds / BOOKERS)):
        due = start + (turn * BOOKERS + number) / rate
        time.sleep(max(due - time.time(), 0))
        one = turn * BOOKERS + number
        house = houses[one * 7 % len(houses)]
        at = one // len(houses) % len(house.retirees)
        now = datetime.now(UTC)
        try:
            with database.begin() as session:
                person = session.get_one(Person, house.retirees[at])
                account = session.get_one(Account, house.accounts[at])
                wanted = Submission(
                    actor=person,
                    beneficiary=person,
                    service=meal,
                    values=lunch(now, ahead=1 + at % 2),
                    account_id=account.id,
                    key=f"lunch:{one}",
                )
                request = submit(session, wanted, now=now)
                outbox.put(
                    session,
                    account=account,
                    message=Message(f"收到了：{request.summary}。单号 {request.number}。"),
                    lane=Lane.REPLY,
                    now=now,
                    request_id=request.id,
                )
                made.append((request.id, due))
        except (NoPlaceLeft, ValueProblem):
            refused += 1
    results.put(Booked(tuple(made), refused))
    database.close()


def _carry(place: Place, bot: str, stop: Event) -> None:
    """Send what is due into nothing, as fast as it comes."""
    database = place.open()
    while not stop.is_set():
        with database.read() as session:
            due = outbox.due(
                session, channel=CHANNEL, bot=bot, now=datetime.now(UTC), limit=_AT_ONCE
            )
        if not due:
            time.sleep(0.01)
            continue
        with database.begin() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id.in_([each.outbox_id for each in due]))
                .values(status=OutboxStatus.SENT, sent_at=datetime.now(UTC))
                .execution_options(synchronize_session=False)
            )
    database.close()


def _report(database: Database, booked: Sequence[Booked], seconds: float, rate: float) -> bool:
    due = dict(pair for each in booked for pair in each.made)
    refused = sum(each.refused for each in booked)
    with database.read() as session:
        all_sent = func.count(OutboxRow.sent_at) == func.count(OutboxRow.id)
        rows = session.execute(
            select(OutboxRow.request_id, func.max(OutboxRow.sent_at))
            .group_by(OutboxRow.request_id)
            .having(all_sent)
        )
        told = {request_id: at.timestamp() for request_id, at in rows if at is not None}
        kept = set(session.scalars(select(Request.id)))
        routed = session.scalar(
            select(func.count(Request.id)).where(Request.routed_to_id.is_not(None))
        )
        oversold = session.scalar(
            select(func.count(Opening.id)).where(Opening.taken > Opening.capacity)
        )
        taken = session.scalar(select(func.sum(Opening.taken))) or 0
    lost = len(due.keys() - kept) + len(due.keys() - told.keys())
    late = sorted((told[each] - due[each]) * 1000 for each in due.keys() & told.keys())
    parts = statistics.quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    print(f"{len(due)} booked in {seconds:.0f} s at {rate:.0f}/s wanted, {refused} refused (full)")
    print(f"{routed} routed to a clerk; {taken} places taken; {oversold} oversold; {lost} lost")
    print(
        f"written to told: p50 {parts[49]:.0f} ms, p95 {parts[94]:.0f} ms, p99 {parts[98]:.0f} ms"
        f" (bar {P99_BAR_MS:.0f}), worst {late[-1] if late else 0:.0f} ms"
    )
    balanced = not lost and not oversold and taken == len(due) == len(kept)
    if not balanced:
        print("the books do not balance")
    return balanced and parts[98] <= P99_BAR_MS


if __name__ == "__main__":
    sys.exit(main())
