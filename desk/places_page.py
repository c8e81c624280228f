"""名额: the openings of every service that has places; waiting lists; who has had none this year."""

import asyncio
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from booking.errors import MoveNotAllowed, NotPermitted, RequestNotFound
from booking.meals.sheets import MEAL
from booking.models import Opening
from booking.openings import (
    LONGEST_DETAILS,
    LONGEST_PROVIDER,
    MOST_PLACES,
    Listed,
    OpeningRefused,
    Plan,
    close,
    line_of,
    lower,
    openings_of,
    put,
)
from booking.services import CapacityKind, Catalog, Service
from booking.staff_access import Clerk, DeskVisit
from booking.yearly import decide_missed, invite, missed_is_used, not_yet
from desk.acts import Act, Words, clean, perform
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path
from desk.pages import Notice, house_page, notice_response
from desk.uploading import uploaded_file
from desk.wording import TEXTS
from ingestion.loaded import Refused
from ingestion.opening_tables import import_openings, write_empty, write_not_yet
from store.clock import local_date

router = APIRouter(prefix="/places")

LONGEST_REASON = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def services_with_places(catalog: Catalog, clerk: Clerk) -> list[Service]:
    """Return the services whose openings this clerk arranges here; meals have their menu."""
    return [
        each
        for each in catalog.services
        if each.capacity is CapacityKind.PLACES
        and each.id != MEAL
        and clerk.may_work(each.queue_role)
    ]


@router.get("")
def first(request: Request, desk: TheDesk, visit: Visitor) -> Response:
    """Lead to the first service of this clerk's."""
    services = services_with_places(desk.catalog, visit.clerk)
    if not services:
        raise NotPermitted("places")
    return RedirectResponse(f"{base_path(request)}/places/{services[0].id}", 303)


@router.get("/{service_id}")
def openings(request: Request, desk: TheDesk, visit: Visitor, service_id: str) -> HTMLResponse:
    """Show the openings of a service from today on."""
    service = _service(desk, visit, service_id)
    now = desk.clock()
    with desk.database.read() as session:
        listed = openings_of(
            session,
            institution_id=visit.clerk.institution_id,
            service=service,
            first=local_date(now),
        )
        return house_page(
            request,
            desk,
            session,
            visit,
            "places.html",
            title=TEXTS.say("places.title"),
            now=now,
            service=service,
            services=services_with_places(desk.catalog, visit.clerk),
            days=_by_day(listed),
            labels=_labels(service),
            today=local_date(now),
            most=MOST_PLACES,
            longest_provider=LONGEST_PROVIDER,
            longest_details=LONGEST_DETAILS,
        )


@router.post("/{service_id}")
def add(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    service_id: str,
    day: Words = "",
    period: Words = "",
    provider: Words = "",
    places: Words = "",
    details: Words = "",
) -> HTMLResponse:
    """Add an opening, or give a standing one more places."""
    service = _service(desk, visit, service_id)

    def do(act: Act) -> Notice:
        plan = Plan(
            _day(day),
            period,
            _number(places),
            " ".join(clean(provider).split()),
            " ".join(clean(details).split()),
        )
        made = put(act.session, service=service, plan=plan, clerk=act.clerk, now=act.now)
        said = TEXTS.say("places.put", what=_spoken(service, made), places=made.capacity)
        return Notice(said, good=True)

    return _act(request, desk, visit, do, f"/places/{service_id}")


@router.post("/{service_id}/import")
async def bring(request: Request, desk: TheDesk, visit: Visitor, service_id: str) -> Response:
    """Take a filled-in table in: all of it, or nothing and every mistake said."""
    service = _service(desk, visit, service_id)
    back = f"{base_path(request)}/places/{service_id}"
    try:
        async with uploaded_file(request, visit) as file:
            count = await asyncio.to_thread(
                import_openings,
                desk.database,
                file.file,
                service=service,
                clerk=visit.clerk,
                now=desk.clock(),
            )
    except Refused as refused:
        notice = Notice(str(refused), good=False)
        return notice_response(request, desk, notice, status=422, back=back, changed=False)
    notice = Notice(TEXTS.say("places.imported", count=count), good=True)
    return notice_response(request, desk, notice, back=back, changed=True)


@router.get("/{service_id}/empty.xlsx")
def empty(desk: TheDesk, visit: Visitor, service_id: str) -> Response:
    """Give the table to be filled in."""
    service = _service(desk, visit, service_id)
    target = BytesIO()
    write_empty(target, service, local_date(desk.clock()))
    return _file(target, f"{service.name}-{TEXTS.say('places.title')}.xlsx")


@router.get("/{service_id}/year")
def year(request: Request, desk: TheDesk, visit: Visitor, service_id: str) -> HTMLResponse:
    """Show who has not had this year's yet."""
    service = _yearly(desk, visit, service_id)
    now = desk.clock()
    with desk.database.read() as session:
        house = visit.clerk.institution_id
        this_year = local_date(now).year
        return house_page(
            request,
            desk,
            session,
            visit,
            "places_year.html",
            title=TEXTS.say("places.year_title", service=service.name, year=this_year),
            now=now,
            service=service,
            people=not_yet(session, institution_id=house, service=service, year=this_year),
            missed_is_used=missed_is_used(session, institution_id=house, service=service),
        )


@router.get("/{service_id}/year.xlsx")
def year_table(desk: TheDesk, visit: Visitor, service_id: str) -> Response:
    """Give the same list as a table, to telephone by."""
    service = _yearly(desk, visit, service_id)
    this_year = local_date(desk.clock()).year
    with desk.database.read() as session:
        people = not_yet(
            session, institution_id=visit.clerk.institution_id, service=service, year=this_year
        )
    target = BytesIO()
    title = TEXTS.say("places.year_title", service=service.name, year=this_year)
    write_not_yet(target, title, people)
    return _file(target, f"{title}.xlsx")


