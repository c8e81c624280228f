"""Someone gave few stars and wants to be called: a call of the staff, once for each rating."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.calls import ask_for_person
from booking.errors import RequestNotFound
from booking.form import TEXTS
from booking.models import Rating, Request
from booking.services import Catalog
from store.identity import Person


def call_back(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    request_id: int,
    account_id: int,
    now: datetime,
) -> Request:
    """Ask the staff to call whoever gave few stars, because he wants to talk of it.

    Raises:
        RequestNotFound: he gave no stars to such a request.
    """
    found = session.execute(
        select(Request, Rating.stars)
        .join(Rating, Rating.request_id == Request.id)
        .where(Request.id == request_id, Rating.rated_by == actor.id)
    ).first()
    if found is None:
        raise RequestNotFound(str(request_id))
    rated, stars = found
    words = TEXTS.say("stars.call_back", number=rated.number, summary=rated.summary, stars=stars)
    request, _ = ask_for_person(
        session,
        catalog=catalog,
        actor=actor,
        words=words,
        account_id=account_id,
        key=f"stars:{request_id}",
        now=now,
    )
    return request
