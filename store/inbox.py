"""The inbox: what people sent, stored under the channel's own id before it is acknowledged.

A worker claims a *conversation*, never a single message, so that one person's messages are
worked off in order even by many workers.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.base import Base, BigId
from store.errors import LeaseLost
from store.identity import Account, Conversation, text_enum
from store.statements import insert_into
from store.types import EncryptedJson, UtcDateTime

MAX_ATTEMPTS = 3
LEASE = timedelta(seconds=60)
# Among so many waiting messages of one conversation an urgent one is looked for.
_LOOKED_THROUGH = 20


class InboxStatus(enum.StrEnum):
    """Where an incoming message stands."""

    WAITING = "waiting"
    DONE = "done"
    SET_ASIDE = "set_aside"


class InboxRow(Base):
    """One update from a channel; `body` is what `bot.incoming` makes of it, encrypted."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("channel", "bot", "external_id"),
        Index("ix_inbox_status_conversation_id_id", "status", "conversation_id", "id"),
        Index("ix_inbox_status_id", "status", "id"),
        Index("ix_inbox_account_id_id", "account_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    bot: Mapped[str] = mapped_column(String(60), default="")
    external_id: Mapped[str] = mapped_column(String(120))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"))
    body: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[InboxStatus] = mapped_column(text_enum(InboxStatus), default=InboxStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(120))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Claim:
    """A leased conversation and the message to work on; `fence` proves the lease."""

    inbox_id: int
    conversation_id: int
    account_id: int
    person_id: int | None
    fence: int
    attempts: int
    body: dict[str, Any]
    frames: dict[str, Any] | None
    received_at: datetime

    @property
    def is_exhausted(self) -> bool:
        """True when it has already failed as often as it may."""
        return self.attempts > MAX_ATTEMPTS


def put(
    session: Session,
    *,
    account: Account,
    external_id: str,
    body: dict[str, Any],
    now: datetime,
) -> bool:
    """Store an update; False when this very update was stored before."""
    values = {
        "channel": account.channel,
        "bot": account.bot,
        "external_id": external_id,
        "account_id": account.id,
        "conversation_id": account.conversation_id,
        "body": body,
        "received_at": now,
        "status": InboxStatus.WAITING,
        "attempts": 0,
    }
    statement = insert_into(session, InboxRow).values(**values).on_conflict_do_nothing()
    inserted = session.execute(statement.returning(InboxRow.id)).scalar_one_or_none()
    return inserted is not None


def claim(
    session: Session,
    *,
    worker: str,
    now: datetime,
    is_urgent: Callable[[dict[str, Any]], bool] = lambda _body: False,
) -> Claim | None:
    """Lease the conversation that has waited longest; None when there is nothing to do.

    Its messages come in order, but one whose body `is_urgent` before all others. The attempt is
    counted here, so that a message that kills its worker is counted too.
    """
    free = or_(Conversation.lease_until.is_(None), Conversation.lease_until < now)
    found = session.execute(
        select(Conversation, InboxRow)
        .join(InboxRow, InboxRow.conversation_id == Conversation.id)
        .where(InboxRow.status == InboxStatus.WAITING, free)
        .order_by(InboxRow.id)
        .limit(1)
        .with_for_update(of=Conversation, skip_locked=True)
    ).first()
    if found is None:
        return None
    conversation, row = found
    row = _first_urgent(session, conversation, is_urgent) or row
    conversation.lease_owner = worker
    conversation.lease_until = now + LEASE
    conversation.fence += 1
    row.attempts += 1
    return Claim(
        inbox_id=row.id,
        conversation_id=conversation.id,
        account_id=row.account_id,
        person_id=conversation.person_id,
        fence=conversation.fence,
        attempts=row.attempts,
        body=row.body,
        frames=conversation.frames,
        received_at=row.received_at,
    )


def _first_urgent(
    session: Session, conversation: Conversation, is_urgent: Callable[[dict[str, Any]], bool]
) -> InboxRow | None:
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.conversation_id == conversation.id, InboxRow.status == InboxStatus.WAITING)
        .order_by(InboxRow.id)
        .limit(_LOOKED_THROUGH)
    )
    return next((row for row in rows if is_urgent(row.body)), None)


def interrupt(session: Session, conversation_id: int) -> None:
    """Take a conversation from the worker that is thinking in it: something cannot wait.

    What that worker would write is refused, and its message is worked off afterwards; the
    attempt does not count.
    """
    taken = session.execute(
        update(Conversation)
        .where(Conversation.id == conversation_id, Conversation.lease_until.is_not(None))
        .values(lease_owner=None, lease_until=None, fence=Conversation.fence + 1)
        .execution_options(synchronize_session=False)
    )
    if not _rows(taken):
        return
    session.execute(
        update(InboxRow)
        .where(
            InboxRow.conversation_id == conversation_id,
            InboxRow.status == InboxStatus.WAITING,
            InboxRow.attempts > 0,
        )
        .values(attempts=InboxRow.attempts - 1)
        .execution_options(synchronize_session=False)
    )


def finish(
    session: Session,
    claimed: Claim,
    *,
    frames: dict[str, Any] | None,
    status: InboxStatus,
    now: datetime,
    failure: str | None = None,
) -> None:
    """Close the message and give the conversation back, if the lease is still ours.

    Raises:
        LeaseLost: another worker has it; the caller's transaction must be rolled back.
    """
    released = session.execute(
        update(Conversation)
        .where(Conversation.id == claimed.conversation_id, Conversation.fence == claimed.fence)
        .values(frames=frames, lease_owner=None, lease_until=None, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    if _rows(released) != 1:
        raise LeaseLost("这段对话已由另一个进程接手。")
    session.execute(
        update(InboxRow)
        .where(InboxRow.id == claimed.inbox_id)
        .values(status=status, done_at=now, failure=failure)
        .execution_options(synchronize_session=False)
    )


def release(session: Session, claimed: Claim, *, failure: str, now: datetime) -> None:
    """Give the conversation back after a failure; the message waits for its next attempt."""
    session.execute(
        update(Conversation)
        .where(Conversation.id == claimed.conversation_id, Conversation.fence == claimed.fence)
        .values(lease_owner=None, lease_until=None, updated_at=now)
    )
    session.execute(update(InboxRow).where(InboxRow.id == claimed.inbox_id).values(failure=failure))


def forget_leases(session: Session) -> None:
    """Free every conversation at once; only for a process that knows it is the only worker.

    After a crash the dead worker's conversations then need not wait for their leases to end.
    The growing fence keeps a worker that is not dead after all from writing.
    """
    session.execute(
        update(Conversation)
        .where(Conversation.lease_until.is_not(None))
        .values(lease_owner=None, lease_until=None, fence=Conversation.fence + 1)
    )


def oldest_waiting(session: Session) -> datetime | None:
    """Return when the oldest unanswered message came in, for monitoring."""
    return session.execute(
        select(func.min(InboxRow.received_at)).where(InboxRow.status == InboxStatus.WAITING)
    ).scalar_one()


def _rows(result: Any) -> int:
    return int(result.rowcount)
