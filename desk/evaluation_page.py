"""满意度评价: the score of the house, month by month, and what stands behind every figure.

For the head. The ratings behind satisfaction are shown without names and without the hour: a
rating is given to the house, not to be held against whoever gave it.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.evaluation.counting import (
    Rater,
    Span,
    month_of,
    requests_behind,
    score_of,
    stars_given,
)
from booking.evaluation.rules import FigureName, load_rules
from booking.evaluation.scoring import Figure, Score
from booking.evaluation.watching import doubts
from booking.models import Rating
from booking.models import Request as Asked
from booking.staff_access import DeskVisit
from desk.entry_form import head_looking
from desk.guard import Desk, TheDesk
from desk.pages import house_page
from desk.wording import TEXTS
from store.clock import local, local_date

router = APIRouter()

CURRENT = "evaluation"
MONTHS_SHOWN = 6
BEHIND_SHOWN = 500
RULES = load_rules()
_BOM = "\ufeff"

Month = Annotated[str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$")]
Head = Annotated[DeskVisit, Depends(head_looking)]


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month in the list of months."""

    name: str
    title: str
    score: Score


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """The stars of one service."""

    name: str
    counted: int
    mean: float | None


@router.get("/evaluation")
def show(request: Request, desk: TheDesk, visit: Head, month: Month = "") -> HTMLResponse:
    """Show the score of one month, its figures, and how the months before stood."""
    now = desk.clock()
    span = _span(month, now)
    with desk.database.read() as session:
        house = visit.clerk.institution_id
        return house_page(
            request,
            desk,
            session,
            visit,
            "evaluation.html",
            title=TEXTS.say("evaluation.title"),
            now=now,
            current=CURRENT,
            month=_name(span.first),
            month_title=_title(span.first),
            score=_score(session, desk, house, span),
            rules=RULES,
            own=stars_given(session, house, span, Rater.PERSON),
            family=stars_given(session, house, span, Rater.FAMILY),
            services=_services(session, desk, house, span),
            months=_months(session, desk, house, span, now),
            doubts=doubts(session, institution_id=house, span=span, watch=RULES.watch),
        )


@router.get("/evaluation/behind/{figure}")
def behind(
    request: Request, desk: TheDesk, visit: Head, figure: FigureName, month: Month = ""
) -> HTMLResponse:
    """Show the requests, or the ratings, that one figure counts."""
    now = desk.clock()
    span = _span(month, now)
    with desk.database.read() as session:
        return house_page(
            request,
            desk,
            session,
            visit,
            "evaluation_behind.html",
            title=f"{RULES.figure(figure).label} · {_title(span.first)}",
            now=now,
            current=CURRENT,
            month=_name(span.first),
            rule=RULES.figure(figure),
            ledger=_ledger(session, desk, visit.clerk.institution_id, figure, span),
            most=BEHIND_SHOWN,
            is_ratings=figure is FigureName.SATISFACTION,
        )


@router.get("/evaluation/ledger.csv")
def ledger(desk: TheDesk, visit: Head, month: Month = "") -> Response:
    """Hand the month over to whoever assesses it from outside: figures and what is behind."""
    span, house = _span(month, desk.clock()), visit.clerk.institution_id
    text = io.StringIO()
    writer = csv.writer(text)
    with desk.database.read() as session:
        score = _score(session, desk, house, span)
        writer.writerow(TEXTS.say("evaluation.csv_figures").split("|"))
        for figure in score.figures:
            rule = RULES.figure(figure.name)
            writer.writerow([rule.label, rule.weight, figure.counted, *_shown(figure), rule.how])
        writer.writerow([])
        writer.writerow(TEXTS.say("evaluation.csv_ledger").split("|"))
        for figure in score.figures:
            label = RULES.figure(figure.name).label
            for line in _ledger(session, desk, house, figure.name, span, most=None):
                writer.writerow([label, line.day, line.service, line.number or "", line.said])
    name = f"evaluation-{_name(span.first)}.csv"
    return Response(
        # With the mark that lets a spreadsheet program read Chinese.
        (_BOM + text.getvalue()).encode("utf-8"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One request or rating behind a figure; ratings carry no number."""

    day: str
    service: str
    number: str | None
    request_id: int | None
    good: bool
    said: str


def _ledger(
    session: Session,
    desk: Desk,
    house: int,
    figure: FigureName,
    span: Span,
    most: int | None = BEHIND_SHOWN,
) -> list[Line]:
    if figure is FigureName.SATISFACTION:
        return _ratings(session, desk, house, span, most)
    wanted = requests_behind(figure, house, span, desk.catalog).order_by(Asked.due_at, Asked.id)
    return [
        Line(
            day=f"{local(asked.due_at).date() if asked.day is None else asked.day}",
            service=desk.catalog.get(asked.service).name,
            number=asked.number,
            request_id=asked.id,
            good=bool(good),
            said=TEXTS.say("evaluation.good" if good else "evaluation.not_good"),
        )
        for asked, good in session.execute(wanted.limit(most))
    ]


def _ratings(session: Session, desk: Desk, house: int, span: Span, most: int | None) -> list[Line]:
    """Return the ratings by service and stars, so that their order does not tell whose they are."""
    given = stars_given(session, house, span, Rater.PERSON)
    if sum(given.values()) < RULES.least_ratings:
        return []
    wanted = (
        select(Asked.service, Rating.stars)
        .join(Asked, Asked.id == Rating.request_id)
        .where(
            Rating.institution_id == house,
            Rating.at >= span.since,
            Rating.at < span.until,
            Rating.rated_by == Asked.beneficiary_id,
        )
        .order_by(Asked.service, Rating.stars.desc())
        .limit(most)
    )
    return [
        Line(
            day=_title(span.first),
            service=desk.catalog.get(service).name,
            number=None,
            request_id=None,
            good=stars > RULES.pull_stars - 1,
            said=TEXTS.say("request.stars_given", stars=stars),
        )
        for service, stars in session.execute(wanted)
    ]


def _score(session: Session, desk: Desk, house: int, span: Span) -> Score:
    return score_of(session, institution_id=house, span=span, catalog=desk.catalog, rules=RULES)


def _services(session: Session, desk: Desk, house: int, span: Span) -> list[ServiceRow]:
    rows = []
    for service in desk.catalog.services:
        given = stars_given(session, house, span, Rater.PERSON, service.id)
        counted = sum(given.values())
        if counted:
            mean = sum(stars * count for stars, count in given.items()) / counted
            is_shown = counted >= RULES.least_ratings
            rows.append(ServiceRow(service.name, counted, mean if is_shown else None))
    return rows


def _months(session: Session, desk: Desk, house: int, last: Span, now: datetime) -> list[MonthRow]:
    rows, first = [], last.first
    for _ in range(MONTHS_SHOWN):
        span = month_of(first, now)
        rows.append(MonthRow(_name(first), _title(first), _score(session, desk, house, span)))
        first = (first - timedelta(days=1)).replace(day=1)
    return rows


def _shown(figure: Figure) -> list[str]:
    if figure.value is None:
        return ["", "", ""]
    return [f"{each:.1f}" for each in (figure.value, figure.low, figure.high)]


def _span(month: str, now: datetime) -> Span:
    first = date.fromisoformat(f"{month}-01") if month else local_date(now)
    return month_of(min(first, local_date(now)), now)


def _name(first: date) -> str:
    return f"{first:%Y-%m}"


def _title(first: date) -> str:
    return TEXTS.say("evaluation.month", year=first.year, month=first.month)
