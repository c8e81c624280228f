"""Ratings: one to five stars for a completed request, once, by the people it was for."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.errors import MoveNotAllowed, RequestNotFound
from booking.form import TEXTS
from booking.models import EventKind, Rating, Request, RequestStatus
from booking.notices import add_event
from booking.services import Service, StarsAsked
from store.identity import Person
from store.statements import insert_into

STARS = range(1, 6)
ASKED_LATELY = timedelta(days=3)
A_WEEK = timedelta(days=7)
# So few stars, and he is asked whether he wants to be called.
FEW_STARS = 2


def is_time_for_stars(
    session: Session, service: Service, request: Request, *, now: datetime
) -> bool:
    """Tell whether the person may be asked for stars again for a service of this kind."""
    if service.stars_asked is StarsAsked.EACH_TIME:
        return True
    asked = session.execute(
        select(Request.id)
        .where(
            Request.beneficiary_id == request.beneficiary_id,
            Request.service == request.service,
            Request.stars_asked_at > now - A_WEEK,
        )
        .limit(1)
    ).first()
    return asked is None


def rate(
    session: Session,
    *,
    actor: Person,
    request_id: int,
    stars: int,
    now: datetime,
    account_id: int | None = None,
) -> bool:
    """Keep the stars; False when this request was rated before (the first rating stands).

    `account_id` is where they came from, so that many given from one account can be seen.

    Raises:
        RequestNotFound: not one's own. MoveNotAllowed: not completed. ValueError: not 1 to 5.
    """
    if stars not in STARS:
        raise ValueError(f"stars are 1 to 5, not {stars}")
    request = session.get(Request, request_id)
    if request is None or actor.id not in {request.beneficiary_id, request.requester_id}:
        raise RequestNotFound(str(request_id))
    if request.status is not RequestStatus.COMPLETED:
        raise MoveNotAllowed(request.status.value)
    kept = session.execute(
        insert_into(session, Rating)
        .values(
            institution_id=request.institution_id,
            request_id=request.id,
            rated_by=actor.id,
            account_id=account_id,
            stars=stars,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["request_id"])
        .returning(Rating.id)
    ).scalar_one_or_none()
    if kept is None:
        return False
    text = TEXTS.say("history.rated", stars=stars)
    add_event(session, request, EventKind.RATED, now=now, actor_id=actor.id, text=text)
    return True


def unrated(session: Session, person: Person, *, now: datetime) -> list[int]:
    """Return the ids of what a person was lately asked stars for and has not given, newest first."""
    rows = session.execute(
        select(Request.id)
        .outerjoin(Rating, Rating.request_id == Request.id)
        .where(
            or_(Request.beneficiary_id == person.id, Request.requester_id == person.id),
            Request.status == RequestStatus.COMPLETED,
            Request.closed_at > now - ASKED_LATELY,
            Request.stars_asked_at.is_not(None),
            Rating.id.is_(None),
        )
        .order_by(Request.closed_at.desc())
    )
    return list(rows.scalars())
