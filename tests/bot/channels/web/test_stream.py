"""The live stream on a real server: what comes, where it goes on, how it ends."""

import json
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice

import httpx
import pytest
from sqlalchemy import QueuePool

from bot.channels.web.watch import THREAD_NAME
from bot.reception import Address, find_account
from store.messages import Button, Message
from store.outbox import OutboxRow, OutboxStatus
from tests.bot.channels.web.house import House, serving, settle_people
from tests.conftest import StandingClock

HEADERS = {"X-Junxiu-Chat": "1"}


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    name: str
    event_id: str
    data: str

    @property
    def text(self) -> str:
        """The text of an entry."""
        return str(json.loads(self.data)["text"])


class Phone:
    """A browser on a real connection."""

    def __init__(self, address: str, house: House) -> None:
        self.http = httpx.Client(base_url=address, headers=HEADERS, timeout=20)
        self.http.get("/chat")
        self._house = house
        self._sent = 0
        self._streams: list[Generator[Event, None, None]] = []

    def __enter__(self) -> "Phone":
        return self

    def __exit__(self, *_: object) -> None:
        for stream in self._streams:
            stream.close()
        self.http.close()

    def write(self, text: str) -> int:
        """Send a message; return the account's id."""
        self._sent += 1
        self.http.post("/chat/messages", json={"id": f"message-{self._sent}", "text": text})
        external_id = self._house.database.keyring.lookup(
            f"web chat:{self.http.cookies['junxiu_chat']}"
        )
        with self._house.database.read() as session:
            account = find_account(session, Address("web", "", external_id))
            assert account is not None
            return account.id

    def events(
        self, headers: dict[str, str] | None = None, after: str = ""
    ) -> Generator[Event, None, None]:
        """Listen; pings and the greeting of the line are left out."""
        stream = self._listen(headers, after)
        self._streams.append(stream)
        return stream

    def _listen(self, headers: dict[str, str] | None, after: str) -> Generator[Event, None, None]:
        with self.http.stream(
            "GET", "/chat/stream", headers=headers, params={"after": after}
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            for line in answer.iter_lines():
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                    continue
                event = Event(fields.get("event", ""), fields.get("id", ""), fields.get("data", ""))
                fields = {}
                if event.name in {"entry", "who"}:
                    yield event


@pytest.fixture
def address(house: House) -> Iterator[str]:
    with serving(house) as address:
        yield address


@pytest.fixture
def phone(address: str, house: House) -> Iterator[Phone]:
    with Phone(address, house) as phone:
        yield phone


def texts(events: Iterator[Event], count: int) -> list[str]:
    return [event.text for event in islice(events, count)]


def test_what_is_said_comes_as_it_is_said(house: House, phone: Phone) -> None:
    account_id = phone.write("您好")
    events = phone.events()
    assert texts(events, 1) == ["您好"]
    for text in ("一", "二", "三"):
        house.say(account_id, Message(text))
        assert texts(events, 1) == [text]


def test_another_process_is_heard_without_the_bell(house: House, phone: Phone) -> None:
    account_id = phone.write("您好")
    events = phone.events()
    assert texts(events, 1) == ["您好"]
    house.say(account_id, Message("从别处来"), rings=False)
    assert texts(events, 1) == ["从别处来"]


def test_a_page_opened_before_the_first_word_hears_the_answer(house: House, phone: Phone) -> None:
    heard: list[str] = []
    listening = threading.Thread(target=lambda: heard.extend(texts(phone.events(), 2)))
    listening.start()
    house.say(phone.write("您好"), Message("您吩咐"))
    listening.join()
    assert heard == ["您好", "您吩咐"]


def test_it_goes_on_where_it_was(house: House, phone: Phone, clock: StandingClock) -> None:
    account_id = phone.write("您好")
    house.say(account_id, Message("一"))
    first = list(islice(phone.events(), 2))
    # Two minutes later nothing is told twice for fear of having come late.
    clock.go(minutes=2)
    house.say(account_id, Message("二"))
    headers = {"Last-Event-ID": first[-1].event_id}
    assert texts(phone.events(headers=headers), 1) == ["二"]
    # The header is the browser's own word and newer than the address it first came with.
    assert texts(phone.events(headers=headers, after="0-0"), 1) == ["二"]
    assert texts(phone.events(after=first[-1].event_id), 1) == ["二"]


def test_only_ones_own_messages_come(address: str, house: House, phone: Phone) -> None:
    mine = phone.write("我")
    with Phone(address, house) as other:
        others = other.write("别人")
    house.say(others, Message("给别人"))
    house.say(mine, Message("给我"))
    assert texts(phone.events(), 2) == ["我", "给我"]


def test_an_edit_names_what_it_replaces(house: House, phone: Phone) -> None:
    account_id = phone.write("您好")
    asked = house.say(account_id, Message("哪一天？", ((Button("明天", "day:1"),),)))
    events = phone.events()
    list(islice(events, 2))
    house.say(account_id, Message("定了明天。"), edits_id=asked)
    edit = json.loads(next(events).data)
    assert edit["replaces"] == f"ours-{asked}"
    assert edit["choices"] == []


def test_it_tells_who_one_has_become(house: House, phone: Phone) -> None:
    people = settle_people(house.database)
    phone.write("您好")
    events = phone.events()
    next(events)
    phone.http.post("/chat/identity", json={"person_id": people["张敏"]})
    who = next(event for event in events if event.name == "who")
    assert json.loads(who.data) == {"name": "张敏", "role": "家属"}


def test_what_was_told_counts_as_fetched(house: House, phone: Phone) -> None:
    account_id = phone.write("您好")
    first = house.say(account_id, Message("一"))
    events = phone.events()
    list(islice(events, 2))
    # The next one can only come after the first was marked.
    house.say(account_id, Message("二"))
    next(events)
    with house.database.read() as session:
        assert session.get_one(OutboxRow, first).status is OutboxStatus.SENT


def test_without_a_cookie_there_is_no_stream(address: str) -> None:
    assert httpx.get(f"{address}/chat/stream").status_code == 401


def test_the_server_stops_with_pages_open_and_leaves_nothing_behind(house: House) -> None:
    with ExitStack() as phones:
        with serving(house) as address:
            streams = []
            for number in range(4):
                phone = phones.enter_context(Phone(address, house))
                phone.write(f"您好{number}")
                streams.append(phone.events())
            assert [next(events).text for events in streams] == [f"您好{n}" for n in range(4)]
            assert THREAD_NAME in names_of_threads()
        # Leaving the block joined the server's thread: it ended although the pages were open.
        assert [list(events) for events in streams] == [[]] * 4
    wait_until(lambda: THREAD_NAME not in names_of_threads())
    pool = house.database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0


def test_closed_pages_leave_no_thread_behind(house: House, phone: Phone) -> None:
    account_id = phone.write("您好")
    events = phone.events()
    next(events)
    events.close()
    wait_until(lambda: THREAD_NAME not in names_of_threads())
    # And the next page starts a new one.
    house.say(account_id, Message("在"))
    assert texts(phone.events(), 2) == ["您好", "在"]
    assert THREAD_NAME in names_of_threads()


def names_of_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait for something that another thread is about to do; the run's own time limit ends it."""
    pause = threading.Event()
    for _ in range(1_000):
        if is_so():
            return
        pause.wait(0.02)
    raise AssertionError("it never became so")
