"""Ratings that look made rather than given. Nothing is changed by it: whoever checks is told."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from booking.evaluation.counting import Span
from booking.evaluation.rules import Watch
from booking.models import Rating, Request

_MOST = 5


@dataclass(frozen=True, slots=True)
class Doubts:
    """What to look at before the stars are believed.

    Attributes:
        burst_at: when many five-star ratings came at once, None where none did.
        burst: how many.
        one_account: for how many people one account gave five stars, 0 where that is usual.
        asked: how many were asked for stars.
        rated: how many of them gave any.
        few_rated: so few that the content alone may have answered.
    """

    burst_at: datetime | None
    burst: int
    one_account: int
    asked: int
    rated: int
    few_rated: bool


def doubts(session: Session, *, institution_id: int, span: Span, watch: Watch) -> Doubts:
    """Look at the ratings of a house over a span."""
    given = _given(institution_id, span)
    best = list(
        session.execute(
            select(Rating.at).where(*given, Rating.stars == _MOST).order_by(Rating.at)
        ).scalars()
    )
    burst_at, burst = _burst(best, watch)
    people = session.execute(
        select(func.count(Request.beneficiary_id.distinct()).label("people"))
        .select_from(Rating)
        .join(Request, Request.id == Rating.request_id)
        .where(*given, Rating.stars == _MOST, Rating.account_id.is_not(None))
        .group_by(Rating.account_id)
        .order_by(func.count(Request.beneficiary_id.distinct()).desc())
        .limit(1)
    ).scalar_one_or_none()
    one_account = int(people or 0)
    asked, rated = session.execute(
        select(func.count(), func.count(Rating.id))
        .select_from(Request)
        .outerjoin(Rating, Rating.request_id == Request.id)
        .where(
            Request.institution_id == institution_id,
            Request.stars_asked_at >= span.since,
            Request.stars_asked_at < span.until,
        )
    ).one()
    return Doubts(
        burst_at=burst_at,
        burst=burst,
        one_account=one_account if one_account >= watch.one_account_people else 0,
        asked=int(asked),
        rated=int(rated),
        few_rated=asked > 0 and rated / asked < watch.least_rated_share,
    )


def _given(institution_id: int, span: Span) -> tuple[ColumnElement[bool], ...]:
    return (
        Rating.institution_id == institution_id,
        Rating.at >= span.since,
        Rating.at < span.until,
    )


def _burst(moments: list[datetime], watch: Watch) -> tuple[datetime | None, int]:
    """Return when the fullest stretch of so many minutes began, if it is full enough."""
    within, most, began = timedelta(minutes=watch.burst_minutes), 0, None
    last: deque[datetime] = deque()
    for moment in moments:
        last.append(moment)
        while moment - last[0] > within:
            last.popleft()
        if len(last) > most:
            most, began = len(last), last[0]
    return (began, most) if most >= watch.burst_ratings else (None, 0)
