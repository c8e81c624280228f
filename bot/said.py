"""The facts of one turn, and what comes out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot.frames import Frames
from store.clock import local_date
from store.identity import Account, Person
from store.messages import Button, Message
from store.texts import Texts

TEXTS = Texts(Path(__file__).parent / "texts.toml")
_SHORT_LABEL, _MIDDLE_LABEL = 4, 9


@dataclass(frozen=True, slots=True)
class Scene:
    """Who speaks, on which account, when, and the transaction everything happens in.

    `question_id` is the row of the question log that this message made, if it made one.
    """

    session: Session
    account: Account
    person: Person | None
    inbox_id: int
    now: datetime
    words: str
    question_id: int | None = None

    @property
    def today(self) -> date:
        """The Shanghai date."""
        return local_date(self.now)

    @property
    def key(self) -> str:
        """Name what this one message causes, so that it happens once."""
        return f"inbox:{self.inbox_id}"


@dataclass(frozen=True, slots=True)
class Said:
    """What the conversation remembers now, and what is said; urgently, where someone is in danger."""

    frames: Frames
    messages: tuple[Message, ...] = ()
    is_urgent: bool = False

    def before(self, other: "Said") -> "Said":
        """Say this first, then `other`, which knows the newer frames."""
        is_urgent = self.is_urgent or other.is_urgent
        return Said(other.frames, (*self.messages, *other.messages), is_urgent)


def say(frames: Frames, key: str, *rows: Sequence[Button], **values: object) -> Said:
    """Say one sentence of the texts file with its buttons."""
    message = Message(TEXTS.say(key, **values), tuple(tuple(row) for row in rows if row))
    return Said(frames, (message,))


def button(key: str, action: str, **values: object) -> Button:
    """Make a button whose words stand in the texts file."""
    return Button(TEXTS.say(f"button.{key}", **values), action)


def in_rows(buttons: Sequence[Button]) -> list[list[Button]]:
    """Lay buttons out: at most four short ones, two of middle length, or one long one a row."""
    longest = max((len(each.label) for each in buttons), default=0)
    width = 4 if longest <= _SHORT_LABEL else 2 if longest <= _MIDDLE_LABEL else 1
    return [list(buttons[at : at + width]) for at in range(0, len(buttons), width)]
