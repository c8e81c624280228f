"""What the staff and the drivers read: the legs of a ride."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.rides import dispatch
from booking.rides.dispatch import TEXTS
from booking.rides.models import LegStep, Route


@dataclass(frozen=True, slots=True)
class LegView:
    """One way of a ride as staff see it: when, by which car, how far it has come."""

    id: int
    way: str
    starts_at: datetime
    arrives_at: datetime
    car: str
    route: Route
    why: str | None
    step: LegStep
    vehicle_id: int | None
    driver_id: int | None


def legs_for_staff(session: Session, request_id: int) -> tuple[LegView, ...]:
    """Return the legs of a request, none where it is no ride."""
    return tuple(
        LegView(
            id=leg.id,
            way=TEXTS.say(f"leg.{leg.direction.value}"),
            starts_at=leg.starts_at,
            arrives_at=leg.arrives_at,
            car=dispatch.car_words(session, leg),
            route=leg.route,
            why=leg.why,
            step=leg.step,
            vehicle_id=leg.vehicle_id,
            driver_id=leg.driver_id,
        )
        for leg in dispatch.legs_of(session, request_id)
    )
