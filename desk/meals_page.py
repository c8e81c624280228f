"""食谱: the week's meals, each with its round; tables in and out; what people must not eat."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking import openings
from booking.errors import NotPermitted, RequestNotFound, ValueProblem
from booking.meals.accepting import accept_round
from booking.meals.diets import DietWords, avoided_words, diet_of, remember_diet
from booking.meals.menus import (
    LONGEST_DISHES,
    LONGEST_KITCHEN,
    MenuLine,
    MenuRefused,
    bookings_of,
    closes_words,
    kitchens_of,
    menu_of,
    put_menu,
    save_kitchen,
    spoken_meal,
    week_of,
    yuan,
)
from booking.meals.models import KitchenKind
from booking.meals.sheets import MEAL, Round, kitchen_lines, stops_of
from booking.meals.standing import describe, end_by_staff, go_on_by_staff, house_orders
from booking.meals.statement import statement
from booking.models import Opening, RequestStatus
from booking.staff_access import DeskVisit
from booking.work_links import WorkLink, WorkLinkKind, issue, revoke, standing_link
from desk.acts import Words, clean
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path
from desk.pages import Notice, go_to, house_page, notice_response, said_done
from desk.uploading import uploaded_file
from desk.wording import TEXTS
from ingestion.loaded import Refused
from ingestion.meal_tables import write_round, write_statement
from ingestion.menu_import import import_menu
from ingestion.menu_tables import cents_of, write_form
from store.clock import local_date
from store.identity import Institution, Person, PersonKind

router = APIRouter(prefix="/meals")

LONGEST_REASON = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]


def looking(desk: TheDesk, visit: Visitor) -> DeskVisit:
    """Return the visit of someone who works on meals.

    Raises:
        NotPermitted: it is not his.
    """
    if not visit.clerk.may_work(desk.catalog.get(MEAL).queue_role):
        raise NotPermitted(MEAL)
    return visit


def changing(desk: TheDesk, visit: Acting) -> DeskVisit:
    """Return the visit of someone who works on meals and changes something.

    Raises:
        NotPermitted: it is not his.
    """
    return looking(desk, visit)


Looking = Annotated[DeskVisit, Depends(looking)]
Changing = Annotated[DeskVisit, Depends(changing)]


@dataclass(frozen=True, slots=True)
class MealForm:
    """What was typed about one meal, as it was typed."""

    day: str = ""
    meal: str = ""
    dishes: str = ""
    portions: str = ""
    kitchen: str = ""
    price: str = ""
    subsidy: str = ""
    closes: str = ""

    def line(self) -> MenuLine:
        """Return the meal that is wanted.

        Raises:
            MenuRefused: a day, a number or a sum that is none.
        """
        portions = clean(self.portions)
        if not (portions.isascii() and portions.isdigit()):
            raise MenuRefused("portions", TEXTS.say("meals.no_portions"))
        return MenuLine(
            day=_day(self.day),
            meal=self.meal,
            dishes=" ".join(clean(self.dishes).split()),
            portions=int(portions[:6]),
            kitchen=" ".join(clean(self.kitchen).split()),
            price_cents=_money(self.price, "price"),
            subsidy_cents=_money(self.subsidy, "subsidy") or 0,
            closes=clean(self.closes),
        )


def meal_form(
    day: Words = "",
    meal: Words = "",
    dishes: Words = "",
    portions: Words = "",
    kitchen: Words = "",
    price: Words = "",
    subsidy: Words = "",
    closes: Words = "",
) -> MealForm:
    """Take the form as it was posted."""
    return MealForm(day, meal, dishes, portions, kitchen, price, subsidy, closes)


Typed = Annotated[MealForm, Depends(meal_form)]


@router.get("")
def this_week(request: Request, desk: TheDesk, visit: Looking, done: str = "") -> HTMLResponse:
    """Show the menu of this week."""
    return _week(request, desk, visit, local_date(desk.clock()), done)


@router.get("/week/{day}")
def week(request: Request, desk: TheDesk, visit: Looking, day: str, done: str = "") -> HTMLResponse:
    """Show the menu of the week of a day."""
    try:
        wanted = _day(day)
    except MenuRefused as refused:
        raise RequestNotFound(day) from refused
    return _week(request, desk, visit, wanted, done)


@router.get("/new")
def new(
    request: Request, desk: TheDesk, visit: Looking, day: str = "", meal: str = ""
) -> HTMLResponse:
    """Show an empty form for a meal."""
    return _form_page(request, desk, visit, MealForm(day=day, meal=meal))


@router.post("/new")
def add(request: Request, desk: TheDesk, visit: Changing, typed: Typed) -> Response:
    """Write a new meal, or change the one of that day and kitchen."""
    try:
        line = typed.line()
        with desk.database.begin() as session:
            _put(session, desk, visit, line)
    except MenuRefused as refused:
        return _form_page(request, desk, visit, typed, problem=refused)
    return go_to(request, f"/meals/week/{line.day}", "saved")


@router.post("/import")
async def bring(request: Request, desk: TheDesk, visit: Looking) -> Response:
    """Take a filled-in table in: all of it, or nothing and every mistake said."""
    back = f"{base_path(request)}/meals"
    try:
        async with uploaded_file(request, visit) as file:
            done = await asyncio.to_thread(
                import_menu,
                desk.database,
                file.file,
                catalog=desk.catalog,
                institution_id=visit.clerk.institution_id,
                by=f"staff {visit.clerk.staff_id}",
                permission="staff",
                now=desk.clock(),
            )
    except Refused as refused:
        notice = Notice(str(refused), good=False)
        return notice_response(request, desk, notice, status=422, back=back, changed=False)
    said = TEXTS.say(
        "meals.imported", new=done.new, changed=done.changed, same=done.same, told=done.told
    )
    return notice_response(request, desk, Notice(said, good=True), back=back, changed=True)


@router.get("/empty.xlsx")
def empty(desk: TheDesk, visit: Looking) -> Response:
    """Give next week's empty table."""
    days = week_of(local_date(desk.clock()) + timedelta(days=7))
    target = BytesIO()
    write_form(target, desk.catalog.get(MEAL), days)
    return _xlsx(target, TEXTS.say("meals.empty_file", day=days[0].isoformat()))


