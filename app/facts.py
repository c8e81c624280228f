"""The `facts` command: the facts of the houses, a new one, the end of one."""

import argparse

from sqlalchemy import select

from app.command_line import FACT_ACTS
from app.library import open_library
from app.opening import institution_named, open_prepared
from app.people import the_one
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from ingestion.house_facts import (
    FactWords,
    add_fact,
    embed,
    end_fact,
    list_facts,
)
from ingestion.loaded import IngestionError, Refused
from knowledge.models import Document
from store.clock import local_date
from store.identity import Institution


def facts(options: argparse.Namespace) -> int:
    """List the facts, write one, or end one."""
    words: list[str] = options.words
    wanted = {"add": 3, "end": 2}.get(words[0] if words else "", 0)
    if words and (words[0] not in FACT_ACTS or len(words) != wanted):
        raise CommandRefused(SAY.say("facts.words"), exit_code=2)
    base = open_prepared(options)
    if not words:
        _list(base, options.house)
    elif words[0] == "add":
        _add(base, words[1], words[2], options)
    else:
        _end(base, words[1])
    return 0


def _list(base: Base, house: str | None) -> None:
    today = local_date(base.clock())
    with base.home.database.read() as session:
        houses = list(session.scalars(select(Institution).order_by(Institution.id)))
        if house:
            houses = [institution_named(session, house)]
        for each in houses:
            found = [
                fact for fact in list_facts(session, institution_id=each.id) if not fact.is_ended
            ]
            tell_operator(SAY.say("facts.of_house", house=each.name, count=len(found)))
            for fact in found:
                days = fact.days_left(today)
                state = "facts.over" if days < 0 else "facts.until"
                tell_operator(
                    SAY.say(
                        "facts.line",
                        number=fact.id,
                        title=fact.title,
                        owner=fact.owner or SAY.say("facts.nobody"),
                        state=SAY.say(state, day=fact.ends_on, days=days),
                    )
                )
                tell_operator(SAY.say("facts.text", text=fact.text))


def _add(base: Base, title: str, text: str, options: argparse.Namespace) -> None:
    if not options.owner or not options.ends_on:
        raise CommandRefused(SAY.say("facts.needs"), exit_code=2)
    with base.home.database.read() as session:
        owner = the_one(session, options.owner)
    wanted = FactWords(
        title=title,
        text=text,
        owner_id=owner.id,
        ends_on=options.ends_on,
        starts_on=options.starts_on,
    )
    embed(open_library(base.home, base.settings).fact_vectors(), wanted)
    try:
        with base.home.database.begin() as session:
            made = add_fact(
                session,
                wanted,
                institution_id=owner.institution_id,
                by=None,
                now=base.clock(),
            )
            number = made.id
    except Refused as refused:
        raise CommandRefused(str(refused)) from refused
    tell_operator(SAY.say("facts.added", number=number))


def _end(base: Base, number: str) -> None:
    try:
        with base.home.database.begin() as session:
            document = session.get(Document, int(number)) if number.isdecimal() else None
            house_id = document.institution_id if document is not None else None
            if house_id is None:
                raise CommandRefused(SAY.say("facts.unknown", number=number))
            ended = end_fact(
                session, int(number), institution_id=house_id, by=None, now=base.clock()
            )
            title = ended.title
    except IngestionError as error:
        raise CommandRefused(SAY.say("facts.unknown", number=number)) from error
    tell_operator(SAY.say("facts.ended", title=title))
