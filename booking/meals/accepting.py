"""Taking a whole round at once: sixty lunches that come every day are not sixty presses."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking import requests
from booking.errors import AlreadyTaken, MoveNotAllowed
from booking.meals.menus import bookings_of
from booking.models import Opening, RequestStatus
from booking.services import Catalog
from booking.staff_access import Clerk


def accept_round(
    session: Session, *, catalog: Catalog, opening: Opening, clerk: Clerk, now: datetime
) -> int:
    """Accept everything of a meal that nobody has accepted yet; everyone is told. How many.

    Raises:
        NotPermitted: not this clerk's queue.
    """
    accepted = 0
    for request in reversed(bookings_of(session, opening)):
        if request.status is not RequestStatus.SUBMITTED:
            continue
        try:
            with session.begin_nested():
                requests.accept(
                    session, catalog=catalog, request_id=request.id, clerk=clerk, now=now
                )
        except (AlreadyTaken, MoveNotAllowed):
            # A colleague, or the person himself, was faster.
            continue
        accepted += 1
    return accepted
