"""Workers killed at random moments while people book: nothing lost, nothing doubled, all told.

Run `python -m benchmarks.killing --times 100`. Messages wait in the inbox; workers lease
conversations, book, answer through the outbox, and carry it, as the product does, through the
same tables and leases. One of them is killed with SIGKILL again and again and another started.
Time runs twenty times as fast, so that the leases of the dead end within seconds. At the end the
books must balance.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from benchmarks.houses import (
    KINDS,
    BenchHouse,
    Place,
    empty_database,
    lunch,
    make_houses,
    processes,
)
from booking.models import EventKind, Opening, Request, RequestEvent
from booking.requests import Submission, submit
from booking.services import Catalog, load_catalog
from store import inbox, leases, outbox
from store.database import Database
from store.errors import LeaseLost
from store.identity import Account, Person
from store.inbox import Claim, InboxRow, InboxStatus
from store.messages import Message
from store.outbox import Lane, OutboxRow, OutboxStatus

SPEED = 20
HOLD = timedelta(seconds=30)
WORKERS = {"sqlite": 1, "postgresql": 3}
_THINKING_SECONDS = 0.004
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that runs fast from the moment at which it was made."""

    started: datetime
    at: float

    def __call__(self) -> datetime:
        return self.started + timedelta(seconds=(time.time() - self.at) * SPEED)


