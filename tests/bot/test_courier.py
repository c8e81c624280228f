"""Tests of bot.courier: a real database, a sender of our own making."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.bell import Bell
from bot.courier import Courier
from bot.reception import Address, open_account
from bot.senders import Blocked, ChannelDown, FloodLimit, Rejected, Unreachable
from store import outbox
from store.database import Database
from store.identity import Account
from store.messages import Message
from store.outbox import Delivery, Lane, OutboxRow, OutboxStatus
from tests.conftest import StandingClock

PATIENCE = 20.0


@dataclass
class ScriptedSender:
    """Takes messages, or fails as it was told to for a text; counts what is under way."""

    channel: str = "telegram"
    bot: str = "1"
    sent: list[tuple[str, str]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    hold: asyncio.Event | None = None
    under_way: dict[str, int] = field(default_factory=dict)
    most_in_a_chat: int = 0
    most_chats: int = 0

    async def send(self, delivery: Delivery) -> str | None:
        chat, text = delivery.external_id, delivery.message.text
        self.tried.append(text)
        self.under_way[chat] = self.under_way.get(chat, 0) + 1
        self.most_in_a_chat = max(self.most_in_a_chat, self.under_way[chat])
        self.most_chats = max(self.most_chats, sum(1 for count in self.under_way.values() if count))
        try:
            await asyncio.sleep(0)
            if self.hold is not None:
                await self.hold.wait()
            failures = self.failures.get(text, [])
            if failures:
                raise failures.pop(0)
        finally:
            self.under_way[chat] -= 1
        self.sent.append((chat, text))
        return f"m{len(self.sent)}"


class House:
    """A database with chats, a courier with a scripted sender, and who was told what."""

    def __init__(self, database: Database, clock: StandingClock) -> None:
        self.database = database
        self.clock = clock
        self.bell = Bell()
        self.sender = ScriptedSender()
        self.blocked: list[str] = []
        self.set_aside: list[str] = []
        self.telling_fails = False

    def writes(self, chat: str, text: str, *, lane: Lane = Lane.REPLY, bot: str = "1") -> int:
        with self.database.begin() as session:
            account = open_account(session, Address("telegram", bot, chat), clock=self.clock)
            row_id = outbox.put(
                session, account=account, message=Message(text), lane=lane, now=self.clock()
            )
        self.bell.ring()
        return row_id

    def row(self, outbox_id: int) -> OutboxRow:
        with self.database.read() as session:
            row = session.get_one(OutboxRow, outbox_id)
            session.expunge(row)
        return row

    def account(self, chat: str) -> Account:
        with self.database.read() as session:
            found = select(Account).where(Account.external_id == chat)
            account = session.execute(found).scalar_one()
            session.expunge(account)
        return account

    def courier(self, owner: str = "one") -> Courier:
        return Courier(
            database=self.database,
            clock=self.clock,
            bell=self.bell,
            senders=[self.sender],
            owner=owner,
            on_blocked=self._note_blocked,
            on_set_aside=self._note_set_aside,
        )

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        """Run the courier beside the story and stop it afterwards."""

        async def both() -> None:
            stop = asyncio.Event()
            carrying = asyncio.create_task(self.courier().run(stop))
            try:
                await story()
            finally:
                stop.set()
                await carrying

        asyncio.run(both())

    async def until(self, condition: Callable[[], bool]) -> None:
        async def look() -> None:
            while not condition():  # noqa: ASYNC110 - the database cannot notify us.
                await asyncio.sleep(0.01)

        await asyncio.wait_for(look(), PATIENCE)

    def _note_blocked(self, session: Session, delivery: Delivery) -> None:
        assert session.get_one(Account, delivery.account_id).blocked_at is not None
        self.blocked.append(delivery.message.text)

    def _note_set_aside(self, session: Session, delivery: Delivery) -> None:
        if self.telling_fails:
            raise ValueError("no staff")
        assert session.get_one(OutboxRow, delivery.outbox_id).status is OutboxStatus.SET_ASIDE
        self.set_aside.append(delivery.message.text)


@pytest.fixture
def house(database: Database, clock: StandingClock) -> House:
    return House(database, clock)


def test_a_message_leaves_and_keeps_the_id_the_channel_gave_it(house: House) -> None:
    row_id = house.writes("7", "收到了")
    house.run(lambda: house.until(lambda: house.row(row_id).status is OutboxStatus.SENT))
    assert house.sender.sent == [("7", "收到了")]
    assert house.row(row_id).external_message_id == "m1"
    assert house.row(row_id).sent_at == house.clock()


def test_a_chat_gets_its_messages_in_order_and_one_at_a_time(house: House) -> None:
    for text in ("一", "二", "三"):
        house.writes("7", text)
    house.run(lambda: house.until(lambda: len(house.sender.sent) == 3))
    assert [text for _, text in house.sender.sent] == ["一", "二", "三"]
    assert house.sender.most_in_a_chat == 1


def test_urgent_lanes_leave_first(house: House) -> None:
    house.writes("7", "通告", lane=Lane.BROADCAST)
    house.writes("7", "定好了", lane=Lane.STEP)
    house.writes("7", "请马上打120", lane=Lane.EMERGENCY)
    house.run(lambda: house.until(lambda: len(house.sender.sent) == 3))
    assert [text for _, text in house.sender.sent] == ["请马上打120", "定好了", "通告"]


def test_different_chats_are_served_together_but_not_too_many(house: House) -> None:
    house.sender.hold = asyncio.Event()
    for chat in range(20):
        house.writes(str(chat), "您好")

    async def story() -> None:
        assert house.sender.hold is not None
        await house.until(lambda: house.sender.most_chats == 16)
        house.sender.hold.set()
        await house.until(lambda: len(house.sender.sent) == 20)

    house.run(story)
    assert house.sender.most_chats == 16


def test_another_bots_messages_are_left_alone(house: House) -> None:
    other = house.writes("7", "别的机器人的", bot="2")
    own = house.writes("7", "自己的")
    house.run(lambda: house.until(lambda: house.row(own).status is OutboxStatus.SENT))
    assert house.row(other).status is OutboxStatus.PENDING


def test_a_flood_limit_is_waited_out_and_does_not_count(house: House) -> None:
    row_id = house.writes("7", "慢慢来")
    house.sender.failures["慢慢来"] = [FloodLimit(30.0)]

    async def story() -> None:
        await house.until(lambda: house.row(row_id).failure is not None)
        assert house.row(row_id).attempts == 0
        house.clock.go(seconds=29)
        house.bell.ring()
        # A message to another chat proves that the courier has been round since.
        await house.until(lambda: ("8", "别人") in house.sender.sent)
        assert len(house.sender.tried) == 2
        house.clock.go(seconds=2)
        await house.until(lambda: house.row(row_id).status is OutboxStatus.SENT)

    house.writes("8", "别人")
    house.run(story)
    assert house.set_aside == []


def test_a_message_that_fails_three_times_is_set_aside_and_the_chat_goes_on(house: House) -> None:
    row_id = house.writes("7", "送不出去")
    house.writes("7", "下一条")
    house.sender.failures["送不出去"] = [Unreachable("500") for _ in range(9)]
    pauses: list[float] = []

    async def story() -> None:
        for attempt in (1, 2):
            await house.until(lambda: house.row(row_id).attempts == attempt)  # noqa: B023
            assert house.sender.sent == []
            wait = house.row(row_id).next_attempt_at - house.clock()
            pauses.append(wait.total_seconds())
            house.clock.go(seconds=wait.total_seconds())
        await house.until(lambda: house.row(row_id).status is OutboxStatus.SET_ASIDE)
        await house.until(lambda: house.sender.sent == [("7", "下一条")])

    house.run(story)
    assert pauses[1] > pauses[0] > 0
    assert house.sender.tried.count("送不出去") == 3
    assert house.set_aside == ["送不出去"]


def test_while_the_channel_is_down_nothing_is_blamed_or_lost(house: House) -> None:
    row_id = house.writes("7", "等网络")
    house.sender.failures["等网络"] = [ChannelDown("no route") for _ in range(2)]

    async def story() -> None:
        async def time_passes() -> None:
            while True:
                house.clock.go(seconds=5)
                await asyncio.sleep(0.2)

        passing = asyncio.create_task(time_passes())
        await house.until(lambda: house.row(row_id).status is OutboxStatus.SENT)
        passing.cancel()

    house.run(story)
    assert house.sender.tried.count("等网络") == 3
    assert house.set_aside == []
    assert house.row(row_id).attempts == 1


def test_a_message_the_channel_refuses_is_set_aside_at_once(house: House) -> None:
    row_id = house.writes("7", "不收")
    house.writes("7", "下一条")
    house.sender.failures["不收"] = [Rejected("BUTTON_DATA_INVALID")]
    house.run(lambda: house.until(lambda: house.sender.sent == [("7", "下一条")]))
    assert house.row(row_id).status is OutboxStatus.SET_ASIDE
    assert house.row(row_id).failure == "Rejected: BUTTON_DATA_INVALID"
    assert house.set_aside == ["不收"]


def test_a_blocked_chat_is_given_up_whole_and_told_once(house: House) -> None:
    first = house.writes("7", "第一条")
    second = house.writes("7", "第二条")
    house.sender.failures["第一条"] = [Blocked("blocked by the user")]
    house.sender.failures["第三条"] = [Blocked("blocked by the user")]

    async def story() -> None:
        await house.until(lambda: house.row(second).status is OutboxStatus.SET_ASIDE)
        third = house.writes("7", "第三条")
        await house.until(lambda: house.row(third).status is OutboxStatus.SET_ASIDE)

    house.run(story)
    assert house.row(first).status is OutboxStatus.SET_ASIDE
    assert house.account("7").blocked_at == house.clock()
    assert house.sender.tried == ["第一条", "第三条"]
    assert house.blocked == ["第一条"]
    assert house.set_aside == []


def test_a_mistake_in_the_sender_counts_like_a_failure_and_stops_nobody(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    row_id = house.writes("7", "出错")
    house.writes("8", "别人")
    house.sender.failures["出错"] = [KeyError("a mistake")]

    async def story() -> None:
        await house.until(lambda: house.row(row_id).attempts == 1)
        await house.until(lambda: house.sender.sent == [("8", "别人")])

    house.run(story)
    assert house.row(row_id).status is OutboxStatus.PENDING
    assert f"outbox row {row_id}" in caplog.text
    assert "出错" not in caplog.text


def test_a_mistake_in_telling_the_staff_does_not_send_for_ever(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.telling_fails = True
    row_id = house.writes("7", "不收")
    house.sender.failures["不收"] = [Rejected("no") for _ in range(9)]
    house.run(lambda: house.until(lambda: house.row(row_id).status is OutboxStatus.SET_ASIDE))
    assert house.sender.tried == ["不收"]
    assert f"nobody was told about outbox row {row_id}" in caplog.text


def test_killed_before_the_mark_the_message_leaves_again(house: House) -> None:
    row_id = house.writes("7", "在路上")
    house.sender.hold = asyncio.Event()

    async def killed() -> None:
        carrying = asyncio.create_task(house.courier().run(asyncio.Event()))
        await house.until(lambda: house.sender.tried == ["在路上"])
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.gather(carrying, return_exceptions=True)

    asyncio.run(killed())
    assert house.row(row_id).status is OutboxStatus.PENDING
    house.sender.hold = None
    house.clock.go(seconds=60)
    house.run(lambda: house.until(lambda: house.row(row_id).status is OutboxStatus.SENT))
    assert house.sender.tried == ["在路上", "在路上"]


def test_what_another_process_wrote_is_found_without_the_bell(house: House) -> None:
    async def story() -> None:
        await asyncio.sleep(0.1)
        with house.database.begin() as session:
            account = open_account(session, Address("telegram", "1", "7"), clock=house.clock)
            outbox.put(
                session,
                account=account,
                message=Message("没有铃"),
                lane=Lane.STEP,
                now=house.clock(),
            )
        await house.until(lambda: house.sender.sent == [("7", "没有铃")])

    house.run(story)


def test_two_couriers_send_everything_once(house: House) -> None:
    for chat in range(12):
        house.writes(str(chat), f"第{chat}条")

    async def story() -> None:
        stop = asyncio.Event()
        second = asyncio.create_task(house.courier("two").run(stop))
        await house.until(lambda: len(house.sender.sent) >= 12)
        stop.set()
        await second

    house.run(story)
    assert sorted(house.sender.tried) == sorted(f"第{chat}条" for chat in range(12))


def test_stopping_finishes_what_is_under_way(house: House) -> None:
    row_id = house.writes("7", "快好了")
    house.sender.hold = asyncio.Event()

    async def story() -> None:
        stop = asyncio.Event()
        carrying = asyncio.create_task(house.courier().run(stop))
        await house.until(lambda: house.sender.tried == ["快好了"])
        stop.set()
        await asyncio.sleep(0)
        assert house.sender.hold is not None
        house.sender.hold.set()
        await carrying

    asyncio.run(story())
    assert house.row(row_id).status is OutboxStatus.SENT
