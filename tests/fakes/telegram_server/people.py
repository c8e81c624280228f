"""People on the other side: what they do, and what they see."""

import re
import time
from typing import Any

from tests.fakes.telegram_server.world import (
    PATIENCE_SECONDS,
    Chat,
    Json,
    Shown,
    StoredMessage,
    World,
    unix_now,
)

CLIENT_SPLITS_AT = 4096
_ENTITIES = re.compile(r"(?P<bot_command>(?<!\S)/\w+(?:@\w+)?)|(?P<mention>(?<!\w)@\w{3,})")


class Group:
    """A group chat with the bot in it."""

    def __init__(self, world: World, title: str) -> None:
        self._world = world
        group_id = -1_000_000_000_000 - world.new_id()
        self.chat = Chat(group_id, {"id": group_id, "type": "supergroup", "title": title})
        self.chat.has_begun = True
        world.chats[group_id] = self.chat

    @property
    def messages(self) -> list[Shown]:
        """Return what the bot wrote here."""
        with self._world.lock:
            return self._world.shown(self.chat)


class User:
    """One person with one private chat with the bot."""

    def __init__(self, world: World, name: str, *, phone: str) -> None:
        self._world = world
        self.id = 5_000_000_000 + world.new_id()
        self.name = name
        self.phone = phone
        self.body: Json = {"id": self.id, "is_bot": False, "first_name": name}
        self.chat = Chat(self.id, {"id": self.id, "type": "private", "first_name": name})
        world.chats[self.id] = self.chat
        self._acted_at = 0

    def sends(self, text: str, *, to: Group | None = None, reply_to: Shown | None = None) -> int:
        """Send a text as the client does: long ones in pieces; return the last message's id."""
        pieces = [
            text[start : start + CLIENT_SPLITS_AT]
            for start in range(0, len(text), CLIENT_SPLITS_AT)
        ]
        message_id = 0
        for piece in pieces:
            content: Json = {"text": piece}
            entities = _entities(piece)
            if entities:
                content["entities"] = entities
            message_id = self.sends_content(content, to=to, reply_to=reply_to)
        return message_id

    def sends_content(
        self, content: Json, *, to: Group | None = None, reply_to: Shown | None = None
    ) -> int:
        """Send any content of a message in Telegram's own words; return the message's id."""
        with self._world.lock:
            chat = to.chat if to else self.chat
            body: Json = {
                "message_id": self._world.new_id(),
                "from": self.body,
                "chat": chat.body,
                "date": unix_now(),
                **content,
            }
            if reply_to is not None:
                original = self._world.message_of(chat, reply_to.message_id)
                assert original is not None, "replies to a message of another chat"
                body["reply_to_message"] = dict(original.body)
            chat.has_begun = True
            self._acted_at = self._world.touch()
            chat.messages.append(StoredMessage(body, by_bot=False, version=self._acted_at))
            self._world.push_update("message", dict(body))
            return int(body["message_id"])

    def edits(self, message_id: int, text: str) -> None:
        """Edit one's own message."""
        with self._world.lock:
            message = self._world.message_of(self.chat, message_id)
            assert message is not None, "edits only what was sent"
            assert not message.by_bot, "edits only one's own message"
            message.body = {**message.body, "text": text, "edit_date": unix_now()}
            self._acted_at = self._world.touch()
            self._world.push_update("edited_message", dict(message.body))

    def taps(self, label: str, *, on: Shown | None = None) -> None:
        """Tap the newest visible button with this label, or the one of the reply keyboard."""
        with self._world.lock:
            for shown in [on] if on else reversed(self._world.shown(self.chat)):
                for button in (button for row in shown.buttons for button in row):
                    if button.label == label:
                        self.forges_tap(button.data, on=shown)
                        return
            key = next(
                (key for row in self.chat.keyboard for key in row if key["text"] == label), None
            )
            assert key is not None, f"no button {label!r} to tap:\n{self.transcript()}"
        if key.get("request_contact"):
            self.shares_contact()
        else:
            self.sends(label)

    def forges_tap(self, data: str, *, on: Shown | None = None) -> None:
        """Send callback data, as a tap does or as a forger would."""
        with self._world.lock:
            query_id = str(4_000_000_000_000 + self._world.new_id())
            body: Json = {"id": query_id, "from": self.body, "chat_instance": "1", "data": data}
            if on is not None:
                message = self._world.message_of(self.chat, on.message_id)
                assert message is not None, "taps a message of another chat"
                body["message"] = dict(message.body)
            self._world.queries[query_id] = (self.chat.id, False)
            self._acted_at = self._world.touch()
            self._world.push_update("callback_query", body)

    def shares_contact(self) -> None:
        """Share one's own number."""
        contact = {"phone_number": self.phone, "first_name": self.name, "user_id": self.id}
        self.chat.keyboard = []
        self.sends_content({"contact": contact})

    def shares_contact_of(self, name: str, phone: str, *, user_id: int | None = None) -> None:
        """Share somebody else's card."""
        contact: Json = {"phone_number": phone, "first_name": name}
        if user_id is not None:
            contact["user_id"] = user_id
        self.sends_content({"contact": contact})

    def sends_photo(self, *, caption: str = "", album: str = "") -> None:
        """Send a picture, perhaps one of an album."""
        sizes = [{**self._file(b"\xff\xd8 a picture"), "width": 90, "height": 60}]
        self.sends_content({"photo": sizes, **_said(caption=caption, media_group_id=album)})

    def sends_sticker(self) -> None:
        """Send a sticker."""
        shape = {"type": "regular", "width": 512, "height": 512}
        kinds = {"is_animated": False, "is_video": False, "emoji": "👍"}
        self.sends_content({"sticker": {**self._file(b"RIFF"), **shape, **kinds}})

    def sends_voice(self, recording: bytes = b"OggS") -> None:
        """Send a voice message; the bot can download `recording`."""
        voice = {**self._file(recording), "duration": 3, "mime_type": "audio/ogg"}
        self.sends_content({"voice": voice})

    def sends_video(self) -> None:
        """Send a video."""
        shape = {"width": 640, "height": 360, "duration": 4}
        self.sends_content({"video": {**self._file(b"mp4"), **shape}})

    def sends_document(self, name: str = "病历.pdf", *, caption: str = "") -> None:
        """Send a file."""
        document = {**self._file(b"%PDF"), "file_name": name, "mime_type": "application/pdf"}
        self.sends_content({"document": document, **_said(caption=caption)})

    def sends_location(self) -> None:
        """Send where one is."""
        self.sends_content({"location": {"latitude": 39.9, "longitude": 116.4}})

    def blocks(self) -> None:
        """Block the bot."""
        self._changes_membership("member", "kicked")

    def unblocks(self) -> None:
        """Let the bot write again."""
        self._changes_membership("kicked", "member")

    @property
    def messages(self) -> list[Shown]:
        """Return the bot's messages as visible now, oldest first."""
        with self._world.lock:
            return self._world.shown(self.chat)

    @property
    def texts(self) -> list[str]:
        """Return the texts of the bot's messages as visible now."""
        return [message.text for message in self.messages]

    @property
    def keyboard(self) -> list[str]:
        """Return the labels of the reply keyboard that is open."""
        with self._world.lock:
            return [key["text"] for row in self.chat.keyboard for key in row]

    @property
    def notices(self) -> list[str]:
        """Return what answers to taps showed for a moment."""
        with self._world.lock:
            return list(self.chat.notices)

    def wait_for(self, words: str, *, seconds: float = PATIENCE_SECONDS) -> Shown:
        """Wait for a message, sent or edited since one's last act, that has these words.

        Raises:
            AssertionError: none came; shows the transcript.
        """
        found: list[Shown] = []

        def has_come() -> bool:
            found[:] = [
                shown
                for shown in self._world.shown(self.chat)
                if words in shown.text and shown.version > self._acted_at
            ]
            return bool(found)

        deadline = time.monotonic() + seconds
        with self._world.lock:
            while not has_come():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{words!r} did not come:\n{self.transcript()}")
                self._world.lock.wait(left)
        return max(found, key=lambda shown: shown.version)

    def transcript(self) -> str:
        """Return the whole chat, for messages of failed tests."""
        with self._world.lock:
            lines = []
            for message in self.chat.messages:
                who = "bot" if message.by_bot else self.name
                rows = message.body.get("reply_markup", {}).get("inline_keyboard", [])
                labels = [f"[{key['text']}]" for row in rows for key in row]
                said = message.body.get("text") or f"({', '.join(sorted(message.body)[5:])})"
                lines.append(f"{who}: {said} {' '.join(labels)}".rstrip())
            return "\n".join(lines)

    def _changes_membership(self, before: str, after: str) -> None:
        with self._world.lock:
            self.chat.has_blocked = after == "kicked"
            bot = self._world.bot_body
            self._world.push_update(
                "my_chat_member",
                {
                    "chat": self.chat.body,
                    "from": self.body,
                    "date": unix_now(),
                    "old_chat_member": _member(bot, before),
                    "new_chat_member": _member(bot, after),
                },
            )

    def _file(self, content: bytes) -> Json:
        with self._world.lock:
            file_id = f"file{self._world.new_id()}"
            self._world.files[file_id] = content
        return {"file_id": file_id, "file_unique_id": f"u{file_id}", "file_size": len(content)}


def _member(bot: Json, status: str) -> Json:
    member: Json = {"user": bot, "status": status}
    if status == "kicked":
        member["until_date"] = 0
    return member


def _said(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value}


def _entities(text: str) -> list[Json]:
    return [
        {
            "type": str(match.lastgroup),
            "offset": _units(text[: match.start()]),
            "length": _units(match.group()),
        }
        for match in _ENTITIES.finditer(text)
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
