"""The line to the Bot API server: which errors mean what, and a log without the token."""

import json
import logging
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.senders import (
    Blocked,
    ChannelDown,
    FloodLimit,
    Rejected,
    SendingFailed,
    Unreachable,
)

CONNECTIONS = 32
ANSWER_SECONDS = 15.0
CONNECT_SECONDS = 10.0
_TOO_FAST = 429
_OUT_OF_SERVICE = frozenset({502, 503, 504})
_GONE = ("chat not found", "peer_id_invalid", "user not found", "chat_id_invalid")
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class TooFast(TelegramError):
    """Telegram asks to wait; PTB's own RetryAfter warns of its own deprecation when made."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        """Take the wait in seconds."""
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class OutOfService(NetworkError):
    """The server, or something before it, answers that it cannot serve anyone."""

    __slots__ = ()


class Line(HTTPXRequest):
    """PTB's requests, which tell apart what PTB throws together."""

    __slots__ = ()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Make a request.

        Raises:
            TooFast: 429, with the wait.
            OutOfService: 502, 503, 504.
        """
        status, payload = await super().do_request(*args, **kwargs)
        if status == _TOO_FAST:
            raise TooFast(_retry_after(payload))
        if status in _OUT_OF_SERVICE:
            raise OutOfService(f"status {status}")
        return status, payload

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer; PTB's own way of it logs the whole payload when that fails.

        Raises:
            OutOfService: it is no JSON object, so that something else than the server spoke.
        """
        try:
            answer = json.loads(payload)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise OutOfService("an answer that is not the server's")
        return answer


def new_line(*, connections: int = CONNECTIONS) -> Line:
    """Return a line with patience for slow networks."""
    return Line(
        connection_pool_size=connections,
        read_timeout=ANSWER_SECONDS,
        write_timeout=ANSWER_SECONDS,
        connect_timeout=CONNECT_SECONDS,
        pool_timeout=CONNECT_SECONDS,
    )


def keep_token_out_of_log() -> None:
    """Silence what would write it: httpx logs each URL, PTB logs its base URL and parameters."""
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)


def as_failure(error: TelegramError) -> SendingFailed:
    """Say in the courier's words why a message did not leave. Never carries the token."""
    match error:
        case TooFast():
            return FloodLimit(error.seconds)
        case Forbidden() | ChatMigrated():
            return Blocked(error.message)
        case BadRequest() if error.message.lower().startswith(_GONE):
            return Blocked(error.message)
        case BadRequest():
            return Rejected(error.message)
        case InvalidToken() | EndPointNotFound() | Conflict() | OutOfService():
            return ChannelDown(type(error).__name__)
        case NetworkError() if isinstance(error.__cause__, _NEVER_LEFT):
            return ChannelDown(type(error.__cause__).__name__)
        case _:
            return Unreachable(type(error.__cause__ or error).__name__)


def _retry_after(payload: bytes) -> float:
    try:
        return float(json.loads(payload)["parameters"]["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 1.0
