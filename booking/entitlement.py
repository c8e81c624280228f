"""Once a year per person, counted over all bookings; freed when the booking does not happen."""

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.errors import AlreadyUsed
from booking.models import Request, YearlyUse
from booking.services import Service


def use(session: Session, *, service: Service, request: Request, day: date) -> None:
    """Use this year's entitlement of the beneficiary.

    Source: the notice, 规定军休干部每年健康体检1次.

    Raises:
        AlreadyUsed: this year's is taken; names the request that holds it.
    """
    if not service.once_a_year:
        return
    try:
        with session.begin_nested():
            session.add(
                YearlyUse(
                    institution_id=request.institution_id,
                    person_id=request.beneficiary_id,
                    service=service.id,
                    year=day.year,
                    request_id=request.id,
                )
            )
    except IntegrityError as error:
        raise AlreadyUsed(
            holder(session, service=service, person_id=request.beneficiary_id, year=day.year) or ""
        ) from error


def use_of(session: Session, *, service: Service, person_id: int, year: int) -> Request | None:
    """Return the request that holds a year's use, None when it is free."""
    return session.execute(
        select(Request)
        .join(YearlyUse, YearlyUse.request_id == Request.id)
        .where(
            YearlyUse.person_id == person_id,
            YearlyUse.service == service.id,
            YearlyUse.year == year,
        )
    ).scalar_one_or_none()


def holder(session: Session, *, service: Service, person_id: int, year: int) -> str | None:
    """Return the number of the request that holds the year's use, None when it is free."""
    request = use_of(session, service=service, person_id=person_id, year=year)
    return request.number if request else None


def free(session: Session, request: Request) -> None:
    """Give the year's use back: the booking was cancelled or declined."""
    session.execute(delete(YearlyUse).where(YearlyUse.request_id == request.id))
