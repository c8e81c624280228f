"""The board of a clerk's queues, one queue by itself, and the stream that keeps both live."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from sse_starlette import EventSourceResponse

from booking import queues
from booking.models import RequestStatus
from booking.queues import QueueCount, QueueRow
from booking.services import EMERGENCY
from booking.staff_access import Clerk
from desk import wording
from desk.guard import Desk, TheDesk, Visitor
from desk.pages import house_page

router = APIRouter()

ROWS_ON_BOARD = 5
ROWS_IN_QUEUE = 100
CLOSED_ROWS = 50
Statuses = tuple[RequestStatus, ...]
WAITING: Statuses = (RequestStatus.SUBMITTED,)
TAKEN: Statuses = (RequestStatus.ACCEPTED, RequestStatus.IN_PROGRESS)


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
        look = Look(session, desk, visit.clerk, now)
        sections = [
            Section(count, look.first(count.service, ROWS_ON_BOARD))
            for count in queues.counts(session, catalog=desk.catalog, clerk=visit.clerk, now=now)
            if count.service != EMERGENCY
        ]
        title = wording.TEXTS.say("board.title")
        return house_page(
            request,
            desk,
            session,
            visit,
            "board.html",
            title=title,
            now=now,
            sections=sections,
            pressing=queues.pressing(session, catalog=desk.catalog, clerk=visit.clerk, now=now),
        )


@router.get("/queues/{service}")
def queue(
    request: Request, desk: TheDesk, visit: Visitor, service: str, closed: bool = False
) -> HTMLResponse:
    """Show one queue: what waits, what is being done, and on demand what is closed."""
    now = desk.clock()
    with desk.database.read() as session:
        look = Look(session, desk, visit.clerk, now)
        return house_page(
            request,
            desk,
            session,
            visit,
            "queue.html",
            # Raises when there is no such queue, or it is not this clerk's.
            waiting=look.rows(service, WAITING, ROWS_IN_QUEUE),
            taken=look.rows(service, TAKEN, ROWS_IN_QUEUE),
            past=look.closed(service) if closed else (),
            closed=closed,
            most=ROWS_IN_QUEUE,
            title=desk.catalog.get(service).name,
            now=now,
            current=service,
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


@dataclass(frozen=True, slots=True)
class Look:
    """One clerk's look at the queues, at one moment."""

    session: Session
    desk: Desk
    clerk: Clerk
    now: datetime

    def rows(self, service: str, only: Statuses, limit: int) -> tuple[QueueRow, ...]:
        """Return the open requests of some statuses, most urgent first."""
        return tuple(
            queues.queue(
                self.session,
                catalog=self.desk.catalog,
                clerk=self.clerk,
                service=service,
                now=self.now,
                only=only,
                limit=limit,
            )
        )

    def first(self, service: str, limit: int) -> tuple[QueueRow, ...]:
        """Return what waits, then what is being done, as far as there is room."""
        waiting = self.rows(service, WAITING, limit)
        room = limit - len(waiting)
        return waiting + (self.rows(service, TAKEN, room) if room else ())

    def closed(self, service: str) -> tuple[QueueRow, ...]:
        """Return the last closed requests."""
        return tuple(
            queues.queue(
                self.session,
                catalog=self.desk.catalog,
                clerk=self.clerk,
                service=service,
                now=self.now,
                closed=True,
                limit=CLOSED_ROWS,
            )
        )
