"""What the courier asks of a channel that pushes messages, and how sending can fail.

SendingFailed
├── FloodLimit      the channel asks to wait `seconds`; not a failure of the message
├── Blocked         the person has blocked us or the chat is gone; nothing more will arrive
├── Rejected        the channel will never take this message
└── Unreachable     an error on their side, or no answer; worth another try
    └── ChannelDown nobody can be reached just now (no network); not this message's fault
"""

from typing import Protocol

from store.outbox import Delivery


class SendingFailed(Exception):
    """A message did not leave."""


class FloodLimit(SendingFailed):
    """The channel asks to wait."""

    def __init__(self, seconds: float) -> None:
        """Take the wait in seconds."""
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Blocked(SendingFailed):
    """The person cannot be reached on this account any more."""


class Rejected(SendingFailed):
    """The channel refuses this message for good."""


class Unreachable(SendingFailed):
    """The channel could not be reached, or failed."""


class ChannelDown(Unreachable):
    """The channel as a whole is out of reach, so that no message may be blamed for it."""


class Sender(Protocol):
    """One bot on one channel that pushes messages."""

    channel: str
    bot: str

    async def send(self, delivery: Delivery) -> str | None:
        """Send, or edit when `delivery.edits_message_id` is set; return the channel's message id.

        Raises:
            SendingFailed: one of the kinds above.
        """
