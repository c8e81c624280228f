"""Which browser is this: a random token in a cookie, known to the database by its keyed hash only."""

import re
import secrets
from dataclasses import dataclass

from fastapi import Request, Response

from bot.reception import Address
from store.keyring import Keyring

CHANNEL = "web"
COOKIE = "junxiu_chat"
_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_ONE_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visitor:
    """One browser; whoever holds the token is this account."""

    token: str
    address: Address


def new_visitor(keyring: Keyring) -> Visitor:
    """Make a visitor nobody can guess."""
    return _visitor(secrets.token_urlsafe(_TOKEN_BYTES), keyring)


def known_visitor(request: Request, keyring: Keyring) -> Visitor | None:
    """Return who sent the request, None without a well-formed cookie."""
    token = request.cookies.get(COOKIE, "")
    return _visitor(token, keyring) if _TOKEN.fullmatch(token) else None


def remember(response: Response, visitor: Visitor, *, secure: bool) -> None:
    """Set the cookie for another year."""
    response.set_cookie(
        COOKIE,
        visitor.token,
        max_age=_ONE_YEAR_SECONDS,
        path="/chat",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def _visitor(token: str, keyring: Keyring) -> Visitor:
    external_id = keyring.lookup_token(f"web chat:{token}")
    return Visitor(token, Address(channel=CHANNEL, bot="", external_id=external_id))
