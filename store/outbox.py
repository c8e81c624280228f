"""The outbox: what must reach someone, written in the same transaction as its cause.

A courier takes the rows of each chat in order, urgent lanes first. Channels that are read
by the other side (the web chat, the terminal) have a mailbox: their rows need no courier.
"""

import enum
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import ForeignKey, Index, SmallInteger, String, func, select, update
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from store.base import Base, BigId
from store.identity import Account, text_enum
from store.messages import Message, MessageData
from store.statements import write_row
from store.types import EncryptedJson, UtcDateTime

MAX_ATTEMPTS = 3
MAILBOX_CHANNELS = frozenset({"web", "terminal"})


class Lane(enum.IntEnum):
    """Urgency: a lower lane leaves first."""

    EMERGENCY = 0
    REPLY = 1
    STEP = 2
    REMINDER = 3
    BROADCAST = 4


class OutboxStatus(enum.StrEnum):
    """Where an outgoing message stands."""

    PENDING = "pending"
    MAILBOX = "mailbox"
    SENT = "sent"
    SET_ASIDE = "set_aside"


class OutboxRow(Base):
    """One message to one account; `edits_id` names an earlier row whose buttons it replaces."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_status_next_attempt_at", "status", "next_attempt_at"),
        Index("ix_outbox_account_id_id", "account_id", "id"),
        Index("ix_outbox_edits_id", "edits_id"),
        Index("ix_outbox_account_id_status_lane_id", "account_id", "status", "lane", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    channel: Mapped[str] = mapped_column(String(20))
    bot: Mapped[str] = mapped_column(String(60), default="")
    lane: Mapped[int] = mapped_column(SmallInteger)
    body: Mapped[MessageData] = mapped_column(EncryptedJson)
    request_id: Mapped[int | None] = mapped_column(BigId)
    edits_id: Mapped[int | None] = mapped_column(ForeignKey("outbox.id"))
    status: Mapped[OutboxStatus] = mapped_column(text_enum(OutboxStatus))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime)
    external_message_id: Mapped[str | None] = mapped_column(String(60))
    failure: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message due to leave, as the courier sees it."""

    outbox_id: int
    institution_id: int | None
    account_id: int
    person_id: int | None
    external_id: str
    lane: Lane
    message: Message
    attempts: int
    edits_message_id: str | None
    request_id: int | None


@dataclass(frozen=True, slots=True)
class Address:
    """Of an account what its messages need."""

    id: int
    channel: str
    bot: str


def put(
    session: Session,
    *,
    account: Account | Address,
    message: Message,
    lane: Lane,
    now: datetime,
    institution_id: int | None = None,
    request_id: int | None = None,
    edits_id: int | None = None,
) -> int:
    """Write a message to one account; it leaves after the caller's transaction commits.

    Returns the row's id.
    """
    return write_row(
        session,
        OutboxRow,
        institution_id=institution_id,
        account_id=account.id,
        channel=account.channel,
        bot=account.bot,
        lane=int(lane),
        body=message.as_data(),
        request_id=request_id,
        edits_id=edits_id,
        status=OutboxStatus.MAILBOX
        if account.channel in MAILBOX_CHANNELS
        else OutboxStatus.PENDING,
        attempts=0,
        next_attempt_at=now,
        created_at=now,
    )


def due(
    session: Session,
    *,
    channel: str,
    bot: str,
    now: datetime,
    limit: int,
    busy: Collection[int] = (),
) -> list[Delivery]:
    """Return at most one message a chat, the first of each, urgent lanes first.

    A chat whose first message waits for its next attempt sends nothing else in that lane or
    a later one, so that its order holds; an emergency overtakes. Accounts in `busy` are left
    out: something is on its way to them already, or they must rest.
    """
    earlier = aliased(OutboxRow)
    head = (
        select(earlier.id)
        .where(
            earlier.account_id == OutboxRow.account_id,
            earlier.status == OutboxStatus.PENDING,
        )
        .order_by(earlier.lane, earlier.id)
        .limit(1)
        .correlate(OutboxRow)
        .scalar_subquery()
    )
    edited = aliased(OutboxRow)
    rows = session.execute(
        select(OutboxRow, Account, edited.external_message_id)
        .join(Account, Account.id == OutboxRow.account_id)
        .outerjoin(edited, edited.id == OutboxRow.edits_id)
        .where(
            OutboxRow.status == OutboxStatus.PENDING,
            OutboxRow.channel == channel,
            OutboxRow.bot == bot,
            OutboxRow.next_attempt_at <= now,
            OutboxRow.account_id.not_in(busy),
            OutboxRow.id == head,
        )
        .order_by(OutboxRow.lane, OutboxRow.id)
        .limit(limit)
    )
    return [
        Delivery(
            outbox_id=row.id,
            institution_id=row.institution_id,
            account_id=account.id,
            person_id=account.person_id,
            external_id=account.external_id,
            lane=Lane(row.lane),
            message=Message.from_data(row.body),
            attempts=row.attempts,
            edits_message_id=edits_message_id,
            request_id=row.request_id,
        )
        for row, account, edits_message_id in rows
    ]


def mark_sent(
    session: Session, outbox_id: int, *, external_message_id: str | None, now: datetime
) -> None:
    """Record that the channel took the message."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(
            status=OutboxStatus.SENT,
            sent_at=now,
            external_message_id=external_message_id,
            attempts=OutboxRow.attempts + 1,
            failure=None,
        )
    )


def postpone(
    session: Session, outbox_id: int, *, until: datetime, failure: str, counts: bool
) -> None:
    """Try again later; a flood limit is the channel's wish and does not count as a failure."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(
            next_attempt_at=until,
            failure=failure,
            attempts=OutboxRow.attempts + (1 if counts else 0),
        )
    )


def set_aside(session: Session, outbox_id: int, *, failure: str) -> None:
    """Stop trying; the chat goes on with its next message."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id)
        .values(status=OutboxStatus.SET_ASIDE, failure=failure, attempts=OutboxRow.attempts + 1)
    )


def set_aside_chat(session: Session, account_id: int, *, failure: str) -> None:
    """Stop trying everything that still waits for one account."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.account_id == account_id, OutboxRow.status == OutboxStatus.PENDING)
        .values(status=OutboxStatus.SET_ASIDE, failure=failure)
    )


def mailbox(
    session: Session, *, account_id: int, after_id: int, limit: int = 200
) -> Sequence[OutboxRow]:
    """Return an account's messages written after `after_id`, oldest first."""
    return (
        session.execute(
            select(OutboxRow)
            .where(OutboxRow.account_id == account_id, OutboxRow.id > after_id)
            .order_by(OutboxRow.id)
            .limit(limit)
        )
        .scalars()
        .all()
    )


def mark_fetched(session: Session, *, account_id: int, up_to_id: int, now: datetime) -> None:
    """Record that the reader of a mailbox has taken everything up to `up_to_id`."""
    session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.account_id == account_id,
            OutboxRow.status == OutboxStatus.MAILBOX,
            OutboxRow.id <= up_to_id,
        )
        .values(status=OutboxStatus.SENT, sent_at=now)
    )


def oldest_pending(session: Session) -> datetime | None:
    """Return when the oldest unsent message was written, for monitoring."""
    return cast(
        datetime | None,
        session.execute(
            select(func.min(OutboxRow.created_at)).where(OutboxRow.status == OutboxStatus.PENDING)
        ).scalar_one(),
    )
