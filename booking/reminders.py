"""Before a service: the evening before, or on its morning, with what to bring; each once."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.duty.models import SentReminder
from booking.form import TEXTS
from booking.hearing import LIGHT_REMINDER, REMINDER, hearers_of
from booking.models import Opening, Request, RequestStatus
from booking.notices import tell
from booking.people import family_to_tell
from booking.services import Catalog, Service
from store.clock import SHANGHAI, local, local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane
from store.statements import insert_into

EVENING, MORNING = "evening", "morning"
# From when to when such a reminder is given; one that comes too late for that is left out.
_HOURS = {EVENING: (time(18, 0), time(20, 30)), MORNING: (time(7, 0), time(9, 0))}


def due_reminders(
    session: Session, *, catalog: Catalog, now: datetime, limit: int = 500
) -> list[tuple[int, str]]:
    """Return which requests are to be reminded of now, and how."""
    found: list[tuple[int, str]] = []
    for kind, day in _now_given(now):
        services = [each.id for each in catalog.services if _wants(each, kind)]
        sent = select(SentReminder.request_id).where(SentReminder.kind == kind)
        begins = datetime.combine(day, time(), SHANGHAI)
        rows = session.execute(
            select(Request.id)
            .where(
                Request.closed_at.is_(None),
                Request.starts_at >= max(begins, now + timedelta(minutes=30)),
                Request.starts_at < begins + timedelta(days=1),
                Request.status == RequestStatus.ACCEPTED,
                Request.service.in_(services),
                Request.id.not_in(sent),
            )
            .order_by(Request.starts_at)
            .limit(limit)
        ).scalars()
        found += [(request_id, kind) for request_id in rows]
    return found


def remind(
    session: Session, request_id: int, kind: str, *, catalog: Catalog, now: datetime
) -> bool:
    """Remind the person served, and relatives where he has no chat or they asked for it; once."""
    request = session.get(Request, request_id, populate_existing=True)
    if request is None or request.status is not RequestStatus.ACCEPTED:
        return False
    claimed = session.execute(
        insert_into(session, SentReminder)
        .values(request_id=request_id, kind=kind, at=now)
        .on_conflict_do_nothing()
        .returning(SentReminder.request_id)
    ).scalar_one_or_none()
    if claimed is None:
        return False
    person = session.get_one(Person, request.beneficiary_id)
    family = family_to_tell(session, person.id)
    hearers = hearers_of(session, [each.id for each in family], about=person.id)
    has_chat = bool(hearers[person.id].accounts)
    service = catalog.get(request.service)
    bring = _bring(session, service, request)
    for each in (person, *family):
        is_own = each.id == person.id
        if not is_own and has_chat and not hearers[each.id].reminders:
            continue
        text = TEXTS.say(
            f"reminder.{kind}" if is_own else f"reminder.{kind}_family",
            salutation=each.salutation,
            who=person.name,
            summary=request.summary,
            number=request.number,
            bring=bring,
        )
        tell(
            session,
            person=each,
            message=Message(text),
            lane=Lane.REMINDER,
            request=request,
            now=now,
            step=REMINDER if service.reminders.call_if_unseen else LIGHT_REMINDER,
            hearers=hearers,
        )
    return True


def _now_given(now: datetime) -> Iterator[tuple[str, date]]:
    there, today = local(now).time(), local_date(now)
    for kind, day in ((EVENING, today + timedelta(days=1)), (MORNING, today)):
        begins, ends = _HOURS[kind]
        if begins <= there < ends:
            yield kind, day


def _wants(service: Service, kind: str) -> bool:
    rules = service.reminders
    return rules.evening_before if kind == EVENING else rules.morning_of


def _bring(session: Session, service: Service, request: Request) -> str:
    opening = session.get(Opening, request.opening_id) if request.opening_id else None
    said = (service.reminders.bring, opening.details if opening and service.once_a_year else "")
    what = "；".join(part for part in said if part)
    return TEXTS.say("reminder.bring", what=what) if what else ""
