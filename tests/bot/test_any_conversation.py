"""Any sequence of words, taps, duplicates, deaths and hours leaves a conversation that works."""

import itertools
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from booking.errors import BookingError
from booking.models import Opening, Request
from booking.requests import OPEN, accept, complete, decline
from booking.rides.models import VehicleBlock
from bot.incoming import Incoming, IncomingKind, typed
from store import inbox
from store.database import Database
from store.identity import Account, Conversation
from store.inbox import LEASE, InboxRow, InboxStatus
from store.keyring import Keyring
from store.messages import Button
from tests.bot.talks import CATALOG, UNDERSTANDING, Chat
from tests.conftest import NOW, StandingClock
from tests.houses import House, make_house

BOOKABLE = {service.id for service in CATALOG.bookable}
WORDS = [
    "订餐",
    "明天午饭一份软的",
    "后天八点去总医院，接回来",
    "约体检",
    "明天",
    "后天吧，要两份",
    "午饭",
    "软的",
    "两份",
    "999份",
    "八点",
    "总医院",
    "要",
    "不用",
    "确认",
    "好",
    "对",
    "不对",
    "不对，是三份",
    "要带轮椅",
    "返回",
    "重来",
    "不订了",
    "算了",
    "取消",
    "您再说一遍",
    "第二个",
    "2",
    "昨天",
    "13月5号",
    "赶明儿",
    "我的预约",
    "每年能体检几次？",
    "呜哩哇啦",
    "找人",
    "谢谢",
    "你好",
    "我胸口疼",
    "有人让我转账给所里",
    "饭又凉了",
    "五星",
    "",
    "😀",
    "给我老伴订份饭",
]
FORGED = ["f:x:1:0", "f:::", "cancelyes:1", "cancel:1", "rate:1:5", "book:emergency", "f:a:1:ok"]


