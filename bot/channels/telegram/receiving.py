"""Receiving by long poll: every update is stored before Telegram is told that we have it.

PTB's own Updater advances the offset first, and drops a whole batch when one update in it
cannot be parsed; so the updates are asked for raw, and read one by one.
"""

import asyncio
import logging
from typing import Any, cast

from telegram import Bot
from telegram.error import Conflict, TelegramError

from bot.channels.telegram.door import Door, NotStored
from bot.channels.telegram.line import TooFast
from bot.leased import wait_any
from bot.trouble import Trouble

_log = logging.getLogger(__name__)

POLL_SECONDS = 25
GRACE_SECONDS = 10
ALLOWED_UPDATES = ["message", "edited_message", "callback_query", "my_chat_member"]
# PTB warns when a method that it has itself is called by its plain name; it would parse the
# batch as a whole. The underline at the end makes the same Bot API method of it.
_GET_UPDATES = "get_updates_"

RawUpdate = dict[str, Any]


class Poller:
    """The long poll of one bot; only one may run, so it works under a lease."""

    def __init__(self, *, bot: Bot, door: Door) -> None:
        """Take the bot and where its updates go."""
        self._bot = bot
        self._door = door
        self._trouble = Trouble(_log, "receiving from Telegram", longest_pause=30.0)
        self._offset: int | None = None
        self._has_no_webhook = False

    async def run(self, end: asyncio.Event) -> None:
        """Poll until `end`; what goes wrong is waited out."""
        self._offset = None
        self._has_no_webhook = False
        while not end.is_set():
            try:
                await self._poll(end)
            except TooFast as error:
                await wait_any(end, seconds=error.seconds)
            except (TelegramError, *NotStored) as error:
                if isinstance(error, Conflict):
                    # Perhaps somebody has set a webhook: it is removed again.
                    self._has_no_webhook = False
                await wait_any(end, seconds=self._trouble.note(error))
            else:
                self._trouble.over()

    async def _poll(self, end: asyncio.Event) -> None:
        if not self._has_no_webhook:
            await self._bot.delete_webhook()
            self._has_no_webhook = True
        updates = await self._ask(end)
        if not updates:
            # All is confirmed by now. After a quiet week Telegram counts on from a random
            # number, and an offset kept from before might hide everything new.
            self._offset = None
        for update in updates:
            await self._door.take(update)
            self._offset = int(update["update_id"]) + 1

    async def _ask(self, end: asyncio.Event) -> list[RawUpdate]:
        """Wait for updates, at most until `end`."""
        asking = asyncio.ensure_future(self._get_updates())
        ending = asyncio.ensure_future(end.wait())
        await asyncio.wait({asking, ending}, return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if asking.done():
            return asking.result()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        return []

    async def _get_updates(self) -> list[RawUpdate]:
        answer = await self._bot.do_api_request(
            _GET_UPDATES,
            api_kwargs={
                "offset": self._offset,
                "timeout": POLL_SECONDS,
                "allowed_updates": ALLOWED_UPDATES,
            },
            read_timeout=POLL_SECONDS + GRACE_SECONDS,
        )
        return cast(list[RawUpdate], answer)