@router.post("/{service_id}/invite")
def invite_all(request: Request, desk: TheDesk, visit: Acting, service_id: str) -> HTMLResponse:
    """Write once to everyone who has not had this year's."""
    service = _yearly(desk, visit, service_id)

    def do(act: Act) -> Notice:
        this_year = local_date(act.now).year
        done = invite(act.session, service=service, clerk=act.clerk, year=this_year, now=act.now)
        key = "places.invited" if done.told or done.to_call else "places.invited_before"
        return Notice(TEXTS.say(key, told=done.told, to_call=done.to_call), good=True)

    return perform(request, desk, visit, do, back=f"/places/{service_id}/year")


@router.post("/{service_id}/missed")
def missed(
    request: Request, desk: TheDesk, visit: Acting, service_id: str, used: Words = ""
) -> HTMLResponse:
    """Decide whether a missed one is this year's."""
    service = _yearly(desk, visit, service_id)

    def do(act: Act) -> Notice:
        is_used = used == "yes"
        decide_missed(act.session, service=service, clerk=act.clerk, is_used=is_used)
        key = "places.missed_used" if is_used else "places.missed_free"
        return Notice(TEXTS.say(key), good=True)

    return perform(request, desk, visit, do, back=f"/places/{service_id}/year")


@router.get("/{service_id}/{opening_id}")
def opening(
    request: Request, desk: TheDesk, visit: Visitor, service_id: str, opening_id: RowId
) -> HTMLResponse:
    """Show one opening: who waits for it, and how it is lowered or closed."""
    service = _service(desk, visit, service_id)
    now = desk.clock()
    with desk.database.read() as session:
        found = session.get(Opening, opening_id)
        if (
            found is None
            or found.institution_id != visit.clerk.institution_id
            or found.service != service.id
        ):
            raise RequestNotFound(str(opening_id))
        return house_page(
            request,
            desk,
            session,
            visit,
            "place.html",
            title=_spoken(service, found),
            now=now,
            service=service,
            opening=found,
            line=line_of(session, opening_id),
            longest_reason=LONGEST_REASON,
        )


@router.post("/{service_id}/{opening_id}/lower")
def fewer(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    service_id: str,
    opening_id: RowId,
    places: Words = "",
    reason: Words = "",
) -> HTMLResponse:
    """Take places away; whoever loses his is told and waits first."""

    def do(act: Act) -> Notice:
        lost = lower(
            act.session,
            catalog=desk.catalog,
            opening_id=opening_id,
            places=_number(places),
            clerk=act.clerk,
            reason=clean(reason),
            now=act.now,
        )
        return Notice(TEXTS.say("places.lowered", lost=lost), good=True)

    return _act(request, desk, visit, do, f"/places/{service_id}/{opening_id}")


@router.post("/{service_id}/{opening_id}/close")
def shut(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    service_id: str,
    opening_id: RowId,
    reason: Words = "",
) -> HTMLResponse:
    """Take an opening away; everyone who had a place or waited is told."""

    def do(act: Act) -> Notice:
        told = close(
            act.session,
            catalog=desk.catalog,
            opening_id=opening_id,
            clerk=act.clerk,
            reason=clean(reason),
            now=act.now,
        )
        return Notice(TEXTS.say("places.closed", told=told), good=True)

    return _act(request, desk, visit, do, f"/places/{service_id}")


def _act(
    request: Request, desk: Desk, visit: DeskVisit, do: Callable[[Act], Notice], back: str
) -> HTMLResponse:
    """Run one act; what cannot be is said, and nothing of it stays."""
    try:
        return perform(request, desk, visit, do, back=back)
    except OpeningRefused as refused:
        notice = Notice(str(refused), good=False)
    except MoveNotAllowed:
        notice = Notice(TEXTS.say("places.moved"), good=False)
    at = f"{base_path(request)}{back}"
    return notice_response(request, desk, notice, status=422, back=at, changed=False)


def _service(desk: Desk, visit: DeskVisit, service_id: str) -> Service:
    for each in services_with_places(desk.catalog, visit.clerk):
        if each.id == service_id:
            return each
    raise RequestNotFound(service_id)


def _yearly(desk: Desk, visit: DeskVisit, service_id: str) -> Service:
    service = _service(desk, visit, service_id)
    if not service.once_a_year:
        raise RequestNotFound(service_id)
    return service


def _labels(service: Service) -> dict[str, str]:
    return {each.value: each.label for each in service.field(service.period_field).options}


def _spoken(service: Service, opening: Opening) -> str:
    label = _labels(service).get(opening.period, opening.period)
    return f"{opening.day.month}月{opening.day.day}日{label} {opening.provider}".strip()


def _by_day(listed: list[Listed]) -> list[tuple[date, list[Listed]]]:
    days: dict[date, list[Listed]] = {}
    for each in listed:
        days.setdefault(each.opening.day, []).append(each)
    return list(days.items())


def _day(words: str) -> date:
    try:
        return date.fromisoformat(words.strip())
    except ValueError:
        raise OpeningRefused(TEXTS.say("places.no_day")) from None


def _number(words: str) -> int:
    words = words.strip()
    if not (words.isascii() and words.isdigit()):
        raise OpeningRefused(TEXTS.say("places.no_number"))
    return int(words[:6])


def _file(target: BytesIO, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(
        target.getvalue(), media_type=_XLSX, headers={"Content-Disposition": disposition}
    )
