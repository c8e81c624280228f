"""Tests of bot.channels.telegram.channel: the start, and a message there and back."""

import asyncio
import logging

import pytest

from bot.channels.telegram.errors import (
    ApiUrlWrong,
    PublicUrlWrong,
    TelegramSettingWrong,
    TokenWrong,
)
from bot.courier import Courier
from bot.incoming import IncomingKind
from bot.reception import Address, open_account
from store import outbox
from store.messages import Button, Message
from store.outbox import Lane
from tests.bot.channels.telegram.conftest import House
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.telegram_server.world import BOT_ID


def started(house: House, **settings: str) -> None:
    async def start() -> None:
        channel = house.channel(**settings)
        try:
            await channel.start()
        finally:
            await channel.close()

    asyncio.run(start())


def test_the_start_sets_the_menu_in_chinese(house: House, server: TelegramServer) -> None:
    started(house)
    assert set(server.commands) == {"start", "help", "book", "mine", "human"}
    assert server.commands["human"] == "找工作人员"


def test_a_menu_that_telegram_refuses_stops_nothing(house: House, server: TelegramServer) -> None:
    zhang = server.user("张老")
    server.fail_next("setMyCommands", status=400, description="Bad Request: too long")
    with house.receiving():
        zhang.sends("订饭")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")


@pytest.mark.parametrize(
    "token",
    ["", "not a token", "12345", "abc:def", f"{BOT_ID}:{'B' * 35}", "1:short", "123:AB\nCD"],
)
def test_a_wrong_token_stops_the_start_with_one_sentence(
    house: House, caplog: pytest.LogCaptureFixture, token: str
) -> None:
    with pytest.raises(TokenWrong) as caught:
        started(house, token=token or " ")
    assert "JUNXIU_TELEGRAM_TOKEN" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "B" * 35 not in str(caught.value) + caplog.text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_server_address_that_is_none_stops_the_start(house: House) -> None:
    with pytest.raises(ApiUrlWrong, match="JUNXIU_TELEGRAM_API_URL"):
        started(house, api_url="api.telegram.org")


def test_a_public_address_telegram_refuses_stops_the_start(house: House) -> None:
    with pytest.raises(PublicUrlWrong, match="JUNXIU_PUBLIC_URL") as caught:
        started(house, public_url="http://192.168.1.5:8080")
    assert isinstance(caught.value, TelegramSettingWrong)
    assert "https url must be provided" in str(caught.value)


def test_without_a_network_the_start_goes_on_and_telegram_follows(
    house: House, server: TelegramServer
) -> None:
    zhang = server.user("张老")
    server.fail_next("getMe", drops=True, times=2)
    with house.receiving():
        zhang.sends("订饭")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
    assert server.commands != {}


def test_long_polling_has_no_webhook_to_mount(house: House) -> None:
    assert house.channel().webhook is None
    assert house.channel(public_url="https://example.org").webhook is not None


def test_the_token_never_reaches_the_log(
    house: House, server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    zhang = server.user("张老")
    server.fail_next("getUpdates", status=502)
    server.fail_next("getUpdates", drops=True)
    with house.receiving():
        zhang.sends("我的电话是13800138000")
        zhang.forges_tap("confirm")
        house.wait_for_incoming(IncomingKind.TEXT)
        house.wait_for_incoming(IncomingKind.TAP)
    own = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.split(".")[0] in {"bot", "store", "httpx", "httpcore", "telegram"}
    )
    assert server.token not in own
    assert "13800138000" not in own
    assert "receiving from Telegram" in own


def test_a_message_there_and_back(house: House, server: TelegramServer) -> None:
    """The courier and the channel together, at Telegram's own pace."""
    server.world.flood_limits = True
    zhang = server.user("张老")
    channel = house.channel()
    courier = Courier(
        database=house.database,
        clock=house.clock,
        bell=house.bell,
        senders=[channel.sender],
        owner="one",
        on_blocked=lambda _session, delivery: blocked.append(delivery.external_id),
        on_set_aside=lambda _session, delivery: set_aside.append(delivery.message.text),
    )
    blocked: list[str] = []
    set_aside: list[str] = []

    def reply(text: str, *rows: tuple[Button, ...], edits_id: int | None = None) -> int:
        with house.database.begin() as session:
            address = Address("telegram", str(BOT_ID), str(zhang.id))
            row_id = outbox.put(
                session,
                account=open_account(session, address, clock=house.clock),
                message=Message(text, rows),
                lane=Lane.REPLY,
                now=house.clock(),
                edits_id=edits_id,
            )
        house.bell.ring()
        return row_id

    def talk() -> None:
        zhang.sends("订饭")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
        asked = reply("几份？", (Button("一份", "n:1"),))
        zhang.wait_for("几份")
        zhang.taps("一份")
        assert house.wait_for_incoming(IncomingKind.TAP).label == "一份"
        reply("几份？一份。", edits_id=asked)
        reply("收到了。")
        zhang.wait_for("收到了")
        assert zhang.texts == ["几份？一份。", "收到了。"]
        assert zhang.messages[0].labels == []
        zhang.blocks()
        reply("定好了。")
        house.wait(lambda: blocked == [str(zhang.id)], "the note about the blocked chat")

    async def everything() -> None:
        stop = asyncio.Event()
        await channel.start()
        running = [asyncio.create_task(work(stop)) for work in (channel.run, courier.run)]
        try:
            await asyncio.to_thread(talk)
        finally:
            stop.set()
            await asyncio.gather(*running)
            await channel.close()

    asyncio.run(everything())
    assert set_aside == []
    assert all(call.status != 429 for call in server.calls("sendMessage"))
