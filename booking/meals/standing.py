"""Standing orders: a meal on certain weekdays until it is ended, paused while he is away, skipped
or changed for one day. A round makes each day's request in time, exactly once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, defer

from booking import capacity, requests
from booking.calls import ask_for_person
from booking.day_words import day_word, plain_day_word
from booking.errors import AlreadyUsed, NoPlaceLeft, NotPermitted, RequestNotFound, ValueProblem
from booking.form import Around, Values, closing_of, is_open, places_wanted
from booking.freeing import free
from booking.making import find_by_key
from booking.meals.diets import warn_of_dishes
from booking.meals.models import (
    EVERY_DAY,
    WEEKDAYS,
    DayState,
    StandingDay,
    StandingOrder,
)
from booking.meals.sheets import MEAL
from booking.meals.words import TEXTS
from booking.models import CancelledBy, EventKind, LinkScope, Opening, Request, RequestStatus
from booking.notices import add_event, reachable_accounts
from booking.people import permission_for
from booking.requests import OPEN, Submission
from booking.services import Catalog, Service
from booking.working_calendar import calendar_of
from store import outbox
from store.clock import local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane
from store.statements import insert_into

# Requests are made for today and so many days after it.
DAYS_AHEAD = 2
# So long before a meal closes its menu should stand; without one, someone has to see to it.
MENU_BY = timedelta(hours=3)
_WEEKDAY_WORDS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """What was confirmed: who wants which meal for whom, on which days, from when to when."""

    requester: Person
    person: Person
    meal: str
    weekdays: int
    values: Values
    from_day: date
    until_day: date | None
    account_id: int | None
    key: str


def start_order(
    session: Session, wanted: WantedOrder, *, service: Service, now: datetime
) -> StandingOrder:
    """Make a standing order; the same key again returns the one made the first time.

    Raises:
        NotPermitted: no leave to book for him.
        ValueProblem: the days cannot be, or such an order stands already.
    """
    known = session.execute(
        select(StandingOrder).where(StandingOrder.idempotency_key == wanted.key)
    ).scalar_one_or_none()
    if known is not None:
        return known
    permission_for(session, actor=wanted.requester, beneficiary=wanted.person, scope=LinkScope.BOOK)
    check_wanted(session, wanted, service=service, today=local_date(now))
    order = StandingOrder(
        institution_id=wanted.person.institution_id,
        person_id=wanted.person.id,
        requester_id=wanted.requester.id,
        account_id=wanted.account_id,
        meal=wanted.meal,
        weekdays=wanted.weekdays,
        values=dict(wanted.values),
        from_day=wanted.from_day,
        until_day=wanted.until_day,
        created_at=now,
        idempotency_key=wanted.key,
    )
    session.add(order)
    session.flush()
    return order


def check_wanted(session: Session, wanted: WantedOrder, *, service: Service, today: date) -> None:
    """Check an order before it is made, as for the card.

    Raises:
        ValueProblem: names from, until or weekdays.
    """
    if wanted.from_day < today:
        day = plain_day_word(wanted.from_day, today)
        raise ValueProblem("from", TEXTS.say("standing.past", day=day))
    last = wanted.until_day or wanted.from_day + timedelta(days=6)
    span = range(min((last - wanted.from_day).days, 6) + 1)
    days = (wanted.from_day + timedelta(days=ahead) for ahead in span)
    if not any(_wants(wanted.weekdays, day) for day in days):
        raise ValueProblem("weekdays", TEXTS.say("standing.no_days"))
    for order in orders_of(session, [wanted.person.id], today=today):
        overlaps = (order.until_day or wanted.from_day) >= wanted.from_day and (
            wanted.until_day or order.from_day
        ) >= order.from_day
        if order.meal == wanted.meal and order.weekdays & wanted.weekdays and overlaps:
            raise ValueProblem(
                "meal",
                TEXTS.say(
                    "standing.too_many",
                    name=wanted.person.name,
                    summary=describe(order, service, today),
                ),
            )


def orders_of(session: Session, person_ids: Iterable[int], *, today: date) -> list[StandingOrder]:
    """Return the standing orders of some people that are not over."""
    return list(
        session.execute(
            select(StandingOrder)
            .where(
                StandingOrder.person_id.in_(list(person_ids)),
                StandingOrder.ended_at.is_(None),
                or_(StandingOrder.until_day.is_(None), StandingOrder.until_day >= today),
            )
            .order_by(StandingOrder.id)
        ).scalars()
    )


def order_for(session: Session, *, actor: Person, order_id: int, scope: LinkScope) -> StandingOrder:
    """Return an order that `actor` may act on.

    Raises:
        RequestNotFound: there is none, or it is not his to see. NotPermitted.
    """
    order = session.get(StandingOrder, order_id)
    if order is None or order.institution_id != actor.institution_id:
        raise RequestNotFound(str(order_id))
    person = session.get_one(Person, order.person_id)
    permission_for(session, actor=actor, beneficiary=person, scope=scope)
    return order


def pause_order(
    session: Session,
    *,
    actor: Person,
    order: StandingOrder,
    from_day: date,
    until_day: date | None,
    service: Service,
    now: datetime,
) -> list[Request]:
    """Stop an order for some days, or until he is back; what was made for them is cancelled.

    Returns what it was too late to cancel, because the kitchen has begun.
    """
    order.paused_from, order.paused_until = from_day, until_day
    session.flush()
    made = [
        each
        for each in _made(session, order, from_day)
        if until_day is None or (each.day is not None and each.day <= until_day)
    ]
    return _call_off(session, actor, made, service, now)


def resume_order(session: Session, order: StandingOrder, *, from_day: date) -> None:
    """Go on with a stopped order from a day on; days before it stay without.

    Single days that were left out are had again, too.
    """
    session.execute(
        delete(StandingDay)
        .where(
            StandingDay.order_id == order.id,
            StandingDay.state == DayState.SKIPPED,
            StandingDay.day >= from_day,
        )
        .execution_options(synchronize_session=False)
    )
    if order.paused_from is not None:
        last = from_day - timedelta(days=1)
        if last < order.paused_from:
            order.paused_from = order.paused_until = None
        else:
            order.paused_until = last
    session.flush()


def is_stopped(session: Session, order: StandingOrder, day: date) -> bool:
    """Tell whether an order is paused, or leaves out a day from `day` on."""
    if order.paused_from is not None and (order.paused_until or day) >= day:
        return True
    left_out = select(StandingDay.id).where(
        StandingDay.order_id == order.id,
        StandingDay.state == DayState.SKIPPED,
        StandingDay.day >= day,
    )
    return session.execute(left_out.limit(1)).first() is not None


def skip_day(
    session: Session,
    *,
    actor: Person,
    order: StandingOrder,
    day: date,
    service: Service,
    now: datetime,
) -> list[Request]:
    """Leave one day out; returns what it was too late to cancel."""
    made = [each for each in _made(session, order, day) if each.day == day]
    too_late = _call_off(session, actor, made, service, now)
    if not too_late:
        _set_day(session, order, day, DayState.SKIPPED, None, now)
    return too_late


def change_day(
    session: Session, *, order: StandingOrder, day: date, values: Values, now: datetime
) -> None:
    """Have something else on one day that is not made yet."""
    _set_day(session, order, day, DayState.CHANGED, dict(values), now)


def end_order(
    session: Session,
    *,
    order: StandingOrder,
    by: str,
    service: Service,
    now: datetime,
    actor: Person | None = None,
) -> list[Request]:
    """End an order; what was made and can still be called off is. Returns what cannot."""
    if order.ended_at is not None:
        return []
    order.ended_at, order.ended_by = now, by[:60]
    session.flush()
    made = _made(session, order, local_date(now))
    return _call_off(session, actor, made, service, now)


def house_orders(
    session: Session, institution_id: int, *, today: date
) -> list[tuple[StandingOrder, Person]]:
    """Return what stands in a house, with whom it is for, by name."""
    rows = session.execute(
        select(StandingOrder, Person)
        .join(Person, Person.id == StandingOrder.person_id)
        .where(
            StandingOrder.institution_id == institution_id,
            StandingOrder.ended_at.is_(None),
            or_(StandingOrder.until_day.is_(None), StandingOrder.until_day >= today),
        )
        .order_by(Person.name, StandingOrder.id)
    )
    return [(order, person) for order, person in rows]


def end_by_staff(
    session: Session,
    *,
    institution_id: int,
    order_id: int,
    clerk: str,
    service: Service,
    now: datetime,
) -> StandingOrder:
    """End an order for the person, who is told; what the kitchen has not begun is called off.

    Raises:
        RequestNotFound: none of this house.
    """
    order = session.get(StandingOrder, order_id)
    if order is None or order.institution_id != institution_id:
        raise RequestNotFound(str(order_id))
    if order.ended_at is None:
        end_order(session, order=order, by=clerk, service=service, now=now)
        summary = describe(order, service, local_date(now))
        _tell(session, order, "ended_by_house", None, now, summary=summary, clerk=clerk)
    return order


def go_on_by_staff(
    session: Session,
    *,
    institution_id: int,
    order_id: int,
    clerk: str,
    service: Service,
    now: datetime,
) -> StandingOrder:
    """Go on with a paused order from tomorrow for the person, who has been asked and is told.

    Raises:
        RequestNotFound: none of this house that still stands.
    """
    order = session.get(StandingOrder, order_id)
    if order is None or order.institution_id != institution_id or order.ended_at is not None:
        raise RequestNotFound(str(order_id))
    if order.paused_from is not None:
        resume_order(session, order, from_day=local_date(now) + timedelta(days=1))
        summary = describe(order, service, local_date(now))
        _tell(session, order, "gone_on_by_house", None, now, summary=summary, clerk=clerk)
    return order


def offer_to_go_on(session: Session, *, person: Person, service: Service, now: datetime) -> int:
    """Tell someone who is home again what is still paused, and how it goes on; how many orders."""
    orders = [
        order
        for order in orders_of(session, [person.id], today=local_date(now))
        if order.paused_from is not None and order.paused_until is None
    ]
    for order in orders:
        summary = describe(order, service, local_date(now))
        _tell(session, order, "home_again", None, now, summary=summary)
    return len(orders)


def end_orders_of(
    session: Session, *, person_id: int, by: str, service: Service, now: datetime
) -> int:
    """End everything that someone has standing: he has died, or moved away."""
    orders = orders_of(session, [person_id], today=local_date(now))
    for order in orders:
        end_order(session, order=order, by=by, service=service, now=now)
    return len(orders)


def pause_orders_of(
    session: Session, *, person: Person, from_day: date, service: Service, now: datetime
) -> int:
    """Pause everything that someone has standing until he is back: he is in hospital."""
    orders = orders_of(session, [person.id], today=local_date(now))
    for order in orders:
        pause_order(
            session,
            actor=person,
            order=order,
            from_day=from_day,
            until_day=None,
            service=service,
            now=now,
        )
    return len(orders)


def describe(order: StandingOrder | WantedOrder, service: Service, today: date) -> str:
    """Return an order in one line: 每个工作日午饭，软饭1份，从11月24日（星期二）起，一直送."""
    labels = {option.value: option.label for option in service.field("meal").options}
    diets = {option.value: option.label for option in service.field("diet").options}
    until = order.until_day
    return TEXTS.say(
        "standing.summary",
        days=weekday_words(order.weekdays),
        meal=labels[order.meal],
        diet=diets.get(order.values.get("diet", ""), ""),
        portions=order.values.get("portions", "1"),
        from_day=TEXTS.say("standing.from", day=plain_day_word(order.from_day, today)),
        until=TEXTS.say("standing.until", day=plain_day_word(until, today))
        if until
        else TEXTS.say("standing.open_end"),
    )


def weekday_words(mask: int) -> str:
    """Return 每天, 每个工作日, 每个星期一、三、五."""
    if mask == EVERY_DAY:
        return TEXTS.say("standing.days_every")
    if mask == WEEKDAYS:
        return TEXTS.say("standing.days_weekdays")
    days = "、".join(word for at, word in enumerate(_WEEKDAY_WORDS) if mask & 1 << at)
    return TEXTS.say("standing.days_some", days=days)


def days_wanted(order: StandingOrder, first: date, last: date) -> list[date]:
    """Return the days on which an order is to be made, by weekday, span and pause alone."""
    days = (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return [day for day in days if _stands_on(order, day)]


def due_days(session: Session, *, now: datetime) -> list[tuple[int, date]]:
    """Return (order, day) of everything that may have to be made by now."""
    today = local_date(now)
    last = today + timedelta(days=DAYS_AHEAD)
    orders = session.execute(
        select(StandingOrder)
        .join(Person, Person.id == StandingOrder.person_id)
        .where(
            StandingOrder.ended_at.is_(None),
            StandingOrder.from_day <= last,
            or_(StandingOrder.until_day.is_(None), StandingOrder.until_day >= today),
            Person.active.is_(True),
        )
        .order_by(StandingOrder.id)
        # What is eaten is sealed; opening that of every order each minute would cost the most.
        .options(defer(StandingOrder.values))
    ).scalars()
    wanted = [(order.id, day) for order in orders for day in days_wanted(order, today, last)]
    settled = {
        (order_id, day)
        for order_id, day in session.execute(
            select(StandingDay.order_id, StandingDay.day).where(
                StandingDay.day >= today,
                StandingDay.day <= last,
                # What could not be had is tried again: a menu is written late, a place comes free.
                StandingDay.state.not_in((DayState.CHANGED, DayState.FAILED)),
            )
        )
    }
    return [each for each in wanted if each not in settled]


def make_day(
    session: Session, order_id: int, day: date, *, catalog: Catalog, now: datetime
) -> bool:
    """Make one day's request, once whoever else is at it; False when there was nothing to do.

    Where it cannot be made, the person and the staff are told, once; it is made after all when
    a menu is written or a place comes free in time, and he is told that too.
    """
    service = catalog.get(MEAL)
    order = session.get(StandingOrder, order_id)
    if order is None or order.ended_at is not None or not _stands_on(order, day):
        return False
    person = session.get_one(Person, order.person_id)
    around = capacity.look_at_day(
        session, institution_id=order.institution_id, service=service, day=day, now=now
    )
    period = service.periods.get(order.meal)
    is_written = any(each.day == day and each.period == order.meal for each in around.openings)
    if period is not None and not is_written and now < period.closes_at(day) - MENU_BY:
        return False
    if _was_over(order, day, service, around):
        return False
    can_be_had = bool(_open_at(order, order.values, day, service, around))
    row, had_failed = _claim(session, order, day, now, again=can_be_had)
    if row is None:
        return False
    values = _values(order, row, day, service, around)
    try:
        with session.begin_nested():
            request = _make(session, order, person, values, catalog, now)
    except (NoPlaceLeft, ValueProblem, AlreadyUsed, NotPermitted) as error:
        row.state = DayState.FAILED
        why = _why(error, is_written, service, order, day, around)
        if not had_failed:
            _tell_failed(session, order, person, day, why, catalog, now, is_written=is_written)
    else:
        row.request_id = request.id
        if had_failed:
            _tell(session, order, "made_after_all", request.id, now, summary=request.summary)
    session.flush()
    return True


def _was_over(order: StandingOrder, day: date, service: Service, around: Around) -> bool:
    """Tell whether the day's meal could no longer be had when the order was given."""
    of_day = [each for each in around.openings if (each.day, each.period) == (day, order.meal)]
    closings = [closing_of(service, each) for each in of_day]
    return bool(closings) and all(at is None or at <= order.created_at for at in closings)


