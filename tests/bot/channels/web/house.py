"""A house to chat with: demonstration people, a running server, and someone who answers."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from booking.models import Link, LinkScope
from bot.bell import Bell
from bot.channels.web.pages import web_chat
from bot.incoming import Incoming, IncomingKind
from bot.reception import Reception
from store import inbox, outbox
from store.clock import Clock
from store.database import Database
from store.identity import Account, Institution, Person, PersonKind
from store.inbox import InboxStatus
from store.messages import Message
from store.outbox import Lane
from tests.conftest import NOW


@dataclass
class House:
    """The parts a test holds in its hands."""

    database: Database
    clock: Clock
    bell: Bell
    stopping: threading.Event
    app: FastAPI

    def say(
        self,
        account_id: int,
        message: Message,
        *,
        lane: Lane = Lane.REPLY,
        edits_id: int | None = None,
        rings: bool = True,
    ) -> int:
        """Write to an account as the conversation would; without ringing, as another process."""
        with self.database.begin() as session:
            row_id = outbox.put(
                session,
                account=session.get_one(Account, account_id),
                message=message,
                lane=lane,
                now=self.clock(),
                edits_id=edits_id,
            )
        if rings:
            self.bell.ring()
        return row_id


def build_house(
    database: Database,
    clock: Clock,
    *,
    messages_limit: str = "1000/minute",
    public_url: str | None = None,
) -> House:
    """Mount the web chat as wiring does."""
    bell, stopping = Bell(), threading.Event()
    app = FastAPI()
    app.include_router(
        web_chat(
            database=database,
            clock=clock,
            reception=Reception(
                database=database, clock=clock, bell=bell, messages_limit=messages_limit
            ),
            bell=bell,
            stopping=stopping.is_set,
            public_url=public_url,
        )
    )
    return House(database, clock, bell, stopping, app)


def settle_people(database: Database) -> dict[str, int]:
    """Let a demonstration house have three people; return their ids by name."""
    with database.begin() as session:
        house = Institution(name="示范军休所", is_demonstration=True, created_at=NOW)
        session.add(house)
        session.flush()
        people = [
            Person(
                institution_id=house.id,
                kind=kind,
                name=name,
                salutation=salutation,
                active=True,
                created_at=NOW,
            )
            for name, salutation, kind in (
                ("张建国", "张老", PersonKind.RETIREE),
                ("张敏", "张女士", PersonKind.FAMILY),
                ("李干事", "小李", PersonKind.STAFF),
            )
        ]
        session.add_all(people)
        session.flush()
        session.add(
            Link(
                institution_id=house.id,
                family_id=people[1].id,
                retiree_id=people[0].id,
                calls="我爸",
                scopes=[LinkScope.BOOK.value],
                granted_by="本人",
                created_at=NOW,
            )
        )
        return {person.name: person.id for person in people}


@contextmanager
def serving(house: House, *, port: int = 0) -> Iterator[str]:
    """Serve the house on a port of this machine, by default a free one; yield its address."""
    config = uvicorn.Config(
        house.app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        house.stopping.set()
        server.should_exit = True
        thread.join()


Answer = Callable[[Incoming], Message | None]


@contextmanager
def answering(house: House, answer: Answer) -> Iterator[None]:
    """Answer whatever comes in, as the conversation would, from a thread of its own."""
    ended = threading.Event()

    def work() -> None:
        rung = house.bell.count
        while not ended.is_set():
            while _answer_one(house, answer):
                house.bell.ring()
            rung = house.bell.wait(since=rung, seconds=0.2)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        house.bell.ring()
        thread.join()


def _answer_one(house: House, answer: Answer) -> bool:
    with house.database.begin() as session:
        claimed = inbox.claim(session, worker="answerer", now=house.clock())
        if claimed is None:
            return False
        incoming = Incoming.from_data(claimed.body)
        message = answer(incoming)
        if message is not None:
            account = session.get_one(Account, claimed.account_id)
            is_danger = incoming.kind is IncomingKind.TEXT and "胸口疼" in incoming.text
            lane = Lane.EMERGENCY if is_danger else Lane.REPLY
            outbox.put(session, account=account, message=message, lane=lane, now=house.clock())
        inbox.finish(session, claimed, frames=None, status=InboxStatus.DONE, now=house.clock())
    return True
