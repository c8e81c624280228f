"""The board of a clerk's queues, one queue by itself, and the stream that keeps both live."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from booking import queues
from booking.errors import NotPermitted, RequestNotFound
from booking.models import RequestStatus
from booking.queues import QueueCount, QueueRow
from booking.services import EMERGENCY, Service
from desk import wording
from desk.guard import Desk, TheDesk, Visitor
from desk.pages import house_page

router = APIRouter()

ROWS_ON_BOARD = 5
ROWS_IN_QUEUE = 200
CLOSED_ROWS = 50


@dataclass(frozen=True, slots=True)
class Section:
    """One queue on the board: its count and the rows that come first."""

    count: QueueCount
    rows: tuple[QueueRow, ...]


@router.get("/")
def board(request: Request, desk: TheDesk, visit: Visitor) -> HTMLResponse:
    """Show every queue of the clerk with what should be taken first."""
    now = desk.clock()
    with desk.database.read() as session:
        counted = queues.counts(session, catalog=desk.catalog, clerk=visit.clerk, now=now)
        sections = [
            Section(count, _waiting_first(session, desk, visit, count.service)[:ROWS_ON_BOARD])
            for count in counted
            if count.service != EMERGENCY
        ]
        title = wording.TEXTS.say("board.title")
        return house_page(
            request, desk, session, visit, "board.html", title=title, now=now, sections=sections
        )


@router.get("/queues/{service}")
def queue(
    request: Request, desk: TheDesk, visit: Visitor, service: str, closed: bool = False
) -> HTMLResponse:
    """Show one queue: what waits, what is being done, and on demand what is closed."""
    now = desk.clock()
    found = _service(desk, visit, service)
    with desk.database.read() as session:
        rows = _waiting_first(session, desk, visit, service)
        past = (
            queues.queue(
                session,
                catalog=desk.catalog,
                clerk=visit.clerk,
                service=service,
                now=now,
                closed=True,
                limit=CLOSED_ROWS,
            )
            if closed
            else []
        )
        return house_page(
            request,
            desk,
            session,
            visit,
            "queue.html",
            title=found.name,
            now=now,
            current=service,
            waiting=[row for row in rows if row.status is RequestStatus.SUBMITTED],
            taken=[row for row in rows if row.status is RequestStatus.ACCEPTED],
            closed=closed,
            past=past,
        )


@router.get("/live")
def live(desk: TheDesk, visit: Visitor, since: int = 0) -> EventSourceResponse:
    """Stream the revision of the house to an open page."""
    return EventSourceResponse(
        desk.live.follow(
            institution_id=visit.clerk.institution_id, session_id=visit.session_id, since=since
        ),
        # The stream ends by itself when the server stops; this is how long it is given.
        shutdown_grace_period=1.0,
    )


def _service(desk: Desk, visit: Visitor, service: str) -> Service:
    try:
        found = desk.catalog.get(service)
    except KeyError as error:
        raise RequestNotFound(service) from error
    if not visit.clerk.may_work(found.queue_role):
        raise NotPermitted(service)
    return found


def _waiting_first(
    session: Session, desk: Desk, visit: Visitor, service: str
) -> tuple[QueueRow, ...]:
    rows = queues.queue(
        session,
        catalog=desk.catalog,
        clerk=visit.clerk,
        service=service,
        now=desk.clock(),
        limit=ROWS_IN_QUEUE,
    )
    return tuple(sorted(rows, key=lambda row: row.status is not RequestStatus.SUBMITTED))