def _make(
    session: Session,
    order: StandingOrder,
    person: Person,
    values: dict[str, str],
    catalog: Catalog,
    now: datetime,
) -> Request:
    service = catalog.get(MEAL)
    standing = _booked_already(session, order, values)
    if standing is not None:
        return standing
    request = requests.submit(
        session,
        Submission(
            actor=session.get_one(Person, order.requester_id),
            beneficiary=person,
            service=service,
            values=values,
            account_id=order.account_id,
            key=f"standing:{order.id}:{values['date']}:{order.meal}",
            because=TEXTS.say("standing.made"),
        ),
        now=now,
    )
    if request.opening_id is not None:
        opening = session.get_one(Opening, request.opening_id)
        warn_of_dishes(session, catalog, request, person, opening, now=now)
    return request


def _booked_already(
    session: Session, order: StandingOrder, values: dict[str, str]
) -> Request | None:
    """Return the same meal of the same day that he has booked by himself."""
    rows = session.execute(
        select(Request)
        .join(Opening, Opening.id == Request.opening_id)
        .where(
            Request.beneficiary_id == order.person_id,
            Request.service == MEAL,
            Request.status.in_(OPEN),
            Opening.day == date.fromisoformat(values["date"]),
            Opening.period == order.meal,
        )
        .limit(1)
    )
    return rows.scalar_one_or_none()


