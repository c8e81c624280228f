"""The Telegram channel, put together."""

import asyncio
import logging
import re

from telegram import Bot, BotCommand
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.channels.telegram import webhook
from bot.channels.telegram.door import Door
from bot.channels.telegram.errors import (
    ApiUrlWrong,
    PublicUrlWrong,
    TelegramSettingWrong,
    TokenWrong,
)
from bot.channels.telegram.line import keep_token_out_of_log, new_line
from bot.channels.telegram.receiving import ALLOWED_UPDATES, Poller
from bot.channels.telegram.sender import TelegramSender
from bot.channels.telegram.texts import TEXTS
from bot.channels.telegram.webhook import Webhook
from bot.leased import Leased, wait_any
from bot.reception import Reception
from bot.trouble import Trouble
from store.clock import Clock
from store.database import Database

_log = logging.getLogger(__name__)

API_URL = "https://api.telegram.org"
COMMANDS = ("book", "mine", "human", "help", "start")
WEBHOOK_CONNECTIONS = 8
_TOKEN = re.compile(r"(?P<bot_id>\d+):[A-Za-z0-9_-]+")


class TelegramChannel:
    """One bot: receives by webhook when there is a public address, else by long poll."""

    def __init__(
        self,
        *,
        token: str,
        api_url: str | None,
        public_url: str | None,
        webhook_secret: str,
        database: Database,
        clock: Clock,
        reception: Reception,
        owner: str,
    ) -> None:
        """Put the parts together; nothing is asked of Telegram yet.

        Raises:
            TokenWrong: the token does not have the shape of one.
            ApiUrlWrong: the server's address is no web address.
        """
        shape = _TOKEN.fullmatch(token)
        if shape is None:
            raise TokenWrong
        server = (api_url or API_URL).rstrip("/")
        if not server.startswith(("https://", "http://")):
            raise ApiUrlWrong
        keep_token_out_of_log()
        self.bot_id = shape.group("bot_id")
        self._bot = Bot(
            token,
            base_url=f"{server}/bot",
            base_file_url=f"{server}/file/bot",
            request=new_line(),
            get_updates_request=new_line(connections=1),
        )
        self._sender = TelegramSender(bot=self._bot, bot_id=self.bot_id)
        self._door = Door(bot=self._bot, bot_id=self.bot_id, reception=reception, clock=clock)
        self._public_url = public_url.rstrip("/") if public_url else None
        self._secret = webhook_secret
        self._webhook = Webhook(door=self._door, secret=webhook_secret)
        self._lease = Leased(
            database=database, clock=clock, name=f"poller:telegram:{self.bot_id}", owner=owner
        )
        self._poller = Poller(bot=self._bot, door=self._door)
        self._trouble = Trouble(_log, "starting Telegram", longest_pause=30.0)
        self._is_introduced = False

    @property
    def sender(self) -> TelegramSender:
        """Return the sender for the courier."""
        return self._sender

    @property
    def username(self) -> str | None:
        """Return the bot's name, None until Telegram has told it."""
        return self._bot.username if self._is_introduced else None

    @property
    def webhook(self) -> Webhook | None:
        """Return what the web app mounts at `webhook.PATH`; None when we poll."""
        return self._webhook if self._public_url else None

    async def start(self) -> None:
        """Ask Telegram who we are, and set the menu and the webhook.

        A network that is not there yet does not stop the start: `run` goes on trying.

        Raises:
            TelegramSettingWrong: Telegram refuses the token or the public address.
        """
        try:
            await self._introduce()
        except TelegramError as error:
            self._trouble.note(error)

    async def run(self, stop: asyncio.Event) -> None:
        """Receive until `stop`."""
        while not (self._is_introduced or stop.is_set()):
            await self._try_to_introduce(stop)
        if self._public_url:
            await stop.wait()
        else:
            await self._lease.run(stop, self._poller.run)

    async def close(self) -> None:
        """Hang up."""
        await self._door.close()
        await self._bot.shutdown()

    async def _introduce(self) -> None:
        try:
            await self._bot.initialize()
        except InvalidToken:
            # PTB's message has the token in it, so the chain is cut.
            raise TokenWrong from None
        self._door.introduce(self._bot.username)
        await self._set_menu()
        if self._public_url:
            await self._set_webhook(self._public_url + webhook.PATH)
        self._is_introduced = True
        self._trouble.over()

    async def _set_menu(self) -> None:
        menu = [BotCommand(name, TEXTS.say(f"command.{name}")) for name in COMMANDS]
        try:
            await self._bot.set_my_commands(menu)
        except BadRequest as error:
            # A sentence in the texts file may be too long; the bot works without its menu.
            _log.warning("Telegram refuses the menu (%s)", error.message)

    async def _set_webhook(self, url: str) -> None:
        try:
            await self._bot.set_webhook(
                url,
                secret_token=self._secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=WEBHOOK_CONNECTIONS,
            )
        except BadRequest as error:
            raise PublicUrlWrong(error.message) from None

    async def _try_to_introduce(self, stop: asyncio.Event) -> None:
        try:
            await self._introduce()
        except (TelegramError, TelegramSettingWrong) as error:
            await wait_any(stop, seconds=self._trouble.note(error))
