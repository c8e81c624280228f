"""The page of whoever delivers a round: where to go, what to hand over, what happened there."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from booking.errors import RequestNotFound
from booking.meals.door import Mark, mark
from booking.meals.sheets import MEAL, round_of, stops_of
from booking.services import Catalog
from booking.work_links import WorkLink
from desk.wording import TEXTS
from desk.work_page import Saved, WorkPage
from store.clock import local_date
from store.identity import Institution

_MARKS = {each.value: each for each in Mark}


def _content(
    session: Session, link: WorkLink, catalog: Catalog, now: datetime
) -> Mapping[str, object]:
    service = catalog.get(MEAL)
    round_ = round_of(link.about, link.day)
    stops = stops_of(session, service, institution_id=link.institution_id, round_=round_)
    labels = {option.value: option.label for option in service.field("meal").options}
    house = session.get_one(Institution, link.institution_id)
    return {
        "title": TEXTS.say("round.title", meal=labels.get(round_.meal, ""), kitchen=round_.kitchen),
        "house": house,
        "stops": stops,
        "portions": sum(stop.portions for stop in stops),
        "left": sum(stop.status.value not in {"completed", "missed"} for stop in stops),
        "is_today": local_date(now) == link.day,
    }


def _act(
    session: Session,
    link: WorkLink,
    catalog: Catalog,
    request_id: int,
    verb: str,
    note: str,
    now: datetime,
) -> Saved:
    what = _MARKS.get(verb)
    if what is None:
        raise RequestNotFound(verb)
    marked = mark(
        session,
        catalog=catalog,
        link=link,
        request_id=request_id,
        what=what,
        note=note,
        now=now,
    )
    return Saved(marked.said, marked.status.value)


PAGE = WorkPage("meal_round.html", _content, _act)
