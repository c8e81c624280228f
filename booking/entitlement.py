"""Once a year per person, counted over all bookings; freed when the booking does not happen."""

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from booking.errors import AlreadyUsed
from booking.models import Request, YearlyUse
from booking.place_models import YearlyRule
from booking.services import Service


def use(session: Session, *, service: Service, request: Request, day: date) -> None:
    """Use this year's entitlement of the beneficiary.

    Source: the notice, 规定军休干部每年健康体检1次.

    Raises:
        AlreadyUsed: this year's is taken; names the request that holds it.
    """
    if service.once_a_year:
        use_year(session, request=request, day=day)


def use_year(session: Session, *, request: Request, day: date | None = None) -> None:
    """Use the year in which a request of a once-a-year service lies.

    Raises:
        AlreadyUsed: that year's is taken; names the request that holds it.
    """
    used_on = day or request.day
    if used_on is None:
        raise ValueError("a request of a once-a-year service has a day")
    try:
        with session.begin_nested():
            session.add(
                YearlyUse(
                    institution_id=request.institution_id,
                    person_id=request.beneficiary_id,
                    service=request.service,
                    year=used_on.year,
                    request_id=request.id,
                )
            )
    except IntegrityError as error:
        used = _use(session, request.service, request.beneficiary_id, used_on.year)
        raise AlreadyUsed(used.number if used else "") from error


def is_used(session: Session, *, request: Request) -> bool:
    """Tell whether the year in which a request lies is used already."""
    return (
        request.day is not None
        and _use(session, request.service, request.beneficiary_id, request.day.year) is not None
    )


def use_of(session: Session, *, service: Service, person_id: int, year: int) -> Request | None:
    """Return the request that holds a year's use, None when it is free."""
    return _use(session, service.id, person_id, year)


def _use(session: Session, service_id: str, person_id: int, year: int) -> Request | None:
    return session.execute(
        select(Request)
        .join(YearlyUse, YearlyUse.request_id == Request.id)
        .where(
            YearlyUse.person_id == person_id,
            YearlyUse.service == service_id,
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


def free_missed(session: Session, request: Request) -> None:
    """Give the year's use back after a missed booking, unless the institution counts it as used."""
    rule = session.get(YearlyRule, (request.institution_id, request.service))
    if rule is None or not rule.missed_is_used:
        free(session, request)
