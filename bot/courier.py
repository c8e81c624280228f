"""The courier: carries the outbox to the channels that push.

Different chats at the same time, one message at a time in each, in order, urgent lanes first.
A message is marked sent after the channel took it, so that one that was under way when the
process was killed leaves again: nothing is lost, something may arrive twice.
"""

import asyncio
import logging
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy.exc import OperationalError

from bot.bell import Bell
from bot.deliveries import QUIET, Outcome, Recorder, Sent, Told
from bot.leased import Leased, wait_any
from bot.pacing import Pace
from bot.senders import ChannelDown, Sender, SendingFailed, Unreachable
from bot.trouble import Trouble
from store import outbox
from store.clock import Clock
from store.database import Database
from store.outbox import Delivery

_log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
LISTEN_SECONDS = 0.25
FINISH_SECONDS = 5.0
MOST_AT_ONCE = 16


class Courier:
    """Sends what is due, for every bot whose lease this process holds."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bell: Bell,
        senders: Sequence[Sender],
        owner: str,
        on_blocked: Told,
        on_set_aside: Told,
    ) -> None:
        """Take the senders, one per bot, and who is told of messages that are given up.

        `on_blocked` is called once when a chat is given up, `on_set_aside` for each message
        that is given up while its chat goes on; both write in the transaction that records it.
        A note they write to an account that cannot be reached either comes back to them.
        """
        self._bell = bell
        recorder = Recorder(on_blocked=on_blocked, on_set_aside=on_set_aside)
        self._rounds = [
            (
                Leased(
                    database=database,
                    clock=clock,
                    name=f"sender:{sender.channel}:{sender.bot}",
                    owner=owner,
                ),
                _Rounds(database, clock, bell, sender, recorder),
            )
            for sender in senders
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Carry until `stop`; what is under way then is finished, for a few seconds at most."""
        await asyncio.gather(
            self._listen(stop),
            *(lease.run(stop, rounds.run) for lease, rounds in self._rounds),
        )

    async def _listen(self, stop: asyncio.Event) -> None:
        # A thread of its own: a wait of this length would starve the shared ones.
        with ThreadPoolExecutor(1, "courier-bell") as listener:
            loop = asyncio.get_running_loop()
            seen = self._bell.count
            while not stop.is_set():
                wait = partial(self._bell.wait, since=seen, seconds=LISTEN_SECONDS)
                count = await loop.run_in_executor(listener, wait)
                if count != seen:
                    for _, rounds in self._rounds:
                        rounds.wake()
                seen = count


class _Rounds:
    """The rounds of one bot: look what is due, start it, look again."""

    def __init__(
        self, database: Database, clock: Clock, bell: Bell, sender: Sender, recorder: Recorder
    ) -> None:
        self._database = database
        self._clock = clock
        self._bell = bell
        self._sender = sender
        self._recorder = recorder
        self._pace = Pace()
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._down_until = 0.0
        self._channel = Trouble(
            _log, f"sending on {sender.channel}/{sender.bot}", longest_pause=15.0
        )
        self._books = Trouble(_log, "reading or marking the outbox", longest_pause=5.0)

    def wake(self) -> None:
        """Look now: something may have been written."""
        self._woken.set()

    async def run(self, end: asyncio.Event) -> None:
        """Go round until `end`."""
        while not end.is_set():
            self._woken.clear()
            await self._start_what_is_due()
            pause = self._pace.seconds_to_change(_seconds(), at_most=LOOK_EVERY_SECONDS)
            await wait_any(end, self._woken, seconds=pause)
        await self._let_finish()

    async def _start_what_is_due(self) -> None:
        now = _seconds()
        room = min(MOST_AT_ONCE - len(self._under_way), self._pace.room(now))
        if room <= 0 or now < self._down_until:
            return
        busy = self._pace.resting(now) | set(self._under_way)
        try:
            found = await asyncio.to_thread(self._look, busy, room)
        except OperationalError as error:
            self._books.note(error)
            return
        self._books.over()
        for delivery in found:
            self._pace.begin(_seconds())
            self._start(delivery)

    def _look(self, busy: Collection[int], limit: int) -> list[Delivery]:
        with self._database.read() as session:
            return outbox.due(
                session,
                channel=self._sender.channel,
                bot=self._sender.bot,
                now=self._clock(),
                limit=limit,
                busy=busy,
            )

    def _start(self, delivery: Delivery) -> None:
        chat = delivery.account_id

        def finished(_task: asyncio.Task[None]) -> None:
            del self._under_way[chat]
            self._pace.end(chat, _seconds())
            self._woken.set()

        task = asyncio.create_task(self._deliver(delivery))
        self._under_way[chat] = task
        task.add_done_callback(finished)

    async def _deliver(self, delivery: Delivery) -> None:
        outcome = await self._send(delivery)
        self._note_channel(outcome)
        await self._record(delivery, outcome)
        if not isinstance(outcome, Sent):
            # The staff may have been written to.
            self._bell.ring()

    async def _send(self, delivery: Delivery) -> Outcome:
        try:
            return Sent(await self._sender.send(delivery))
        except SendingFailed as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - one message's mishap must not stop the others.
            _log.exception("the sender failed on outbox row %d", delivery.outbox_id)
            return Unreachable(type(error).__name__)

    def _note_channel(self, outcome: Outcome) -> None:
        now = _seconds()
        if not isinstance(outcome, ChannelDown):
            self._channel.over()
        elif now >= self._down_until:
            self._down_until = now + self._channel.note(outcome)

    async def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        """Write the outcome, however long the database takes: the chat waits meanwhile."""
        recorder = self._recorder
        while True:
            try:
                await asyncio.to_thread(self._record_now, recorder, delivery, outcome)
            except OperationalError as error:
                await asyncio.sleep(self._books.note(error))
            except Exception:
                if recorder is QUIET:
                    raise
                # A mistake in telling the staff must not make the message leave for ever.
                _log.exception("nobody was told about outbox row %d", delivery.outbox_id)
                recorder = QUIET
            else:
                return

    def _record_now(self, recorder: Recorder, delivery: Delivery, outcome: Outcome) -> None:
        with self._database.begin() as session:
            recorder.record(session, delivery, outcome, self._clock())

    async def _let_finish(self) -> None:
        tasks = list(self._under_way.values())
        if not tasks:
            return
        await asyncio.wait(tasks, timeout=FINISH_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _seconds() -> float:
    return asyncio.get_running_loop().time()
