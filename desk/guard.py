"""Who comes in: the session behind the cookie, and the proof every change must carry."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import Depends, Form, Request
from jinja2 import Environment

from booking.services import Catalog
from booking.staff_access import DeskVisit, visit_of
from desk.live import Live
from desk.log_in_limits import LogInLimits
from ingestion.fact_room import FactRoom
from ingestion.trying import ReadingRoom
from store.clock import Clock
from store.database import Database

COOKIE = "junxiu_desk"
CSRF_HEADER = "x-csrf-token"


class NotLoggedIn(Exception):
    """There is no open session behind this request."""


class ChangeRefused(Exception):
    """The change does not come from a page of ours, or from one that is too old."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What every page of the desk works with; its rooms are opened when they are needed."""

    database: Database
    clock: Clock
    catalog: Catalog
    templates: Environment
    reading_room: Callable[[], ReadingRoom]
    fact_room: Callable[[], FactRoom]
    limits: LogInLimits
    live: Live
    https_only: bool


def the_desk(request: Request) -> Desk:
    """Return what the application was built with."""
    return cast(Desk, request.app.state.desk)


TheDesk = Annotated[Desk, Depends(the_desk)]


def visitor(request: Request, desk: TheDesk) -> DeskVisit:
    """Return the open session of the request.

    Raises:
        NotLoggedIn: no cookie, or its session is over.
    """
    token = request.cookies.get(COOKIE)
    if not token:
        raise NotLoggedIn
    with desk.database.read() as session:
        visit = visit_of(session, token=token, now=desk.clock())
    if visit is None:
        raise NotLoggedIn
    return visit


Visitor = Annotated[DeskVisit, Depends(visitor)]


def acting(request: Request, visit: Visitor, csrf: Annotated[str, Form()] = "") -> DeskVisit:
    """Return the session of a change that carries the session's own secret.

    Raises:
        ChangeRefused: the secret is missing or another's, or the request comes from elsewhere.
    """
    refuse_other_sites(request)
    refuse_without_secret(request, visit, csrf)
    return visit


Acting = Annotated[DeskVisit, Depends(acting)]


def refuse_without_secret(request: Request, visit: DeskVisit, csrf: str) -> None:
    """Let only those change anything who know the session's own secret.

    Raises:
        ChangeRefused: it is missing, or another's.
    """
    given = request.headers.get(CSRF_HEADER) or csrf
    if not secrets.compare_digest(given.encode(), visit.csrf_token.encode()):
        raise ChangeRefused


def refuse_other_sites(request: Request) -> None:
    """Let only our own pages post; a program without a browser sends neither header.

    Browsers send Sec-Fetch-Site where the address is safe (https, this machine), and Origin
    with every post.

    Raises:
        ChangeRefused: the browser says that another site sends this.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise ChangeRefused
        return
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise ChangeRefused


def base_path(request: Request) -> str:
    """Return where the desk is mounted, without a slash at the end."""
    return cast(str, request.scope.get("root_path", "")).rstrip("/")


def own_page(request: Request, url: str | None) -> str:
    """Return the path of a page of the desk named by `url`, the board when it is not one."""
    base = base_path(request)
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return f"{base}/"
    path = parts.path
    is_page = path.startswith(f"{base}/") and "\\" not in path and "//" not in path
    if not is_page or path.startswith((f"{base}/log-in", f"{base}/log-out")):
        return f"{base}/"
    return f"{path}?{parts.query}" if parts.query else path


def is_htmx(request: Request) -> bool:
    """Tell a part fetched by a page of ours from a page."""
    return request.headers.get("hx-request") == "true"
