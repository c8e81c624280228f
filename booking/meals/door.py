"""The door: what whoever delivers marks for each stop of a round, through the round's link.

Every mark may come twice or late, because stairwells have no signal: what stands already is
said again and nothing is doubled. A door that stays shut in front of someone who lives alone or
cannot help himself opens a request to telephone and then to visit, in the same unit of work.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.day_words import plain_day_word
from booking.errors import RequestNotFound
from booking.making import find_by_key, new_request
from booking.meals.sheets import MEAL, ON_THE_SHEET, round_of
from booking.meals.words import TEXTS
from booking.models import EventKind, Opening, Request, RequestStatus
from booking.notices import add_event, tell, tell_step
from booking.people import family_to_tell
from booking.ratings import is_time_for_stars
from booking.requests import OPEN, move
from booking.services import DOOR_CHECK, Catalog
from booking.work_links import WorkLink, WorkLinkKind
from store.clock import local_date
from store.identity import CareFlag, Person
from store.messages import Message
from store.outbox import Lane

LONGEST_NOTE = 60
_WATCHED = {CareFlag.ALONE.value, CareFlag.DISABLED.value}


class Mark(enum.StrEnum):
    """What happened at a door."""

    DELIVERED = "delivered"
    NO_ANSWER = "no-answer"
    NOT_DELIVERED = "not-delivered"


@dataclass(frozen=True, slots=True)
class Marked:
    """What was saved: the sentence for whoever delivers, and where the request stands now."""

    said: str
    status: RequestStatus


def mark(
    session: Session,
    *,
    catalog: Catalog,
    link: WorkLink,
    request_id: int,
    what: Mark,
    note: str = "",
    now: datetime,
) -> Marked:
    """Write down what happened at one door of the link's round.

    Raises:
        RequestNotFound: no stop of this round.
    """
    request = _stop(session, link, request_id)
    if local_date(now) < link.day:
        day = plain_day_word(link.day, local_date(now))
        return Marked(TEXTS.say("door.not_today", day=day), request.status)
    if request.status not in ON_THE_SHEET:
        return Marked(TEXTS.say("door.closed"), request.status)
    by = TEXTS.say("door.by", who=link.issued_by)
    match what:
        case Mark.DELIVERED:
            said = _deliver(session, catalog, request, by, now)
        case Mark.NO_ANSWER:
            said = _no_answer(session, catalog, request, by, now)
        case Mark.NOT_DELIVERED:
            said = _not_delivered(session, request, by, " ".join(note.split()), now)
    return Marked(said, request.status)


def checks_of(session: Session, request_id: int) -> list[Request]:
    """Return the visits that a door which stayed shut has led to."""
    return list(
        session.execute(
            select(Request).where(Request.follows_id == request_id, Request.service == DOOR_CHECK)
        ).scalars()
    )


def _stop(session: Session, link: WorkLink, request_id: int) -> Request:
    request = session.get(Request, request_id, populate_existing=True)
    if (
        link.kind is not WorkLinkKind.MEAL_ROUND
        or request is None
        or request.institution_id != link.institution_id
        or request.service != MEAL
    ):
        raise RequestNotFound(str(request_id))
    if request.status not in ON_THE_SHEET and request.day == link.day:
        # It held a place of this round until it was called off.
        return request
    opening = session.get(Opening, request.opening_id) if request.opening_id else None
    round_ = round_of(link.about, link.day)
    if opening is None or (opening.day, opening.period, opening.provider) != (
        round_.day,
        round_.meal,
        round_.kitchen,
    ):
        raise RequestNotFound(str(request_id))
    return request


def _deliver(session: Session, catalog: Catalog, request: Request, by: str, now: datetime) -> str:
    if request.status is RequestStatus.COMPLETED:
        return TEXTS.say("door.delivered")
    was_missed = request.status is RequestStatus.MISSED
    _take_over(session, request, now)
    move(session, request, RequestStatus.COMPLETED, now=now)
    request.closed_at, request.reason = now, None
    add_event(session, request, EventKind.COMPLETED, now=now, text=by)
    asks = is_time_for_stars(session, catalog.get(MEAL), request, now=now)
    tell_step(session, request, "completed" if asks else "done", now=now)
    if was_missed:
        for check in checks_of(session, request.id):
            if check.status in OPEN:
                later = TEXTS.say("door.later_delivered")
                add_event(session, check, EventKind.AGAIN, now=now, text=later)
    return TEXTS.say("door.delivered")


def _no_answer(session: Session, catalog: Catalog, request: Request, by: str, now: datetime) -> str:
    if request.status is RequestStatus.COMPLETED:
        return TEXTS.say("door.already_delivered")
    person = session.get_one(Person, request.beneficiary_id)
    is_watched = bool(_WATCHED & set(person.care_flags or ()))
    if request.status is not RequestStatus.MISSED:
        _miss(session, request, TEXTS.say("door.reason_no_answer"), by, now)
    if is_watched:
        _ask_to_look(session, catalog, request, person, now)
    return TEXTS.say("door.no_answer_urgent" if is_watched else "door.no_answer")


def _not_delivered(session: Session, request: Request, by: str, note: str, now: datetime) -> str:
    if request.status is RequestStatus.COMPLETED:
        return TEXTS.say("door.already_delivered")
    if request.status is not RequestStatus.MISSED:
        note = note[:LONGEST_NOTE]
        key = "door.reason_not_delivered_note" if note else "door.reason_not_delivered"
        _miss(session, request, TEXTS.say(key, note=note), by, now)
    return TEXTS.say("door.not_delivered")


def _miss(session: Session, request: Request, reason: str, by: str, now: datetime) -> None:
    _take_over(session, request, now)
    move(session, request, RequestStatus.MISSED, now=now)
    request.closed_at, request.reason = now, reason
    words = f"{reason}（{by}）"
    add_event(session, request, EventKind.MISSED, now=now, text=words)
    tell_step(session, request, "missed", now=now, reason=reason)


def _take_over(session: Session, request: Request, now: datetime) -> None:
    """A meal that nobody had accepted and that stands at the door was accepted by being cooked."""
    if request.status is RequestStatus.SUBMITTED:
        move(session, request, RequestStatus.ACCEPTED, now=now)
        add_event(session, request, EventKind.ACCEPTED, now=now, text=TEXTS.say("door.by_link"))


def _ask_to_look(
    session: Session, catalog: Catalog, request: Request, person: Person, now: datetime
) -> None:
    """Open the request to telephone and visit, once for each meal; relatives are told at once."""
    service = catalog.get(DOOR_CHECK)
    key = f"door:{request.id}"
    if find_by_key(session, key) is not None:
        return
    labels = {each.value: each.label for each in catalog.get(MEAL).field("meal").options}
    meal = labels.get(str(request.values.get("meal")), "")
    words = TEXTS.say("door.check_words", meal=meal)
    check = new_request(
        session,
        service=service,
        actor=person,
        beneficiary=person,
        permission=TEXTS.say("door.check_permission"),
        values={"words": words, "meal": request.number},
        words=words,
        due_at=now + timedelta(minutes=service.accept_within_minutes),
        starts=None,
        account_id=None,
        key=key,
        now=now,
        made_because=TEXTS.say("door.check_made"),
    )
    check.follows_id = request.id
    check.fulfil_by = now + timedelta(minutes=service.fulfil_within_minutes or 30)
    _tell_at_once(session, check, person, now)


def _tell_at_once(session: Session, check: Request, person: Person, now: datetime) -> None:
    told = [(person, "door.check_person")]
    told += [(each, "door.check_family") for each in family_to_tell(session, person.id)]
    for who, key in told:
        text = TEXTS.say(key, salutation=who.salutation, who=person.name, number=check.number)
        tell(
            session,
            person=who,
            message=Message(text),
            lane=Lane.EMERGENCY,
            request=check,
            now=now,
        )
