"""Telling people: notices go to the last used account, emergencies to every account."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from booking import actions
from booking.call_list import watch
from booking.duty.models import DigestLine
from booking.duty.rules import RULES
from booking.form import TEXTS
from booking.hearing import Hearer, Verdict, concerned_by, hearers_of, verdict
from booking.models import EventKind, Request, RequestEvent
from booking.services import CALLS, EMERGENCY, FACT_UPKEEP, HUMAN, POLICY
from store import outbox
from store.identity import Account, Person
from store.messages import Button, Message
from store.outbox import Lane
from store.statements import write_row

_RATED_CALLS = frozenset({(HUMAN, "completed"), (POLICY, "completed"), (POLICY, "answered")})
_REACHABLE = (
    select(Account)
    .where(Account.person_id == bindparam("person"), Account.blocked_at.is_(None))
    .order_by(Account.last_used_at.desc(), Account.id.desc())
)


def tell(
    session: Session,
    *,
    person: Person | Hearer,
    message: Message,
    lane: Lane,
    request: Request,
    now: datetime,
    step: str | None = None,
    hearers: dict[int, Hearer] | None = None,
) -> bool:
    """Write a notice about `request` to `person`; False when there is no account to reach.

    The row leaves after the caller's transaction commits. Where the person served, or the
    one who asked, cannot be reached, a line of history tells the clerk to telephone; where he
    does not look at what matters, the call list does. This is the one place where notices are
    written, so it is here that nothing is said of someone who has died or moved away, and that
    wishes are kept.

    Args:
        step: of the request, by which wishes decide; None is always said.
        hearers: what is known of the person and the one served, where it was read already.
    """
    about = request.beneficiary_id
    if hearers is None:
        hearers = hearers_of(session, [person.id], about=about)
    becomes = verdict(hearers, person_id=person.id, about=about, step=step, lane=lane)
    if becomes is Verdict.KEEP_SILENT:
        return True
    accounts = hearers[person.id].accounts
    is_concerned = person.id in {about, request.requester_id}
    matters = is_concerned and step in RULES.told.matters
    if not accounts and not is_concerned:
        return False
    if not accounts:
        if matters and step is not None:
            watch(session, person_id=person.id, request=request, step=step, outbox_id=None, now=now)
        add_event(
            session,
            request,
            EventKind.NOT_REACHED,
            now=now,
            text=TEXTS.say("history.not_reached", who=person.name),
        )
        return False
    if becomes is Verdict.WITH_THE_DIGEST:
        write_row(
            session,
            DigestLine,
            institution_id=request.institution_id,
            person_id=person.id,
            request_id=request.id,
            text=message.text,
            at=now,
        )
        return True
    if becomes is Verdict.SAY_WITHOUT_BUTTONS:
        message = Message(message.text)
    for account in accounts if lane is Lane.EMERGENCY else accounts[:1]:
        row = outbox.put(
            session,
            account=account,
            message=message,
            lane=lane,
            now=now,
            institution_id=request.institution_id,
            request_id=request.id,
        )
        if matters and step is not None:
            watch(session, person_id=person.id, request=request, step=step, outbox_id=row, now=now)
    return True


def reachable_accounts(session: Session, person_id: int) -> list[Account]:
    """Return a person's accounts that have not blocked us, last used first."""
    return list(session.execute(_REACHABLE, {"person": person_id}).scalars())


def staff_name(session: Session, request: Request) -> str | None:
    """Return who of the staff has the request."""
    if request.assignee_id is None:
        return None
    return session.get_one(Person, request.assignee_id).name


def add_event(
    session: Session,
    request: Request,
    kind: EventKind,
    *,
    now: datetime,
    actor_id: int | None = None,
    text: str | None = None,
) -> None:
    """Write one line of a request's history."""
    write_row(
        session, RequestEvent, **event_of(request, kind, now=now, actor_id=actor_id, text=text)
    )


def event_of(
    request: Request,
    kind: EventKind,
    *,
    now: datetime,
    actor_id: int | None = None,
    text: str | None = None,
) -> dict[str, object]:
    """Return the row of one line of history, for those that are written several at once."""
    return {
        "institution_id": request.institution_id,
        "request_id": request.id,
        "kind": kind,
        "at": now,
        "actor_id": actor_id,
        "text": text,
    }


