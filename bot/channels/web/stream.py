"""The live stream: everything after a place, as it comes, until the page closes or the server stops."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

from sse_starlette import EventSourceResponse, ServerSentEvent

from bot.channels.web.mailbox import Look, Mailbox
from bot.channels.web.transcript import Place
from bot.channels.web.watch import Listener, Watch
from bot.channels.web.who import Who
from bot.reception import Address

PING_SECONDS = 15
RETRY_MILLISECONDS = 2_000
# The watch tells when there is news. This is for what it cannot see: rows that came late.
OWN_LOOK_SECONDS = 10.0


class Streams:
    """Opens live streams."""

    def __init__(self, *, mailbox: Mailbox, watch: Watch, stopping: Callable[[], bool]) -> None:
        """Take what every stream needs."""
        self._mailbox = mailbox
        self._watch = watch
        self._stopping = stopping

    def open(self, address: Address, after: Place) -> EventSourceResponse:
        """Answer with the stream of an account after a place."""
        return EventSourceResponse(
            self._events(address, after),
            ping=PING_SECONDS,
            # A comment would keep the line open as well, but the page's script cannot see it.
            ping_message_factory=lambda: ServerSentEvent(event="ping", data="1"),
        )

    async def _events(self, address: Address, place: Place) -> AsyncIterator[ServerSentEvent]:
        with self._watch.listening() as listener:
            yield ServerSentEvent(event="ready", data="1", retry=RETRY_MILLISECONDS)
            said: set[str] = set()
            who: Who | None = None
            while not self._stopping():
                look = await asyncio.to_thread(self._mailbox.look, address, place)
                for event in _events_of(look, said, who):
                    yield event
                place, who = look.news.place, look.presence.who
                await self._settle(look, listener)

    async def _settle(self, look: Look, listener: Listener) -> None:
        if look.news.has_unfetched:
            await asyncio.to_thread(self._mailbox.mark_fetched, look.presence, look.news.place)
        listener.account_id = look.presence.account_id
        if not look.news.has_more:
            await listener.wait(seconds=OWN_LOOK_SECONDS)


def _events_of(look: Look, said: set[str], who: Who | None) -> list[ServerSentEvent]:
    events = []
    if look.presence.who is not None and look.presence.who != who:
        events.append(_event("who", look.presence.who.as_data()))
    for entry in look.news.entries:
        if entry.key not in said:
            said.add(entry.key)
            events.append(_event("entry", entry.as_data()))
    if events:
        # The place goes with the last one: a page that loses the line before gets all again.
        events[-1].id = str(look.news.place)
    return events


def _event(name: str, data: object) -> ServerSentEvent:
    return ServerSentEvent(event=name, data=json.dumps(data, ensure_ascii=False))
