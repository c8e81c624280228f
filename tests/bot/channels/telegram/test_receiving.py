"""Tests of bot.channels.telegram.receiving and door: the long poll, against the fake server."""

import asyncio

import pytest
from sqlalchemy import text

from bot.incoming import IncomingKind
from store import leases
from tests.bot.channels.telegram.conftest import House
from tests.fakes.telegram_server import TelegramServer
from tests.fakes.telegram_server.methods import send_message


def test_what_is_sent_is_stored_and_then_confirmed(house: House, server: TelegramServer) -> None:
    zhang = server.user("张老")
    with house.receiving():
        zhang.sends("明天中午订饭")
        stored = house.wait_for_incoming(IncomingKind.TEXT, "订饭")
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    assert stored.text == "明天中午订饭"
    assert [one.account for one in house.stored()] == [str(zhang.id)]
    assert house.bell.count == 1


def test_what_waited_while_we_were_away_is_taken(house: House, server: TelegramServer) -> None:
    zhang = server.user("张老")
    for number in range(150):
        zhang.sends(f"第{number}条")
    with house.receiving():
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    assert [one.text for one in house.incomings()] == [f"第{number}条" for number in range(150)]


def test_nothing_is_confirmed_before_it_is_stored(house: House, server: TelegramServer) -> None:
    """While the database refuses, the update stays with Telegram; afterwards it is stored once."""
    zhang = server.user("张老")
    with house.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE inbox RENAME TO inbox_elsewhere"))
    with house.receiving():
        zhang.sends("别丢了")
        house.wait(lambda: len(server.calls("getUpdates")) >= 2, "another try")
        assert server.pending_updates == 1
        with house.database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE inbox_elsewhere RENAME TO inbox"))
        house.wait_for_incoming(IncomingKind.TEXT, "别丢了")
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    assert len(house.stored()) == 1


def test_what_was_stored_but_not_confirmed_is_stored_once(
    house: House, server: TelegramServer
) -> None:
    """As after a kill: the same update comes again."""
    server.user("张老").sends("订饭")
    update = server.world.updates[0]
    with house.receiving():
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    with server.world.lock:
        server.world.updates.append(update)
    with house.receiving():
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    assert len(house.stored()) == 1