def _claim(
    session: Session, order: StandingOrder, day: date, now: datetime, *, again: bool
) -> tuple[StandingDay | None, bool]:
    """Take one day of an order for this unit of work; None when another has or had it.

    A day that failed is taken `again` only; the second value tells that it was one.
    """
    new = session.execute(
        insert_into(session, StandingDay)
        .values(
            institution_id=order.institution_id,
            order_id=order.id,
            day=day,
            state=DayState.MADE,
            at=now,
        )
        .on_conflict_do_nothing(index_elements=["order_id", "day"])
        .returning(StandingDay.id)
    ).scalar_one_or_none()
    if new is not None:
        return session.get(StandingDay, new, populate_existing=True), False
    for state in (DayState.CHANGED, *((DayState.FAILED,) if again else ())):
        taken = session.execute(
            update(StandingDay)
            .where(
                StandingDay.order_id == order.id,
                StandingDay.day == day,
                StandingDay.state == state,
            )
            .values(state=DayState.MADE, at=now)
            .returning(StandingDay.id)
            .execution_options(synchronize_session=False)
        ).scalar_one_or_none()
        if taken is not None:
            row = session.get(StandingDay, taken, populate_existing=True)
            return row, state is DayState.FAILED
    return None, False


def _values(
    order: StandingOrder, row: StandingDay, day: date, service: Service, around: Around
) -> dict[str, str]:
    values = {**order.values, **(row.values or {}), "date": day.isoformat(), "meal": order.meal}
    kitchen = service.provider_field
    offered = _open_at(order, values, day, service, around)
    if kitchen and offered and values.get(kitchen) not in offered:
        # A second kitchen of the same meal must not leave anyone without.
        values[kitchen] = offered[0]
    return values


