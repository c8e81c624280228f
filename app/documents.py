"""The commands on documents: read in, list, look at one, withdraw, restore, remove."""

import argparse
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.command_line import DOCUMENT_ACTS
from app.home import is_prepared
from app.library import open_library
from app.opening import institution_named
from app.questions import opened
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.settings import read_settings
from app.system import Base, try_to_own_home
from booking.audit import note_operator
from ingestion.entries import Entry
from ingestion.library import Listed, list_documents, passages_of
from ingestion.pipeline import IngestReport
from ingestion.publishing import find_document, remove, restore, withdraw
from knowledge.life import DocumentState
from knowledge.models import Document, SourceKind, scope_of
from store.clock import local_date
from store.identity import Institution

_VERBS = {"withdraw": withdraw, "restore": restore, "remove": remove}


def ingest(options: argparse.Namespace) -> int:
    """Read documents in; a running server follows by itself."""
    with opened(options) as base:
        now = options.now or base.clock()
        with base.home.database.read() as session:
            house = institution_named(session, options.house).id if options.house else None
            given = _given(session, options, house)
        report = open_library(base.home, base.settings).take_in(
            options.paths, institution_id=house, given=given, now=now
        )
        tell_operator(
            SAY.say(
                "ingest.done",
                added=report.added,
                updated=report.updated,
                unchanged=report.unchanged,
                passages=report.passages,
            )
        )
        with base.home.database.read() as session:
            listed = list_documents(session, institution_id=house, today=local_date(now))
            for line in _remarks(listed, report):
                tell_operator(line)
    return 0


def documents(options: argparse.Namespace) -> int:
    """List the documents, or do something with one of them."""
    words: list[str] = options.words
    if words and (len(words) != 2 or words[0] not in DOCUMENT_ACTS):
        raise CommandRefused(SAY.say("documents.words"), exit_code=2)
    if not is_prepared(settings := read_settings(home=options.home)):
        raise CommandRefused(SAY.say("serve.not_prepared", path=settings.home))
    with opened(options) as base:
        now = options.now or base.clock()
        if not words:
            _list(base, options.house, local_date(now))
        elif words[0] == "show":
            _show(base, words[1], options.house, local_date(now))
        else:
            _act(base, words[0], words[1], options.house, now)
    return 0


def _given(session: Session, options: argparse.Namespace, house: int | None) -> Entry:
    replaced = None
    if options.replaces:
        replaced = find_document(session, options.replaces, institution_id=house)
        if replaced is None:
            raise CommandRefused(SAY.say("documents.unknown", id=options.replaces))
    return Entry(
        source=SourceKind(options.source) if options.source else None,
        issuer=options.issuer,
        number=options.number,
        region=options.region,
        issued_on=options.issued,
        starts_on=options.starts_on,
        ends_on=options.ends_on,
        replaces_id=replaced.id if replaced else None,
    )


def _remarks(listed: list[Listed], report: IngestReport) -> list[str]:
    """Say what of the documents read in does not answer now, or not for ever, and what does."""
    by_id = {each.id: each for each in listed}
    lines = []
    for document_id in report.changed:
        document = by_id[document_id]
        if document.state is not DocumentState.IN_FORCE or document.ends_on:
            lines.append(f"{document.external_id}　《{document.title}》　{_state(document)}")
        lines += [
            SAY.say("ingest.replaces", old=other.title, new=document.title)
            for other in listed
            if document_id in [successor.document_id for successor in other.successors]
        ]
    for document_id in report.still_answering:
        other = by_id[document_id]
        lines.append(SAY.say("ingest.still_answering", title=other.title, id=other.external_id))
    return lines


def _list(base: Base, house: str | None, today: date) -> None:
    with base.home.database.read() as session:
        scopes: list[tuple[str, int | None]] = [(SAY.say("documents.national"), None)]
        if house:
            scopes = [(house, institution_named(session, house).id)]
        else:
            houses = session.scalars(select(Institution).order_by(Institution.id))
            scopes += [(each.name, each.id) for each in houses]
        for name, institution_id in scopes:
            listed = list_documents(session, institution_id=institution_id, today=today)
            tell_operator(SAY.say("documents.scope", name=name, count=len(listed)))
            for each in reversed(listed):
                tell_operator(_line(each))


def _line(document: Listed) -> str:
    said = [
        document.external_id,
        document.title,
        SAY.say("documents.version", version=document.version),
        document.source.value,
        document.number or "",
        _state(document),
    ]
    return "　".join(part for part in said if part)


def _state(document: Listed) -> str:
    successor = document.successors[0].title if document.successors else ""
    if document.state is DocumentState.IN_FORCE and document.ends_on:
        return SAY.say("documents.in_force_until", day=document.ends_on)
    if document.state is DocumentState.SUPERSEDED and not successor:
        return SAY.say("documents.superseded_by_none")
    return SAY.say(
        f"documents.{document.state.value}",
        starts_on=document.starts_on,
        ends_on=document.ends_on,
        successor=successor,
    )


def _show(base: Base, external_id: str, house: str | None, today: date) -> None:
    with base.home.database.read() as session:
        document = _the_one(session, external_id, house)
        listed = list_documents(session, institution_id=document.institution_id, today=today)
        tell_operator(_line(next(each for each in listed if each.id == document.id)))
        for name in ("issuer", "region", "issued_on", "starts_on", "ends_on"):
            if value := getattr(document, name):
                tell_operator(SAY.say(f"documents.{name}", value=value))
        for passage in passages_of(session, document.id):
            key = "documents.heading" if passage.is_heading else "documents.passage"
            tell_operator(
                SAY.say(
                    key,
                    number=passage.position + 1,
                    heading=passage.heading,
                    text=passage.text.strip(),
                )
            )


def _act(base: Base, act: str, external_id: str, house: str | None, now: datetime) -> None:
    with base.home.database.begin() as session:
        document = _the_one(session, external_id, house)
        title, institution_id = document.title, document.institution_id
        note_operator(
            session,
            institution_id=institution_id,
            act=f"{act} document",
            now=now,
            about=f"{external_id} 《{title}》",
        )
        _VERBS[act](session, document, now=now)
    tell_operator(SAY.say(f"documents.done_{act}", title=title))
    if act == "remove":
        _forget(base, institution_id)


def _forget(base: Base, institution_id: int | None) -> None:
    """Take what is gone out of the index on disk; a running server does so itself."""
    with try_to_own_home(base) as is_owner:
        if is_owner and base.home.database.is_sqlite:
            open_library(base.home, base.settings).follow(institution_id)


def _the_one(session: Session, external_id: str, house: str | None) -> Document:
    """Return the document of an id; of several scopes, the one of the house that is named."""
    wanted = select(Document).where(Document.external_id == external_id)
    if house:
        institution = institution_named(session, house)
        wanted = wanted.where(Document.scope == scope_of(institution.id))
    found = session.scalars(wanted).all()
    if not found:
        raise CommandRefused(SAY.say("documents.unknown", id=external_id))
    national = [document for document in found if document.institution_id is None]
    if len(found) > 1 and not national:
        raise CommandRefused(SAY.say("documents.several", id=external_id))
    return (national or found)[0]
