"""The pages behind links for whoever delivers or drives: no log-in, made for a phone.

GET  /round/{token}                      the page of the day's work
POST /round/{token}/{request_id}/{verb}  one mark; the same again is the same mark

Whoever has the link may do what its page offers and sees nothing else of the house.
"""

import logging
import threading
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from booking.errors import BookingError, RequestNotFound
from booking.services import Catalog
from booking.work_links import WorkLinkKind, link_of
from desk import driver_day, meal_round
from desk.doorway import NO_REFERRER, Doorway
from desk.log_in_limits import network_of
from desk.pages import environment
from desk.wording import TEXTS
from desk.work_page import WorkPage
from store.clock import Clock
from store.database import Database

STATIC = Path(__file__).parent / "work_static"
_WRONG_LINKS = parse("60/10minutes")
_LONGEST_NOTE = 200
_LARGEST_ID = 2**63 - 1
_log = logging.getLogger(__name__)

# What each kind of link opens.
PAGES: dict[WorkLinkKind, WorkPage] = {
    WorkLinkKind.MEAL_ROUND: meal_round.PAGE,
    WorkLinkKind.DRIVER_DAY: driver_day.PAGE,
}


class WrongLinks:
    """Counts links that open nothing, by network, in this process."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._counting = threading.Lock()
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def are_too_many(self, address: str) -> bool:
        """Tell whether this network has guessed too often."""
        with self._counting:
            return not self._limiter.test(_WRONG_LINKS, network_of(address))

    def count(self, address: str) -> None:
        """Count one link that opened nothing."""
        with self._counting:
            self._limiter.hit(_WRONG_LINKS, network_of(address))


def work_site(*, database: Database, clock: Clock, catalog: Catalog) -> ASGIApp:
    """Return the pages behind links, to be mounted at /round."""
    site = _WorkSite(database, clock, catalog)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=STATIC))
    app.add_api_route("/{token}", site.show, methods=["GET"], response_model=None)
    app.add_api_route(
        "/{token}/{request_id}/{verb}", site.act, methods=["POST"], response_model=None
    )
    app.add_exception_handler(Exception, site.broken)
    app.add_exception_handler(404, site.not_there)
    return Doorway(app, headers=NO_REFERRER)


class _WorkSite:
    def __init__(self, database: Database, clock: Clock, catalog: Catalog) -> None:
        self._database = database
        self._clock = clock
        self._catalog = catalog
        self._templates = environment()
        self._wrong = WrongLinks()

    def show(self, request: Request, token: str) -> Response:
        """Show the day's work of a link."""
        if (refused := self._refuse_guessing(request)) is not None:
            return refused
        now = self._clock()
        with self._database.read() as session:
            link = link_of(session, token, now=now)
            page = PAGES.get(link.kind) if link else None
            if link is None or page is None:
                return self._wrong_link(request)
            content = page.content(session, link, self._catalog, now)
        html = self._templates.get_template(page.template).render(
            at=_mounted_at(request), token=token, day_of_link=link.day, now=now, **content
        )
        return HTMLResponse(html)

    def act(
        self,
        request: Request,
        token: str,
        request_id: str,
        verb: str,
        note: Annotated[str, Form()] = "",
    ) -> Response:
        """Save one mark, and say what was saved."""
        if (refused := self._refuse_guessing(request)) is not None:
            return refused
        now = self._clock()
        wanted = int(request_id) if request_id.isascii() and request_id.isdigit() else 0
        try:
            with self._database.begin() as session:
                link = link_of(session, token, now=now)
                page = PAGES.get(link.kind) if link else None
                if link is None or page is None:
                    return self._wrong_link(request)
                if not 0 < wanted <= _LARGEST_ID:
                    raise RequestNotFound(request_id)
                saved = page.act(
                    session, link, self._catalog, wanted, verb, note[:_LONGEST_NOTE], now
                )
        except BookingError:
            return self._said(request, TEXTS.say("work.no_such_stop"), status=404)
        if _wants_data(request):
            return JSONResponse({"said": saved.said, "state": saved.state})
        back = f"{_mounted_at(request)}/{token}#stop-{wanted}"
        return RedirectResponse(back, 303)

    def broken(self, request: Request, error: Exception) -> Response:
        """Answer a failure with one sentence; the link itself goes into no log."""
        _log.error("work link: %s", type(error).__name__)
        return self._said(request, TEXTS.say("work.broken"), status=500)

    def not_there(self, request: Request, _error: Exception) -> Response:
        """Answer an address that is none."""
        return self._said(request, TEXTS.say("work.no_such_link"), status=404)

    def _refuse_guessing(self, request: Request) -> Response | None:
        if not self._wrong.are_too_many(_address(request)):
            return None
        return self._said(request, TEXTS.say("work.too_many"), status=429)

    def _wrong_link(self, request: Request) -> Response:
        self._wrong.count(_address(request))
        return self._said(request, TEXTS.say("work.no_such_link"), status=404)

    def _said(self, request: Request, sentence: str, *, status: int) -> Response:
        if _wants_data(request):
            return JSONResponse({"said": sentence}, status_code=status)
        html = self._templates.get_template("work_said.html").render(
            at=_mounted_at(request), said=sentence, title=TEXTS.say("work.title")
        )
        return HTMLResponse(html, status_code=status)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _mounted_at(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _wants_data(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")
