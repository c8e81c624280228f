"""The state of the fake: chats, messages, updates not yet confirmed, queries, files."""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

BOT_ID = 7000000001
TOKEN = f"{BOT_ID}:AAFakeTokenOfTheTestServer-0123456789ab"
BOT_USERNAME = "junxiu_bot"
PATIENCE_SECONDS = 15.0


class Refusal(Exception):
    """An error answer of the Bot API."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Call:
    """One call the bot made: its parameters as sent, and the HTTP status it got."""

    method: str
    parameters: dict[str, str]
    status: int


@dataclass(frozen=True, slots=True)
class Failure:
    """What is to happen to the next call of a method."""

    status: int = 500
    description: str = ""
    retry_after: int | None = None
    drops: bool = False
    loses_answer: bool = False


@dataclass(frozen=True, slots=True)
class ShownButton:
    """A button under a message."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as its reader sees it now."""

    message_id: int
    text: str
    buttons: tuple[tuple[ShownButton, ...], ...]
    was_edited: bool
    version: int

    @property
    def labels(self) -> list[str]:
        """Return the labels of all buttons, row by row."""
        return [button.label for row in self.buttons for button in row]


@dataclass(slots=True)
class StoredMessage:
    """A message in a chat; `version` grows with everything that happens anywhere."""

    body: Json
    by_bot: bool
    version: int

    @property
    def message_id(self) -> int:
        """Return Telegram's id of it."""
        return int(self.body["message_id"])


@dataclass(slots=True)
class Chat:
    """A private chat or a group, seen from the bot."""

    id: int
    body: Json
    messages: list[StoredMessage] = field(default_factory=list)
    keyboard: list[list[Json]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    has_begun: bool = False
    has_blocked: bool = False
    last_sent: float = float("-inf")


@dataclass(slots=True)
class Webhook:
    """Where updates are posted to; an empty url means long polling."""

    url: str = ""
    secret: str | None = None
    last_error: str | None = None


class World:
    """Everything the fake knows. Use it under `lock`."""

    def __init__(self, *, flood_limits: bool) -> None:
        self.lock = threading.Condition()
        self.flood_limits = flood_limits
        self.chats: dict[int, Chat] = {}
        self.updates: deque[Json] = deque()
        self.allowed_updates: list[str] = []
        self.queries: dict[str, tuple[int, bool]] = {}
        self.files: dict[str, bytes] = {}
        self.webhook = Webhook()
        self.commands: list[Json] = []
        self.calls: list[Call] = []
        self.failures: dict[str, deque[Failure | None]] = {}
        self.newest_poll = 0
        self.closing = False
        self.sent_moments: deque[float] = deque()
        self._next_id = 100
        self._next_update_id = 500_000
        self.version = 0

    @property
    def bot_body(self) -> Json:
        """Return the bot as a user."""
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": "军休助手",
            "username": BOT_USERNAME,
        }

    def new_id(self) -> int:
        """Return a fresh number for messages, queries and people."""
        self._next_id += 1
        return self._next_id

    def touch(self) -> int:
        """Note that something happened and wake who waits; return the new version."""
        with self.lock:
            self.version += 1
            self.lock.notify_all()
            return self.version

    def push_update(self, kind: str, body: Json) -> int:
        """Put an update in the queue, unless the bot asked not to get its kind."""
        self._next_update_id += 1
        if not self.allowed_updates or kind in self.allowed_updates:
            self.updates.append({"update_id": self._next_update_id, kind: body})
        self.touch()
        return self._next_update_id

    def restart_update_ids(self, *, at: int) -> None:
        """Go on from another number, as Telegram does after a week without updates."""
        self._next_update_id = at

    def message_of(self, chat: Chat, message_id: int) -> StoredMessage | None:
        """Find a message."""
        for message in chat.messages:
            if message.message_id == message_id:
                return message
        return None

    def shown(self, chat: Chat) -> list[Shown]:
        """Return the bot's messages as visible now, oldest first."""
        return [
            Shown(
                message_id=message.message_id,
                text=message.body["text"],
                buttons=tuple(
                    tuple(ShownButton(one["text"], one.get("callback_data", "")) for one in row)
                    for row in message.body.get("reply_markup", {}).get("inline_keyboard", [])
                ),
                was_edited="edit_date" in message.body,
                version=message.version,
            )
            for message in chat.messages
            if message.by_bot
        ]


def unix_now() -> int:
    """Return the time as Telegram writes it: whole seconds."""
    return int(time.time())
