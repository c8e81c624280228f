"""The command that hands a person's data over, or erases it."""

import argparse
import base64
import json
import os
import zipfile
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from app.opening import open_prepared
from app.people import the_one
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.system import Base
from booking.audit import note_operator
from booking.errors import StillOpen
from booking.own_data import erase, rows_about
from store.clock import local
from store.identity import PersonKind

EXPORT, ERASE = "export", "erase"


def person(options: argparse.Namespace) -> int:
    """Hand over or erase what is kept about one person."""
    words: list[str] = options.words
    if len(words) != 2 or words[0] not in {EXPORT, ERASE}:
        raise CommandRefused(SAY.say("own_data.words"), exit_code=2)
    base = open_prepared(options)
    with closing(base.home.database):
        if words[0] == EXPORT:
            _export(base, words[1], options.to)
        else:
            _erase(base, words[1], sure=options.yes)
    return 0


def _export(base: Base, name: str, target: Path | None) -> None:
    if target is None:
        raise CommandRefused(SAY.say("own_data.needs_file"), exit_code=2)
    if target.exists():
        raise CommandRefused(SAY.say("keeping.exists", path=target))
    with base.home.database.begin() as session:
        whose = the_one(session, name)
        found = dict(rows_about(session, whose))
        note_operator(
            session,
            institution_id=whose.institution_id,
            act="export",
            now=base.clock(),
            subject_id=whose.id,
        )
    _write(target, found)
    rows = sum(len(each) for each in found.values())
    tell_operator(
        SAY.say("own_data.exported", name=name, path=target, tables=len(found), rows=rows)
    )


def _write(target: Path, found: dict[str, list[dict[str, Any]]]) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for table, rows in found.items():
            text = json.dumps(rows, ensure_ascii=False, indent=1, default=_readable)
            archive.writestr(f"{table}.json", text)


def _readable(value: object) -> str:
    match value:
        case datetime():
            return local(value).isoformat()
        case date() | time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case _:
            return str(value)


def _erase(base: Base, name: str, *, sure: bool) -> None:
    try:
        with base.home.database.begin() as session:
            whose = the_one(session, name)
            if whose.kind is PersonKind.STAFF:
                raise CommandRefused(SAY.say("own_data.staff", name=name))
            if not sure:
                raise CommandRefused(SAY.say("own_data.sure", name=name))
            erase(session, person=whose, catalog=base.catalog, now=base.clock())
    except StillOpen as error:
        numbers = "、".join(error.numbers)
        raise CommandRefused(SAY.say("own_data.open", name=name, numbers=numbers)) from error
    tell_operator(SAY.say("own_data.erased", name=name))
