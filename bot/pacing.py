"""Pace: how fast a messaging service lets one bot speak.

Telegram's own limits: one message a second in a chat, thirty a second in all. The courier
keeps them itself, because a rate limiter inside the channel's library would queue first come,
first served, and an emergency must not stand behind a broadcast.
"""

from collections import deque

CHAT_REST_SECONDS = 1.0
MESSAGES_A_SECOND = 30


class Pace:
    """Counts what left in the last second. Moments are seconds of one monotonic clock."""

    def __init__(self) -> None:
        """Start rested."""
        self._begun: deque[float] = deque()
        self._rest_until: dict[int, float] = {}

    def begin(self, now: float) -> None:
        """Note that a message is leaving."""
        self._begun.append(now)

    def end(self, chat: int, now: float) -> None:
        """Note that the channel has answered: the chat rests from now on."""
        self._rest_until[chat] = now + CHAT_REST_SECONDS

    def resting(self, now: float) -> frozenset[int]:
        """Return the chats that must wait a little."""
        self._rest_until = {chat: until for chat, until in self._rest_until.items() if until > now}
        return frozenset(self._rest_until)

    def room(self, now: float) -> int:
        """Return how many messages may leave at once now."""
        while self._begun and self._begun[0] <= now - 1.0:
            self._begun.popleft()
        return MESSAGES_A_SECOND - len(self._begun)

    def seconds_to_change(self, now: float, *, at_most: float) -> float:
        """Return when it is worth looking again."""
        moments = list(self._rest_until.values())
        if self.room(now) <= 0:
            moments.append(self._begun[0] + 1.0)
        return min([at_most, *(max(moment - now, 0.0) for moment in moments)])
