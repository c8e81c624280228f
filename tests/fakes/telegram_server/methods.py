"""The methods of the Bot API that the fake knows, with their refusals."""

import json
import re
import time
from collections.abc import Callable
from typing import Any

from tests.fakes.telegram_server.world import (
    Chat,
    Json,
    Refusal,
    StoredMessage,
    Webhook,
    World,
    unix_now,
)

Parameters = dict[str, str]
Method = Callable[[World, Parameters], Any]

MOST_CHARACTERS = 4096
MOST_BUTTONS = 100
A_SECOND_IN_ALL = 30
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)
QUERY_TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"


def get_me(world: World, _parameters: Parameters) -> Json:
    """Describe the bot."""
    return {
        **world.bot_body,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def send_message(world: World, parameters: Parameters) -> Json:
    """Send a text."""
    chat = _chat(world, parameters)
    text = _text(parameters)
    markup = _markup(parameters)
    _hold_flood_back(world, chat)
    body: Json = {
        "message_id": world.new_id(),
        "from": world.bot_body,
        "chat": chat.body,
        "date": unix_now(),
        "text": text,
    }
    if "inline_keyboard" in markup:
        body["reply_markup"] = markup
    if "keyboard" in markup:
        chat.keyboard = markup["keyboard"]
    if markup.get("remove_keyboard"):
        chat.keyboard = []
    chat.messages.append(StoredMessage(body, by_bot=True, version=world.touch()))
    return body


def edit_message_text(world: World, parameters: Parameters) -> Json:
    """Change a message of the bot."""
    text = _text(parameters)
    return _edit(world, parameters, text=text)


def edit_message_reply_markup(world: World, parameters: Parameters) -> Json:
    """Change the buttons of a message of the bot."""
    return _edit(world, parameters, text=None)


def answer_callback_query(world: World, parameters: Parameters) -> bool:
    """Answer a tap: once."""
    query_id = parameters.get("callback_query_id", "")
    chat_id, is_answered = world.queries.get(query_id, (0, True))
    if is_answered:
        raise Refusal(400, QUERY_TOO_OLD)
    if len(parameters.get("text", "")) > 200:
        raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
    world.queries[query_id] = (chat_id, True)
    if parameters.get("text"):
        world.chats[chat_id].notices.append(parameters["text"])
    world.touch()
    return True


def set_my_commands(world: World, parameters: Parameters) -> bool:
    """Set the menu."""
    commands = json.loads(parameters.get("commands", "[]"))
    for command in commands:
        if not _COMMAND.fullmatch(command["command"]):
            raise Refusal(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise Refusal(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands = commands
    return True


def set_webhook(world: World, parameters: Parameters) -> bool:
    """Have updates posted. Plain http is taken, as a Bot API server of one's own takes it."""
    url = parameters.get("url", "")
    secret = parameters.get("secret_token")
    if url and not url.startswith(("https://", "http://127.0.0.1:")):
        raise Refusal(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise Refusal(400, "Bad Request: secret token contains unallowed characters")
    world.webhook = Webhook(url, secret)
    _note_allowed_updates(world, parameters)
    world.newest_poll += 1
    world.touch()
    return True


def delete_webhook(world: World, parameters: Parameters) -> bool:
    """Go back to long polling."""
    world.webhook = Webhook()
    if parameters.get("drop_pending_updates") == "true":
        world.updates.clear()
    world.touch()
    return True


def get_webhook_info(world: World, _parameters: Parameters) -> Json:
    """Tell where updates are posted to."""
    info: Json = {
        "url": world.webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(world.updates),
    }
    if world.webhook.last_error:
        info["last_error_message"] = world.webhook.last_error
        info["last_error_date"] = unix_now()
    return info


def get_file(world: World, parameters: Parameters) -> Json:
    """Prepare a file for download."""
    file_id = parameters.get("file_id", "")
    if file_id not in world.files:
        raise Refusal(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
    return {
        "file_id": file_id,
        "file_unique_id": f"u{file_id}",
        "file_size": len(world.files[file_id]),
        "file_path": f"media/{file_id}",
    }


def send_chat_action(world: World, parameters: Parameters) -> bool:
    """Show that the bot is typing."""
    _chat(world, parameters)
    return True


METHODS: dict[str, Method] = {
    "getme": get_me,
    "sendmessage": send_message,
    "editmessagetext": edit_message_text,
    "editmessagereplymarkup": edit_message_reply_markup,
    "answercallbackquery": answer_callback_query,
    "setmycommands": set_my_commands,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
    "getfile": get_file,
    "sendchataction": send_chat_action,
}


def begin_poll(world: World, parameters: Parameters) -> int:
    """Begin getUpdates: confirm what is below the offset, and end any older poll."""
    if world.webhook.url:
        raise Refusal(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    _note_allowed_updates(world, parameters)
    offset = int(parameters.get("offset", "0"))
    if offset < 0:
        while len(world.updates) > -offset:
            world.updates.popleft()
    while world.updates and 0 < offset > world.updates[0]["update_id"]:
        world.updates.popleft()
    world.newest_poll += 1
    return world.newest_poll


def look_for_updates(world: World, parameters: Parameters, poll: int) -> list[Json]:
    """Return what waits for the poll; nothing is taken away before it is confirmed."""
    if poll != world.newest_poll:
        raise Refusal(
            409,
            "Conflict: terminated by other getUpdates request; "
            "make sure that only one bot instance is running",
        )
    limit = min(max(int(parameters.get("limit", "100")), 1), 100)
    first = int(parameters.get("offset", "0"))
    return [update for update in world.updates if update["update_id"] >= first][:limit]


def _note_allowed_updates(world: World, parameters: Parameters) -> None:
    if "allowed_updates" in parameters:
        world.allowed_updates = json.loads(parameters["allowed_updates"])


def _chat(world: World, parameters: Parameters) -> Chat:
    chat = world.chats.get(int(parameters.get("chat_id", "0")))
    if chat is None:
        raise Refusal(400, "Bad Request: chat not found")
    if chat.has_blocked:
        raise Refusal(403, "Forbidden: bot was blocked by the user")
    if not chat.has_begun:
        raise Refusal(403, "Forbidden: bot can't initiate conversation with a user")
    return chat


def _text(parameters: Parameters) -> str:
    if parameters.get("parse_mode"):
        raise Refusal(400, "Bad Request: this fake knows no parse_mode")
    text = parameters.get("text", "").strip()
    if not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > MOST_CHARACTERS:
        raise Refusal(400, "Bad Request: message is too long")
    return text


def _markup(parameters: Parameters) -> Json:
    markup: Json = json.loads(parameters.get("reply_markup", "{}"))
    buttons = [button for row in markup.get("inline_keyboard", []) for button in row]
    for button in buttons:
        if not button.get("text"):
            raise Refusal(400, "Bad Request: BUTTON_TEXT_INVALID")
        if not 1 <= len(button.get("callback_data", "").encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if len(buttons) > MOST_BUTTONS:
        raise Refusal(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    return markup


def _edit(world: World, parameters: Parameters, *, text: str | None) -> Json:
    chat = _chat(world, parameters)
    markup = _markup(parameters)
    message = world.message_of(chat, int(parameters.get("message_id", "0")))
    if message is None:
        raise Refusal(400, "Bad Request: message to edit not found")
    if not message.by_bot:
        raise Refusal(400, "Bad Request: message can't be edited")
    body = {**message.body, "text": message.body["text"] if text is None else text}
    body.pop("reply_markup", None)
    if markup.get("inline_keyboard"):
        body["reply_markup"] = markup
    if body == message.body:
        raise Refusal(400, NOT_MODIFIED)
    _hold_flood_back(world, chat)
    message.body = {**body, "edit_date": unix_now()}
    message.version = world.touch()
    return message.body


def _hold_flood_back(world: World, chat: Chat) -> None:
    if not world.flood_limits:
        return
    now = time.monotonic()
    while world.sent_moments and world.sent_moments[0] <= now - 1.0:
        world.sent_moments.popleft()
    if now - chat.last_sent < 1.0 or len(world.sent_moments) >= A_SECOND_IN_ALL:
        raise Refusal(429, "Too Many Requests: retry after 1", retry_after=1)
    chat.last_sent = now
    world.sent_moments.append(now)
