"""What is said to people, on any channel: a text and rows of answer buttons."""

from dataclasses import dataclass, field
from typing import TypedDict

MAX_ACTION_BYTES = 64


@dataclass(frozen=True, slots=True)
class Button:
    """One answer that can be tapped; `label` is also what can be typed instead.

    Raises:
        ValueError: the action is longer than 64 bytes, the limit of the narrowest channel.
    """

    label: str
    action: str

    def __post_init__(self) -> None:
        """Check the action against the narrowest channel."""
        if not 1 <= len(self.action.encode()) <= MAX_ACTION_BYTES:
            raise ValueError(
                f"a button's action takes 1 to {MAX_ACTION_BYTES} bytes: {self.action!r}"
            )


class ButtonData(TypedDict):
    """A Button as stored."""

    label: str
    action: str


class MessageData(TypedDict):
    """A Message as stored."""

    text: str
    buttons: list[list[ButtonData]]


@dataclass(frozen=True, slots=True)
class Message:
    """A text with rows of buttons."""

    text: str
    buttons: tuple[tuple[Button, ...], ...] = field(default=())

    def as_data(self) -> MessageData:
        """Return the stored form."""
        return {
            "text": self.text,
            "buttons": [
                [{"label": button.label, "action": button.action} for button in row]
                for row in self.buttons
            ],
        }

    @classmethod
    def from_data(cls, data: MessageData) -> "Message":
        """Read the stored form back."""
        return cls(
            text=data["text"],
            buttons=tuple(
                tuple(Button(button["label"], button["action"]) for button in row)
                for row in data["buttons"]
            ),
        )
