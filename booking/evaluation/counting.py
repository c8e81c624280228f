"""What a house did in a month, counted in the database; each count opens to its requests.

Instants are those of Shanghai days. What lies ahead is not counted: a request whose time has not
come yet is neither late nor failed.
"""

import enum
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, or_, select
from sqlalchemy.orm import Session

from booking.evaluation.rules import FigureName, Rules
from booking.evaluation.scoring import Figure, Score, satisfaction, score, share
from booking.models import (
    CancelledBy,
    EventKind,
    Rating,
    Request,
    RequestEvent,
    RequestStatus,
)
from booking.services import FRAUD_REPORT, POLICY, Catalog
from store.clock import SHANGHAI

COMPLAINT = "complaint"
_BY_THE_PEOPLE = (CancelledBy.PERSON, CancelledBy.FAMILY)
_CLOSED_BADLY = (RequestStatus.DECLINED, RequestStatus.MISSED, RequestStatus.CANCELLED)


class Rater(enum.StrEnum):
    """Whose ratings."""

    PERSON = "person"
    FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to the day before `end`, of which those up to `now` have happened."""

    first: date
    end: date
    now: datetime

    @property
    def since(self) -> datetime:
        """The instant at which it begins."""
        return datetime.combine(self.first, time(), SHANGHAI)

    @property
    def until(self) -> datetime:
        """The instant at which it ends, or the present one."""
        return min(datetime.combine(self.end, time(), SHANGHAI), self.now)


def month_of(day: date, now: datetime) -> Span:
    """Return the month in which `day` lies."""
    first = day.replace(day=1)
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Span(first, end, now)


def score_of(
    session: Session, *, institution_id: int, span: Span, catalog: Catalog, rules: Rules
) -> Score:
    """Return the score of a house over a span, with its figures."""
    figures = [
        satisfaction(stars_given(session, institution_id, span, Rater.PERSON), rules),
        *(
            _counted(session, name, institution_id, span, catalog)
            for name in FigureName
            if name is not FigureName.SATISFACTION
        ),
    ]
    return score(figures, rules)


def stars_given(
    session: Session,
    institution_id: int,
    span: Span,
    rater: Rater,
    service: str | None = None,
) -> dict[int, int]:
    """Return stars to how many gave them, of people for themselves or of their families."""
    wanted = (
        select(Rating.stars, func.count())
        .join(Request, Request.id == Rating.request_id)
        .where(
            Rating.institution_id == institution_id,
            Rating.at >= span.since,
            Rating.at < span.until,
            _rated_by(rater),
        )
        .group_by(Rating.stars)
    )
    if service is not None:
        wanted = wanted.where(Request.service == service)
    found = {int(row[0]): int(row[1]) for row in session.execute(wanted)}
    return {stars: found.get(stars, 0) for stars in range(1, 6)}


def requests_behind(
    name: FigureName, institution_id: int, span: Span, catalog: Catalog
) -> Select[Request, bool]:
    """Select the requests that a figure counts, and whether each is as it should be."""
    counts, good = _MEANING[name](span, catalog)
    return select(Request, case((good, True), else_=False)).where(
        Request.institution_id == institution_id, counts
    )


def _counted(
    session: Session, name: FigureName, institution_id: int, span: Span, catalog: Catalog
) -> Figure:
    counts, good = _MEANING[name](span, catalog)
    all_of_them, good_ones = session.execute(
        select(func.count(), func.count().filter(good))
        .select_from(Request)
        .where(Request.institution_id == institution_id, counts)
    ).one()
    return share(name, int(good_ones), int(all_of_them))


def _rated_by(rater: Rater) -> ColumnElement[bool]:
    own = Rating.rated_by == Request.beneficiary_id
    return own if rater is Rater.PERSON else ~own


_Meaning = tuple[ColumnElement[bool], ColumnElement[bool]]


def _on_time(span: Span, catalog: Catalog) -> _Meaning:
    """Of what was to be accepted in the span: what was, before its time."""
    services = [each.id for each in catalog.services if each.id != POLICY]
    called_off = and_(
        Request.status == RequestStatus.CANCELLED,
        Request.cancelled_by.in_(_BY_THE_PEOPLE),
        Request.closed_at <= Request.due_at,
    )
    counts = and_(
        Request.service.in_(services),
        Request.due_at >= span.since,
        Request.due_at < span.until,
        Request.status != RequestStatus.WAITING,
        ~called_off,
    )
    return counts, _happened((EventKind.ACCEPTED, EventKind.DECLINED), Request.due_at)


def _fulfilled(span: Span, catalog: Catalog) -> _Meaning:
    """Of what was booked for a day of the span and is over: what came about."""
    services = [each.id for each in catalog.bookable]
    by_the_house = or_(
        Request.status != RequestStatus.CANCELLED,
        Request.cancelled_by.is_(None),
        Request.cancelled_by.not_in(_BY_THE_PEOPLE),
    )
    over = or_(
        Request.status == RequestStatus.COMPLETED,
        and_(Request.status.in_(_CLOSED_BADLY), by_the_house),
    )
    counts = and_(
        Request.service.in_(services), Request.day >= span.first, Request.day < span.end, over
    )
    return counts, Request.status == RequestStatus.COMPLETED


def _complaints(span: Span, _catalog: Catalog) -> _Meaning:
    """Of complaints whose time to be done has come: what was done by then."""
    due = func.coalesce(Request.fulfil_by, Request.due_at)
    counts = and_(
        Request.service.in_((COMPLAINT, FRAUD_REPORT)), due >= span.since, due < span.until
    )
    return counts, Request.status.in_((RequestStatus.COMPLETED, RequestStatus.DECLINED))


def _questions(span: Span, _catalog: Catalog) -> _Meaning:
    """Of questions that an answer was promised to in the span: what was answered by then."""
    counts = and_(
        Request.service == POLICY, Request.due_at >= span.since, Request.due_at < span.until
    )
    return counts, _happened((EventKind.ANSWERED, EventKind.COMPLETED), Request.due_at)


def _happened(
    kinds: tuple[EventKind, ...], by: SQLColumnExpression[datetime]
) -> ColumnElement[bool]:
    return (
        select(RequestEvent.id)
        .where(
            RequestEvent.request_id == Request.id,
            RequestEvent.kind.in_(kinds),
            RequestEvent.at <= by,
        )
        .exists()
    )


_MEANING = {
    FigureName.ON_TIME: _on_time,
    FigureName.FULFILLED: _fulfilled,
    FigureName.COMPLAINTS: _complaints,
    FigureName.QUESTIONS: _questions,
}
