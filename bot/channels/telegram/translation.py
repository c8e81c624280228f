"""Translation: an update of Telegram's becomes an Incoming, or nothing when it asks nothing of us."""

import re
from dataclasses import dataclass

from telegram import CallbackQuery, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType, MessageEntityType
from telegram.helpers import effective_message_type

from bot.channels.telegram.texts import TEXTS
from bot.incoming import Incoming, IncomingKind, clean_text, typed
from bot.reception import Address

CHANNEL = "telegram"
_GROUPS = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})
_COMMAND = re.compile(r"/(?P<name>\w{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<rest>.*))?", re.DOTALL)
_CONTENTS = (
    # A venue carries its location, an animation its document: the more telling name first.
    "animation",
    "venue",
    "audio",
    "checklist",
    "dice",
    "document",
    "game",
    "invoice",
    "live_photo",
    "location",
    "paid_media",
    "photo",
    "poll",
    "sticker",
    "story",
    "video",
    "video_note",
    "voice",
)


@dataclass(frozen=True, slots=True)
class Me:
    """The bot: its numeric id, and its name without @ (empty while it is not known)."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class Translated:
    """What reception is to store. The address is that of the chat, so that replies go there."""

    address: Address
    update_id: str
    incoming: Incoming


def translate(update: Update, *, me: Me) -> Translated | None:
    """Return what a person sent; None for what is acknowledged and left alone.

    The pictures of one album come as an update each, and share one id here, so that they are
    stored, and answered, once.
    """
    if update.callback_query is not None:
        chat_id, incoming = _of_tap(update.callback_query)
        return Translated(Address(CHANNEL, me.id, chat_id), str(update.update_id), incoming)
    message = update.message or update.edited_message
    if message is None or message.from_user is None or message.from_user.is_bot:
        return None
    found = _of_message(message, me, is_edited=update.edited_message is not None)
    if found is None:
        return None
    album = message.media_group_id
    update_id = f"album:{album}" if album else str(update.update_id)
    return Translated(Address(CHANNEL, me.id, str(message.chat.id)), update_id, found)


def _of_message(message: Message, me: Me, *, is_edited: bool) -> Incoming | None:
    if message.chat.type in _GROUPS:
        is_asked = not is_edited and _is_addressed(message, me)
        return Incoming(IncomingKind.GROUP) if is_asked else None
    if message.chat.type != ChatType.PRIVATE:
        return None
    if is_edited:
        return _of_edit(message)
    if message.text is not None:
        return _of_command(message.text, me) or typed(message.text)
    if message.contact is not None:
        return _of_contact(message)
    return _of_content(message)


def _of_edit(message: Message) -> Incoming | None:
    # A position shared live is "edited" every few seconds: only words count.
    if message.text is None:
        return None
    words = typed(message.text)
    return Incoming(IncomingKind.EDITED, text=words.text, was_cut=words.was_cut)


def _of_command(text: str, me: Me) -> Incoming | None:
    match = _COMMAND.fullmatch(text.strip())
    if match is None or not _is_ours(match.group("bot"), me):
        return None
    rest = typed(match.group("rest") or "")
    name = match.group("name").lower()
    return Incoming(IncomingKind.COMMAND, action=name, text=rest.text, was_cut=rest.was_cut)


def _of_contact(message: Message) -> Incoming:
    contact, sender = message.contact, message.from_user
    if contact is not None and sender is not None and contact.user_id == sender.id:
        return Incoming(IncomingKind.CONTACT, phone=clean_text(contact.phone_number))
    return _unsupported("someone_elses_card", "")


def _of_content(message: Message) -> Incoming | None:
    caption = message.caption or ""
    for content in _CONTENTS:
        if getattr(message, content, None):
            return _unsupported(content, caption)
    # A service message (pinned, title changed, ...) is known to the library and asks nothing;
    # what even the library does not know was meant for us.
    return None if effective_message_type(message) else _unsupported("other", caption)


def _unsupported(what: str, caption: str) -> Incoming:
    words = typed(caption)
    return Incoming(
        IncomingKind.UNSUPPORTED,
        text=words.text,
        was_cut=words.was_cut,
        what=TEXTS.say(f"what.{what}"),
    )


def _of_tap(query: CallbackQuery) -> tuple[str, Incoming]:
    message = query.message
    chat_id = str(message.chat.id if message else query.from_user.id)
    if message is not None and message.chat.type in _GROUPS:
        return chat_id, Incoming(IncomingKind.GROUP)
    action = clean_text(query.data or "")
    tapped = Incoming(
        IncomingKind.TAP,
        action=action,
        label=_label(message, action) if isinstance(message, Message) else "",
        tapped_id=str(message.message_id) if message else "",
    )
    return chat_id, tapped


def _label(message: Message, action: str) -> str:
    markup = message.reply_markup
    rows = markup.inline_keyboard if isinstance(markup, InlineKeyboardMarkup) else ()
    labels = (key.text for row in rows for key in row if key.callback_data == action)
    return next(labels, "")


def _is_addressed(message: Message, me: Me) -> bool:
    words = message.text or message.caption or ""
    if _of_command(words, me) is not None:
        return True
    answered = message.reply_to_message
    author = answered.from_user if answered else None
    if author is not None and str(author.id) == me.id:
        return True
    return any(_is_ours(mention.lstrip("@"), me) for mention in _mentions(message))


def _mentions(message: Message) -> list[str]:
    kinds: list[str | None] = [MessageEntityType.MENTION]
    if message.text:
        return list(message.parse_entities(kinds).values())
    return list(message.parse_caption_entities(kinds).values()) if message.caption else []


def _is_ours(username: str | None, me: Me) -> bool:
    return username is None or username.lower() == me.username.lower()
