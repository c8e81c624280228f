"""Reading the transcript from the database: a page of history, what is new, whether a tap is real."""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from bot.channels.web.posted import Tap
from bot.channels.web.transcript import Entry, Place, entry_of_ours, entry_of_own
from store.inbox import InboxRow
from store.messages import Message
from store.outbox import OutboxRow, OutboxStatus

PAGE_SIZE = 30
BATCH = 200
THE_END = Place(10**18 - 1, 10**18 - 1)

# On PostgreSQL a row may become visible after one with a higher number. Rows this young and this
# close to the last one read are read again; the page knows them by their key.
LATE = timedelta(seconds=90)
LATE_ROWS = 1_000


Row = OutboxRow | InboxRow


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the conversation, oldest first; `earlier` leads to the stretch before it."""

    entries: tuple[Entry, ...]
    earlier: Place | None


@dataclass(frozen=True, slots=True)
class News:
    """What came after a place, oldest first, and how far one has read then.

    Attributes:
        has_unfetched: some of it was never fetched before.
        has_more: there is still more behind it.
    """

    entries: tuple[Entry, ...]
    place: Place
    has_unfetched: bool
    has_more: bool


NOTHING = Page((), None)


def history(session: Session, account_id: int, *, before: Place = THE_END) -> Page:
    """Return the last entries before a place; edits are folded into what they edit."""
    ours = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.account_id == account_id,
            OutboxRow.edits_id.is_(None),
            OutboxRow.id < before.outbox_id,
        )
        .order_by(OutboxRow.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()
    own = session.scalars(
        select(InboxRow)
        .where(InboxRow.account_id == account_id, InboxRow.id < before.inbox_id)
        .order_by(InboxRow.id.desc())
        .limit(PAGE_SIZE + 1)
    ).all()
    newest_first = _by_moment(ours, own, newest_first=True)
    shown = newest_first[:PAGE_SIZE]
    earlier = _start_of(shown, before) if len(newest_first) > PAGE_SIZE else None
    return Page(_with_edits(session, account_id, _entries(reversed(shown))), earlier)


def newest_place(session: Session, account_id: int) -> Place:
    """Return the place after everything there is."""
    said = select(OutboxRow.id).where(OutboxRow.account_id == account_id)
    sent = select(InboxRow.id).where(InboxRow.account_id == account_id)
    return Place(
        session.scalar(said.order_by(OutboxRow.id.desc()).limit(1)) or 0,
        session.scalar(sent.order_by(InboxRow.id.desc()).limit(1)) or 0,
    )


def since(session: Session, account_id: int, *, after: Place, now: datetime) -> News:
    """Return what came after a place, and once more what may have come late."""
    ours = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.account_id == account_id,
            OutboxRow.id > after.outbox_id - LATE_ROWS,
            or_(OutboxRow.id > after.outbox_id, OutboxRow.created_at > now - LATE),
        )
        .order_by(OutboxRow.id)
        .limit(BATCH)
    ).all()
    own = session.scalars(
        select(InboxRow)
        .where(
            InboxRow.account_id == account_id,
            InboxRow.id > after.inbox_id - LATE_ROWS,
            or_(InboxRow.id > after.inbox_id, InboxRow.received_at > now - LATE),
        )
        .order_by(InboxRow.id)
        .limit(BATCH)
    ).all()
    place = Place(
        max([after.outbox_id, *(row.id for row in ours)]),
        max([after.inbox_id, *(row.id for row in own)]),
    )
    return News(
        entries=_entries(_by_moment(ours, own)),
        place=place,
        has_unfetched=any(row.status is OutboxStatus.MAILBOX for row in ours),
        has_more=place != after and BATCH in (len(ours), len(own)),
    )


def label_of(session: Session, account_id: int, tap: Tap) -> str | None:
    """Return the words on a tapped button, None when this account was never sent that button."""
    rows = session.scalars(
        select(OutboxRow).where(
            OutboxRow.account_id == account_id,
            or_(OutboxRow.id == tap.tapped_id, OutboxRow.edits_id == tap.tapped_id),
        )
    )
    for row in rows:
        for line in Message.from_data(row.body).buttons:
            for button in line:
                if button.action == tap.action:
                    return button.label
    return None


def _by_moment(ours: Sequence[Row], own: Sequence[Row], *, newest_first: bool = False) -> list[Row]:
    return list(heapq.merge(ours, own, key=_moment, reverse=newest_first))


def _moment(row: Row) -> tuple[datetime, bool]:
    # Merging by this keeps each table's own order, whatever two machines' clocks say. At the
    # same moment a question stands before its answer.
    if isinstance(row, OutboxRow):
        return row.created_at, True
    return row.received_at, False


def _entries(rows: Iterable[Row]) -> tuple[Entry, ...]:
    shown = (
        entry_of_ours(row) if isinstance(row, OutboxRow) else entry_of_own(row) for row in rows
    )
    return tuple(entry for entry in shown if entry is not None)


def _start_of(rows: Sequence[Row], before: Place) -> Place:
    return Place(
        min([before.outbox_id, *(row.id for row in rows if isinstance(row, OutboxRow))]),
        min([before.inbox_id, *(row.id for row in rows if isinstance(row, InboxRow))]),
    )


def _with_edits(session: Session, account_id: int, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    edits = session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.account_id == account_id,
            OutboxRow.edits_id.in_([entry.row_id for entry in entries]),
        )
        .order_by(OutboxRow.id)
    )
    last = {edit.replaces: edit for edit in map(entry_of_ours, edits)}
    return tuple(_as_edited(entry, last.get(entry.key)) for entry in entries)


def _as_edited(entry: Entry, edit: Entry | None) -> Entry:
    return entry if edit is None else replace(entry, text=edit.text, choices=edit.choices)
