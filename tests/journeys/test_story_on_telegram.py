"""The whole story on Telegram, by long poll and by webhook, against a server that is strict."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from booking import requests
from booking.models import Request, RequestStatus, Staff, StaffRole
from booking.services import load_catalog
from booking.staff_access import Clerk
from store.clock import system_clock
from store.database import Database
from store.identity import Person
from tests.fakes.telegram_server import TelegramServer, User
from tests.journeys.running import RunningServer, open_database, run_command

CATALOG = load_catalog()
Verb = Callable[..., object]


@dataclass
class OnTelegram:
    """A real server that talks to a fake Telegram, and a clerk who works beside it."""

    server: RunningServer
    telegram: TelegramServer
    database: Database

    def clerk_does(self, verb: Verb, number: str, **more: str) -> None:
        """Let 小李 do one thing with a request, as the desk does."""
        with self.database.begin() as session:
            request = session.execute(select(Request).where(Request.number == number)).scalar_one()
            staff, person = session.execute(
                select(Staff, Person).join(Person).where(Staff.login == "canyin")
            ).one()
            roles = frozenset(StaffRole(role) for role in staff.roles)
            clerk = Clerk(staff.id, person.id, person.institution_id, person.name, roles)
            verb(
                session,
                catalog=CATALOG,
                request_id=request.id,
                clerk=clerk,
                now=_now(),
                **more,
            )

    def requests(self) -> list[Request]:
        """Return everything that was booked."""
        with self.database.read() as session:
            return list(session.execute(select(Request)).scalars())


def _now() -> datetime:
    return system_clock()


@pytest.fixture(params=["long poll", "webhook"])
def story(request: pytest.FixtureRequest, new_home: Callable[[], Path]) -> Iterator[OnTelegram]:
    with TelegramServer() as telegram:
        server = RunningServer(
            new_home(),
            JUNXIU_TELEGRAM_TOKEN=telegram.token,
            JUNXIU_TELEGRAM_API_URL=telegram.url,
        )
        if request.param == "webhook":
            server.environment["JUNXIU_PUBLIC_URL"] = server.address
        server.start()
        database = open_database(server.home)
        yield OnTelegram(server, telegram, database)
        database.close()
        server.kill()


def _bind(story: OnTelegram, user: User) -> None:
    printed = run_command("people", "张建国", "--home", str(story.server.home))
    code = printed.split("绑定码：")[1].split("（")[0]
    assert f"start={code}" in printed
    user.sends(f"/start {code}")
    user.wait_for("绑定好了")


def test_ask_bind_book_accept_complete_rate(story: OnTelegram) -> None:
    zhang = story.telegram.user("张老")
    zhang.sends("每年能体检几次")
    zhang.wait_for("每年健康体检1次")
    zhang.sends("我要订餐")
    zhang.wait_for("绑定码")
    _bind(story, zhang)

    # What was wanted before binding goes on by itself.
    asked = zhang.wait_for("哪一天")
    zhang.taps(next(label for label in asked.labels if label.startswith("后天")))
    zhang.wait_for("哪一顿")
    zhang.taps("午饭")
    zhang.wait_for("什么样的")
    zhang.sends("每年能体检几次")
    zhang.wait_for("咱们接着订餐")
    zhang.taps("软饭")
    zhang.wait_for("几份")
    zhang.taps("1份")
    card = zhang.wait_for("请您看一看")
    zhang.taps("确认", on=card)
    zhang.wait_for("收到了")
    assert [each.number for each in story.requests()] == ["餐1001"]
    # The card has lost its buttons; a tap that was on its way all the same books nothing more.
    story.telegram.wait_until(
        lambda: not next(m for m in zhang.messages if m.text == card.text).labels, "an edited card"
    )
    zhang.forges_tap("f:0:1:ok", on=card)
    zhang.wait_for("过时")

    story.clerk_does(requests.accept, "餐1001")
    zhang.wait_for("定好了")
    story.clerk_does(requests.send_message, "餐1001", text="今天换成小米饭，行吗")
    zhang.wait_for("今天换成小米饭")
    story.clerk_does(requests.complete, "餐1001")
    zhang.wait_for("打个分")
    zhang.taps("5星")
    zhang.wait_for("5颗星")
    assert [each.status for each in story.requests()] == [RequestStatus.COMPLETED]


def test_strange_things_get_kind_sentences(story: OnTelegram) -> None:
    zhang = story.telegram.user("张老", phone="19900000001")
    zhang.sends("/start")
    zhang.wait_for("军休助手")
    zhang.sends("我要订餐")
    zhang.wait_for("手机号")
    zhang.shares_contact()
    zhang.wait_for("绑定好了。张老")
    zhang.wait_for("哪一天")
    zhang.sends_photo()
    zhang.wait_for("图片")
    zhang.sends_sticker()
    zhang.wait_for("还收不了")
    sent = zhang.sends("明天")
    zhang.wait_for("哪一顿")
    zhang.edits(sent, "后天")
    zhang.wait_for("再发一遍")
    zhang.sends("😀😀😀")
    zhang.wait_for("哪一顿")
    zhang.sends("/help")
    zhang.wait_for("您可以这样说")
    group = story.telegram.group("一家人")
    zhang.sends("@junxiu_bot 你好", to=group)
    story.telegram.wait_until(
        lambda: any("单独找我" in message.text for message in group.messages), "a group reply"
    )
