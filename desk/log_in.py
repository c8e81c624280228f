"""Logging in and out."""

import threading
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from booking.errors import LogInRefused
from booking.staff_access import (
    SESSION_LIFE,
    Clerk,
    log_out,
    normal_login,
    recognise,
    start_session,
    visit_of,
)
from desk import wording
from desk.guard import COOKIE, Acting, Desk, TheDesk, base_path, own_page, refuse_other_sites
from desk.pages import bare_page

router = APIRouter()

# Each check of a password takes 19 MiB for a moment.
_CHECKS_AT_ONCE = threading.BoundedSemaphore(2)
_SEE_OTHER = 303


@router.get("/log-in")
def show(request: Request, desk: TheDesk, after: str = "") -> Response:
    """Show the log-in form; who is in already goes on."""
    token = request.cookies.get(COOKIE)
    if token:
        with desk.database.read() as session:
            if visit_of(session, token=token, now=desk.clock()) is not None:
                return RedirectResponse(own_page(request, after), _SEE_OTHER)
    return _form(request, desk, after=after)


@router.post("/log-in")
def enter(
    request: Request,
    desk: TheDesk,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    after: Annotated[str, Form()] = "",
) -> Response:
    """Check name and password, open a session, and go on to where one was."""
    refuse_other_sites(request)
    address = request.client.host if request.client else ""
    name = normal_login(login)[:60]
    wait = desk.limits.seconds_to_wait(login=name, address=address)
    if wait:
        problem = wording.TEXTS.say("log_in.wait", wait=wording.minutes(wait))
        response = _form(request, desk, after=after, login=login, problem=problem, status=429)
        response.headers["Retry-After"] = str(wait)
        return response
    try:
        clerk = _recognise(desk, login, password)
    except LogInRefused:
        problem = wording.TEXTS.say("log_in.refused")
        return _form(request, desk, after=after, login=login, problem=problem, status=401)
    desk.limits.forget(login=name, address=address)
    return _open(request, desk, clerk, after)


@router.post("/log-out")
def leave(request: Request, desk: TheDesk, visit: Acting) -> Response:
    """End the session."""
    with desk.database.begin() as session:
        log_out(session, token=request.cookies[COOKIE], now=desk.clock())
    base = base_path(request)
    response = RedirectResponse(f"{base}/log-in", _SEE_OTHER)
    response.delete_cookie(COOKIE, path=base or "/")
    return response


def _recognise(desk: Desk, login: str, password: str) -> Clerk:
    with _CHECKS_AT_ONCE, desk.database.read() as session:
        return recognise(session, login=login, password=password)


def _open(request: Request, desk: Desk, clerk: Clerk, after: str) -> Response:
    now = desk.clock()
    with desk.database.begin() as session:
        before = request.cookies.get(COOKIE)
        if before:
            log_out(session, token=before, now=now)
        token = start_session(session, clerk=clerk, now=now)
    response = RedirectResponse(own_page(request, after), _SEE_OTHER)
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path=base_path(request) or "/",
        httponly=True,
        secure=desk.https_only or request.url.scheme == "https",
        # Strict would ask for a password again whenever a link to a request is followed from
        # a chat; every change carries the session's secret besides.
        samesite="lax",
    )
    return response


def _form(
    request: Request,
    desk: Desk,
    *,
    after: str,
    login: str = "",
    problem: str = "",
    status: int = 200,
) -> HTMLResponse:
    return bare_page(
        request,
        desk,
        "log_in.html",
        status=status,
        title=wording.TEXTS.say("log_in.title"),
        after=own_page(request, after),
        login=login[:60],
        problem=problem,
    )
