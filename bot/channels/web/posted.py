"""What the page posts: typed text, a tapped button, or the code of a binding link."""

import json
import re
from dataclasses import dataclass
from typing import Any

from bot.incoming import MAX_TEXT, Incoming, IncomingKind, clean_text, typed
from store.messages import MAX_ACTION_BYTES

_CLIENT_ID = re.compile(r"[A-Za-z0-9-]{8,40}")
_DIGITS = re.compile(r"[0-9]{1,18}")
_START = "start"


class NotUnderstood(Exception):
    """The body is not something our page sends."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of an earlier message, as the browser names it."""

    action: str
    tapped_id: int


@dataclass(frozen=True, slots=True)
class Posted:
    """One thing sent by the page; `client_id` is the same again when it is sent again."""

    client_id: str
    what: Incoming | Tap


def parse(body: bytes) -> Posted:
    """Read what the page posted.

    Raises:
        NotUnderstood: no JSON, no id, or none of the three kinds.
    """
    fields = _object(body)
    client_id = _text(fields, "id")
    if not _CLIENT_ID.fullmatch(client_id):
        raise NotUnderstood("id")
    if "action" in fields:
        return Posted(client_id, _tap(fields))
    if "command" in fields:
        return Posted(client_id, _command(fields))
    return Posted(client_id, typed(_text(fields, "text")))


def person_id_in(body: bytes) -> int:
    """Read the chosen demonstration person.

    Raises:
        NotUnderstood: there is no such number in it.
    """
    person_id = _object(body).get("person_id")
    if not isinstance(person_id, int) or isinstance(person_id, bool) or person_id.bit_length() > 62:
        raise NotUnderstood("person_id")
    return person_id


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood("not JSON") from error
    if not isinstance(fields, dict):
        raise NotUnderstood("not an object")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise NotUnderstood(name)
    return value


def _tap(fields: dict[str, Any]) -> Tap:
    action, tapped = _text(fields, "action"), _text(fields, "tapped")
    if not 1 <= len(action.encode("utf-8", "replace")) <= MAX_ACTION_BYTES:
        raise NotUnderstood("action")
    if not _DIGITS.fullmatch(tapped):
        raise NotUnderstood("tapped")
    return Tap(action, int(tapped))


def _command(fields: dict[str, Any]) -> Incoming:
    if _text(fields, "command") != _START:
        raise NotUnderstood("command")
    return start_command(_text(fields, "text"))


def start_command(text: str = "") -> Incoming:
    """Make the command a binding link stands for."""
    return Incoming(IncomingKind.COMMAND, action=_START, text=clean_text(text)[:MAX_TEXT])
