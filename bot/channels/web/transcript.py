"""The conversation as the page shows it: one entry for each message, in Shanghai time."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from bot.channels.web.documents import page_of
from bot.incoming import Incoming, IncomingKind
from store.clock import local
from store.inbox import InboxRow
from store.messages import Button, Message
from store.outbox import Lane, OutboxRow

_WEEKDAYS = "一二三四五六日"
_PLACE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")


class Side(StrEnum):
    """Who said it."""

    OWN = "own"
    OURS = "ours"


@dataclass(frozen=True, slots=True)
class Place:
    """How far one has read: an outbox id and an inbox id."""

    outbox_id: int = 0
    inbox_id: int = 0

    def __str__(self) -> str:
        """Return the form used in addresses and as event id."""
        return f"{self.outbox_id}-{self.inbox_id}"

    @classmethod
    def parse(cls, text: str | None) -> "Place | None":
        """Read the form back; None for anything else."""
        match = _PLACE.fullmatch(text or "")
        return cls(int(match.group(1)), int(match.group(2))) if match else None


class ChoiceData(TypedDict):
    """An answer button for the page's script; `href` is the page it opens, if it opens one."""

    label: str
    action: str
    href: str


class EntryData(TypedDict):
    """An Entry for the page's script."""

    key: str
    side: str
    text: str
    choices: list[list[ChoiceData]]
    urgent: bool
    replaces: str
    sent_as: str
    time: str
    day: str
    day_words: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One message on the page.

    Attributes:
        side: the person's own, or ours.
        row_id: its row in the inbox (own) or the outbox (ours).
        at: when it was sent or said.
        urgent: it is about danger.
        replaces: the key of the entry whose text and buttons it takes the place of, or empty.
        sent_as: the id under which the page sent it (own entries).
    """

    side: Side
    row_id: int
    at: datetime
    text: str
    choices: tuple[tuple[Button, ...], ...] = ()
    urgent: bool = False
    replaces: str = ""
    sent_as: str = ""

    @property
    def key(self) -> str:
        """Its name on the page."""
        return f"{self.side.value}-{self.row_id}"

    @property
    def time(self) -> str:
        """Shanghai wall-clock time, 09:05."""
        return f"{local(self.at):%H:%M}"

    @property
    def day(self) -> str:
        """Shanghai date, 2026-11-23."""
        return f"{local(self.at):%Y-%m-%d}"

    @property
    def day_words(self) -> str:
        """Shanghai date in words, 11月23日 星期一."""
        here = local(self.at)
        return f"{here.month}月{here.day}日 星期{_WEEKDAYS[here.weekday()]}"

    def as_data(self) -> EntryData:
        """Return the form the page's script reads."""
        return {
            "key": self.key,
            "side": self.side.value,
            "text": self.text,
            "choices": [
                [
                    {"label": button.label, "action": button.action, "href": page_of(button.action)}
                    for button in row
                ]
                for row in self.choices
            ],
            "urgent": self.urgent,
            "replaces": self.replaces,
            "sent_as": self.sent_as,
            "time": self.time,
            "day": self.day,
            "day_words": self.day_words,
        }


def entry_of_ours(row: OutboxRow) -> Entry:
    """Show what was said to the person."""
    message = Message.from_data(row.body)
    return Entry(
        side=Side.OURS,
        row_id=row.id,
        at=row.created_at,
        text=_encodable(message.text),
        choices=tuple(
            tuple(Button(_encodable(button.label), button.action) for button in row)
            for row in message.buttons
        ),
        urgent=row.lane == Lane.EMERGENCY,
        replaces="" if row.edits_id is None else f"{Side.OURS.value}-{row.edits_id}",
    )


def entry_of_own(row: InboxRow) -> Entry | None:
    """Show what the person sent; None for what nobody typed or tapped (a binding link)."""
    incoming = Incoming.from_data(row.body)
    text = _words_of(incoming)
    if not text:
        return None
    return Entry(
        side=Side.OWN,
        row_id=row.id,
        at=row.received_at,
        text=_encodable(text),
        # The update id is the account's address, a dot, and the id the page made.
        sent_as=row.external_id.rpartition(".")[2],
    )


def _words_of(incoming: Incoming) -> str:
    if incoming.kind is IncomingKind.COMMAND:
        return ""
    if incoming.kind is IncomingKind.TAP:
        return incoming.label
    return incoming.text or (f"（{incoming.what}）" if incoming.what else "")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
