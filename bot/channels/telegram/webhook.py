"""Receiving by webhook: what Telegram posts to our public address. Knows no web framework."""

import hmac
import json
import logging
from http import HTTPStatus

from bot.channels.telegram.door import Door, NotStored

_log = logging.getLogger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name.
MOST_BYTES = 1_048_576


class Webhook:
    """Takes posts that carry the secret; everything else is turned away unread."""

    def __init__(self, *, door: Door, secret: str) -> None:
        """Take where updates go, and the secret that Telegram was given."""
        self._door = door
        self._secret = secret.encode()

    async def handle(self, secret_header: str | None, body: bytes) -> int:
        """Store one posted update; return the HTTP status to answer with.

        200 only after it is stored (or is nothing to us); 503 makes Telegram post it again.
        """
        given = (secret_header or "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._secret):
            return HTTPStatus.FORBIDDEN
        if len(body) > MOST_BYTES:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        try:
            update = json.loads(body)
        except ValueError:
            return HTTPStatus.BAD_REQUEST
        if not isinstance(update, dict):
            return HTTPStatus.BAD_REQUEST
        try:
            await self._door.take(update)
        except NotStored as error:
            _log.warning("a posted update was not stored (%s)", type(error).__name__)
            return HTTPStatus.SERVICE_UNAVAILABLE
        return HTTPStatus.OK