@router.get("/statement.xlsx")
def month(desk: TheDesk, visit: Looking, month: str = "") -> Response:
    """Give the month's statement of everyone."""
    match = _MONTH.fullmatch(month)
    if match is None:
        raise RequestNotFound(month)
    year, number = int(match.group(1)), int(match.group(2))
    with desk.database.read() as session:
        house = session.get_one(Institution, visit.clerk.institution_id)
        months = statement(
            session,
            desk.catalog.get(MEAL),
            institution_id=house.id,
            year=year,
            month=number,
        )
    title = TEXTS.say("meals.statement_title", house=house.name, year=year, month=number)
    target = BytesIO()
    write_statement(target, title, months)
    return _xlsx(target, f"{title}.xlsx")


@router.post("/kitchens")
def kitchen(
    request: Request,
    desk: TheDesk,
    visit: Changing,
    name: Words = "",
    kind: Words = "",
    breakfast: Words = "",
    lunch: Words = "",
    dinner: Words = "",
) -> Response:
    """Make a kitchen, or change until when its meals can be ordered."""
    closes = {"breakfast": breakfast, "lunch": lunch, "dinner": dinner}
    kinds = {each.value: each for each in KitchenKind}
    try:
        with desk.database.begin() as session:
            save_kitchen(
                session,
                institution_id=visit.clerk.institution_id,
                name=clean(name),
                kind=kinds.get(kind, KitchenKind.OWN),
                closes={meal: clean(words) for meal, words in closes.items()},
                service=desk.catalog.get(MEAL),
            )
    except MenuRefused as refused:
        return _refused(request, desk, refused.problem, "/meals")
    return go_to(request, "/meals", "kitchen")


@router.get("/people")
def people(request: Request, desk: TheDesk, visit: Looking, done: str = "") -> HTMLResponse:
    """Show what each person eats and must not."""
    now = desk.clock()
    with desk.database.read() as session:
        rows = session.scalars(
            select(Person)
            .where(
                Person.institution_id == visit.clerk.institution_id,
                Person.kind == PersonKind.RETIREE,
                Person.active.is_(True),
            )
            .order_by(Person.id)
        ).all()
        return house_page(
            request,
            desk,
            session,
            visit,
            "diets.html",
            title=TEXTS.say("meals.diets"),
            now=now,
            people=[(each, diet_of(session, each.id)) for each in rows],
            diets=desk.catalog.get(MEAL).field("diet").options,
            done=said_done(done, of="meals"),
        )