def test_one_unreadable_update_blocks_nobody_and_leaks_nothing(
    house: House, server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    zhang = server.user("张老")
    broken = server.pushes_raw({"chat": "秘密", "date": "yesterday"})
    zhang.sends("订饭")
    with house.receiving():
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
    assert f"update {broken} could not be read" in caplog.text
    assert "秘密" not in caplog.text


def test_updates_counted_from_a_lower_number_are_not_missed(
    house: House, server: TelegramServer
) -> None:
    """After a week without updates Telegram goes on from a random number."""
    zhang = server.user("张老")

    def offsets() -> list[str | None]:
        return [call.parameters.get("offset") for call in server.calls("getUpdates")]

    with house.receiving():
        zhang.sends("上周")
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
        server.world.closing = True  # The long poll that waits comes back empty.
        house.wait(lambda: offsets()[-1] is None and len(offsets()) > 2, "a fresh start")
        server.world.closing = False
        server.world.restart_update_ids(at=7)
        zhang.sends("这周")
        house.wait_for_incoming(IncomingKind.TEXT, "这周")


def test_trouble_is_logged_once_and_waited_out(
    house: House, server: TelegramServer, caplog: pytest.LogCaptureFixture
) -> None:
    zhang = server.user("张老")
    server.fail_next("getUpdates", status=500, times=2)
    with house.receiving():
        zhang.sends("订饭")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
    said = [record.getMessage() for record in caplog.records if "receiving" in record.getMessage()]
    assert said[0] == "receiving from Telegram: in trouble (NetworkError)"
    assert said[1:] == ["receiving from Telegram: in order again after 2 failures"]
    assert server.token not in caplog.text


def test_a_webhook_left_over_is_removed(house: House, server: TelegramServer) -> None:
    zhang = server.user("张老")
    server.world.webhook.url = "http://127.0.0.1:9/old"
    with house.receiving():
        zhang.sends("订饭")
        house.wait_for_incoming(IncomingKind.TEXT, "订饭")
        server.world.webhook.url = "http://127.0.0.1:9/set-by-somebody"
        server.world.newest_poll += 1
        zhang.sends("叫车")
        house.wait_for_incoming(IncomingKind.TEXT, "叫车")


def test_only_the_holder_of_the_lease_polls(house: House, server: TelegramServer) -> None:
    zhang = server.user("张老")
    with house.receiving(house.channel(owner="one")):
        zhang.sends("一")
        house.wait_for_incoming(IncomingKind.TEXT, "一")
        with house.receiving(house.channel(owner="two")):
            zhang.sends("二")
            house.wait_for_incoming(IncomingKind.TEXT, "二")
            zhang.sends("三")
            house.wait_for_incoming(IncomingKind.TEXT, "三")
    assert all(call.status == 200 for call in server.calls("getUpdates"))
    with house.database.begin() as session:
        name = f"poller:telegram:{house.channel().bot_id}"
        hold = house.clock.go(seconds=1) - house.clock.now
        assert leases.take(session, name=name, owner="three", now=house.clock(), hold=hold)


def test_a_tap_is_answered_once_and_after_it_is_stored(
    house: House, server: TelegramServer
) -> None:
    zhang = server.user("张老")
    zhang.sends("订饭")
    keyboard = '{"inline_keyboard":[[{"text":"一份","callback_data":"n:1"}]]}'
    asked = {"chat_id": str(zhang.id), "text": "几份？", "reply_markup": keyboard}
    with server.world.lock:
        send_message(server.world, asked)
    with house.receiving():
        zhang.taps("一份")
        house.wait(lambda: bool(server.calls("answerCallbackQuery")), "the answer")
        assert [one.kind for one in house.incomings()] == [IncomingKind.TEXT, IncomingKind.TAP]
        zhang.sends("还在吗")
        house.wait_for_incoming(IncomingKind.TEXT, "还在吗")
    assert [call.status for call in server.calls("answerCallbackQuery")] == [200]


def test_an_answer_to_a_tap_that_fails_does_not_matter(
    house: House, server: TelegramServer
) -> None:
    zhang = server.user("张老")
    server.fail_next("answerCallbackQuery", status=400, description="Bad Request: query is too old")
    with house.receiving():
        zhang.forges_tap("confirm")
        zhang.sends("还在吗")
        house.wait_for_incoming(IncomingKind.TEXT, "还在吗")
        house.wait_for_incoming(IncomingKind.TAP)


def test_a_flood_is_acknowledged_and_answered_once_a_minute(
    house: House, server: TelegramServer
) -> None:
    house.messages_limit = "2/minute"
    zhang = server.user("张老")
    with house.receiving():
        for number in range(6):
            zhang.sends(f"第{number}条")
        zhang.forges_tap("confirm")
        house.wait(lambda: server.pending_updates == 0, "the confirmation")
        house.wait(lambda: bool(zhang.notices), "the notice")
        house.wait(lambda: bool(zhang.messages), "the hint")
    assert [one.text for one in house.incomings()] == ["第0条", "第1条"]
    (hint,) = zhang.texts
    assert "120" in hint
    assert zhang.notices == ["点得太快了，请歇一会儿再点。"]


def test_stopping_does_not_wait_for_the_long_poll(house: House, server: TelegramServer) -> None:
    async def story() -> None:
        channel = house.channel()
        stop = asyncio.Event()
        await channel.start()
        running = asyncio.create_task(channel.run(stop))
        while server.world.newest_poll == 0:  # noqa: ASYNC110 - the server lives in a thread.
            await asyncio.sleep(0.01)
        stop.set()
        # Far less than the 25 seconds the poll would take.
        await asyncio.wait_for(running, 10)
        await channel.close()

    asyncio.run(story())
