"""The rounds: what has to be looked after from time to time, by one process at a time.

Each round is made by whichever process holds its lease, in that process's own thread, and must
know from the database what is still to be done: one that was cut short is simply made again.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from booking.meals.standing import due_days, make_day
from booking.services import Catalog
from bot.bell import Bell
from ingestion.fact_reminders import facts_to_remind_of, may_disturb, remind
from store import leases
from store.clock import Clock
from store.database import Database
from store.retention import forget_old

log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=20)
# Longer than any round takes; a process that died is replaced after as long.
HOLD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Round:
    """One thing to look after.

    Attributes:
        name: of its lease.
        every: how long from one look to the next.
        make: does what is due at a moment, in units of work of its own; how much that was.
    """

    name: str
    every: timedelta
    make: Callable[[datetime], int]


class Rounds:
    """Makes the rounds until told to stop. Several processes may run it beside one another."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bell: Bell,
        owner: str,
        rounds: Sequence[Round],
    ) -> None:
        """Take the rounds to make; `owner` holds their leases."""
        self._database = database
        self._clock = clock
        self._bell = bell
        self._owner = owner
        self._rounds = rounds
        self._next: dict[str, datetime] = {}

    def run(self, stop: threading.Event) -> None:
        """Make each round when its time has come; leave the leases behind at the end."""
        while not stop.is_set():
            self.make_due()
            stop.wait(LOOK_EVERY.total_seconds())
        self._drop()

    def make_due(self) -> int:
        """Make every round whose time has come; return how much was done."""
        done = 0
        for each in self._rounds:
            now = self._clock()
            if now < self._next.get(each.name, now):
                continue
            self._next[each.name] = now + each.every
            try:
                done += each.make(now) if self._is_mine(each, now) else 0
            except Exception:  # One round that fails must not keep the others from being made.
                log.exception("the round %s failed; it is made again", each.name)
        if done:
            self._bell.ring()
        return done

    def _is_mine(self, each: Round, now: datetime) -> bool:
        with self._database.begin() as session:
            return leases.take(
                session, name=_lease(each), owner=self._owner, now=now, hold=HOLD + each.every
            )

    def _drop(self) -> None:
        try:
            with self._database.begin() as session:
                for each in self._rounds:
                    leases.drop(session, name=_lease(each), owner=self._owner, now=self._clock())
        except Exception:  # The database may be gone by now; the leases end by themselves.
            log.warning("the leases of the rounds could not be given back", exc_info=True)


def upkeep_of_facts(database: Database, catalog: Catalog) -> Round:
    """Remind whoever keeps a fact of the house before it ends."""

    def make(now: datetime) -> int:
        if not may_disturb(now):
            return 0
        with database.read() as session:
            due = facts_to_remind_of(session, now=now)
        reminded = 0
        for fact_id in due:
            with database.begin() as session:
                reminded += remind(session, fact_id, catalog=catalog, now=now)
        return reminded

    return Round("upkeep of facts", timedelta(minutes=5), make)


def standing_orders(database: Database, catalog: Catalog) -> Round:
    """Make the requests of standing orders for today and the days after it."""

    def make(now: datetime) -> int:
        with database.read() as session:
            due = due_days(session, now=now)
        made = 0
        for order_id, day in due:
            try:
                with database.begin() as session:
                    made += make_day(session, order_id, day, catalog=catalog, now=now)
            except Exception:  # One order that fails must not leave the others without a meal.
                log.exception("standing order %d could not be made; it is tried again", order_id)
        return made

    return Round("standing orders", timedelta(minutes=1), make)


def retention(database: Database, *, updates_days: int, conversations_days: int) -> Round:
    """Let go of what has been kept long enough."""

    def make(now: datetime) -> int:
        return forget_old(
            database,
            now=now,
            updates=timedelta(days=updates_days),
            conversations=timedelta(days=conversations_days),
        )

    return Round("retention", timedelta(hours=6), make)


def _lease(each: Round) -> str:
    return f"round {each.name}"
