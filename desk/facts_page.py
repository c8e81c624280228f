"""本所信息: short dated facts of the house; any clerk of it writes, changes and ends them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from booking.errors import RequestNotFound
from booking.staff_access import DeskVisit
from desk.acts import Words, clean
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path, is_htmx
from desk.pages import Notice, go_to, house_page, notice_response, said_done
from desk.wording import TEXTS
from ingestion.house_facts import (
    LONGEST_TEXT,
    LONGEST_TITLE,
    FactWords,
    FieldRefused,
    ListedFact,
    add_fact,
    change_fact,
    end_fact,
    list_facts,
    listed_fact,
    possible_owners,
)
from ingestion.loaded import NotThere, Refused
from knowledge.fact_likeness import questions_of
from knowledge.words import LONGEST_QUESTION
from store.clock import local_date

router = APIRouter()

SOON_DAYS = 7
ENDED_SHOWN = 20
# A fact that nobody thought about is looked at again before long.
USUAL_LIFE = timedelta(days=180)
FactId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FactForm:
    """What was typed, as it was typed."""

    title: str = ""
    text: str = ""
    owner: str = ""
    starts_on: str = ""
    ends_on: str = ""

    def words(self) -> FactWords:
        """Return the fact that is wanted.

        Raises:
            FieldRefused: a day that is none or missing.
        """
        ends_on = _day(self.ends_on, "ends_on")
        if ends_on is None:
            raise FieldRefused("ends_on", TEXTS.say("facts.no_end"))
        return FactWords(
            title=clean(self.title),
            text=clean(self.text),
            owner_id=_id(self.owner),
            starts_on=_day(self.starts_on, "starts_on"),
            ends_on=ends_on,
        )


def fact_form(
    title: Words = "",
    text: Words = "",
    owner: Words = "",
    starts_on: Words = "",
    ends_on: Words = "",
) -> FactForm:
    """Take the form as it was posted; whatever is wrong in it is said by `words`."""
    return FactForm(title, text, owner, starts_on, ends_on)


Typed = Annotated[FactForm, Depends(fact_form)]
Mark = Annotated[str, Form()]


@router.get("/facts")
def facts(request: Request, desk: TheDesk, visit: Visitor, done: str = "") -> HTMLResponse:
    """Show the facts of the house, those that end soon first, and where to try a question."""
    now = desk.clock()
    today = local_date(now)
    with desk.database.read() as session:
        found = list_facts(session, institution_id=visit.clerk.institution_id)
        over = [each for each in found if each.is_ended or each.ends_on < today]
        return house_page(
            request,
            desk,
            session,
            visit,
            "facts.html",
            title=TEXTS.say("facts.title"),
            now=now,
            facts=[each for each in found if each not in over],
            over=over[: -ENDED_SHOWN - 1 : -1],
            today=today,
            soon=SOON_DAYS,
            longest_question=LONGEST_QUESTION,
            done=said_done(done, of="facts"),
        )


@router.get("/facts/new")
def new(request: Request, desk: TheDesk, visit: Visitor, like: int = 0) -> HTMLResponse:
    """Show an empty form, or one filled in from an earlier fact."""
    today = local_date(desk.clock())
    form = FactForm(owner=str(visit.clerk.person_id), ends_on=str(today + USUAL_LIFE))
    if 0 < like <= _LARGEST_ID:
        with desk.database.read() as session:
            earlier = _own(session, visit, like)
        form = FactForm(_one_a_line(earlier.title), earlier.text, form.owner, ends_on=form.ends_on)
    return _form_page(request, desk, visit, None, form)


@router.post("/facts/new")
def add(request: Request, desk: TheDesk, visit: Acting, typed: Typed) -> Response:
    """Write a new fact; it answers at once, or from its first day on."""
    now = desk.clock()
    try:
        wanted = typed.words()
        desk.fact_room().embed(wanted)
        with desk.database.begin() as session:
            add_fact(
                session,
                wanted,
                institution_id=visit.clerk.institution_id,
                by=visit.clerk,
                now=now,
            )
    except Refused as error:
        return _not_done(request, desk, visit, None, typed, error)
    return go_to(request, "/facts", "added")


@router.get("/facts/{fact_id}")
def fact(request: Request, desk: TheDesk, visit: Visitor, fact_id: FactId) -> HTMLResponse:
    """Show one fact, to be put right or ended."""
    with desk.database.read() as session:
        found = _own(session, visit, fact_id)
    return _form_page(request, desk, visit, found, _as_typed(found))


@router.post("/facts/{fact_id}")
def change(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    fact_id: FactId,
    typed: Typed,
    mark: Mark = "",
) -> Response:
    """Put a fact right; the words before stay among its versions."""
    now = desk.clock()
    try:
        wanted = typed.words()
        desk.fact_room().embed(wanted)
        with desk.database.begin() as session:
            _own(session, visit, fact_id)
            change_fact(
                session,
                fact_id,
                wanted,
                institution_id=visit.clerk.institution_id,
                mark=mark,
                by=visit.clerk,
                now=now,
            )
    except Refused as error:
        return _not_done(request, desk, visit, fact_id, typed, error)
    return go_to(request, "/facts", "changed")


@router.post("/facts/{fact_id}/end")
def end(request: Request, desk: TheDesk, visit: Acting, fact_id: FactId) -> Response:
    """停用: it stops answering at once."""
    with desk.database.begin() as session:
        _own(session, visit, fact_id)
        end_fact(
            session,
            fact_id,
            institution_id=visit.clerk.institution_id,
            by=visit.clerk,
            now=desk.clock(),
        )
    return go_to(request, "/facts", "ended")


@router.post("/facts/questions/try")
def ask(request: Request, desk: TheDesk, visit: Acting, question: Words = "") -> Response:
    """Say which fact answers a question, as the person would read it."""
    words = clean(question)[:LONGEST_QUESTION]
    back = f"{base_path(request)}/facts"
    if not words:
        notice = Notice(TEXTS.say("facts.no_question"), good=False)
        return notice_response(request, desk, notice, back=back, changed=False)
    tried = desk.fact_room().ask(words, institution_id=visit.clerk.institution_id, now=desk.clock())
    if not is_htmx(request):
        said = tried.text if tried else TEXTS.say("facts.tried_nothing")
        return notice_response(
            request, desk, Notice(said, good=tried is not None), back=back, changed=False
        )
    html = desk.templates.get_template("_tried_fact.html").render(
        at=base_path(request), question=words, tried=tried
    )
    return HTMLResponse(html)


def _form_page(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    found: ListedFact | None,
    form: FactForm,
    problem: Refused | None = None,
) -> HTMLResponse:
    now = desk.clock()
    with desk.database.read() as session:
        page = house_page(
            request,
            desk,
            session,
            visit,
            "fact.html",
            title=questions_of(found.title)[0] if found else TEXTS.say("facts.new"),
            now=now,
            today=local_date(now),
            fact=found,
            form=form,
            problem=str(problem) if problem else None,
            wrong=problem.field if isinstance(problem, FieldRefused) else None,
            owners=possible_owners(session, institution_id=visit.clerk.institution_id),
            longest_title=LONGEST_TITLE,
            longest_text=LONGEST_TEXT,
        )
    page.status_code = 422 if problem else 200
    return page


def _not_done(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    fact_id: int | None,
    typed: FactForm,
    error: Refused,
) -> Response:
    """Say what is wrong; what was typed stays, on a page of ours and without scripts alike."""
    if is_htmx(request):
        back = f"{base_path(request)}/facts"
        return notice_response(
            request, desk, Notice(str(error), good=False), back=back, changed=False
        )
    found = None
    if fact_id is not None:
        with desk.database.read() as session:
            found = _own(session, visit, fact_id)
    return _form_page(request, desk, visit, found, typed, error)


def _own(session: Session, visit: DeskVisit, fact_id: int) -> ListedFact:
    try:
        return listed_fact(session, fact_id, institution_id=visit.clerk.institution_id)
    except NotThere as error:
        raise RequestNotFound(str(fact_id)) from error


def _as_typed(found: ListedFact) -> FactForm:
    return FactForm(
        title=_one_a_line(found.title),
        text=found.text,
        owner=str(found.owner_id) if found.owner else "",
        starts_on=str(found.starts_on or ""),
        ends_on=str(found.ends_on),
    )


def _one_a_line(title: str) -> str:
    return "\n".join(questions_of(title))


def _day(value: str, field: str) -> date | None:
    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError as error:
        raise FieldRefused(field, TEXTS.say("facts.no_such_day")) from error


def _id(value: str) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) < 20
    return int(value) if is_number and int(value) <= _LARGEST_ID else 0
