"""One request: who, what, when, what has happened; and the acts of a clerk on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from booking import queues, requests
from booking.errors import AlreadyTaken, MoveNotAllowed
from booking.models import EventKind, StaffRole
from booking.queues import RequestView
from booking.services import EMERGENCY
from booking.staff_access import Clerk, DeskVisit
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path
from desk.pages import Notice, house_page, notice_response
from desk.wording import TEXTS, reasons

router = APIRouter()

LONGEST_REASON = 200
LONGEST_MESSAGE = 500
_SAME_WORDS_WITHIN = timedelta(minutes=1)

# SQLite's and PostgreSQL's largest whole number.
RequestId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Words = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Act:
    """One press of a button: by whom, on which request, in which unit of work."""

    session: Session
    desk: Desk
    clerk: Clerk
    request_id: int
    now: datetime

    def view(self) -> RequestView:
        """Return the request as the clerk may see it now."""
        return queues.open_request(
            self.session,
            catalog=self.desk.catalog,
            clerk=self.clerk,
            request_id=self.request_id,
            now=self.now,
        )


@router.get("/requests/{request_id}")
def show(request: Request, desk: TheDesk, visit: Visitor, request_id: RequestId) -> HTMLResponse:
    """Show one request."""
    now = desk.clock()
    with desk.database.read() as session:
        view = Act(session, desk, visit.clerk, request_id, now).view()
        return house_page(
            request,
            desk,
            session,
            visit,
            "request.html",
            title=f"{view.row.number} {view.row.who}",
            now=now,
            current=view.row.service,
            view=view,
            moves=_moves(view),
            health_note=view.health_note if _may_read_health(visit.clerk, view) else None,
            usual_reasons=reasons(view.row.service),
            longest_reason=LONGEST_REASON,
            longest_message=LONGEST_MESSAGE,
        )


@router.post("/requests/{request_id}/accept")
def accept(request: Request, desk: TheDesk, visit: Acting, request_id: RequestId) -> HTMLResponse:
    """接单: the request becomes this clerk's; the second to press reads who has it."""

    def take(act: Act) -> Notice:
        try:
            requests.accept(
                act.session,
                catalog=desk.catalog,
                request_id=request_id,
                clerk=act.clerk,
                now=act.now,
            )
        except AlreadyTaken as taken:
            return Notice(TEXTS.say("done.taken", by=taken.by), good=False)
        return _done(act, "accepted")

    return _perform(request, desk, visit, request_id, take)


@router.post("/requests/{request_id}/decline")
def decline(
    request: Request, desk: TheDesk, visit: Acting, request_id: RequestId, reason: Words = ""
) -> HTMLResponse:
    """退回: needs a reason, which the person reads."""

    def send_back(act: Act) -> Notice:
        words = clean(reason)
        if not words:
            return Notice(TEXTS.say("done.no_reason"), good=False)
        if len(words) > LONGEST_REASON:
            return Notice(TEXTS.say("done.too_long", most=LONGEST_REASON), good=False)
        requests.decline(
            act.session,
            catalog=desk.catalog,
            request_id=request_id,
            clerk=act.clerk,
            reason=words,
            now=act.now,
        )
        return _done(act, "declined")

    return _perform(request, desk, visit, request_id, send_back)


@router.post("/requests/{request_id}/complete")
def complete(request: Request, desk: TheDesk, visit: Acting, request_id: RequestId) -> HTMLResponse:
    """完成: the person is asked for stars."""

    def close(act: Act) -> Notice:
        requests.complete(
            act.session, catalog=desk.catalog, request_id=request_id, clerk=act.clerk, now=act.now
        )
        return _done(act, "completed")

    return _perform(request, desk, visit, request_id, close)


@router.post("/requests/{request_id}/message")
def message(
    request: Request, desk: TheDesk, visit: Acting, request_id: RequestId, text: Words = ""
) -> HTMLResponse:
    """Write to the person; the same words pressed twice within a minute leave once."""

    def write(act: Act) -> Notice:
        words = clean(text)
        if not words:
            return Notice(TEXTS.say("done.no_message"), good=False)
        if len(words) > LONGEST_MESSAGE:
            return Notice(TEXTS.say("done.too_long", most=LONGEST_MESSAGE), good=False)
        if not _just_said(act, words):
            requests.send_message(
                act.session,
                catalog=desk.catalog,
                request_id=request_id,
                clerk=act.clerk,
                text=words,
                now=act.now,
            )
        return _done(act, "message")

    return _perform(request, desk, visit, request_id, write)


def clean(text: str) -> str:
    """Return the words without the characters no one can see or type on purpose."""
    kept = (sign for sign in text.replace("\r\n", "\n") if sign == "\n" or sign.isprintable())
    return "".join(kept).strip()


def _perform(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    request_id: int,
    do: Callable[[Act], Notice],
) -> HTMLResponse:
    """Run one act as one unit of work, and answer with what came of it."""
    now = desk.clock()
    try:
        with desk.database.begin() as session:
            notice = do(Act(session, desk, visit.clerk, request_id, now))
    except MoveNotAllowed as stands:
        notice = Notice(TEXTS.say(f"done.stands_{stands.status}"), good=False)
    back = f"{base_path(request)}/requests/{request_id}"
    return notice_response(request, desk, notice, back=back, changed=True)


def _done(act: Act, step: str) -> Notice:
    """Say what was done, and whom the chat could not reach."""
    view = act.view()
    kind = "emergency_" if view.row.service == EMERGENCY else ""
    said = TEXTS.say(f"done.{kind}{step}", who=view.row.who, number=view.row.number)
    missed = [
        line.text or ""
        for line in view.history
        if line.kind is EventKind.NOT_REACHED and line.at == act.now
    ]
    return Notice(
        "".join([said, *(TEXTS.say("done.but", what=each) for each in missed)]), good=True
    )


def _just_said(act: Act, words: str) -> bool:
    return any(
        line.kind is EventKind.MESSAGE
        and line.who == act.clerk.name
        and line.text == words
        and act.now - line.at < _SAME_WORDS_WITHIN
        for line in act.view().history
    )


def _moves(view: RequestView) -> tuple[str, ...]:
    """Return the acts that stand open, by the names the page and its style sheet use."""
    return tuple(sorted(move.value for move in view.moves))


def _may_read_health(clerk: Clerk, view: RequestView) -> bool:
    """Health words are for those who work on health, the head, and anyone who runs to help."""
    if view.row.service == EMERGENCY:
        return True
    return bool(clerk.roles & {StaffRole.HEALTH, StaffRole.HEAD})
