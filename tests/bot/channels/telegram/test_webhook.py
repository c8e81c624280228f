"""Tests of bot.channels.telegram.webhook: posts of the fake server, and of others."""

import asyncio
import json

import pytest
from sqlalchemy import text

from bot.channels.telegram.webhook import MOST_BYTES
from bot.incoming import IncomingKind
from tests.bot.channels.telegram.conftest import SECRET, House, Web
from tests.fakes.telegram_server import TelegramServer


def test_what_telegram_posts_is_stored(house: House, server: TelegramServer, web: Web) -> None:
    zhang = server.user("张老")
    with house.receiving(house.channel(public_url=web.url + "/"), web=web):
        zhang.sends("明天中午订饭")
        zhang.forges_tap("confirm")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
        house.wait_for_incoming(IncomingKind.TAP)
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
        house.wait(lambda: bool(server.calls("answerCallbackQuery")), "the answer to the tap")
    assert web.statuses == [200, 200]
    (call,) = server.calls("setWebhook")
    assert call.parameters["secret_token"] == SECRET
    assert server.calls("getUpdates") == []


def test_what_could_not_be_stored_is_posted_again(
    house: House, server: TelegramServer, web: Web
) -> None:
    zhang = server.user("张老")
    with house.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO inbox_elsewhere"))
    with house.receiving(house.channel(public_url=web.url), web=web):
        zhang.sends("别丢了")
        house.wait(lambda: 503 in web.statuses, "a refusal")
        with house.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE inbox_elsewhere RENAME TO inbox"))
        house.wait_for_incoming(IncomingKind.TEXT, "别丢了")
    assert len(house.stored()) == 1


UPDATE = {
    "update_id": 1,
    "message": {
        "message_id": 5,
        "date": 1_700_000_000,
        "chat": {"id": 7, "type": "private"},
        "from": {"id": 7, "is_bot": False, "first_name": "张"},
        "text": "订饭",
    },
}


def posted(house: House, secret: str | None, body: bytes) -> int:
    async def post() -> int:
        channel = house.channel(public_url="https://example.org")
        assert channel.webhook is not None
        return await channel.webhook.handle(secret, body)

    return asyncio.run(post())


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "密", "\udcff"])
def test_without_the_secret_nothing_is_read(house: House, secret: str | None) -> None:
    assert posted(house, secret, json.dumps(UPDATE).encode()) == 403
    assert house.stored() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"{}", 200),
        (b'{"update_id": 9, "message": {"chat": 1}}', 200),
        (b"x" * (MOST_BYTES + 1), 413),
    ],
)
def test_what_is_no_update_hurts_nobody(house: House, body: bytes, status: int) -> None:
    assert posted(house, SECRET, body) == status
    assert house.stored() == []


def test_the_same_update_posted_twice_is_stored_once(house: House) -> None:
    body = json.dumps(UPDATE).encode()
    assert [posted(house, SECRET, body), posted(house, SECRET, body)] == [200, 200]
    assert len(house.stored()) == 1
