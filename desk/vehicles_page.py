"""车辆和司机: what a house drives with, who is away, and where people usually go."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from booking.day_words import weekdays_word
from booking.errors import NotPermitted, ValueProblem
from booking.rides import registry
from booking.rides.away import Moved, end_time_off, give_cars_to_those_without, take_off
from booking.rides.models import EVERY_DAY, Destination, Driver, Route, Vehicle
from booking.rides.registry import DestinationWords, DriverWords, Hours, VehicleWords
from booking.rides.sheet import RIDE
from booking.staff_access import DeskVisit
from desk.acts import Words, clean
from desk.guard import Acting, Desk, TheDesk, Visitor, base_path, is_htmx
from desk.pages import Notice, go_to, house_page, notice_response, said_done
from desk.wording import TEXTS
from store.clock import SHANGHAI

router = APIRouter()
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
CARS, DRIVERS, PLACES = "cars", "drivers", "places"


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, as it was typed; `words` of each kind say what is wrong in it."""

    name: str
    route: str
    seats: str
    takes_wheelchair: bool
    phone: str
    usual: str
    days: tuple[str, ...]
    from_time: str
    until_time: str
    aliases: str
    address: str
    travel_minutes: str
    waiting_minutes: str
    is_hospital: bool

    def hours(self) -> Hours:
        """Return when it works. Raises ValueProblem."""
        return Hours(
            "".join(self.days),
            _time(self.from_time, "from_time", time(0, 0)),
            _time(self.until_time, "until_time", time(23, 59)),
        )

    def car(self) -> VehicleWords:
        """Return the vehicle that is meant. Raises ValueProblem."""
        route = Route(self.route) if self.route in set(Route) else Route.PERSON
        return VehicleWords(
            name=self.name,
            seats=_number(self.seats, "seats") or 0,
            kind=route,
            takes_wheelchair=self.takes_wheelchair,
            phone=self.phone,
            hours=self.hours(),
        )

    def driver(self) -> DriverWords:
        """Return the driver that is meant. Raises ValueProblem."""
        return DriverWords(self.name, self.phone, _number(self.usual, "usual"), self.hours())

    def place(self) -> DestinationWords:
        """Return the destination that is meant. Raises ValueProblem."""
        return DestinationWords(
            name=self.name,
            aliases=self.aliases,
            address=self.address,
            travel_minutes=_number(self.travel_minutes, "travel_minutes"),
            waiting_minutes=_number(self.waiting_minutes, "waiting_minutes"),
            is_hospital=self.is_hospital,
        )


def typed(
    name: Words = "",
    route: Words = "",
    seats: Words = "",
    takes_wheelchair: Words = "",
    phone: Words = "",
    usual: Words = "",
    days: Annotated[list[str] | None, Form()] = None,
    from_time: Words = "",
    until_time: Words = "",
    aliases: Words = "",
    address: Words = "",
    travel_minutes: Words = "",
    waiting_minutes: Words = "",
    is_hospital: Words = "",
) -> Typed:
    """Take the form as it was posted."""
    return Typed(
        clean(name),
        route,
        seats,
        bool(takes_wheelchair),
        clean(phone),
        usual,
        tuple(days or ()),
        from_time,
        until_time,
        clean(aliases),
        clean(address),
        travel_minutes,
        waiting_minutes,
        bool(is_hospital),
    )


@router.get("/vehicles")
def show(request: Request, desk: TheDesk, visit: Visitor, done: str = "") -> HTMLResponse:
    """Show what the house drives with, and what is missing before anyone can ride."""
    _refuse_others(desk, visit)
    now, house_id = desk.clock(), visit.clerk.institution_id
    with desk.database.read() as session:
        cars = registry.vehicles_of(session, house_id)
        return house_page(
            request,
            desk,
            session,
            visit,
            "vehicles.html",
            title=TEXTS.say("vehicles.title"),
            now=now,
            cars=cars,
            names={car.id: car.name for car in cars},
            drivers=registry.drivers_of(session, house_id),
            places=registry.destinations_of(session, house_id),
            off=registry.time_off_of(session, house_id, now=now),
            days_word=weekdays_word,
            every_day=EVERY_DAY,
            done=said_done(done, of="vehicles"),
        )


@router.get("/vehicles/{kind}/new")
def new(request: Request, desk: TheDesk, visit: Visitor, kind: str) -> HTMLResponse:
    """Show an empty form."""
    return _form(request, desk, visit, kind, None)


@router.get("/vehicles/{kind}/{row_id}")
def one(request: Request, desk: TheDesk, visit: Visitor, kind: str, row_id: RowId) -> HTMLResponse:
    """Show one vehicle, driver or place, to be changed."""
    return _form(request, desk, visit, kind, row_id)


@router.post("/vehicles/{kind}/new")
def add(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    kind: str,
    words: Annotated[Typed, Depends(typed)],
) -> Response:
    """Enter one; rides that wait for a car may get it at once."""
    return _save(request, desk, visit, kind, None, words)


@router.post("/vehicles/{kind}/{row_id}")
def change(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    kind: str,
    row_id: RowId,
    words: Annotated[Typed, Depends(typed)],
) -> Response:
    """Put one right."""
    return _save(request, desk, visit, kind, row_id, words)


@router.post("/vehicles/{kind}/{row_id}/off")
def off(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    kind: str,
    row_id: RowId,
    since: Words = "",
    until: Words = "",
    reason: Words = "",
) -> Response:
    """停用、请假: every ride it had in that time gets another car, or is telephoned about."""
    _refuse_others(desk, visit)
    now = desk.clock()
    try:
        with desk.database.begin() as session:
            moved = take_off(
                session,
                catalog=desk.catalog,
                clerk=visit.clerk,
                who=_worker(session, visit, kind, row_id),
                from_at=_moment(since, "since") or now,
                until_at=_moment(until, "until"),
                reason=clean(reason),
                now=now,
            )
    except ValueProblem as problem:
        return _refused(request, desk, problem)
    return _said(request, desk, moved, "off_done")


