"""What the browser must keep to: security headers, requests from our own pages only, small bodies."""

from urllib.parse import urlsplit

from fastapi import Request, Response

MAX_BODY_BYTES = 1_000_000
OWN_HEADER = "x-junxiu-chat"

_SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def protect(response: Response) -> None:
    """Add the headers every answer of the chat carries; nothing personal is kept by caches."""
    for name, value in _SECURITY_HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "no-store")


def is_from_our_page(request: Request, public_url: str | None) -> bool:
    """Tell whether a writing request was made by our own script.

    Another site's page can neither set our header without asking us first, nor choose what the
    browser says about where a request comes from. Browsers send Sec-Fetch-Site to https and
    to this machine only, so a plain address in a local network is judged by Origin.
    """
    if OWN_HEADER not in request.headers:
        return False
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc in _our_hosts(request, public_url)


async def read_body(request: Request) -> bytes | None:
    """Return the whole body, None when it is larger than anything a person would send."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


def _our_hosts(request: Request, public_url: str | None) -> set[str]:
    hosts = {request.headers.get("host", "")}
    if public_url:
        hosts.add(urlsplit(public_url).netloc)
    return hosts