@router.post("/people/{person_id}")
def diet(
    request: Request,
    desk: TheDesk,
    visit: Changing,
    person_id: RowId,
    usual: Words = "",
    avoids: Words = "",
) -> Response:
    """Remember what one person eats and must not."""
    try:
        with desk.database.begin() as session:
            person = session.get(Person, person_id)
            if person is None or person.institution_id != visit.clerk.institution_id:
                raise RequestNotFound(str(person_id))
            remember_diet(
                session,
                person=person,
                wanted=DietWords(usual, avoided_words(clean(avoids))),
                service=desk.catalog.get(MEAL),
                by=f"staff {visit.clerk.staff_id}",
                permission="staff",
                now=desk.clock(),
            )
    except ValueProblem as problem:
        return _refused(request, desk, problem.problem, "/meals/people")
    return go_to(request, "/meals/people", "diet")


@router.get("/standing")
def standing(request: Request, desk: TheDesk, visit: Looking, done: str = "") -> HTMLResponse:
    """Show what people have standing, and until when."""
    now, service = desk.clock(), desk.catalog.get(MEAL)
    today = local_date(now)
    with desk.database.read() as session:
        found = house_orders(session, visit.clerk.institution_id, today=today)
        return house_page(
            request,
            desk,
            session,
            visit,
            "standing.html",
            title=TEXTS.say("meals.standing"),
            now=now,
            orders=[(order, person, describe(order, service, today)) for order, person in found],
            done=said_done(done, of="meals"),
        )


@router.post("/standing/{order_id}/end")
def end_standing(request: Request, desk: TheDesk, visit: Changing, order_id: RowId) -> Response:
    """End a standing order for someone, who is told."""
    with desk.database.begin() as session:
        end_by_staff(
            session,
            institution_id=visit.clerk.institution_id,
            order_id=order_id,
            clerk=visit.clerk.name,
            service=desk.catalog.get(MEAL),
            now=desk.clock(),
        )
    return go_to(request, "/meals/standing", "standing_ended")


@router.post("/standing/{order_id}/go-on")
def go_on_standing(request: Request, desk: TheDesk, visit: Changing, order_id: RowId) -> Response:
    """Go on with a paused standing order for someone, who is told."""
    with desk.database.begin() as session:
        go_on_by_staff(
            session,
            institution_id=visit.clerk.institution_id,
            order_id=order_id,
            clerk=visit.clerk.name,
            service=desk.catalog.get(MEAL),
            now=desk.clock(),
        )
    return go_to(request, "/meals/standing", "standing_goes_on")


@router.get("/{opening_id}")
def show(
    request: Request, desk: TheDesk, visit: Looking, opening_id: RowId, done: str = ""
) -> HTMLResponse:
    """Show one meal: its kitchen sheet, its delivery sheet and link, and how to change it."""
    return _meal_page(request, desk, visit, opening_id, done=done)


@router.post("/{opening_id}")
def change(
    request: Request, desk: TheDesk, visit: Changing, opening_id: RowId, typed: Typed
) -> Response:
    """Write other dishes, portions or times; whoever may not eat the new dishes is told."""
    try:
        with desk.database.begin() as session:
            opening = _own(session, visit, opening_id)
            line = typed.line()
            if (line.day, line.meal, line.kitchen) != (
                opening.day,
                opening.period,
                opening.provider,
            ):
                raise MenuRefused("day", TEXTS.say("meals.same_meal"))
            _put(session, desk, visit, line)
    except MenuRefused as refused:
        return _meal_page(request, desk, visit, opening_id, typed=typed, problem=refused)
    return go_to(request, f"/meals/{opening_id}", "saved")


@router.post("/{opening_id}/lower")
def lower(
    request: Request,
    desk: TheDesk,
    visit: Changing,
    opening_id: RowId,
    portions: Words = "",
    reason: Words = "",
) -> Response:
    """Make fewer portions than are booked: who booked last is told."""
    words = clean(portions)
    if not (words.isascii() and words.isdigit()):
        return _refused(request, desk, TEXTS.say("meals.no_portions"), f"/meals/{opening_id}")

    def do(session: Session, opening: Opening) -> int:
        return openings.lower(
            session,
            catalog=desk.catalog,
            opening_id=opening.id,
            places=int(words[:6]),
            clerk=visit.clerk,
            reason=clean(reason)[:LONGEST_REASON] or TEXTS.say("meals.reason_fewer"),
            now=desk.clock(),
        )

    return _with_bookings(request, desk, visit, opening_id, do, f"/meals/{opening_id}")


