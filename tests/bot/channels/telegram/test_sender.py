"""Tests of bot.channels.telegram.sender and line, against the fake server."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from telegram import Bot

from bot.channels.telegram.layout import MOST_CHARACTERS
from bot.channels.telegram.line import new_line
from bot.channels.telegram.sender import TelegramSender
from bot.senders import (
    Blocked,
    ChannelDown,
    FloodLimit,
    Rejected,
    SendingFailed,
    Unreachable,
)
from store.messages import Button, Message
from store.outbox import Delivery, Lane
from tests.fakes.telegram_server import TelegramServer, User
from tests.fakes.telegram_server.world import BOT_ID

BUTTONS = ((Button("确认", "confirm"), Button("不订了", "drop")),)


@pytest.fixture
def zhang(server: TelegramServer) -> User:
    user = server.user("张老")
    user.sends("您好")
    return user


def a_delivery(to: User | int, message: Message, *, edits: str | None = None) -> Delivery:
    return Delivery(
        outbox_id=1,
        institution_id=None,
        account_id=1,
        person_id=None,
        external_id=str(to if isinstance(to, int) else to.id),
        lane=Lane.REPLY,
        message=message,
        attempts=0,
        edits_message_id=edits,
        request_id=None,
    )


def with_sender(url: str, token: str, work: Callable[[TelegramSender], Awaitable[None]]) -> None:
    async def run() -> None:
        async with new_line() as line, new_line() as unused:
            bot = Bot(token, base_url=f"{url}/bot", request=line, get_updates_request=unused)
            await work(TelegramSender(bot=bot, bot_id=str(BOT_ID), pause_seconds=0.0))

    asyncio.run(run())


def send(server: TelegramServer, *deliveries: Delivery) -> list[str | None]:
    sent: list[str | None] = []

    async def work(sender: TelegramSender) -> None:
        sent.extend([await sender.send(delivery) for delivery in deliveries])

    with_sender(server.url, server.token, work)
    return sent


def failure_of(server: TelegramServer, delivery: Delivery) -> SendingFailed:
    with pytest.raises(SendingFailed) as caught:
        send(server, delivery)
    return caught.value


def test_a_message_arrives_with_its_buttons(server: TelegramServer, zhang: User) -> None:
    (message_id,) = send(server, a_delivery(zhang, Message("请您看一看，对不对", BUTTONS)))
    (shown,) = zhang.messages
    assert shown.text == "请您看一看，对不对"
    assert [(button.label, button.data) for row in shown.buttons for button in row] == [
        ("确认", "confirm"),
        ("不订了", "drop"),
    ]
    assert message_id == str(shown.message_id)


def test_links_show_no_preview_and_marks_are_not_formatting(
    server: TelegramServer, zhang: User
) -> None:
    send(server, a_delivery(zhang, Message("*一份* <b>https://example.org</b> _")))
    assert zhang.texts == ["*一份* <b>https://example.org</b> _"]
    (call,) = server.calls("sendMessage")
    assert call.parameters["link_preview_options"] == '{"is_disabled": true}'


def test_an_edit_takes_the_place_of_the_old_words_and_buttons(
    server: TelegramServer, zhang: User
) -> None:
    (old,) = send(server, a_delivery(zhang, Message("几份？", BUTTONS)))
    (new,) = send(server, a_delivery(zhang, Message("一份。"), edits=old))
    assert new == old
    (shown,) = zhang.messages
    assert (shown.text, shown.labels, shown.was_edited) == ("一份。", [], True)


def test_an_edit_that_changes_nothing_or_comes_too_late_is_no_failure(
    server: TelegramServer, zhang: User
) -> None:
    (old,) = send(server, a_delivery(zhang, Message("几份？", BUTTONS)))
    assert send(server, a_delivery(zhang, Message("几份？", BUTTONS), edits=old)) == [old]
    assert send(server, a_delivery(zhang, Message("一份。"), edits="999999")) == ["999999"]
    assert [call.status for call in server.calls("editMessageText")] == [400, 400]
    assert zhang.texts == ["几份？"]


def test_a_contact_button_opens_the_keyboard(server: TelegramServer, zhang: User) -> None:
    rows = ((Button("用我的手机号绑定", "contact"), Button("怎么用", "help")),)
    (message_id,) = send(server, a_delivery(zhang, Message("请绑定。", rows)))
    first, second = zhang.messages
    assert message_id == str(first.message_id)
    assert first.labels == ["怎么用"]
    assert second.labels == []
    assert zhang.keyboard == ["用我的手机号绑定"]


def test_a_long_text_arrives_whole_and_in_order(server: TelegramServer, zhang: User) -> None:
    text = "每年体检一次。" * 1_500
    (message_id,) = send(server, a_delivery(zhang, Message(text, BUTTONS)))
    assert "".join(zhang.texts) == text
    assert all(len(shown.text) <= MOST_CHARACTERS for shown in zhang.messages)
    assert zhang.messages[-1].labels == ["确认", "不订了"]
    assert message_id == str(zhang.messages[-1].message_id)


def test_what_had_left_of_a_long_text_does_not_leave_again(
    server: TelegramServer, zhang: User
) -> None:
    text = "每年体检一次。" * 1_500
    delivery = a_delivery(zhang, Message(text))

    async def work(sender: TelegramSender) -> None:
        server.fail_next("sendMessage", after=1, status=429, retry_after=3)
        with pytest.raises(FloodLimit):
            await sender.send(delivery)
        assert len(zhang.messages) == 1
        await sender.send(delivery)

    with_sender(server.url, server.token, work)
    assert "".join(zhang.texts) == text


def test_a_flood_limit_says_how_long(server: TelegramServer, zhang: User) -> None:
    server.fail_next("sendMessage", status=429, retry_after=17)
    failure = failure_of(server, a_delivery(zhang, Message("好")))
    assert isinstance(failure, FloodLimit)
    assert failure.seconds == 17


def test_the_real_limit_of_one_a_second_is_a_flood_limit() -> None:
    with TelegramServer(flood_limits=True) as server:
        zhang = server.user("张老")
        zhang.sends("您好")
        send(server, a_delivery(zhang, Message("一")))
        assert isinstance(failure_of(server, a_delivery(zhang, Message("二"))), FloodLimit)


def test_who_has_blocked_us_or_never_began_is_blocked(server: TelegramServer, zhang: User) -> None:
    zhang.blocks()
    assert isinstance(failure_of(server, a_delivery(zhang, Message("好"))), Blocked)
    stranger = server.user("生人")
    assert isinstance(failure_of(server, a_delivery(stranger, Message("好"))), Blocked)
    assert isinstance(failure_of(server, a_delivery(12345, Message("好"))), Blocked)


def test_what_telegram_refuses_is_rejected(server: TelegramServer, zhang: User) -> None:
    failure = failure_of(server, a_delivery(zhang, Message("  ")))
    assert isinstance(failure, Rejected)
    assert "empty" in str(failure)


@pytest.mark.parametrize(
    ("spoiled", "kind"),
    [
        ({"status": 500}, Unreachable),
        ({"status": 502}, ChannelDown),
        ({"drops": True}, Unreachable),
        ({"loses_answer": True}, Unreachable),
    ],
)
def test_trouble_on_the_way(
    server: TelegramServer, zhang: User, spoiled: dict[str, int], kind: type[SendingFailed]
) -> None:
    server.fail_next("sendMessage", **spoiled)  # type: ignore[arg-type]
    failure = failure_of(server, a_delivery(zhang, Message("好")))
    assert type(failure) is kind
    assert server.token not in str(failure)


def test_no_server_at_all_is_the_channels_fault(zhang: User) -> None:
    async def work(sender: TelegramSender) -> None:
        with pytest.raises(ChannelDown):
            await sender.send(a_delivery(zhang, Message("好")))

    # Port 9 is nobody's.
    with_sender("http://127.0.0.1:9", f"{BOT_ID}:{'A' * 35}", work)


def test_a_revoked_token_is_the_channels_fault(server: TelegramServer, zhang: User) -> None:
    async def work(sender: TelegramSender) -> None:
        with pytest.raises(ChannelDown):
            await sender.send(a_delivery(zhang, Message("好")))

    with_sender(server.url, f"{BOT_ID}:{'B' * 35}", work)
