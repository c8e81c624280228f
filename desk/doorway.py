"""What every response of the desk says about itself, and how much a request may carry."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.wording import TEXTS

LARGEST_POST = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
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

    def __init__(self, app: ASGIApp) -> None:
        """Take the application inside."""
        self._app = app

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
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        if _carries_too_much(scope):
            await _turn_away(send_with_headers)
            return
        await self._app(scope, receive, send_with_headers)


def _carries_too_much(scope: Scope) -> bool:
    if scope["method"] in {"GET", "HEAD"}:
        return False
    length = Headers(scope=scope).get("content-length", "")
    return not length.isdecimal() or int(length) > LARGEST_POST


async def _turn_away(send: Send) -> None:
    text = TEXTS.say("page.too_much").encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"hx-retarget", b"#notice"),
        (b"hx-reswap", b"innerHTML"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": text})