@router.post("/{opening_id}/remove")
def remove(
    request: Request, desk: TheDesk, visit: Changing, opening_id: RowId, reason: Words = ""
) -> Response:
    """Take a meal off the menu: everyone who booked it is told."""

    def do(session: Session, opening: Opening) -> int:
        return openings.close(
            session,
            catalog=desk.catalog,
            opening_id=opening.id,
            clerk=visit.clerk,
            reason=clean(reason)[:LONGEST_REASON] or TEXTS.say("meals.reason_none"),
            now=desk.clock(),
        )

    return _with_bookings(request, desk, visit, opening_id, do, "/meals")


@router.post("/{opening_id}/accept")
def accept(request: Request, desk: TheDesk, visit: Changing, opening_id: RowId) -> Response:
    """接单 for everything of the round that waits."""
    with desk.database.begin() as session:
        accept_round(
            session,
            catalog=desk.catalog,
            opening=_own(session, visit, opening_id),
            clerk=visit.clerk,
            now=desk.clock(),
        )
    return go_to(request, f"/meals/{opening_id}", "accepted")


@router.post("/{opening_id}/link")
def link(request: Request, desk: TheDesk, visit: Changing, opening_id: RowId) -> Response:
    """Issue the round's link for whoever delivers."""
    with desk.database.begin() as session:
        opening = _own(session, visit, opening_id)
        if opening.day < local_date(desk.clock()):
            raise RequestNotFound(str(opening_id))
        issue(
            session,
            institution_id=opening.institution_id,
            kind=WorkLinkKind.MEAL_ROUND,
            about=_round(opening).about,
            day=opening.day,
            issued_by=visit.clerk.name,
            now=desk.clock(),
        )
    return go_to(request, f"/meals/{opening_id}", "link")


@router.post("/{opening_id}/revoke")
def end_link(request: Request, desk: TheDesk, visit: Changing, opening_id: RowId) -> Response:
    """End the round's link at once."""
    with desk.database.begin() as session:
        opening = _own(session, visit, opening_id)
        standing = _link(session, desk, opening)
        if standing is not None:
            revoke(
                session,
                institution_id=opening.institution_id,
                link_id=standing.id,
                now=desk.clock(),
            )
    return go_to(request, f"/meals/{opening_id}", "revoked")


@router.get("/{opening_id}/round.xlsx")
def round_table(desk: TheDesk, visit: Looking, opening_id: RowId) -> Response:
    """Give both sheets of the round as a table."""
    service = desk.catalog.get(MEAL)
    with desk.database.read() as session:
        opening = _own(session, visit, opening_id)
        stops = stops_of(
            session, service, institution_id=opening.institution_id, round_=_round(opening)
        )
    labels = {option.value: option.label for option in service.field("meal").options}
    title = f"{opening.day} {labels[opening.period]} {opening.provider}".strip()
    target = BytesIO()
    write_round(target, title, stops)
    return _xlsx(target, f"{title}.xlsx")


def _week(request: Request, desk: Desk, visit: DeskVisit, day: date, done: str) -> HTMLResponse:
    now = desk.clock()
    days = week_of(day)
    service = desk.catalog.get(MEAL)
    meals = list(service.periods)
    with desk.database.read() as session:
        house = visit.clerk.institution_id
        found = menu_of(session, institution_id=house, first=days[0], last=days[-1])
        found.sort(key=lambda each: (each.day, meals.index(each.period), each.provider))
        return house_page(
            request,
            desk,
            session,
            visit,
            "meals.html",
            title=TEXTS.say("meals.title"),
            now=now,
            today=local_date(now),
            days=[(each, [row for row in found if row.day == each]) for each in days],
            before=days[0] - timedelta(days=7),
            after=days[0] + timedelta(days=7),
            labels={option.value: option.label for option in service.field("meal").options},
            kitchens=kitchens_of(session, house),
            kinds=[each.value for each in KitchenKind],
            month=f"{local_date(now):%Y-%m}",
            yuan=yuan,
            closes_words=closes_words,
            longest_kitchen=LONGEST_KITCHEN,
            done=said_done(done, of="meals"),
        )


def _form_page(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    form: MealForm,
    problem: MenuRefused | None = None,
) -> HTMLResponse:
    service = desk.catalog.get(MEAL)
    with desk.database.read() as session:
        page = house_page(
            request,
            desk,
            session,
            visit,
            "meal_new.html",
            title=TEXTS.say("meals.new"),
            now=desk.clock(),
            form=form,
            problem=problem.problem if problem else None,
            wrong=problem.field if problem else None,
            options=service.field("meal").options,
            kitchens=kitchens_of(session, visit.clerk.institution_id),
            longest_dishes=LONGEST_DISHES,
            opening=None,
        )
    page.status_code = 422 if problem else 200
    return page


