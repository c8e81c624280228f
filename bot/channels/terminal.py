"""The terminal: the same conversation, typed. It reads its mailbox like the web chat does."""

import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from booking.people import choose_demonstration_person
from bot.bell import Bell
from bot.incoming import Incoming, IncomingKind, typed
from bot.reception import Address, Received, Reception, find_account, open_account
from store import outbox
from store.clock import Clock
from store.database import Database
from store.identity import Person
from store.inbox import InboxRow, InboxStatus
from store.messages import Button, Message
from store.texts import Texts

TEXTS = Texts(Path(__file__).with_name("terminal_texts.toml"))
ANSWER_SECONDS = 30.0
_LOOK_SECONDS = 0.3


class Terminal:
    """One conversation on a terminal, or on any two text streams."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        reception: Reception,
        bell: Bell,
        address: Address,
        reads: TextIO = sys.stdin,
        writes: TextIO = sys.stdout,
    ) -> None:
        """Take the address of this user's account; it is made on first sight."""
        self._database = database
        self._clock = clock
        self._reception = reception
        self._bell = bell
        self._address = address
        self._reads = reads
        self._writes = writes
        self._printing = threading.Lock()
        self._shown = 0
        self._buttons: list[Button] = []

    def introduce(self, choices: Sequence[Person], *, wanted: str | None) -> None:
        """Say hello; in a demonstration home, let the visitor choose who to be."""
        self._print(TEXTS.say("welcome"))
        with self._database.begin() as session:
            account = open_account(session, self._address, clock=self._clock)
            self._shown = _newest(self._database, account.id)
            person = _chosen(choices, wanted) if wanted else None
            if wanted and person is None:
                self._print(TEXTS.say("no_person", name=wanted))
            if not wanted and choices and account.person_id is None:
                person = self._ask_who(choices)
            if person is not None:
                choose_demonstration_person(
                    session, account=account, person_id=person.id, now=self._clock()
                )

    def run(self) -> None:
        """Talk until the input ends."""
        stop = threading.Event()
        printer = threading.Thread(target=self._print_news, args=(stop,), daemon=True)
        printer.start()
        try:
            while True:
                self._print(TEXTS.say("prompt"), end="")
                line = self._reads.readline()
                if not line:
                    break
                self._send(line.rstrip("\n"))
        finally:
            stop.set()
            self._bell.ring()
            printer.join(5)
        self._show_news()
        self._print(TEXTS.say("bye"))

    def _send(self, line: str) -> None:
        update_id = uuid.uuid4().hex
        received = self._reception.receive(
            self._address, update_id=update_id, incoming=self._incoming(line)
        )
        if received is Received.TOO_MANY:
            self._print(TEXTS.say("too_many"))
            return
        self._wait_for(update_id)
        self._show_news()

    def _incoming(self, line: str) -> Incoming:
        number = line.strip()
        if number.isdecimal() and 1 <= int(number[:4]) <= len(self._buttons):
            button = self._buttons[int(number) - 1]
            return Incoming(IncomingKind.TAP, action=button.action, label=button.label)
        if line.startswith("/"):
            name, _, rest = line[1:].partition(" ")
            return Incoming(IncomingKind.COMMAND, action=name, text=rest.strip())
        return typed(line)

    def _wait_for(self, update_id: str) -> None:
        rung = self._bell.count
        for _ in range(int(ANSWER_SECONDS / _LOOK_SECONDS)):
            with self._database.read() as session:
                row = (
                    session.query(InboxRow)
                    .filter_by(
                        channel=self._address.channel,
                        bot=self._address.bot,
                        external_id=update_id,
                    )
                    .one()
                )
            if row.status is not InboxStatus.WAITING:
                return
            rung = self._bell.wait(since=rung, seconds=_LOOK_SECONDS)
        self._print(TEXTS.say("slow"))

    def _print_news(self, stop: threading.Event) -> None:
        rung = self._bell.count
        while not stop.is_set():
            self._show_news()
            rung = self._bell.wait(since=rung, seconds=_LOOK_SECONDS)

    def _show_news(self) -> None:
        with self._printing:
            with self._database.read() as session:
                account = find_account(session, self._address)
                rows = (
                    outbox.mailbox(session, account_id=account.id, after_id=self._shown)
                    if account
                    else []
                )
            if not rows or account is None:
                return
            self._shown = rows[-1].id
            for row in rows:
                self._show(Message.from_data(row.body))
            with self._database.begin() as session:
                outbox.mark_fetched(
                    session, account_id=account.id, up_to_id=self._shown, now=self._clock()
                )

    def _show(self, message: Message) -> None:
        self._print(message.text)
        self._buttons = [button for row in message.buttons for button in row]
        labels = [f"[{number}]{each.label}" for number, each in enumerate(self._buttons, 1)]
        if labels:
            self._print("  ".join(labels))

    def _ask_who(self, choices: Sequence[Person]) -> Person | None:
        self._print(TEXTS.say("choose"))
        for number, person in enumerate(choices, 1):
            self._print(f"[{number}]{person.name}")
        answer = self._reads.readline().strip()
        if answer.isdecimal() and 1 <= int(answer) <= len(choices):
            return choices[int(answer) - 1]
        return _chosen(choices, answer)

    def _print(self, text: str, end: str = "\n") -> None:
        self._writes.write(text + end)
        self._writes.flush()


def _chosen(choices: Sequence[Person], name: str) -> Person | None:
    return next((person for person in choices if person.name == name), None)


def _newest(database: Database, account_id: int) -> int:
    with database.read() as session:
        found = (
            session.query(outbox.OutboxRow.id)
            .filter_by(account_id=account_id)
            .order_by(outbox.OutboxRow.id.desc())
            .first()
        )
    return found[0] if found else 0
