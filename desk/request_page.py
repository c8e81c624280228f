"""One request: who, what, when, what has happened; and the acts of a clerk on it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from booking import requests
from booking.answer_lists import answer_to
from booking.errors import AlreadyTaken, MoveNotAllowed
from booking.models import EventKind, StaffRole
from booking.queues import RequestView
from booking.rides.registry import drivers_of, vehicles_of
from booking.services import RINGING, Catalog
from booking.staff_access import Clerk, DeskVisit
from booking.staff_answers import LONGEST_ANSWER, LONGEST_QUESTION, may_propose
from desk.acts import Act, Words, answer_act, clean, done, perform
from desk.guard import Acting, Desk, TheDesk, Visitor
from desk.pages import Notice, house_page
from desk.wording import TEXTS, reasons

router = APIRouter()

LONGEST_REASON = 200
LONGEST_MESSAGE = 500
_SAME_WORDS_WITHIN = timedelta(minutes=1)

# SQLite's and PostgreSQL's largest whole number.
RequestId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/requests/{request_id}")
def show(
    request: Request, desk: TheDesk, visit: Visitor, request_id: RequestId, propose: bool = False
) -> HTMLResponse:
    """Show one request; on demand with the form that words its answer for others."""
    now = desk.clock()
    with desk.database.read() as session:
        view = Act(session, desk, visit.clerk, now).view(request_id)
        answer = answer_to(session, clerk=visit.clerk, request_id=request_id)
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
            answer=answer,
            may_propose=answer is not None and may_propose(answer.state),
            proposing=propose,
            cars=vehicles_of(session, visit.clerk.institution_id) if view.legs else [],
            drivers=drivers_of(session, visit.clerk.institution_id) if view.legs else [],
            longest_answer=LONGEST_ANSWER,
            longest_question=LONGEST_QUESTION,
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
        return done(act, request_id, "accepted")

    return on_request(request, desk, visit, request_id, take)


@router.post("/requests/{request_id}/decline")
def decline(
    request: Request, desk: TheDesk, visit: Acting, request_id: RequestId, reason: Words = ""
) -> HTMLResponse:
    """退回: needs a reason, which the person reads."""

    return _with_reason(request, desk, visit, request_id, reason, requests.decline, "declined")


@router.post("/requests/{request_id}/miss")
def miss(
    request: Request, desk: TheDesk, visit: Acting, request_id: RequestId, reason: Words = ""
) -> HTMLResponse:
    """没有办成: needs a reason, which the person reads."""
    return _with_reason(request, desk, visit, request_id, reason, requests.miss, "missed")


@router.post("/requests/{request_id}/put-back")
def put_back(
    request: Request, desk: TheDesk, visit: Acting, request_id: RequestId, reason: Words = ""
) -> HTMLResponse:
    """交回队列: a colleague may take it; the reason is for the history."""
    return _with_reason(request, desk, visit, request_id, reason, requests.put_back, "put_back")


@router.post("/requests/{request_id}/start")
def start(request: Request, desk: TheDesk, visit: Acting, request_id: RequestId) -> HTMLResponse:
    """出发了: the person is told that it has begun."""

    def begin(act: Act) -> Notice:
        requests.start(
            act.session, catalog=desk.catalog, request_id=request_id, clerk=act.clerk, now=act.now
        )
        return done(act, request_id, "started")

    return on_request(request, desk, visit, request_id, begin)


@router.post("/requests/{request_id}/complete")
def complete(request: Request, desk: TheDesk, visit: Acting, request_id: RequestId) -> HTMLResponse:
    """完成: the person is asked for stars."""

    def close(act: Act) -> Notice:
        requests.complete(
            act.session, catalog=desk.catalog, request_id=request_id, clerk=act.clerk, now=act.now
        )
        return done(act, request_id, "completed")

    return on_request(request, desk, visit, request_id, close)


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
        if not _just_said(act, request_id, words):
            requests.send_message(
                act.session,
                catalog=desk.catalog,
                request_id=request_id,
                clerk=act.clerk,
                text=words,
                now=act.now,
            )
        return done(act, request_id, "message")

    return on_request(request, desk, visit, request_id, write)


class _Reasoned(Protocol):
    """A verb that closes or gives back a request for a reason."""

    def __call__(
        self,
        session: Session,
        *,
        catalog: Catalog,
        request_id: int,
        clerk: Clerk,
        reason: str,
        now: datetime,
    ) -> object:
        """Do it."""


def _with_reason(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    request_id: int,
    reason: str,
    verb: _Reasoned,
    step: str,
) -> HTMLResponse:
    def act_on_it(act: Act) -> Notice:
        words = clean(reason)
        if not words:
            return Notice(TEXTS.say("done.no_reason"), good=False)
        if len(words) > LONGEST_REASON:
            return Notice(TEXTS.say("done.too_long", most=LONGEST_REASON), good=False)
        verb(
            act.session,
            catalog=desk.catalog,
            request_id=request_id,
            clerk=act.clerk,
            reason=words,
            now=act.now,
        )
        return done(act, request_id, step)

    return on_request(request, desk, visit, request_id, act_on_it)


def on_request(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    request_id: int,
    do: Callable[[Act], Notice],
) -> HTMLResponse:
    """Run one act on a request; where it stands elsewhere by now, say so."""
    back = f"/requests/{request_id}"
    try:
        return perform(request, desk, visit, do, back=back)
    except MoveNotAllowed as stands:
        notice = Notice(TEXTS.say(f"done.stands_{stands.status}"), good=False)
        return answer_act(request, desk, notice, back=back)


def _just_said(act: Act, request_id: int, words: str) -> bool:
    return any(
        line.kind is EventKind.MESSAGE
        and line.who == act.clerk.name
        and line.text == words
        and act.now - line.at < _SAME_WORDS_WITHIN
        for line in act.view(request_id).history
    )


def _moves(view: RequestView) -> tuple[str, ...]:
    """Return the acts that stand open, by the names the page and its style sheet use."""
    return tuple(sorted(move.value for move in view.moves))


def _may_read_health(clerk: Clerk, view: RequestView) -> bool:
    """Health words are for those who work on health, the head, and anyone who runs to help."""
    if view.row.service in RINGING:
        return True
    return bool(clerk.roles & {StaffRole.HEALTH, StaffRole.HEAD})
