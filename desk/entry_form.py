"""The form of what is recorded of a document, and who may fill it in."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Form

from booking.models import StaffRole
from booking.staff_access import DeskVisit
from desk.guard import Acting, Visitor
from desk.wording import TEXTS
from ingestion.entries import Entry
from ingestion.loaded import Refused
from knowledge.models import SourceKind

# What a clerk answered becomes a document by another way.
SOURCES = tuple(kind for kind in SourceKind if kind is not SourceKind.STAFF_ANSWER)
_Words = Annotated[str, Form()]
_LARGEST_ID = 2**63 - 1


class HeadsOnly(Exception):
    """Only the head of a house decides what answers its people."""


def is_head(visit: DeskVisit) -> bool:
    """Tell whether this clerk may publish, withdraw and remove."""
    return StaffRole.HEAD in visit.clerk.roles


def refuse_others(visit: DeskVisit) -> None:
    """Let only the head of a house through.

    Raises:
        HeadsOnly: someone else.
    """
    if not is_head(visit):
        raise HeadsOnly


def head_acting(visit: Acting) -> DeskVisit:
    """Return the session of a change that a head makes.

    Raises:
        HeadsOnly: someone else's.
    """
    refuse_others(visit)
    return visit


def head_looking(visit: Visitor) -> DeskVisit:
    """Return the session of a head.

    Raises:
        HeadsOnly: someone else's.
    """
    refuse_others(visit)
    return visit


HeadActing = Annotated[DeskVisit, Depends(head_acting)]
HeadLooking = Annotated[DeskVisit, Depends(head_looking)]


@dataclass(frozen=True, slots=True)
class EntryForm:
    """What was typed, as it was typed."""

    title: str
    source: str
    issuer: str
    number: str
    region: str
    issued_on: str
    starts_on: str
    ends_on: str
    replaces_id: str

    def entry(self) -> Entry:
        """Return what is to be recorded.

        Raises:
            Refused: a day that is none, or a choice that is not offered.
        """
        return Entry(
            title=_line(self.title) or "",
            source=_source(self.source),
            issuer=_line(self.issuer),
            number=_line(self.number),
            region=_line(self.region),
            issued_on=_day(self.issued_on, "issued_on"),
            starts_on=_day(self.starts_on, "starts_on"),
            ends_on=_day(self.ends_on, "ends_on"),
            replaces_id=_id(self.replaces_id),
        )


def entry_form(
    title: _Words = "",
    source: _Words = "",
    issuer: _Words = "",
    number: _Words = "",
    region: _Words = "",
    issued_on: _Words = "",
    starts_on: _Words = "",
    ends_on: _Words = "",
    replaces_id: _Words = "",
) -> EntryForm:
    """Take the form as it was posted; whatever is wrong in it is said by `entry`."""
    return EntryForm(
        title, source, issuer, number, region, issued_on, starts_on, ends_on, replaces_id
    )


Typed = Annotated[EntryForm, Depends(entry_form)]


def _line(words: str) -> str | None:
    """Return the words on one line, without what no one can see."""
    seen = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(seen.split()) or None


def _source(value: str) -> SourceKind | None:
    if not value:
        return None
    if value not in {kind.value for kind in SOURCES}:
        raise Refused(TEXTS.say("documents.no_such_source"))
    return SourceKind(value)


def _day(value: str, field: str) -> date | None:
    if not value.strip():
        return None
    try:
        day = date.fromisoformat(value.strip())
    except ValueError as error:
        what = TEXTS.say(f"documents.fields.{field}")
        raise Refused(TEXTS.say("documents.no_such_day", what=what)) from error
    return day


def _id(value: str) -> int | None:
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) <= _LARGEST_ID):
        raise Refused(TEXTS.say("documents.no_such_document"))
    return int(value)
