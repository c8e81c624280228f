"""The staff desk as one web application, to be mounted below a path of its own."""

import logging
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from booking import queues
from booking.errors import NotPermitted, RequestNotFound
from booking.services import Catalog
from desk import (
    answers,
    asked_questions,
    board,
    call_list_page,
    documents_page,
    drafts_page,
    duty_page,
    evaluation_page,
    facts_page,
    log_in,
    meals_page,
    people_page,
    places_page,
    request_page,
    rides_page,
    vehicles_page,
)
from desk.doorway import Doorway
from desk.entry_form import HeadsOnly
from desk.guard import ChangeRefused, Desk, NotLoggedIn, base_path, is_htmx, own_page, the_desk
from desk.live import Live
from desk.log_in_limits import LogInLimits
from desk.pages import Notice, environment, notice_response
from desk.wording import TEXTS
from ingestion.fact_room import FactRoom
from ingestion.loaded import NotThere
from ingestion.trying import ReadingRoom
from store.clock import Clock
from store.database import Database

# In this order: a path is answered by the first that fits.
PAGES = (
    log_in,
    board,
    people_page,
    duty_page,
    call_list_page,
    request_page,
    answers,
    asked_questions,
    documents_page,
    drafts_page,
    facts_page,
    places_page,
    evaluation_page,
    meals_page,
    rides_page,
    vehicles_page,
)
STATIC = Path(__file__).parent / "static"
_log = logging.getLogger(__name__)


def staff_desk(
    *,
    database: Database,
    clock: Clock,
    catalog: Catalog,
    reading_room: Callable[[], ReadingRoom],
    fact_room: Callable[[], FactRoom],
    stopping: Callable[[], bool],
    https_only: bool = False,
) -> ASGIApp:
    """Return the desk, to be mounted at /desk.

    Args:
        database: open and migrated.
        clock: the present instant.
        catalog: the services, whose queues are worked here.
        reading_room: opens what embeds documents and tries questions on them, at first use.
        fact_room: opens what embeds facts of a house and tries questions on them.
        stopping: true as soon as the server is asked to stop; open streams then end.
        https_only: the public address is https, so the cookie travels by no other way.
    """

    def read_revision(institution_id: int) -> int:
        with database.read() as session:
            return queues.revision(session, institution_id)

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = Desk(
        database=database,
        clock=clock,
        catalog=catalog,
        templates=environment(),
        reading_room=reading_room,
        fact_room=fact_room,
        limits=LogInLimits(),
        live=Live(read=read_revision, stopping=stopping),
        https_only=https_only,
    )
    for pages in PAGES:
        app.include_router(pages.router)
    app.mount("/static", StaticFiles(directory=STATIC))
    _answer_kindly(app)
    return Doorway(app)


def _answer_kindly(app: FastAPI) -> None:
    """Give every failure one sentence; a trace goes to the log only."""
    app.add_exception_handler(NotLoggedIn, _to_log_in)
    app.add_exception_handler(ChangeRefused, _refusal("page.refused", 403))
    app.add_exception_handler(RequestNotFound, _refusal("page.not_found", 404))
    app.add_exception_handler(NotThere, _refusal("documents.not_there", 404))
    app.add_exception_handler(HeadsOnly, _refusal("documents.heads_only", 403))
    app.add_exception_handler(NotPermitted, _refusal("page.not_yours", 403))
    app.add_exception_handler(RequestValidationError, _refusal("page.not_found", 404))
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _refusal("page.busy", 503))
    app.add_exception_handler(Exception, _refusal("page.broken", 500))


def _to_log_in(request: Request, _error: Exception) -> Response:
    was_at = request.headers.get("hx-current-url") or request.headers.get("referer")
    if request.method == "GET" and not is_htmx(request):
        was_at = f"{request.url.path}?{request.url.query}"
    after = quote(own_page(request, was_at), safe="/")
    target = f"{base_path(request)}/log-in?after={after}"
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    key = {404: "page.not_found", 405: "page.not_found"}.get(status, "page.refused")
    return _refusal(key, status)(request, error)


def _refusal(key: str, status: int) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        if status >= 500:
            _log.error("desk: %s %s", type(error).__name__, request.scope.get("path", ""))
        return notice_response(
            request,
            the_desk(request),
            Notice(TEXTS.say(key), good=False),
            status=status,
            back=f"{base_path(request)}/",
            changed=False,
        )

    return answer
