"""Opening a home for a command, and finding an institution in it."""

import argparse

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.home import is_prepared
from app.refused import CommandRefused
from app.saying import SAY
from app.settings import read_settings
from app.system import Base, build_base
from store.identity import Institution


def open_prepared(options: argparse.Namespace) -> Base:
    """Open the home of a command.

    Raises:
        CommandRefused: there is no such home, or no institution in it.
    """
    settings = read_settings(home=options.home)
    if not is_prepared(settings):
        raise CommandRefused(SAY.say("serve.not_prepared", path=settings.home))
    base = build_base(settings)
    refuse_without_institution(base)
    return base


def refuse_without_institution(base: Base) -> None:
    """Stop at a home that holds at most documents: nobody could log in.

    Raises:
        CommandRefused: it has no institution.
    """
    with base.home.database.read() as session:
        if institution_of(session) is None:
            raise CommandRefused(SAY.say("serve.not_prepared", path=base.home.path))


def institution_of(session: Session) -> Institution | None:
    """Return the home's institution, None while it has none."""
    return session.scalars(select(Institution).order_by(Institution.id).limit(1)).first()


def institution_named(session: Session, name: str) -> Institution:
    """Return the institution of a name.

    Raises:
        CommandRefused: none has it.
    """
    houses = session.scalars(select(Institution).order_by(Institution.id)).all()
    found = [house for house in houses if house.name == name.strip()]
    if not found:
        known = "、".join(house.name for house in houses) or SAY.say("documents.no_house")
        raise CommandRefused(SAY.say("documents.unknown_house", name=name, known=known))
    return found[0]
