"""One press of a button at the desk: one unit of work, and a sentence about what came of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from booking import queues
from booking.models import EventKind
from booking.queues import RequestView
from booking.services import EMERGENCY, FRAUD_REPORT
from booking.staff_access import Clerk, DeskVisit
from desk.guard import Desk, base_path
from desk.pages import Notice, notice_response
from desk.wording import TEXTS

Words = Annotated[str, Form()]
# Calls that are spoken of in words of their own.
KINDS = {EMERGENCY: "emergency_", FRAUD_REPORT: "fraud_"}


@dataclass(frozen=True, slots=True)
class Act:
    """By whom something is done, in which unit of work, at which moment."""

    session: Session
    desk: Desk
    clerk: Clerk
    now: datetime

    def view(self, request_id: int) -> RequestView:
        """Return a request as the clerk may see it now."""
        return queues.open_request(
            self.session,
            catalog=self.desk.catalog,
            clerk=self.clerk,
            request_id=request_id,
            now=self.now,
        )


def perform(
    request: Request, desk: Desk, visit: DeskVisit, do: Callable[[Act], Notice], *, back: str
) -> HTMLResponse:
    """Run one act as one unit of work, and answer with what came of it; `back` is a desk path."""
    now = desk.clock()
    with desk.database.begin() as session:
        notice = do(Act(session, desk, visit.clerk, now))
    return answer_act(request, desk, notice, back=back)


def answer_act(request: Request, desk: Desk, notice: Notice, *, back: str) -> HTMLResponse:
    """Say what came of an act; `back` is a desk path."""
    return notice_response(request, desk, notice, back=f"{base_path(request)}{back}", changed=True)


def done(act: Act, request_id: int, step: str) -> Notice:
    """Say what was done to a request, and whom the chat could not reach."""
    view = act.view(request_id)
    kind = KINDS.get(view.row.service, "")
    said = TEXTS.say(f"done.{kind}{step}", who=view.row.who, number=view.row.number)
    missed = [
        line.text or ""
        for line in view.history
        if line.kind is EventKind.NOT_REACHED and line.at == act.now
    ]
    return Notice(
        "".join([said, *(TEXTS.say("done.but", what=each) for each in missed)]), good=True
    )


def clean(text: str) -> str:
    """Return the words without the characters no one can see or type on purpose."""
    kept = (sign for sign in text.replace("\r\n", "\n") if sign == "\n" or sign.isprintable())
    return "".join(kept).strip()
