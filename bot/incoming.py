"""What a person sent, in one form for every channel; stored in the inbox as it is."""

import enum
from dataclasses import asdict, dataclass
from typing import Any

MAX_TEXT = 2_000


class IncomingKind(enum.StrEnum):
    """The kinds of things people send."""

    TEXT = "text"
    TAP = "tap"
    COMMAND = "command"
    CONTACT = "contact"
    EDITED = "edited"
    GROUP = "group"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing a person sent.

    Attributes:
        kind: what it is.
        text: what was typed (TEXT, EDITED), or what follows a command (/start CODE).
        action: the tapped button's action (TAP), or the command's name without slash (COMMAND).
        label: the tapped button's words, where the channel knows them; shown in the transcript.
        tapped_id: the channel's own id of the message whose button was tapped.
        phone: the number of a shared contact (CONTACT); only ever the sender's own.
        what: a Chinese word for something we cannot take (UNSUPPORTED): 图片, 贴纸, 语音, 文件, ...
        was_cut: the text was longer than MAX_TEXT characters and was cut.
    """

    kind: IncomingKind
    text: str = ""
    action: str = ""
    label: str = ""
    tapped_id: str = ""
    phone: str = ""
    what: str = ""
    was_cut: bool = False

    def as_data(self) -> dict[str, Any]:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> "Incoming":
        """Read the stored form back."""
        return cls(**{**data, "kind": IncomingKind(data["kind"])})


def typed(text: str) -> Incoming:
    """Make an Incoming of typed text: NULs and lone surrogates out, long text cut and marked."""
    clean = clean_text(text)
    return Incoming(IncomingKind.TEXT, text=clean[:MAX_TEXT], was_cut=len(clean) > MAX_TEXT)


def clean_text(text: str) -> str:
    """Drop what no person typed: NUL and other control characters, lone surrogates."""
    # The cut comes before the cleaning, so that a giant paste costs nothing.
    kept = text[: MAX_TEXT * 4]
    return "".join(
        character
        for character in kept
        if character in "\n\t" or (character.isprintable() or character.isspace())
    ).strip()
