"""The `duty` and `stay` commands: who is there, who is away; someone has left, or is back."""

import argparse
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.opening import open_prepared
from app.people import the_one
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from booking.duty import shifts
from booking.duty.models import StayKind
from booking.errors import NotPermitted, RequestNotFound, ValueProblem
from booking.leaving import leave
from booking.models import StaffRole
from booking.staff_access import Clerk
from booking.working_calendar import unheld_years
from store.clock import local_date
from store.identity import Institution, Person


def duty(options: argparse.Namespace) -> int:
    """List who is away, or write down that someone is, with his stand-in."""
    base = open_prepared(options)
    now, today = base.clock(), local_date(base.clock())
    words: list[str] = options.words
    if words and (words[0] != "away" or len(words) != 2):
        raise CommandRefused(SAY.say("duty.words"), exit_code=2)
    if words:
        try:
            with base.home.database.begin() as session:
                person = the_one(session, words[1])
                stand_in = the_one(session, options.stand_in) if options.stand_in else None
                shifts.note_absence(
                    session,
                    clerk=_operator(person),
                    person_id=person.id,
                    since=options.starts_on or today,
                    until=options.ends_on or options.starts_on or today,
                    stand_in_id=stand_in.id if stand_in else None,
                    now=now,
                )
        except ValueProblem as problem:
            raise CommandRefused(problem.problem) from problem
        except NotPermitted as error:
            raise CommandRefused(SAY.say("duty.not_staff", name=words[1])) from error
    for year in unheld_years(now, timedelta(days=60)):
        tell_operator(SAY.say("duty.unheld", year=year))
    with base.home.database.read() as session:
        for line in _away(session, today):
            tell_operator(line)
    return 0


def stay(options: argparse.Namespace) -> int:
    """Write down that someone has died, is in hospital, has moved away, or is home again."""
    base = open_prepared(options)
    try:
        with base.home.database.begin() as session:
            person = the_one(session, options.name)
            done = leave(
                session,
                catalog=base.catalog,
                clerk=_operator(person),
                person_id=person.id,
                kind=StayKind(options.kind),
                now=base.clock(),
            )
    except RequestNotFound as error:
        raise CommandRefused(SAY.say("stay.not_a_retiree", name=options.name)) from error
    tell_operator(
        SAY.say("stay.done", name=options.name, closed=done.cancelled, left=done.handed_over)
    )
    return 0


def _operator(person: Person) -> Clerk:
    """Act as the head of the person's house: whoever runs the command owns the home."""
    return Clerk(
        staff_id=0,
        person_id=0,
        institution_id=person.institution_id,
        name=SAY.say("duty.operator"),
        roles=frozenset({StaffRole.HEAD}),
    )


def _away(session: Session, today: date) -> list[str]:
    lines = []
    for house in session.scalars(select(Institution).order_by(Institution.id)):
        for each in shifts.absences(session, institution_id=house.id, today=today):
            who = each.stand_in or SAY.say("duty.nobody")
            lines.append(
                SAY.say("duty.away", name=each.name, since=each.since, until=each.until, who=who)
            )
    return lines or [SAY.say("duty.all_there")]