@router.post("/vehicles/{kind}/{row_id}/retire")
def retire(request: Request, desk: TheDesk, visit: Acting, kind: str, row_id: RowId) -> Response:
    """不再用: what it had is given to others, and it is given nothing any more."""
    _refuse_others(desk, visit)
    now = desk.clock()
    with desk.database.begin() as session:
        if kind == PLACES:
            house_id = visit.clerk.institution_id
            registry.remove_destination(session, row_id, house_id=house_id)
            return go_to(request, "/vehicles", "removed")
        who = _worker(session, visit, kind, row_id)
        who.active = False
        moved = take_off(
            session,
            catalog=desk.catalog,
            clerk=visit.clerk,
            who=who,
            from_at=now,
            until_at=None,
            reason=TEXTS.say("vehicles.retire_title"),
            now=now,
        )
    return _said(request, desk, moved, "off_done")


@router.post("/vehicles/off/{row_id}/end")
def back(request: Request, desk: TheDesk, visit: Acting, row_id: RowId) -> Response:
    """回来了: it may be given out again, to those first who have no car."""
    _refuse_others(desk, visit)
    now = desk.clock()
    with desk.database.begin() as session:
        moved = end_time_off(
            session, catalog=desk.catalog, clerk=visit.clerk, time_off_id=row_id, now=now
        )
    return _said(request, desk, moved, "back_done")


def _save(
    request: Request, desk: Desk, visit: DeskVisit, kind: str, row_id: int | None, words: Typed
) -> Response:
    _refuse_others(desk, visit)
    house_id = visit.clerk.institution_id
    try:
        with desk.database.begin() as session:
            if kind == CARS:
                registry.save_vehicle(session, words.car(), house_id=house_id, vehicle_id=row_id)
            elif kind == DRIVERS:
                registry.save_driver(session, words.driver(), house_id=house_id, driver_id=row_id)
            else:
                registry.save_destination(
                    session, words.place(), house_id=house_id, destination_id=row_id
                )
            give_cars_to_those_without(
                session, catalog=desk.catalog, house_id=house_id, now=desk.clock()
            )
    except ValueProblem as problem:
        return _refused(request, desk, problem)
    return go_to(request, "/vehicles", "saved")


def _form(
    request: Request, desk: Desk, visit: DeskVisit, kind: str, row_id: int | None
) -> HTMLResponse:
    _refuse_others(desk, visit)
    house_id = visit.clerk.institution_id
    if kind not in {CARS, DRIVERS, PLACES}:
        kind = CARS
    with desk.database.read() as session:
        row = _row(session, visit, kind, row_id) if row_id else None
        title = row.name if row else TEXTS.say(f"vehicles.new_{kind.removesuffix('s')}")
        return house_page(
            request,
            desk,
            session,
            visit,
            "vehicle_entry.html",
            title=title,
            now=desk.clock(),
            kind=kind,
            row=row,
            cars=registry.vehicles_of(session, house_id),
            routes=[Route.OWN, Route.PARTNER, Route.HAILING],
            weekdays="一二三四五六日",
        )


def _row(
    session: Session, visit: DeskVisit, kind: str, row_id: int
) -> Vehicle | Driver | Destination:
    if kind == PLACES:
        house_id = visit.clerk.institution_id
        return registry.destination_of_house(session, row_id, house_id=house_id)
    return _worker(session, visit, kind, row_id)


def _worker(session: Session, visit: DeskVisit, kind: str, row_id: int) -> Vehicle | Driver:
    house_id = visit.clerk.institution_id
    if kind == DRIVERS:
        return registry.driver_of_house(session, row_id, house_id=house_id)
    return registry.vehicle_of_house(session, row_id, house_id=house_id)


def _refuse_others(desk: Desk, visit: DeskVisit) -> None:
    """Let only those through who work the rides, and the head."""
    if not visit.clerk.may_work(desk.catalog.get(RIDE).queue_role):
        raise NotPermitted(RIDE)


def _said(request: Request, desk: Desk, moved: Moved, key: str) -> Response:
    left = len(moved.without_car)
    said = TEXTS.say(
        f"vehicles.{key}_left" if left else f"vehicles.{key}",
        moved=moved.moved,
        left=left,
        numbers="、".join(moved.without_car),
    )
    back_to = f"{base_path(request)}/vehicles"
    return notice_response(request, desk, Notice(said, good=not left), back=back_to, changed=True)


def _refused(request: Request, desk: Desk, problem: ValueProblem) -> Response:
    back_to = f"{base_path(request)}/vehicles"
    status = 200 if is_htmx(request) else 422
    notice = Notice(problem.problem, good=False)
    return notice_response(request, desk, notice, status=status, back=back_to, changed=False)


def _number(said: str, field: str) -> int | None:
    said = said.strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise ValueProblem(field, TEXTS.say("vehicles.no_number"))
    return int(said)


def _time(said: str, field: str, usual: time) -> time:
    if not said.strip():
        return usual
    try:
        return time.fromisoformat(said.strip())
    except ValueError as error:
        raise ValueProblem(field, TEXTS.say("vehicles.no_time")) from error


def _moment(said: str, field: str) -> datetime | None:
    if not said.strip():
        return None
    try:
        return datetime.fromisoformat(said.strip()).replace(tzinfo=SHANGHAI)
    except ValueError as error:
        raise ValueProblem(field, TEXTS.say("vehicles.no_moment")) from error
