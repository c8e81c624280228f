"""A Message as Telegram can show it.

Telegram allows one keyboard a message, and asks for one's own number only by a key of the
keyboard at the bottom. So a message with a `contact` button and others leaves as two: the text
with its other buttons, then a short one that opens the key. A text above 4,096 characters
leaves in pieces that end with a sentence; the buttons stand under the last.
"""

import re
from dataclasses import dataclass

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from bot.channels.telegram.texts import TEXTS
from store.messages import Button, Message

# Telegram counts code points here, not UTF-16 units.
MOST_CHARACTERS = 4_096
CONTACT_ACTION = "contact"
_SENTENCE = re.compile(r".+?(?:[。！？；!?;\n]+[”’」』）)]*|$)", re.DOTALL)

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup


@dataclass(frozen=True, slots=True)
class Part:
    """One message of Telegram's; `is_main` marks the one to edit later."""

    text: str
    markup: Markup | None = None
    is_main: bool = False


def lay_out(message: Message) -> list[Part]:
    """Return the parts to send, in order. One of them is the main one."""
    *first, last = split(_sendable(message.text))
    inline = inline_keyboard(message)
    key = _contact_button(message)
    parts = [Part(piece) for piece in first]
    if key is None:
        return [*parts, Part(last, inline, is_main=True)]
    if inline is None:
        return [*parts, Part(last, _contact_keyboard(key), is_main=True)]
    asking = Part(TEXTS.say("contact.ask"), _contact_keyboard(key))
    return [*parts, Part(last, inline, is_main=True), asking]


def inline_keyboard(message: Message) -> InlineKeyboardMarkup | None:
    """Return the buttons under a message; None when there are none."""
    rows = [
        [
            InlineKeyboardButton(_sendable(button.label), callback_data=button.action)
            for button in row
            if button.action != CONTACT_ACTION
        ]
        for row in message.buttons
    ]
    filled = [row for row in rows if row]
    return InlineKeyboardMarkup(filled) if filled else None


def split(text: str) -> list[str]:
    """Cut a text into pieces of at most 4,096 characters, at the ends of sentences."""
    pieces = [""]
    for sentence in _SENTENCE.findall(text):
        if len(pieces[-1]) + len(sentence) > MOST_CHARACTERS and pieces[-1]:
            pieces.append("")
        for start in range(0, len(sentence), MOST_CHARACTERS):
            bite = sentence[start : start + MOST_CHARACTERS]
            if start:
                pieces.append("")
            pieces[-1] += bite
    # A piece of nothing but line ends would be refused as empty.
    return [piece for piece in pieces if piece.strip()] or [text]


def _contact_button(message: Message) -> Button | None:
    buttons = (button for row in message.buttons for button in row)
    return next((button for button in buttons if button.action == CONTACT_ACTION), None)


def _contact_keyboard(button: Button) -> ReplyKeyboardMarkup:
    key = KeyboardButton(_sendable(button.label), request_contact=True)
    return ReplyKeyboardMarkup([[key]], resize_keyboard=True, one_time_keyboard=True)


def _sendable(text: str) -> str:
    # A lone surrogate cannot travel; a question mark stands for it.
    return text.encode("utf-8", "replace").decode()