def _open_at(
    order: StandingOrder, values: Values, day: date, service: Service, around: Around
) -> list[str]:
    """Return the kitchens that have enough of the day's meal left."""
    wanted = places_wanted(service, values)
    return [
        each.provider
        for each in around.openings
        if each.day == day
        and each.period == order.meal
        and is_open(service, each, wanted, around.now)
    ]


def _why(
    error: Exception,
    is_written: bool,
    service: Service,
    order: StandingOrder,
    day: date,
    around: Around,
) -> str:
    if not is_written:
        return TEXTS.say("standing.why_none")
    of_day = [each for each in around.openings if (each.day, each.period) == (day, order.meal)]
    closings = [closing_of(service, each) for each in of_day]
    if all(closes is None or closes <= around.now for closes in closings):
        return TEXTS.say("standing.why_late")
    if isinstance(error, NoPlaceLeft) or all(each.left < 1 for each in of_day):
        return TEXTS.say("standing.why_full")
    return TEXTS.say("standing.why_other")


def _tell_failed(
    session: Session,
    order: StandingOrder,
    person: Person,
    day: date,
    why: str,
    catalog: Catalog,
    now: datetime,
    *,
    is_written: bool,
) -> None:
    labels = {each.value: each.label for each in catalog.get(MEAL).field("meal").options}
    words = {
        "day": day_word(day, local_date(now)),
        "meal": labels[order.meal],
        "why": why,
        "who": person.name,
    }
    call = _call_staff(session, order, person, day, words, catalog, now, is_written=is_written)
    key = "told_failed" if call is not None else "told_closed"
    _tell(session, order, key, call.id if call else None, now, **words)


