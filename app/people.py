"""The `people` command: the roster, a new entry in it, a binding code."""

import argparse
import re
from contextlib import closing

from sqlalchemy.orm import Session

from app.commands import BOT_NAME
from app.opening import institution_of, open_prepared
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from booking.errors import ValueProblem
from booking.people import issue_code, people_named, roster
from booking.roster import NewPerson, add_link, add_person
from store.home import read_fact
from store.identity import CareFlag, Person, PersonKind

ADD = "add"


def people(options: argparse.Namespace) -> int:
    """List the roster, add someone to it, or issue a binding code."""
    words: list[str] = options.words
    is_adding = words[:1] == [ADD]
    if len(words) != 2 if is_adding else len(words) > 1:
        raise CommandRefused(SAY.say("people.words"), exit_code=2)
    if not is_adding and _describes_someone(options):
        raise CommandRefused(SAY.say("people.options_without_add"), exit_code=2)
    base = open_prepared(options)
    with closing(base.home.database):
        if not words:
            _list(base)
        elif is_adding:
            _add(base, words[1], options)
        else:
            _issue(base, words[0])
    return 0


def _describes_someone(options: argparse.Namespace) -> bool:
    given = (options.kind, options.phone, options.address, options.salutation)
    return any([*given, options.of, options.calls, options.care])


def _list(base: Base) -> None:
    with base.home.database.read() as session:
        lines = [f"{each.name}　{_kind(each.kind)}" for each in roster(session)]
    tell_operator("\n".join(lines))
    if len(lines) == 1:
        # The administrator alone.
        tell_operator(SAY.say("people.empty"))


def _add(base: Base, name: str, options: argparse.Namespace) -> None:
    kind = PersonKind(options.kind or PersonKind.RETIREE)
    if kind is PersonKind.FAMILY and not (options.of and options.calls):
        raise CommandRefused(SAY.say("people.family_needs"), exit_code=2)
    if kind is not PersonKind.FAMILY and (options.of or options.calls):
        raise CommandRefused(SAY.say("people.not_family"), exit_code=2)
    if kind is not PersonKind.RETIREE and options.care:
        raise CommandRefused(SAY.say("people.care_of_family"), exit_code=2)
    wanted = NewPerson(
        kind=kind,
        name=name,
        salutation=options.salutation,
        phone=options.phone,
        address=options.address,
        care_flags=_care_flags(options.care),
    )
    now = base.clock()
    try:
        with base.home.database.begin() as session:
            house = institution_of(session)
            assert house is not None  # noqa: S101 - `open_prepared` refuses a home without one.
            relative_of = the_one(session, options.of) if options.of else None
            person = add_person(session, institution_id=house.id, wanted=wanted, now=now)
            if relative_of is not None:
                add_link(session, family=person, retiree=relative_of, calls=options.calls, now=now)
            code = issue_code(session, person=person, issued_by="command line", now=now)
            bot = read_fact(session, BOT_NAME)
    except ValueProblem as problem:
        raise CommandRefused(problem.problem) from problem
    tell_operator(SAY.say("people.added", kind=_kind(kind), name=person.name))
    _show_code(base, person.name, code, bot)


def _care_flags(words: str | None) -> tuple[CareFlag, ...]:
    try:
        return tuple(CareFlag(each) for each in re.split("[、，, ]+", words or "") if each)
    except ValueError as error:
        known = "、".join(CareFlag)
        raise CommandRefused(SAY.say("people.unknown_care", known=known)) from error


def _issue(base: Base, name: str) -> None:
    with base.home.database.begin() as session:
        person = the_one(session, name)
        code = issue_code(session, person=person, issued_by="command line", now=base.clock())
        bot = read_fact(session, BOT_NAME)
    _show_code(base, name, code, bot)


def the_one(session: Session, name: str) -> Person:
    """Return the one active person of a name.

    Raises:
        CommandRefused: there is none, or several.
    """
    found = people_named(session, name)
    if len(found) != 1:
        key = "people.many" if found else "people.none"
        raise CommandRefused(SAY.say(key, name=name, count=len(found)))
    return found[0]


def _show_code(base: Base, name: str, code: str, bot: str | None) -> None:
    tell_operator(SAY.say("people.code", name=name, code=code))
    link = f"{base.settings.address}/chat?code={code}"
    tell_operator(SAY.say("people.link", link=link))
    if bot:
        tell_operator(SAY.say("people.link", link=f"https://t.me/{bot}?start={code}"))


def _kind(kind: PersonKind) -> str:
    return SAY.say(f"people.{kind.value}")