def main() -> int:
    """Kill, balance the books, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how many kills on each database")
    parser.add_argument("--messages", type=int, default=2000, help="how many bookings wait")
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    print(f"moments drawn with seed {options.seed}; load average {os.getloadavg()[0]:.1f}")
    print(f"{'':<12}{'kills':>6}{'bookings':>10}{'told':>7}{'told twice':>12}{'seconds':>9}")
    wrong: list[str] = []
    for kind in KINDS:
        with empty_database(kind, now=datetime.now(UTC)) as place:
            tally = kill_workers(
                place, times=options.times, messages=options.messages, seed=options.seed
            )
        print(
            f"{kind:<12}{tally.kills:>6}{tally.bookings:>10}{tally.told:>7}{tally.twice:>12}"
            f"{tally.seconds:>9.0f}"
        )
        wrong += [f"{kind}: {each}" for each in tally.wrong]
    print("\n".join(wrong) or "nothing lost, nothing doubled, every message delivered")
    return 1 if wrong else 0


@dataclass(frozen=True, slots=True)
class Tally:
    """What was left at the end; `wrong` says what does not balance."""

    kills: int
    bookings: int
    told: int
    twice: int
    seconds: float
    wrong: tuple[str, ...]


def kill_workers(place: Place, *, times: int, messages: int, seed: int) -> Tally:
    """Let people book while workers are killed; wait until all is done; balance the books."""
    database = place.open()
    clock = Clock(datetime.now(UTC), time.time())
    houses = make_houses(
        database, houses=4, retirees=10, portions=messages, bots=1, now=clock.started
    )
    _send(database, houses, messages, clock)
    moments, began = random.Random(seed), time.time()
    with TemporaryDirectory() as folder:
        sent = Path(folder) / "sent"
        sent.touch()
        workers = [_start(place, clock, sent) for _ in range(WORKERS[place.kind])]
        kills = 0
        deadline = time.time() + _PATIENCE_SECONDS + times * 2
        while not _all_done(database) or kills < times:
            if time.time() > deadline:
                break
            time.sleep(moments.uniform(0.02, 0.25))
            if kills < times:
                victim = workers.pop(0)
                victim.kill()
                victim.join()
                kills += 1
                if place.kind == "sqlite":
                    # As the product does: the one owner of a file knows that the dead are dead.
                    with database.begin() as session:
                        inbox.forget_leases(session)
                        leases.forget_all(session)
                workers.append(_start(place, clock, sent))
                _keep_busy(database, houses, clock, kills, times, messages)
        for worker in workers:
            worker.kill()
            worker.join()
        told = Counter(sent.read_text(encoding="utf-8").split())
    tally = _balance(database, kills, told, time.time() - began)
    database.close()
    return tally


def _keep_busy(
    database: Database,
    houses: list[BenchHouse],
    clock: Clock,
    kills: int,
    times: int,
    messages: int,
) -> None:
    """Let more people write where everything is answered before the last worker was killed."""
    if kills < times and _all_done(database):
        _send(database, houses, max(messages // 10, 10), clock)


def _send(database: Database, houses: list[BenchHouse], messages: int, clock: Clock) -> None:
    with database.begin() as session:
        begun = session.scalar(select(func.count(InboxRow.id))) or 0
        accounts = [
            session.get_one(Account, account) for house in houses for account in house.accounts
        ]
        for number in range(begun, begun + messages):
            account = accounts[number % len(accounts)]
            body = {"ahead": 1 + number // len(accounts) % 4}
            inbox.put(session, account=account, external_id=str(number), body=body, now=clock())


def _all_done(database: Database) -> bool:
    with database.read() as session:
        waits = select(InboxRow.id).where(InboxRow.status == InboxStatus.WAITING).limit(1)
        unsent = select(OutboxRow.id).where(OutboxRow.status == OutboxStatus.PENDING).limit(1)
        return session.scalar(waits) is None and session.scalar(unsent) is None


def _start(place: Place, clock: Clock, sent: Path) -> ForkServerProcess:
    worker = processes().Process(target=_work, args=(place, clock, sent), daemon=True)
    worker.start()
    return worker


def _work(place: Place, clock: Clock, sent: Path) -> None:
    """Be a worker until killed: answer one message, then carry what is due."""
    database, catalog, name = place.open(), load_catalog(), f"worker-{os.getpid()}"
    while True:
        try:
            worked = _turn(database, catalog, name, clock)
            carried = _carry(database, name, clock, sent)
        except (OperationalError, LeaseLost):
            # Another one has taken over, or the database is busy: look again.
            continue
        if not worked and not carried:
            time.sleep(0.01)


def _turn(database: Database, catalog: Catalog, name: str, clock: Clock) -> bool:
    with database.begin() as session:
        claimed = inbox.claim(session, worker=name, now=clock())
    if claimed is None:
        return False
    time.sleep(_THINKING_SECONDS)
    with database.begin() as session:
        _book(session, catalog, claimed, clock)
        inbox.finish(session, claimed, frames=None, status=InboxStatus.DONE, now=clock())
    return True


def _book(session: Session, catalog: Catalog, claimed: Claim, clock: Clock) -> None:
    account = session.get_one(Account, claimed.account_id)
    person = session.get_one(Person, claimed.person_id)
    wanted = Submission(
        actor=person,
        beneficiary=person,
        service=catalog.get("meal"),
        values=lunch(clock.started, ahead=int(claimed.body["ahead"])),
        account_id=account.id,
        key=f"inbox:{claimed.inbox_id}",
    )
    request = submit(session, wanted, now=clock.started)
    outbox.put(
        session,
        account=account,
        message=Message(f"收到了。单号 {request.number}。"),
        lane=Lane.REPLY,
        now=clock(),
        request_id=request.id,
    )


def _carry(database: Database, name: str, clock: Clock, sent: Path) -> bool:
    with database.begin() as session:
        is_mine = leases.take(session, name="sender", owner=name, now=clock(), hold=HOLD)
    if not is_mine:
        return False
    with database.read() as session:
        due = outbox.due(session, channel="null", bot="bot0", now=clock(), limit=4)
    for delivery in due:
        # What is handed over here has reached the person, whatever happens to us next.
        with sent.open("a", encoding="utf-8") as file:
            file.write(f"{delivery.outbox_id}\n")
        with database.begin() as session:
            outbox.mark_sent(session, delivery.outbox_id, external_message_id=None, now=clock())
    return bool(due)


def _balance(database: Database, kills: int, told: Counter[str], seconds: float) -> Tally:
    wrong: list[str] = []
    with database.read() as session:
        asked = set(session.scalars(select(InboxRow.id)))
        done = set(session.scalars(select(InboxRow.id).where(InboxRow.status == InboxStatus.DONE)))
        keys = session.scalars(select(Request.idempotency_key)).all()
        made = select(RequestEvent.request_id).where(RequestEvent.kind == EventKind.SUBMITTED)
        events = Counter(session.scalars(made))
        taken = session.scalar(select(func.sum(Opening.taken)))
        places = session.scalar(select(func.sum(Request.places)))
        rows = {str(each) for each in session.scalars(select(OutboxRow.id))}
        replies = Counter(
            session.scalars(select(OutboxRow.request_id).where(OutboxRow.lane == Lane.REPLY))
        )
    if asked != done:
        wrong.append(f"{len(asked - done)} messages were not answered")
    if sorted(keys) != sorted(f"inbox:{each}" for each in asked):
        wrong.append(f"{len(asked)} messages made {len(keys)} bookings")
    if not taken == places == len(keys):
        wrong.append(f"{len(keys)} bookings hold {places} places, {taken} are taken")
    if set(events.values()) != {1} or len(events) != len(keys):
        wrong.append("the history of a booking does not begin exactly once")
    if set(replies.values()) != {1} or len(replies) != len(keys):
        wrong.append("a booking was answered more or less than once")
    if rows != set(told):
        wrong.append(f"{len(rows - set(told))} messages of {len(rows)} were not delivered")
    twice = sum(count - 1 for count in told.values())
    return Tally(kills, len(keys), len(rows), twice, seconds, tuple(wrong))


if __name__ == "__main__":
    sys.exit(main())