def _call_staff(
    session: Session,
    order: StandingOrder,
    person: Person,
    day: date,
    words: dict[str, str],
    catalog: Catalog,
    now: datetime,
    *,
    is_written: bool,
) -> Request | None:
    """Ask the staff to see to it; None on a day when the house and its kitchen are closed.

    A menu that nobody wrote is one thing to see to, however many had ordered.
    """
    key, text = f"standing:{order.id}:{day.isoformat()}:failed", "standing.to_staff"
    if not is_written:
        calendar = calendar_of(session, order.institution_id, now=now)
        if calendar.hours_on(day) is None:
            return None
        key = f"no menu:{order.institution_id}:{day.isoformat()}:{order.meal}"
        text = "standing.no_menu"
        known = find_by_key(session, key)
        if known is not None:
            return known
    call, _ = ask_for_person(
        session,
        catalog=catalog,
        actor=person,
        words=TEXTS.say(text, **words),
        account_id=order.account_id,
        key=key,
        now=now,
    )
    return call


def _tell(
    session: Session,
    order: StandingOrder,
    key: str,
    request_id: int | None,
    now: datetime,
    **words: str,
) -> None:
    """Tell the person, and whoever ordered for him."""
    person = session.get_one(Person, order.person_id)
    people = {person.id: person}
    people.setdefault(order.requester_id, session.get_one(Person, order.requester_id))
    for who in people.values():
        said = f"standing.{key}" if who.id == person.id else f"standing.{key}_family"
        text = TEXTS.say(said, salutation=who.salutation, **{"who": person.name, **words})
        for account in reachable_accounts(session, who.id)[:1]:
            outbox.put(
                session,
                account=account,
                message=Message(text),
                lane=Lane.STEP,
                now=now,
                institution_id=order.institution_id,
                request_id=request_id,
            )