def _meal_page(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    opening_id: int,
    *,
    done: str = "",
    typed: MealForm | None = None,
    problem: MenuRefused | None = None,
) -> HTMLResponse:
    now, service = desk.clock(), desk.catalog.get(MEAL)
    with desk.database.read() as session:
        opening = _own(session, visit, opening_id)
        stops = stops_of(
            session, service, institution_id=opening.institution_id, round_=_round(opening)
        )
        standing = _link(session, desk, opening)
        page = house_page(
            request,
            desk,
            session,
            visit,
            "meal.html",
            title=spoken_meal(service, opening, now),
            now=now,
            today=local_date(now),
            opening=opening,
            form=typed or _as_typed(opening),
            problem=problem.problem if problem else None,
            wrong=problem.field if problem else None,
            options=service.field("meal").options,
            kitchens=kitchens_of(session, opening.institution_id),
            stops=stops,
            cooked=kitchen_lines(stops),
            portions=sum(stop.portions for stop in stops),
            booked=len(bookings_of(session, opening)),
            waiting=sum(stop.status is RequestStatus.SUBMITTED for stop in stops),
            link=_address(request, standing.token) if standing else None,
            longest_dishes=LONGEST_DISHES,
            longest_reason=LONGEST_REASON,
            done=said_done(done, of="meals"),
        )
    page.status_code = 422 if problem else 200
    return page


def _with_bookings(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    opening_id: int,
    do: Callable[[Session, Opening], int],
    back: str,
) -> Response:
    """Run what sends bookings back, and say how many people are told."""
    try:
        with desk.database.begin() as session:
            told = do(session, _own(session, visit, opening_id))
    except openings.OpeningRefused as refused:
        return _refused(request, desk, str(refused), f"/meals/{opening_id}")
    notice = Notice(TEXTS.say("meals.sent_back", count=told), good=True)
    return notice_response(request, desk, notice, back=f"{base_path(request)}{back}", changed=True)


def _put(session: Session, desk: Desk, visit: DeskVisit, line: MenuLine) -> None:
    put_menu(
        session,
        [line],
        catalog=desk.catalog,
        institution_id=visit.clerk.institution_id,
        by=f"staff {visit.clerk.staff_id}",
        permission="staff",
        now=desk.clock(),
    )


def _own(session: Session, visit: DeskVisit, opening_id: int) -> Opening:
    opening = session.get(Opening, opening_id)
    if (
        opening is None
        or opening.institution_id != visit.clerk.institution_id
        or opening.service != MEAL
    ):
        raise RequestNotFound(str(opening_id))
    return opening


def _round(opening: Opening) -> Round:
    return Round(opening.day, opening.period, opening.provider)


def _link(session: Session, desk: Desk, opening: Opening) -> WorkLink | None:
    return standing_link(
        session,
        institution_id=opening.institution_id,
        kind=WorkLinkKind.MEAL_ROUND,
        about=_round(opening).about,
        day=opening.day,
        now=desk.clock(),
    )


def _address(request: Request, token: str) -> str:
    """Return the whole address that a phone opens: beside the desk, not below it."""
    return f"{request.url.scheme}://{request.url.netloc}/round/{token}"


def _as_typed(opening: Opening) -> MealForm:
    return MealForm(
        day=opening.day.isoformat(),
        meal=opening.period,
        dishes=opening.details,
        portions=str(opening.capacity),
        kitchen=opening.provider,
        price="" if opening.price_cents is None else yuan(opening.price_cents),
        subsidy=yuan(opening.subsidy_cents) if opening.subsidy_cents else "",
        closes=closes_words(opening),
    )


def _refused(request: Request, desk: Desk, sentence: str, back: str) -> Response:
    notice = Notice(sentence, good=False)
    return notice_response(
        request, desk, notice, status=422, back=f"{base_path(request)}{back}", changed=False
    )


def _xlsx(target: BytesIO, name: str) -> Response:
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(
        target.getvalue(), media_type=_XLSX, headers={"Content-Disposition": disposition}
    )


def _day(words: str) -> date:
    try:
        return date.fromisoformat(clean(words))
    except ValueError as error:
        raise MenuRefused("day", TEXTS.say("meals.no_day")) from error


def _money(words: str, field: str) -> int | None:
    if not clean(words):
        return None
    cents = cents_of(clean(words))
    if cents is None:
        raise MenuRefused(field, TEXTS.say("meals.no_money"))
    return cents
