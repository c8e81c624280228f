"""Sending: a Message leaves in its parts, or takes the place of an earlier one."""

import asyncio
from contextlib import suppress

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, TelegramError

from bot.channels.telegram.layout import Part, lay_out
from bot.channels.telegram.line import as_failure
from bot.senders import Rejected
from store.outbox import Delivery

PAUSE_SECONDS = 1.0
_REMEMBERED = 1_000
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramSender:
    """One bot's sender; see bot.senders.Sender."""

    channel = "telegram"

    def __init__(self, *, bot: Bot, bot_id: str, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Take the bot, and the pause between the parts of one message."""
        self.bot = bot_id
        self._bot = bot
        self._pause_seconds = pause_seconds
        # Ids of the parts already sent of messages that failed half-way, by outbox id.
        self._half_sent: dict[int, list[int]] = {}

    async def send(self, delivery: Delivery) -> str | None:
        """Send, or edit when `delivery.edits_message_id` is set.

        Raises:
            SendingFailed: one of its kinds; what had left already is not sent again.
        """
        try:
            if delivery.edits_message_id is not None:
                return await self._edit(delivery, int(delivery.edits_message_id))
            return await self._send_parts(delivery)
        except TelegramError as error:
            raise as_failure(error) from error
        except ValueError as error:
            raise Rejected("not an id of Telegram's") from error

    async def _send_parts(self, delivery: Delivery) -> str:
        parts = lay_out(delivery.message)
        sent = self._half_sent.pop(delivery.outbox_id, [])
        try:
            for number, part in enumerate(parts[len(sent) :], start=len(sent)):
                if number:
                    await asyncio.sleep(self._pause_seconds)
                sent.append(await self._send_part(int(delivery.external_id), part))
        except TelegramError:
            self._remember(delivery.outbox_id, sent)
            raise
        main = next(number for number, part in enumerate(parts) if part.is_main)
        return str(sent[main])

    async def _send_part(self, chat_id: int, part: Part) -> int:
        message = await self._bot.send_message(
            chat_id, part.text, reply_markup=part.markup, link_preview_options=_NO_PREVIEW
        )
        return message.message_id

    async def _edit(self, delivery: Delivery, message_id: int) -> str:
        main = next(part for part in lay_out(delivery.message) if part.is_main)
        markup = main.markup if isinstance(main.markup, InlineKeyboardMarkup) else None
        # Refused when there is nothing to change, when it is too old, or deleted by its reader:
        # what was to be seen is seen, or cannot be any more.
        with suppress(BadRequest):
            await self._bot.edit_message_text(
                main.text,
                chat_id=int(delivery.external_id),
                message_id=message_id,
                reply_markup=markup,
                link_preview_options=_NO_PREVIEW,
            )
        return str(message_id)

    def _remember(self, outbox_id: int, sent: list[int]) -> None:
        if sent:
            self._half_sent[outbox_id] = sent
        while len(self._half_sent) > _REMEMBERED:
            del self._half_sent[next(iter(self._half_sent))]
