"""打电话名单: who has to be telephoned, and why; ticked when he was told, or nobody answered."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse

from booking.call_list import called, to_call
from desk.acts import Act, perform
from desk.guard import Acting, TheDesk, Visitor
from desk.pages import Notice, house_page
from desk.wording import TEXTS
from store.identity import Person

router = APIRouter()
LineId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/calls")
def calls(request: Request, desk: TheDesk, visit: Visitor) -> HTMLResponse:
    """Show whom to telephone, the longest waiting first."""
    with desk.database.read() as session:
        return house_page(
            request,
            desk,
            session,
            visit,
            "call_list.html",
            title=TEXTS.say("call_list.title"),
            now=desk.clock(),
            current="calls",
            lines=to_call(session, institution_id=visit.clerk.institution_id),
        )


@router.post("/calls/{line_id}/reached")
def reached(request: Request, desk: TheDesk, visit: Acting, line_id: LineId) -> HTMLResponse:
    """打过了."""
    return perform(request, desk, visit, lambda act: _tick(act, line_id, True), back="/calls")


@router.post("/calls/{line_id}/no-answer")
def no_answer(request: Request, desk: TheDesk, visit: Acting, line_id: LineId) -> HTMLResponse:
    """没人接: it stays on the list."""
    return perform(request, desk, visit, lambda act: _tick(act, line_id, False), back="/calls")


def _tick(act: Act, line_id: int, was_reached: bool) -> Notice:
    line = called(act.session, clerk=act.clerk, line_id=line_id, reached=was_reached, now=act.now)
    who = act.session.get_one(Person, line.person_id).name
    key = "call_list.done_reached" if was_reached else "call_list.done_no_answer"
    return Notice(TEXTS.say(key, who=who), good=True)
