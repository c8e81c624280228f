"""How a request can be refused, each with a sentence for the person.

Refused
  too_many        the account sends too fast; the page tries again by itself
  too_large       the body is larger than anything a person would write
  not_understood  it is not something our page sends
  old_button      this account was never sent that button
  not_ours        another site's page made the request
  no_cookie       the browser has not opened the page yet, or forgot it
  no_such_person  that demonstration person cannot be chosen
  has_person      the account is bound already
"""

from collections.abc import Callable, Coroutine
from enum import Enum
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from bot.channels.web.guards import protect
from bot.channels.web.texts import TEXTS

RETRY_AFTER_SECONDS = 10


class Refusal(Enum):
    """Why, with the HTTP status that says it."""

    TOO_MANY = "too_many", HTTPStatus.TOO_MANY_REQUESTS
    TOO_LARGE = "too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    NOT_UNDERSTOOD = "not_understood", HTTPStatus.BAD_REQUEST
    OLD_BUTTON = "old_button", HTTPStatus.UNPROCESSABLE_ENTITY
    NOT_OURS = "not_ours", HTTPStatus.FORBIDDEN
    NO_COOKIE = "no_cookie", HTTPStatus.UNAUTHORIZED
    NO_SUCH_PERSON = "no_such_person", HTTPStatus.NOT_FOUND
    HAS_PERSON = "has_person", HTTPStatus.CONFLICT


class Refused(Exception):
    """The request is refused; nothing was stored."""

    def __init__(self, refusal: Refusal) -> None:
        """Take the reason."""
        super().__init__(refusal.name)
        self.refusal = refusal


class ChatRoute(APIRoute):
    """Every address of the chat: refusals become sentences, answers carry the security headers."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                response = await handle(request)
            except Refused as refused:
                response = _sentence(refused.refusal)
            protect(response)
            return response

        return guarded


def _sentence(refusal: Refusal) -> Response:
    key, status = refusal.value
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if refusal is Refusal.TOO_MANY else None
    return JSONResponse({"say": TEXTS.say(f"refused.{key}")}, status_code=status, headers=headers)