class AnyConversation(RuleBasedStateMachine):
    """One retiree who says and taps anything, and staff who work his requests."""

    folder: ClassVar[Path]
    migrated: ClassVar[Path]
    keyring: ClassVar[Keyring]
    numbers: ClassVar["itertools.count[int]"] = itertools.count()

    @initialize()
    def begin(self) -> None:
        file = self.folder / f"{next(self.numbers)}.sqlite3"
        file.write_bytes(self.migrated.read_bytes())
        self.database = Database(f"sqlite:///{file}", self.keyring)
        self.clock = StandingClock(NOW)
        with self.database.begin() as session:
            self.house: House = make_house(session, NOW, portions=6)
        self.chat = Chat(self.database, self.clock).be(self.house.zhang)
        self.old: list[Button] = []
        self.booked = 0
        self.last: tuple[Incoming, str] | None = None
        self.updates = itertools.count()

    def teardown(self) -> None:
        if not hasattr(self, "chat"):
            return
        self._the_next_sensible_message_works()
        self.database.close()

    @rule(words=st.sampled_from(WORDS) | st.text(max_size=20))
    def says(self, words: str) -> None:
        self._hand_in(typed(words))

    @precondition(lambda self: self.chat.buttons)
    @rule(data=st.data())
    def taps(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self.chat.buttons))
        self._hand_in(Incoming(IncomingKind.TAP, action=found.action, label=found.label))

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def taps_an_old_button(self, data: st.DataObject) -> None:
        found = data.draw(st.sampled_from(self.old))
        self._hand_in(Incoming(IncomingKind.TAP, action=found.action, label=found.label))

    @rule(action=st.sampled_from(FORGED) | st.text(max_size=30))
    def taps_what_was_never_offered(self, action: str) -> None:
        self._hand_in(Incoming(IncomingKind.TAP, action=action))

    @precondition(lambda self: self.last)
    @rule()
    def sends_the_same_update_again(self) -> None:
        assert self.last is not None
        incoming, update_id = self.last
        self.chat.receive(incoming, update_id=update_id)
        assert not self.chat.worker().work_once()

    @rule(words=st.sampled_from(WORDS))
    def speaks_to_a_worker_that_dies(self, words: str) -> None:
        self._note_what_is_shown()
        update_id = f"u{next(self.updates)}"
        self.chat.receive(typed(words), update_id=update_id)
        with self.database.begin() as session:
            inbox.claim(session, worker="dead", now=self.clock())
        self.clock.go(seconds=LEASE.total_seconds() + 1)
        self._work_off(typed(words))

    @rule(hours=st.sampled_from([1, 6, 24]))
    def waits(self, hours: int) -> None:
        if self.clock() + timedelta(hours=hours) < NOW + timedelta(days=5):
            self.clock.go(hours=hours)

    @rule(verb=st.sampled_from([accept, complete, decline]))
    def staff_work(self, verb: object) -> None:
        with self.database.read() as session:
            request = session.execute(
                select(Request).where(Request.status.in_(OPEN)).order_by(Request.id).limit(1)
            ).scalar_one_or_none()
        if request is None:
            return
        clerk = {"ride": self.house.ride_clerk, "checkup": self.house.health_clerk}.get(
            request.service, self.house.meal_clerk
        )
        extra = {"reason": "车坏了"} if verb is decline else {}
        try:
            with self.database.begin() as session:
                verb(  # type: ignore[operator]
                    session,
                    catalog=CATALOG,
                    request_id=request.id,
                    clerk=clerk,
                    now=self.clock(),
                    **extra,
                )
        except BookingError:
            return

    @invariant()
    def what_is_taken_is_what_requests_hold(self) -> None:
        if not hasattr(self, "chat"):
            return
        with self.database.read() as session:
            held = session.execute(
                select(Opening.id)
                .outerjoin(Request, Request.opening_id == Opening.id)
                .group_by(Opening.id)
                .having(Opening.taken != func.coalesce(func.sum(Request.places), 0))
            ).all()
            astray = session.execute(
                select(VehicleBlock.id)
                .join(Request, Request.id == VehicleBlock.request_id)
                .where(Request.status.in_(["cancelled", "declined"]))
            ).all()
        assert held == []
        assert astray == []

    def _hand_in(self, incoming: Incoming) -> None:
        self._note_what_is_shown()
        update_id = f"u{next(self.updates)}"
        self.last = (incoming, update_id)
        self.chat.receive(incoming, update_id=update_id)
        self._work_off(incoming)

    def _note_what_is_shown(self) -> None:
        self.old = (self.old + self.chat.buttons)[-40:]

    def _work_off(self, incoming: Incoming) -> None:
        # What came from the staff meanwhile is read first; the card is what was last answered.
        showed_card = any("请您看一看" in each.text for each in self.chat.said[-1:])
        worker = self.chat.worker()
        while worker.work_once():
            pass
        self.chat.read()
        assert self.chat.said, "nothing was answered"
        for message in self.chat.said:
            assert 0 < len(message.text) <= 500
            assert all(len(b.action.encode()) <= 64 for row in message.buttons for b in row)
        self._check_books(incoming, showed_card=showed_card)
        with self.database.read() as session:
            states = session.execute(select(InboxRow.status).distinct()).scalars().all()
            assert states == [InboxStatus.DONE]
            assert session.execute(
                select(Conversation.lease_owner).join(
                    Account, Account.conversation_id == Conversation.id
                )
            ).scalars().all() == [None]

    def _check_books(self, incoming: Incoming, *, showed_card: bool) -> None:
        booked = sum(each.service in BOOKABLE for each in self.chat.requests())
        if booked == self.booked:
            return
        assert booked == self.booked + 1
        self.booked = booked
        assert "收到了" in self.chat.text
        if incoming.kind is IncomingKind.TAP:
            assert incoming.action.endswith(":ok")
        else:
            understood = UNDERSTANDING.read(incoming.text, now=self.clock(), expecting="confirm")
            assert showed_card
            assert incoming.text == "确认" or understood.first.intent in {"confirm", "answer"}

    def _the_next_sensible_message_works(self) -> None:
        self.chat.says("后天晚饭一份普通的")
        if "请您看一看" in self.chat.text:
            self.chat.says("确认")
            assert "收到了" in self.chat.text
        else:
            # The only thing that may stand in the way: the kitchen has no place left.
            assert any(words in self.chat.text for words in ("满了", "只剩")), self.chat.text


def test_any_conversation_goes_on(migrated_file: Path, keyring: Keyring, tmp_path: Path) -> None:
    machine = type(
        "Machine",
        (AnyConversation,),
        {"folder": tmp_path, "migrated": migrated_file, "keyring": keyring},
    )
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=16,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
