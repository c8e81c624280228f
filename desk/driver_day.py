"""The page of a driver's day: whom to fetch, where to, and what he says of each leg."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from booking.errors import RequestNotFound
from booking.rides.driving import report
from booking.rides.models import Driver, LegStep
from booking.rides.sheet import RIDE, stops_of_driver
from booking.services import Catalog
from booking.work_links import WorkLink
from desk.wording import TEXTS
from desk.work_page import Saved, WorkPage
from store.clock import local_date
from store.identity import Institution

VERBS = {
    "set-out": LegStep.SET_OUT,
    "picked-up": LegStep.PICKED_UP,
    "arrived": LegStep.ARRIVED,
    "not-met": LegStep.NOT_MET,
}
# How a leg looks on the page: done, gone wrong, under way.
STATES = {
    LegStep.PLANNED: "submitted",
    LegStep.SET_OUT: "in_progress",
    LegStep.PICKED_UP: "in_progress",
    LegStep.ARRIVED: "completed",
    LegStep.NOT_MET: "missed",
    LegStep.CALLED_OFF: "missed",
}
_OVER = {LegStep.ARRIVED, LegStep.NOT_MET, LegStep.CALLED_OFF}


def _content(
    session: Session, link: WorkLink, catalog: Catalog, now: datetime
) -> Mapping[str, object]:
    driver = session.get_one(Driver, int(link.about))
    stops = stops_of_driver(
        session,
        catalog.get(RIDE),
        house_id=link.institution_id,
        driver_id=driver.id,
        day=link.day,
    )
    return {
        "title": TEXTS.say("drive.title", driver=driver.name),
        "house": session.get_one(Institution, link.institution_id),
        "stops": stops,
        "states": STATES,
        "left": sum(stop.step not in _OVER for stop in stops),
        "is_today": local_date(now) == link.day,
        "verbs": tuple(VERBS),
    }


def _act(
    session: Session,
    link: WorkLink,
    catalog: Catalog,
    leg_id: int,
    verb: str,
    _note: str,
    now: datetime,
) -> Saved:
    step = VERBS.get(verb)
    if step is None:
        raise RequestNotFound(verb)
    reported = report(
        session, catalog=catalog, driver_id=int(link.about), leg_id=leg_id, step=step, now=now
    )
    return Saved(reported.said, STATES[reported.step])


PAGE = WorkPage("driver_day.html", _content, _act)
