"""出车单: a day's rides by driver, to be printed or sent to him as a link."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from booking.errors import NotPermitted, RequestNotFound, ValueProblem
from booking.rides.assigning import assign
from booking.rides.registry import driver_of_house
from booking.rides.sheet import RIDE, DriverDay, day_sheet
from booking.staff_access import DeskVisit
from booking.work_links import WorkLinkKind, issue, revoke, standing_link
from desk.acts import Words
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path, is_htmx
from desk.pages import Notice, house_page, notice_response
from desk.wording import TEXTS, day
from store.clock import local_date

router = APIRouter()
_Id = Annotated[int, Form(ge=1, le=2**63 - 1)]


@router.get("/rides")
def show(request: Request, desk: TheDesk, visit: Visitor, on: str = "") -> HTMLResponse:
    """Show who drives whom on a day, today where none is chosen."""
    _refuse_others(desk, visit)
    now = desk.clock()
    today = local_date(now)
    when = _day(on) or today
    with desk.database.read() as session:
        house_id = visit.clerk.institution_id
        days = day_sheet(session, desk.catalog.get(RIDE), house_id=house_id, day=when)
        return house_page(
            request,
            desk,
            session,
            visit,
            "rides.html",
            title=TEXTS.say("rides.title", day=day(when)),
            now=now,
            on=when,
            before=when - timedelta(days=1),
            after=when + timedelta(days=1),
            may_issue=when >= today,
            days=[(each, _link(session, desk, request, visit, each, when)) for each in days],
        )


@router.post("/rides/link")
def make_link(
    request: Request, desk: TheDesk, visit: Acting, driver: _Id, on: Words = ""
) -> Response:
    """Make the link of one driver's day; whoever has it sees that day and nothing else."""
    _refuse_others(desk, visit)
    when, now = _day(on), desk.clock()
    if when is None or when < local_date(now):
        return _answer(request, desk, "rides.no_day", good=False)
    with desk.database.begin() as session:
        try:
            driver_of_house(session, driver, house_id=visit.clerk.institution_id)
        except RequestNotFound:
            return _answer(request, desk, "rides.no_driver", good=False)
        issue(
            session,
            institution_id=visit.clerk.institution_id,
            kind=WorkLinkKind.DRIVER_DAY,
            about=str(driver),
            day=when,
            issued_by=visit.clerk.name,
            now=now,
        )
    return _again(request, desk, when, "rides.issued")


@router.post("/rides/link/end")
def end_link(request: Request, desk: TheDesk, visit: Acting, link: _Id, on: Words = "") -> Response:
    """End a link at once: the telephone was lost, or it went to the wrong one."""
    _refuse_others(desk, visit)
    with desk.database.begin() as session:
        revoke(
            session,
            institution_id=visit.clerk.institution_id,
            link_id=link,
            now=desk.clock(),
        )
    return _again(request, desk, _day(on) or local_date(desk.clock()), "rides.revoked")


@router.post("/rides/legs/{leg_id}/assign")
def assign_car(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    leg_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    vehicle: _Id,
    driver: Words = "",
) -> Response:
    """派车: this car and this driver for one way of a ride."""
    driver_id = int(driver) if driver.isascii() and driver.isdigit() and len(driver) < 19 else None
    try:
        with desk.database.begin() as session:
            leg = assign(
                session,
                catalog=desk.catalog,
                clerk=visit.clerk,
                leg_id=leg_id,
                vehicle_id=vehicle,
                driver_id=driver_id,
                now=desk.clock(),
            )
            back = f"{base_path(request)}/requests/{leg.request_id}"
    except ValueProblem as problem:
        notice, back = Notice(problem.problem, good=False), f"{base_path(request)}/rides"
        return notice_response(request, desk, notice, back=back, changed=False)
    notice = Notice(TEXTS.say("rides.assigned"), good=True)
    return notice_response(request, desk, notice, back=back, changed=True)


def _link(
    session: Session, desk: Desk, request: Request, visit: DeskVisit, each: DriverDay, when: date
) -> tuple[int, str] | None:
    if each.driver is None:
        return None
    link = standing_link(
        session,
        institution_id=visit.clerk.institution_id,
        kind=WorkLinkKind.DRIVER_DAY,
        about=str(each.driver.id),
        day=when,
        now=desk.clock(),
    )
    if link is None:
        return None
    return link.id, f"{request.url.scheme}://{request.url.netloc}/round/{link.token}"


def _again(request: Request, desk: Desk, when: date, key: str) -> Response:
    if is_htmx(request):
        target = f"{base_path(request)}/rides?on={when}"
        return Response(status_code=200, headers={"HX-Redirect": target})
    return _answer(request, desk, key, good=True)


def _answer(request: Request, desk: Desk, key: str, *, good: bool) -> Response:
    back = f"{base_path(request)}/rides"
    notice = Notice(TEXTS.say(key), good=good)
    return notice_response(request, desk, notice, back=back, changed=good)


def _refuse_others(desk: Desk, visit: DeskVisit) -> None:
    if not visit.clerk.may_work(desk.catalog.get(RIDE).queue_role):
        raise NotPermitted(RIDE)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        return None
