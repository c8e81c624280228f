"""The command that throws the search index away and builds it again."""

import argparse
from contextlib import closing

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.home import is_prepared
from app.library import open_library, rebuild_indexes
from app.logs import set_up_logs
from app.refused import CommandRefused
from app.saying import SAY, note_operator, tell_operator
from app.settings import read_settings
from app.system import build_base, own_home
from knowledge.models import scope_of
from store.identity import Institution


def reindex(options: argparse.Namespace) -> int:
    """Build every index from SQL alone; only where no server is running on the home."""
    settings = read_settings(home=options.home)
    set_up_logs("ERROR")
    if not is_prepared(settings):
        raise CommandRefused(SAY.say("reindex.absent", path=settings.home))
    base = build_base(settings, tell=note_operator)
    with closing(base.home.database) as database, own_home(base):
        library = open_library(base.home, settings)
        dropped, indexes = rebuild_indexes(library, tell=note_operator)
        with database.read() as session:
            names = _names(session)
    for scope, index in indexes.items():
        told = {"documents": len(index.documents), "passages": len(index.passages)}
        tell_operator(SAY.say("reindex.scope", scope=names.get(scope, scope), **told))
    if dropped:
        tell_operator(SAY.say("reindex.dropped", count=dropped))
    if not database.is_sqlite:
        tell_operator(SAY.say("reindex.no_folder"))
    tell_operator(SAY.say("reindex.done", embedder=library.embedder.name))
    return 0


def _names(session: Session) -> dict[str, str]:
    """Return what people call each scope."""
    houses = session.execute(select(Institution.id, Institution.name))
    return {scope_of(None): SAY.say("reindex.national")} | {
        scope_of(house.id): SAY.say("reindex.institution", name=house.name) for house in houses
    }
