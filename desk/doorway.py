"""What every response of the desk says about itself, and how much a request may carry."""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.wording import TEXTS

LARGEST_POST = 64 * 1024
# The largest document the loaders take, and the form around it.
LARGEST_UPLOAD = 51 * 1024 * 1024
_UPLOADS = re.compile(r"/documents(?:/\d{1,19}/versions)?|/meals/import")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A link is its own key: it must reach no other site, not even ours.
NO_REFERRER = {"Referrer-Policy": "no-referrer"}
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers would then send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Doorway:
    """Wraps the desk, so that answers to failures carry the same headers."""

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str] | None = None) -> None:
        """Take the application inside, and headers that are to be other than the desk's own."""
        self._app = app
        self._headers = {**_HEADERS, **(headers or {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or turn it away when it carries too much."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # The static files hold no personal data and may be kept, but are asked about each time.
        local_path = scope["path"].removeprefix(scope.get("root_path", ""))
        keep = "no-cache" if local_path.startswith("/static/") else "no-store"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Cache-Control"] = keep
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        is_upload = scope["method"] == "POST" and _UPLOADS.fullmatch(local_path) is not None
        if _carries_too_much(scope, LARGEST_UPLOAD if is_upload else LARGEST_POST):
            key = "documents.too_large" if is_upload else "page.too_much"
            await _turn_away(send_with_headers, TEXTS.say(key))
            return
        await self._app(scope, receive, send_with_headers)


def _carries_too_much(scope: Scope, most: int) -> bool:
    if scope["method"] in {"GET", "HEAD"}:
        return False
    length = Headers(scope=scope).get("content-length", "")
    return not length.isdecimal() or int(length) > most


async def _turn_away(send: Send, sentence: str) -> None:
    text = sentence.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"hx-retarget", b"#notice"),
        (b"hx-reswap", b"innerHTML"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})
