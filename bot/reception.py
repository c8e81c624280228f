"""Reception: the one door by which every channel hands in what people sent.

The update is stored under the channel's own id and committed before the channel may
acknowledge it. Handing the same update in twice stores it once.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bell import Bell
from bot.incoming import Incoming
from store import inbox
from store.clock import Clock
from store.database import Database
from store.identity import Account, Conversation
from store.statements import insert_into

_DANGER_LIMIT = parse("10/minute")


class Received(enum.Enum):
    """What became of an update."""

    STORED = "stored"
    KNOWN = "known"
    TOO_MANY = "too_many"


@dataclass(frozen=True, slots=True)
class Address:
    """An account as a channel knows it: the channel, the bot on it, the user's id there."""

    channel: str
    bot: str
    external_id: str

    def __str__(self) -> str:
        """Return one key for limits."""
        return f"{self.channel}/{self.bot}/{self.external_id}"


class Reception:
    """Stores updates, makes accounts on first sight, and holds the flood back."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bell: Bell,
        messages_limit: str = "30/minute",
        is_danger: Callable[[str], bool] = lambda _words: False,
    ) -> None:
        """Take the limit per account in the words of the `limits` library.

        Words of danger (`is_danger`) come through a flood, up to a limit of their own, and wait
        for no answer that somebody is still looking for.
        """
        self._database = database
        self._clock = clock
        self._bell = bell
        self._is_danger = is_danger
        self._limit: RateLimitItem = parse(messages_limit)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def receive(self, address: Address, *, update_id: str, incoming: Incoming) -> Received:
        """Store one update; when this returns STORED or KNOWN it may be acknowledged."""
        is_danger = self._is_danger(incoming.text)
        if not self._is_let_in(address, is_danger=is_danger):
            return Received.TOO_MANY
        now = self._clock()
        with self._database.begin() as session:
            account = open_account(session, address, clock=self._clock)
            account.last_used_at = now
            # Whoever writes has unblocked us.
            account.blocked_at = None
            is_new = inbox.put(
                session,
                account=account,
                external_id=update_id,
                body=incoming.as_data(),
                now=now,
            )
            if is_new and is_danger:
                inbox.interrupt(session, account.conversation_id)
        if is_new:
            self._bell.ring()
        return Received.STORED if is_new else Received.KNOWN

    def _is_let_in(self, address: Address, *, is_danger: bool) -> bool:
        if self._limiter.hit(self._limit, str(address)):
            return True
        return is_danger and self._limiter.hit(_DANGER_LIMIT, "danger", str(address))


def open_account(session: Session, address: Address, *, clock: Clock) -> Account:
    """Return the account at this address, making it and its conversation on first sight."""
    known = find_account(session, address)
    if known is not None:
        return known
    now = clock()
    conversation = Conversation(fence=0, updated_at=now)
    session.add(conversation)
    session.flush()
    session.execute(
        insert_into(session, Account)
        .values(
            channel=address.channel,
            bot=address.bot,
            external_id=address.external_id,
            conversation_id=conversation.id,
            created_at=now,
            last_used_at=now,
        )
        .on_conflict_do_nothing()
    )
    account = find_account(session, address)
    assert account is not None  # noqa: S101 - the row was inserted, here or by a twin, just above.
    return account


def find_account(session: Session, address: Address) -> Account | None:
    """Return the account at this address, None when it never wrote."""
    return session.execute(
        select(Account).where(
            Account.channel == address.channel,
            Account.bot == address.bot,
            Account.external_id == address.external_id,
        )
    ).scalar_one_or_none()
