"""Tests of bot.leased."""

import asyncio

from bot.leased import HOLD, Leased
from store import leases
from store.database import Database
from tests.conftest import StandingClock

NAME = "sender:telegram:1"


def test_two_processes_never_work_together(database: Database, clock: StandingClock) -> None:
    async def story() -> None:
        stop = asyncio.Event()
        first_began, second_began = asyncio.Event(), asyncio.Event()
        let_first_end = asyncio.Event()
        working: list[str] = []

        async def first(end: asyncio.Event) -> None:
            working.append("first")
            first_began.set()
            await let_first_end.wait()
            working.remove("first")
            await end.wait()

        async def second(end: asyncio.Event) -> None:
            assert working == []
            second_began.set()
            await end.wait()

        one = Leased(database=database, clock=clock, name=NAME, owner="one")
        two = Leased(database=database, clock=clock, name=NAME, owner="two")
        stop_one = asyncio.Event()
        first_running = asyncio.create_task(one.run(stop_one, first))
        await first_began.wait()
        second_running = asyncio.create_task(two.run(stop, second))
        await asyncio.sleep(0.05)
        let_first_end.set()
        stop_one.set()
        await first_running
        clock.go(seconds=1)
        await asyncio.wait_for(second_began.wait(), 10)
        stop.set()
        await second_running

    asyncio.run(story())


def test_a_dead_holder_is_followed_when_its_time_is_up(
    database: Database, clock: StandingClock
) -> None:
    async def story() -> None:
        with database.begin() as session:
            assert leases.take(session, name=NAME, owner="dead", now=clock(), hold=HOLD)
        stop, began = asyncio.Event(), asyncio.Event()

        async def work(end: asyncio.Event) -> None:
            began.set()
            await end.wait()

        leased = Leased(database=database, clock=clock, name=NAME, owner="alive")
        running = asyncio.create_task(leased.run(stop, work))
        await asyncio.sleep(0.05)
        assert not began.is_set()
        clock.go(seconds=HOLD.total_seconds() + 1)
        await asyncio.wait_for(began.wait(), 10)
        stop.set()
        await running

    asyncio.run(story())


def test_stopping_gives_the_lease_back(database: Database, clock: StandingClock) -> None:
    async def story() -> None:
        stop = asyncio.Event()

        async def work(end: asyncio.Event) -> None:
            stop.set()
            await end.wait()

        await Leased(database=database, clock=clock, name=NAME, owner="one").run(stop, work)

    asyncio.run(story())
    clock.go(seconds=1)
    with database.begin() as session:
        assert leases.take(session, name=NAME, owner="two", now=clock(), hold=HOLD)
