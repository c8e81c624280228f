"""Giving places back: at once and to whoever waits for them, or after a while in which to undo."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from booking import capacity, entitlement, waiting
from booking.models import Request
from booking.place_models import KeptPlace
from booking.rides.models import VehicleBlock

# So long a cancelling can be undone with the place still there.
UNDO_FOR = timedelta(minutes=10)


def free(session: Session, request: Request, *, now: datetime) -> None:
    """Give back whatever the request holds; whoever waits for its place gets it."""
    opening_id = request.opening_id
    waiting.leave(session, request.id)
    capacity.give_back(session, request)
    entitlement.free(session, request)
    if opening_id is not None:
        session.flush()
        waiting.hand_on(session, opening_id, now=now)


def keep(session: Session, request: Request, *, now: datetime) -> None:
    """Hold on to what a cancelled request has until it can no longer be undone.

    The year's use is free at once, so that another day can be booked instead. Where someone
    waits for the place, nothing is kept.
    """
    if not _holds(session, request) or waiting.is_awaited(session, request.opening_id):
        free(session, request, now=now)
        return
    entitlement.free(session, request)
    session.add(
        KeptPlace(
            request_id=request.id,
            institution_id=request.institution_id,
            service=request.service,
            until=now + UNDO_FOR,
        )
    )
    session.flush()


def free_kept(
    session: Session,
    *,
    institution_id: int,
    service: str,
    now: datetime,
    opening_id: int | None = None,
) -> int:
    """Free what is only kept in case a cancelling is undone, since someone wants it now."""
    wanted = select(KeptPlace.request_id).where(
        KeptPlace.institution_id == institution_id, KeptPlace.service == service
    )
    if opening_id is not None:
        wanted = wanted.join(Request, Request.id == KeptPlace.request_id).where(
            Request.opening_id == opening_id
        )
    return sum(_free_one(session, each, now) for each in session.execute(wanted).scalars().all())


def free_overdue(session: Session, *, now: datetime) -> int:
    """Free what was kept and can no longer be undone; return how many."""
    over = select(KeptPlace.request_id).where(KeptPlace.until <= now).order_by(KeptPlace.until)
    return sum(_free_one(session, each, now) for each in session.execute(over).scalars().all())


def is_kept(session: Session, request_id: int) -> bool:
    """Tell whether a cancelled request still has its place."""
    return session.get(KeptPlace, request_id) is not None


def take_back(session: Session, request_id: int) -> bool:
    """Claim what is kept, so that nobody frees it; False when it is gone."""
    claimed = session.execute(
        delete(KeptPlace)
        .where(KeptPlace.request_id == request_id)
        .returning(KeptPlace.request_id)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    return claimed is not None


def _free_one(session: Session, request_id: int, now: datetime) -> int:
    if not take_back(session, request_id):
        return 0
    free(session, session.get_one(Request, request_id), now=now)
    return 1


def _holds(session: Session, request: Request) -> bool:
    if request.opening_id is not None:
        return waiting.turn_of(session, request.id) is None
    blocks = select(VehicleBlock.id).where(VehicleBlock.request_id == request.id).limit(1)
    return session.execute(blocks).first() is not None
