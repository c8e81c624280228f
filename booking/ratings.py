"""Ratings: one to five stars for a completed request, once, by the people it was for."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from booking.errors import MoveNotAllowed, RequestNotFound
from booking.form import TEXTS
from booking.models import EventKind, Rating, Request, RequestStatus
from booking.notices import add_event
from store.identity import Person
from store.statements import insert_into

STARS = range(1, 6)
ASKED_LATELY = timedelta(days=3)


def rate(session: Session, *, actor: Person, request_id: int, stars: int, now: datetime) -> bool:
    """Keep the stars; False when this request was rated before (the first rating stands).

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
    """Return the ids of a person's lately completed requests without stars, newest first."""
    rows = session.execute(
        select(Request.id)
        .outerjoin(Rating, Rating.request_id == Request.id)
        .where(
            or_(Request.beneficiary_id == person.id, Request.requester_id == person.id),
            Request.status == RequestStatus.COMPLETED,
            Request.closed_at > now - ASKED_LATELY,
            Rating.id.is_(None),
        )
        .order_by(Request.closed_at.desc())
    )
    return list(rows.scalars())