def _made(session: Session, order: StandingOrder, first: date) -> list[Request]:
    """Return the open requests that an order has made for a day or later."""
    return list(
        session.execute(
            select(Request)
            .join(StandingDay, StandingDay.request_id == Request.id)
            .where(
                StandingDay.order_id == order.id,
                StandingDay.day >= first,
                Request.status.in_(OPEN),
            )
            .order_by(Request.id)
        ).scalars()
    )


def _call_off(
    session: Session,
    actor: Person | None,
    made: list[Request],
    service: Service,
    now: datetime,
) -> list[Request]:
    """Cancel requests whose kitchen has not begun; return the others."""
    too_late = []
    for request in made:
        opening = session.get(Opening, request.opening_id) if request.opening_id else None
        closes = opening and (
            opening.closes_at or service.periods[opening.period].closes_at(opening.day)
        )
        if request.status is RequestStatus.IN_PROGRESS or (closes and closes <= now):
            too_late.append(request)
        elif actor is None:
            _cancel_by_house(session, request, now)
        else:
            requests.cancel(session, actor=actor, request_id=request.id, now=now)
    return too_late


def _cancel_by_house(session: Session, request: Request, now: datetime) -> None:
    """Call a request off without a word to anyone: he has died, or moved away."""
    requests.move(session, request, RequestStatus.CANCELLED, now=now)
    request.closed_at, request.cancelled_by = now, CancelledBy.HOUSE
    free(session, request, now=now)
    add_event(session, request, EventKind.CANCELLED, now=now, text=TEXTS.say("standing.ended"))


def _set_day(
    session: Session,
    order: StandingOrder,
    day: date,
    state: DayState,
    values: dict[str, str] | None,
    now: datetime,
) -> None:
    row = session.execute(
        select(StandingDay).where(StandingDay.order_id == order.id, StandingDay.day == day)
    ).scalar_one_or_none()
    if row is None:
        row = StandingDay(institution_id=order.institution_id, order_id=order.id, day=day)
        session.add(row)
    row.state, row.values, row.at = state, values, now
    session.flush()


def _stands_on(order: StandingOrder, day: date) -> bool:
    if day < order.from_day or (order.until_day is not None and day > order.until_day):
        return False
    is_paused = (
        order.paused_from is not None
        and day >= order.paused_from
        and (order.paused_until is None or day <= order.paused_until)
    )
    return not is_paused and _wants(order.weekdays, day)


def _wants(mask: int, day: date) -> bool:
    return bool(mask & 1 << day.weekday())
