"""The closed set of commands: what someone can want, and what they can say about it."""

import datetime
import enum
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]


class Intent(enum.StrEnum):
    """What someone wants.

    The last three only make sense inside a dialogue. Where a list of intents from outside is
    expected they stand for: answer -> book, back -> change, restart -> change.
    """

    BOOK = "book"
    QUESTION = "question"
    STATUS = "status"
    CANCEL = "cancel"
    CHANGE = "change"
    CONFIRM = "confirm"
    REPEAT = "repeat"
    HUMAN = "human"
    EMERGENCY = "emergency"
    FRAUD = "fraud"
    GREETING = "greeting"
    COMPLAINT = "complaint"
    PRAISE = "praise"
    ANSWER = "answer"
    BACK = "back"
    RESTART = "restart"

    @property
    def outside(self) -> "Intent":
        """The intent by which the world outside the dialogue knows this one."""
        return _OUTSIDE.get(self, self)


_OUTSIDE = {
    Intent.ANSWER: Intent.BOOK,
    Intent.BACK: Intent.CHANGE,
    Intent.RESTART: Intent.CHANGE,
}


class LiveTopic(enum.StrEnum):
    """What a question of today and now is about: the tables know it, and no document does."""

    MENU = "menu"
    PLACES = "places"
    DONE = "done"
    TURN = "turn"


class DoubtKind(enum.StrEnum):
    """Why something that was said is not taken as it is."""

    PAST = "past"
    IMPOSSIBLE = "impossible"
    VAGUE = "vague"
    REPEATING = "repeating"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Words that were said but cannot be pinned down; `about` is the slot they were meant for."""

    kind: DoubtKind
    words: str
    about: str


@dataclass(frozen=True, slots=True)
class Slots:
    """What was said about the thing wanted; None where nothing was said.

    Attributes:
        service: the id of a service of the words file (meal, ride, checkup).
        date: the day, local; never a day before today except for what is past (a complaint).
        meal, session, diet: option values of the services' forms.
        time: local time of day.
        portions, passengers: in all.
        destination, origin: as said.
        wheelchair, return_trip: False only when it was said that none is wanted.
        whom: the person it is for, as a normalised relation word (父亲, 老伴) or a name as said.
        again: True for 照昨天那样再来一份.
        adds: True for 再加一份: portions and passengers come on top of what stands there.
        lost: True where the money or the code that a fraud asked for has been given already.
        yes, choice, number, text: the answer to what was asked, where it fits no other slot
            (choice counts from 1; -1 is the last one).
        live: what of the tables a question is about; `number` is then the year it speaks of.
        vague: what was said but is past, impossible or vague.
    """

    service: str | None = None
    date: datetime.date | None = None
    meal: str | None = None
    time: datetime.time | None = None
    session: str | None = None
    portions: int | None = None
    passengers: int | None = None
    diet: str | None = None
    destination: str | None = None
    wheelchair: bool | None = None
    return_trip: bool | None = None
    whom: str | None = None
    origin: str | None = None
    again: bool | None = None
    adds: bool | None = None
    lost: bool | None = None
    yes: bool | None = None
    choice: int | None = None
    number: int | None = None
    text: str | None = None
    live: LiveTopic | None = None
    vague: tuple[Doubt, ...] = ()

    def over(self, earlier: "Slots") -> "Slots":
        """Return `earlier` with everything said here put over it."""
        said = {name: value for name, value in self._said() if name != "vague"}
        cleared = {doubt.about for doubt in earlier.vague} & set(said)
        kept = tuple(doubt for doubt in earlier.vague if doubt.about not in cleared)
        return replace(earlier, **said, vague=kept + self.vague)

    def is_only_the_day(self, day: datetime.date) -> bool:
        """True when nothing but this day was said, or that with a service nobody named."""
        return self == Slots(date=day)

    @property
    def is_empty(self) -> bool:
        """True when nothing at all was said."""
        return not self._said()

    def scored(self) -> dict[str, Any]:
        """Return the slots that the outside knows, as plain JSON values; a question has none."""
        if self.live is not None:
            return {}
        return {
            name: _plain(value)
            for name, value in self._said()
            if name in _OUTSIDE_SLOTS and value is not False
        }

    def _said(self) -> list[tuple[str, Any]]:
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, value) for name, value in pairs if value is not None and value != ()]


_OUTSIDE_SLOTS = frozenset(
    [
        "service",
        "date",
        "meal",
        "time",
        "session",
        "portions",
        "passengers",
        "diet",
        "destination",
        "wheelchair",
        "return_trip",
        "whom",
        "origin",
    ]
)


def _plain(value: object) -> object:
    if isinstance(value, datetime.time):
        return f"{value:%H:%M}"
    return value.isoformat() if isinstance(value, datetime.date) else value


@dataclass(frozen=True, slots=True)
class Command:
    """One thing wanted."""

    intent: Intent
    slots: Slots = Slots()

    @property
    def asks_documents(self) -> bool:
        """Tell a question for the documents from one that the tables answer."""
        return self.intent is Intent.QUESTION and self.slots.live is None


@dataclass(frozen=True, slots=True)
class Understood:
    """Everything wanted in one message, first thing first.

    Attributes:
        commands: at least one.
        confident: False for a guess; the dialogue then asks with buttons.
    """

    commands: tuple[Command, ...]
    confident: bool = True

    @property
    def first(self) -> Command:
        """The first thing wanted."""
        return self.commands[0]
