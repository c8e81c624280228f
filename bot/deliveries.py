"""What becomes of a message once the channel has spoken: sent, later, or set aside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.senders import Blocked, ChannelDown, FloodLimit, Rejected, SendingFailed
from store import outbox
from store.identity import Account
from store.outbox import MAX_ATTEMPTS, Delivery

Told = Callable[[Session, Delivery], None]

FIRST_PAUSE = timedelta(seconds=2)
PAUSE_GROWS = 4
_FAILURE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """The channel took the message, under this id of its own."""

    message_id: str | None


Outcome = Sent | SendingFailed


@dataclass(frozen=True, slots=True)
class Recorder:
    """Writes outcomes; whoever must know is told in the same transaction.

    Attributes:
        on_blocked: called once when a chat is given up.
        on_set_aside: called for every message that is given up while its chat goes on.
    """

    on_blocked: Told
    on_set_aside: Told

    def record(self, session: Session, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
        """Write what happened to one message."""
        match outcome:
            case Sent(message_id):
                outbox.mark_sent(
                    session, delivery.outbox_id, external_message_id=message_id, now=now
                )
            case FloodLimit():
                until = now + timedelta(seconds=outcome.seconds)
                self._postpone(session, delivery, outcome, until, counts=False)
            case ChannelDown():
                self._postpone(session, delivery, outcome, now + FIRST_PAUSE, counts=False)
            case Blocked():
                self._give_up_chat(session, delivery, outcome, now)
            case Rejected():
                self._set_aside(session, delivery, outcome)
            case _ if delivery.attempts + 1 >= MAX_ATTEMPTS:
                self._set_aside(session, delivery, outcome)
            case _:
                until = now + FIRST_PAUSE * PAUSE_GROWS**delivery.attempts
                self._postpone(session, delivery, outcome, until, counts=True)

    def _postpone(
        self,
        session: Session,
        delivery: Delivery,
        failure: SendingFailed,
        until: datetime,
        *,
        counts: bool,
    ) -> None:
        outbox.postpone(
            session, delivery.outbox_id, until=until, failure=_name(failure), counts=counts
        )

    def _set_aside(self, session: Session, delivery: Delivery, failure: SendingFailed) -> None:
        outbox.set_aside(session, delivery.outbox_id, failure=_name(failure))
        self.on_set_aside(session, delivery)

    def _give_up_chat(
        self, session: Session, delivery: Delivery, failure: SendingFailed, now: datetime
    ) -> None:
        account = session.get_one(Account, delivery.account_id)
        was_blocked = account.blocked_at is not None
        account.blocked_at = account.blocked_at or now
        outbox.set_aside(session, delivery.outbox_id, failure=_name(failure))
        outbox.set_aside_chat(session, delivery.account_id, failure="chat given up")
        # Told once: a note about each later message to a chat that is gone helps nobody.
        if not was_blocked:
            self.on_blocked(session, delivery)


def _tell_nobody(_session: Session, _delivery: Delivery) -> None:
    """Write the outcome only."""


QUIET = Recorder(on_blocked=_tell_nobody, on_set_aside=_tell_nobody)


def _name(failure: SendingFailed) -> str:
    return f"{type(failure).__name__}: {failure}"[:_FAILURE_LENGTH]
