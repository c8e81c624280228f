"""The whole web site as one application: chat, desk, health, metrics, Telegram's webhook."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.types import ASGIApp

Webhook = Callable[[str | None, bytes], Awaitable[int]]


def make_site(
    *,
    chat: APIRouter,
    desk: ASGIApp,
    work: ASGIApp | None = None,
    health: Callable[[], tuple[int, str]],
    metrics: Callable[[], bytes],
    webhook_path: str = "",
    webhook: Webhook | None = None,
) -> FastAPI:
    """Put the parts together; `webhook` takes the secret header's value and the body."""
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    site.include_router(chat)
    site.mount("/desk", desk)
    if work is not None:
        # Behind links, for whoever delivers or drives.
        site.mount("/round", work)

    @site.get("/", include_in_schema=False)
    def front() -> RedirectResponse:
        return RedirectResponse("/chat")

    @site.get("/healthz")
    async def healthz() -> Response:
        status, body = await asyncio.to_thread(health)
        return Response(body, status_code=status, media_type="application/json")

    @site.get("/metrics")
    async def show_metrics() -> Response:
        return Response(await asyncio.to_thread(metrics), media_type="text/plain; version=0.0.4")

    if webhook is not None:
        receive = webhook

        @site.post(webhook_path)
        async def telegram(request: Request) -> Response:
            secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
            return Response(status_code=await receive(secret, await request.body()))

    return site
