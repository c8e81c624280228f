"""The door: one update is read, stored, and only then acknowledged, whichever way it came."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from telegram import Bot, CallbackQuery, Update
from telegram.error import TelegramError

from bot.channels.telegram.texts import TEXTS
from bot.channels.telegram.translation import Me, Translated, translate
from bot.reception import Received, Reception
from store.clock import Clock

_log = logging.getLogger(__name__)

HINT_EVERY = timedelta(minutes=1)

# The database could not be reached; the update must be handed in again.
NotStored = (OperationalError, InterfaceError)


class Door:
    """Takes updates one by one.

    A flood is answered here: what reception does not store gets one sentence a minute in its
    chat, sent directly, because there is no stored message that the outbox could answer.
    """

    def __init__(self, *, bot: Bot, bot_id: str, reception: Reception, clock: Clock) -> None:
        """Begin without the bot's name; `introduce` tells it."""
        self._bot = bot
        self._me = Me(id=bot_id, username="")
        self._reception = reception
        self._clock = clock
        self._hinted: dict[str, datetime] = {}
        self._answering: set[asyncio.Task[None]] = set()

    def introduce(self, username: str) -> None:
        """Take the bot's name, by which it is addressed in groups."""
        self._me = Me(id=self._me.id, username=username)

    async def take(self, raw: dict[str, Any]) -> None:
        """Take one update as Telegram sent it; afterwards it may be acknowledged.

        Raises:
            NotStored: the database could not be reached; it must not be acknowledged.
        """
        read = self._read(raw)
        if read is None:
            return
        query, translated = read
        received = await self._store(translated)
        if query is not None and received is not Received.KNOWN:
            self._in_background(self._answer_tap(query, received))
        elif received is Received.TOO_MANY:
            self._hint(translated.address.external_id)

    async def close(self) -> None:
        """Let the last answers go."""
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _read(self, raw: dict[str, Any]) -> tuple[CallbackQuery | None, Translated] | None:
        try:
            update = Update.de_json(raw, self._bot)
            translated = translate(update, me=self._me)
            return None if translated is None else (update.callback_query, translated)
        except Exception as error:  # noqa: BLE001 - anything may be in it, and the next one waits.
            _log.error(
                "update %s could not be read (%s)", raw.get("update_id"), type(error).__name__
            )
            return None

    async def _store(self, translated: Translated) -> Received | None:
        try:
            return await asyncio.to_thread(
                self._reception.receive,
                translated.address,
                update_id=translated.update_id,
                incoming=translated.incoming,
            )
        except NotStored:
            raise
        except Exception as error:  # noqa: BLE001 - it would fail again, and the next one waits.
            # Without the traceback: the database's errors quote what was to be stored.
            _log.error("update %s was not stored (%s)", translated.update_id, type(error).__name__)
            return None

    async def _answer_tap(self, query: CallbackQuery, received: Received | None) -> None:
        text = TEXTS.say("hurry.tap") if received is Received.TOO_MANY else None
        await self._bot.answer_callback_query(query.id, text=text)

    def _hint(self, chat_id: str) -> None:
        now = self._clock()
        self._hinted = {chat: at for chat, at in self._hinted.items() if at > now - HINT_EVERY}
        if chat_id not in self._hinted:
            self._hinted[chat_id] = now
            self._in_background(self._say_hurry(int(chat_id)))

    async def _say_hurry(self, chat_id: int) -> None:
        await self._bot.send_message(chat_id, TEXTS.say("hurry.text"))

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        # The next update need not wait for an answer that nothing depends on.
        task = asyncio.create_task(_though_it_may_fail(work))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)


async def _though_it_may_fail(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except TelegramError as error:
        _log.debug("an answer did not arrive (%s)", type(error).__name__)
