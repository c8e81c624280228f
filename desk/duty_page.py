"""值班: shifts, skills, who is away and who stands in, the days of the house, and the rules."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse

from booking.duty import shifts
from booking.duty.rules import RULES
from booking.errors import ValueProblem
from booking.form import TEXTS as BOOKING_TEXTS
from booking.making import within_word
from booking.models import StaffRole
from booking.staff_access import DeskVisit
from booking.working_calendar import calendar_of, unheld_years
from desk.acts import Act, Words, perform
from desk.guard import Acting, Desk, TheDesk, Visitor
from desk.pages import Notice, house_page
from desk.wording import TEXTS
from store.clock import local_date

router = APIRouter()
WEEKDAYS = "一二三四五六日"
_BACK = "/duty"
_LARGEST_ID = 2**63 - 1
RowId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]
Number = Annotated[int, Form(ge=0, le=_LARGEST_ID)]


@router.get("/duty")
def duty(request: Request, desk: TheDesk, visit: Visitor) -> HTMLResponse:
    """Show who is there, who is away, the days of the house, and by what rule work is given."""
    now = desk.clock()
    house = visit.clerk.institution_id
    with desk.database.read() as session:
        calendar = calendar_of(session, house, now=now)
        return house_page(
            request,
            desk,
            session,
            visit,
            "duty.html",
            title=TEXTS.say("duty.title"),
            now=now,
            current="duty",
            colleagues=shifts.colleagues(session, institution_id=house),
            absences=shifts.absences(session, institution_id=house, today=local_date(now)),
            days=shifts.own_days(session, institution_id=house, today=local_date(now)),
            hours=calendar.hours,
            unheld=unheld_years(now),
            weekdays=WEEKDAYS,
            is_head=StaffRole.HEAD in visit.clerk.roles,
            rules=_rules(),
            today=local_date(now),
        )


@router.post("/duty/shifts")
def set_shift(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    person: Number = 0,
    weekday: Annotated[list[int] | None, Form()] = None,
    starts: Words = "",
    ends: Words = "",
) -> HTMLResponse:
    """Write a shift."""

    def write(act: Act) -> None:
        shifts.set_shift(
            act.session,
            clerk=act.clerk,
            person_id=person,
            weekdays=weekday or [],
            starts=starts,
            ends=ends,
            now=act.now,
        )

    return _do(request, desk, visit, write, "shift")


@router.post("/duty/shifts/clear")
def clear_shifts(
    request: Request, desk: TheDesk, visit: Acting, person: Number = 0
) -> HTMLResponse:
    """Take someone's shifts away."""

    def clear(act: Act) -> None:
        shifts.clear_shifts(act.session, clerk=act.clerk, person_id=person, now=act.now)

    return _do(request, desk, visit, clear, "cleared")


@router.post("/duty/skills")
def set_skills(
    request: Request, desk: TheDesk, visit: Acting, person: Number = 0, skills: Words = ""
) -> HTMLResponse:
    """Write down what someone can."""
    named = skills.replace("，", "、").replace(",", "、").split("、")

    def write(act: Act) -> None:
        shifts.set_skills(act.session, clerk=act.clerk, person_id=person, skills=named, now=act.now)

    return _do(request, desk, visit, write, "skills")


@router.post("/duty/absences")
def note_absence(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    person: Number = 0,
    since: Words = "",
    until: Words = "",
    stand_in: Number = 0,
) -> HTMLResponse:
    """Write down that someone is away."""

    def write(act: Act) -> None:
        shifts.note_absence(
            act.session,
            clerk=act.clerk,
            person_id=person,
            since=_day(since, "duty.no_such_days"),
            until=_day(until or since, "duty.no_such_days"),
            stand_in_id=stand_in or None,
            now=act.now,
        )

    return _do(request, desk, visit, write, "away")


@router.post("/duty/absences/{absence_id}/end")
def end_absence(request: Request, desk: TheDesk, visit: Acting, absence_id: RowId) -> HTMLResponse:
    """回来了."""

    def end(act: Act) -> None:
        shifts.end_absence(act.session, clerk=act.clerk, absence_id=absence_id, now=act.now)

    return _do(request, desk, visit, end, "back")


@router.post("/duty/hours")
def set_hours(
    request: Request, desk: TheDesk, visit: Acting, opens: Words = "", closes: Words = ""
) -> HTMLResponse:
    """Set when the house works."""

    def write(act: Act) -> None:
        shifts.set_hours(act.session, clerk=act.clerk, opens=opens, closes=closes, now=act.now)

    return _do(request, desk, visit, write, "hours")


@router.post("/duty/days")
def set_day(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    day: Words = "",
    works: Words = "",
    opens: Words = "",
    closes: Words = "",
    words: Words = "",
) -> HTMLResponse:
    """Write a day that differs from the published calendar."""

    def write(act: Act) -> None:
        shifts.set_day(
            act.session,
            clerk=act.clerk,
            day=_day(day, "duty.no_such_day"),
            works=works == "yes",
            opens=opens,
            closes=closes,
            words=words,
            now=act.now,
        )

    return _do(request, desk, visit, write, "day")


@router.post("/duty/days/drop")
def drop_day(request: Request, desk: TheDesk, visit: Acting, day: Words = "") -> HTMLResponse:
    """Let a day follow the published calendar again."""

    def drop(act: Act) -> None:
        shifts.drop_day(
            act.session, clerk=act.clerk, day=_day(day, "duty.no_such_day"), now=act.now
        )

    return _do(request, desk, visit, drop, "dropped")


def _do(
    request: Request, desk: Desk, visit: DeskVisit, act_on: Callable[[Act], None], done: str
) -> HTMLResponse:
    def run(act: Act) -> Notice:
        try:
            act_on(act)
        except ValueProblem as problem:
            return Notice(problem.problem, good=False)
        return Notice(TEXTS.say(f"duty.done.{done}"), good=True)

    return perform(request, desk, visit, run, back=_BACK)


def _day(words: str, key: str) -> date:
    try:
        return date.fromisoformat(words.strip())
    except ValueError as error:
        raise ValueProblem("day", BOOKING_TEXTS.say(key)) from error


def _rules() -> list[str]:
    """Say the rule of priority in words, from the data that it is made of."""
    rules = RULES.priority
    lines = [
        TEXTS.say("duty.rule_emergency", points=rules.emergency),
        TEXTS.say("duty.rule_door", points=rules.door_check),
    ]
    lines += [
        TEXTS.say("duty.rule_care", flag=flag, points=points) for flag, points in rules.care.items()
    ]
    lines += [
        TEXTS.say("duty.rule_soon", within=within_word(each.within_minutes), points=each.points)
        for each in rules.soon
    ]
    return lines
