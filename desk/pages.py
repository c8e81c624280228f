"""Rendering: every full page carries the queues, the emergencies and the house's revision."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy.orm import Session

from booking import queues
from booking.answer_lists import count_for
from booking.call_list import count_to_call
from booking.services import RINGING
from booking.staff_access import Clerk, DeskVisit
from desk import wording
from desk.guard import Desk, base_path, is_htmx
from knowledge.fact_likeness import questions_of
from store.clock import local
from store.identity import Institution

TEMPLATES = Path(__file__).parent / "templates"
CHANGED = "desk-changed"
DONE = "desk-done"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence about what was just done, or why it was not."""

    text: str
    good: bool


def environment() -> Environment:
    """Return the templates with the words and moments they use."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        say=wording.TEXTS.say,
        moment=wording.moment,
        ago=wording.ago,
        overdue=wording.overdue,
        reasons=wording.reasons,
        day=wording.day,
        local=local,
        first_question=lambda title: questions_of(title)[0],
    )
    return made


def house_page(
    request: Request,
    desk: Desk,
    session: Session,
    visit: DeskVisit,
    template: str,
    *,
    title: str,
    now: datetime,
    current: str = "",
    **content: object,
) -> HTMLResponse:
    """Render a page of the logged-in desk; `current` is the queue to mark in the menu."""
    clerk = visit.clerk
    html = desk.templates.get_template(template).render(
        at=base_path(request),
        here=request.url.path,
        title=title,
        now=now,
        current=current,
        clerk=clerk,
        csrf=visit.csrf_token,
        house=session.get_one(Institution, clerk.institution_id).name,
        # Read before the rest: what comes in between is then said by the stream.
        revision=queues.revision(session, clerk.institution_id),
        counts=_menu(session, desk, clerk, now),
        answers_for_me=count_for(session, clerk),
        calls_to_make=count_to_call(session, institution_id=clerk.institution_id),
        emergencies=queues.unseen_emergencies(session, clerk, now=now),
        **content,
    )
    return HTMLResponse(html)


def go_to(request: Request, path: str, done: str) -> Response:
    """Lead to a page of the desk, which says what was done: a key of its `done` texts."""
    target = f"{base_path(request)}{path}?done={done}"
    if is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": target})
    return RedirectResponse(target, 303)


def said_done(done: str, *, of: str = "documents") -> str | None:
    """Return the sentence about what was just done; None for what is no key of ours."""
    key, known = f"{of}.done.{done}", wording.TEXTS.keys()
    return wording.TEXTS.say(key) if key in known else None


def bare_page(
    request: Request, desk: Desk, template: str, *, status: int = 200, **content: object
) -> HTMLResponse:
    """Render a page that needs no session."""
    html = desk.templates.get_template(template).render(at=base_path(request), **content)
    return HTMLResponse(html, status_code=status)


def notice_response(
    request: Request, desk: Desk, notice: Notice, *, status: int = 200, back: str, changed: bool
) -> HTMLResponse:
    """Answer an act: a part for a page of ours, else a small page that leads `back`."""
    if not is_htmx(request):
        title = wording.TEXTS.say("page.notice")
        return bare_page(
            request, desk, "notice.html", status=status, title=title, notice=notice, back=back
        )
    response = bare_page(request, desk, "_notice.html", status=status, notice=notice)
    response.headers["HX-Retarget"] = "#notice"
    response.headers["HX-Reswap"] = "innerHTML"
    if changed:
        # The page fetches its live parts anew, and a form whose act is done forgets its words.
        response.headers["HX-Trigger"] = f"{CHANGED},{DONE}" if notice.good else CHANGED
    return response


def _menu(session: Session, desk: Desk, clerk: Clerk, now: datetime) -> list[queues.QueueCount]:
    counted = queues.counts(session, catalog=desk.catalog, clerk=clerk, now=now)
    return [each for each in counted if each.service not in RINGING or each.open]