def tell_concerned(
    session: Session,
    request: Request,
    step: str,
    *,
    now: datetime,
    skip: int | None = None,
    buttons: tuple[tuple[Button, ...], ...] = (),
    **words: str,
) -> None:
    """Tell the beneficiary, the one who asked and the relatives, except the actor himself.

    The buttons go to the first two, who can act on the request.
    """
    hearers = _concerned(session, request)
    beneficiary = hearers[request.beneficiary_id]
    own_key = "told.booked_for_you" if step == "booked" else f"told.{step}"
    for person in _in_order(hearers, request):
        if person.id == skip:
            continue
        _say(
            session,
            request,
            person,
            own_key if person.id == beneficiary.id else f"told.{step}_family",
            beneficiary,
            now=now,
            hearers=hearers,
            buttons=buttons if person.id in {beneficiary.id, request.requester_id} else (),
            words=words,
        )


def tell_step(
    session: Session, request: Request, step: str, *, now: datetime, **words: str
) -> None:
    if request.service == FACT_UPKEEP:
        # The staff's own: whoever takes a step in it is the one it concerns.
        return
    hearers = _concerned(session, request)
    beneficiary, requester = hearers[request.beneficiary_id], hearers[request.requester_id]
    if request.service in CALLS:
        _say(
            session,
            request,
            requester,
            f"told.{request.service}_{step}",
            beneficiary,
            now=now,
            buttons=_stars(request, now) if (request.service, step) in _RATED_CALLS else (),
            lane=Lane.EMERGENCY if request.service == EMERGENCY else Lane.STEP,
            hearers=hearers,
            words=words,
        )
        return
    rater = None
    if step == "completed":
        # Who is asked for stars: the person served, or whoever asked where he has no chat.
        rater = beneficiary if beneficiary.accounts else requester
    for person in _in_order(hearers, request):
        is_own = person.id == (rater.id if rater else beneficiary.id)
        _say(
            session,
            request,
            person,
            f"told.{step}" if is_own else f"told.{step}_family",
            beneficiary,
            now=now,
            buttons=_stars(request, now) if rater and is_own else _after(step, is_own),
            hearers=hearers,
            words=words,
        )


def _say(
    session: Session,
    request: Request,
    person: Hearer,
    key: str,
    beneficiary: Hearer,
    *,
    now: datetime,
    buttons: tuple[tuple[Button, ...], ...] = (),
    lane: Lane = Lane.STEP,
    hearers: dict[int, Hearer],
    words: Mapping[str, str],
) -> None:
    text = TEXTS.say(
        key,
        salutation=person.salutation,
        who=beneficiary.name,
        summary=request.summary,
        number=request.number,
        **words,
    )
    tell(
        session,
        person=person,
        message=Message(text, buttons),
        lane=lane,
        request=request,
        now=now,
        step=key.removeprefix("told.").removesuffix("_family"),
        hearers=hearers,
    )


def _concerned(session: Session, request: Request) -> dict[int, Hearer]:
    return concerned_by(session, about=request.beneficiary_id, requester=request.requester_id)


def _in_order(hearers: dict[int, Hearer], request: Request) -> list[Hearer]:
    """Return whom a step concerns: the one served first, then the one who asked, then relatives."""
    first = dict.fromkeys((request.beneficiary_id, request.requester_id))
    relatives = [each for each in hearers.values() if each.is_told and each.id not in first]
    return [hearers[person_id] for person_id in first] + relatives


def _stars(request: Request, now: datetime) -> tuple[tuple[Button, ...], ...]:
    request.stars_asked_at = now
    return (
        tuple(
            Button(TEXTS.say("told.stars", stars=stars), actions.rate(request.id, stars))
            for stars in range(1, 6)
        ),
    )


def _after(step: str, is_own: bool) -> tuple[tuple[Button, ...], ...]:
    if step == "declined" and is_own:
        return ((Button(TEXTS.say("told.human_button"), actions.HUMAN),),)
    return ()
