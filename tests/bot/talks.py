"""Conversations to test with: straight with the dialogue, or through inbox, worker and outbox."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import numpy as np
from sqlalchemy import select

from booking.models import Request
from booking.people import bind
from booking.services import load_catalog
from bot.bell import Bell
from bot.dialogue import Dialogue, Thought
from bot.frames import Frames
from bot.incoming import Incoming, IncomingKind, typed
from bot.reception import Address, Received, Reception, open_account
from bot.said import Scene
from bot.turn import Worker
from bot.typed import typed_choice
from bot.understanding.commands import Command, Intent, Slots, Understood
from bot.understanding.understanding import Understanding
from bot.understanding.words import load_words
from knowledge.answers import Answer, AnswerStatus, Citation
from knowledge.embedding import Vector
from store import outbox
from store.database import Database
from store.identity import Account, Conversation, Person
from store.messages import Button, Message
from tests.conftest import StandingClock
from tests.houses import make_account

CATALOG = load_catalog()
UNDERSTANDING = Understanding(words=load_words())
TOMORROW = date(2026, 11, 24)
BROWSER = Address("web", "", "browser-1")
ANSWER = Answer(
    status=AnswerStatus.ANSWERED,
    text="有。官方解读里写着：“规定军休干部每年健康体检1次。”",
    citations=(
        Citation(
            "notice", "通知", "官方解读", "4、医疗", "规定军休干部每年健康体检1次。", 1, 0, 15
        ),
    ),
    services=("checkup",),
    seconds=0.01,
)


@dataclass
class Talk:
    """A conversation of one account with the dialogue."""

    database: Database
    clock: StandingClock
    account_id: int
    dialogue: Dialogue = field(
        default_factory=lambda: Dialogue(catalog=CATALOG, relation_of=UNDERSTANDING.relation_of)
    )
    frames: Frames = field(default_factory=Frames)
    said: tuple[Message, ...] = ()
    turns: int = 0

    def send(self, incoming: Incoming, thought: Thought) -> str:
        self.turns += 1
        with self.database.begin() as session:
            account = session.get_one(Account, self.account_id)
            person = session.get(Person, account.person_id) if account.person_id else None
            scene = Scene(
                session=session,
                account=account,
                person=person,
                inbox_id=self.turns,
                now=self.clock(),
                words=incoming.text,
            )
            said = self.dialogue.respond(scene, self.frames, incoming, thought)
        # Through the stored form, as between two turns.
        self.frames = Frames.from_data(said.frames.as_data())
        self.said = said.messages
        return "\n".join(message.text for message in said.messages)

    def means(self, *commands: Command, words: str = "……", answer: Answer | None = None) -> str:
        return self.send(typed(words), Thought(understood=Understood(commands), answer=answer))

    def says(self, words: str) -> str:
        """Say words that are understood as they are."""
        understood = UNDERSTANDING.read(words, now=self.clock(), expecting=self.frames.expecting)
        return self.send(typed(words), Thought(understood=understood))

    def guesses(self, words: str, *, answer: Answer | None = None) -> str:
        """Say words that understanding can make nothing of."""
        choice = typed_choice(self.frames, words)
        if choice:
            return self.send(typed(words), Thought(tapped=choice))
        understood = Understood((Command(Intent.QUESTION),), confident=False)
        return self.send(typed(words), Thought(understood=understood, answer=answer))

    def book(self, **slots: object) -> str:
        return self.means(Command(Intent.BOOK, Slots(**slots)))  # type: ignore[arg-type]

    def taps(self, label: str) -> str:
        action = next(
            button.action
            for message in reversed(self.said)
            for row in message.buttons
            for button in row
            if button.label == label
        )
        return self.taps_action(action)

    def taps_action(self, action: str) -> str:
        return self.send(Incoming(IncomingKind.TAP, action=action), Thought(tapped=action))

    def types(self, words: str) -> str:
        choice = typed_choice(self.frames, words)
        assert choice, f"{words} is not offered"
        return self.send(typed(words), Thought(tapped=choice))

    @property
    def labels(self) -> list[str]:
        return [button.label for message in self.said for row in message.buttons for button in row]

    def requests(self) -> list[Request]:
        with self.database.read() as session:
            return list(session.execute(select(Request).order_by(Request.id)).scalars())

    @property
    def text(self) -> str:
        """What was said last, in one piece."""
        return "\n".join(message.text for message in self.said)


def begin_talk(
    database: Database, clock: StandingClock, person_id: int | None, *, external_id: str = ""
) -> Talk:
    """Let someone, or a stranger, talk on an account of his own."""
    with database.begin() as session:
        account = make_account(
            session, clock(), person_id=person_id, external_id=external_id or f"p{person_id}"
        )
        return Talk(database, clock, account.id)


@dataclass
class CannedAnswers:
    """Stands for the documents: every question has the same answer."""

    given: Answer = ANSWER
    of_the_house: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    vectors: list[Vector] = field(default_factory=list)
    before: list[str | None] = field(default_factory=list)

    def answer(
        self,
        question: str,
        *,
        institution_id: int | None,
        vector: Vector,
        before: str | None,
        now: datetime,
    ) -> Answer:
        self.asked.append(question)
        self.vectors.append(vector)
        self.before.append(before)
        return replace(self.given, understood_as=self.given.understood_as or question)

    def plainly_of_the_house(
        self,
        question: str,
        *,
        institution_id: int,
        vector: Callable[[], Vector],
        before: str | None,
        now: datetime,
    ) -> Answer | None:
        return self.of_the_house.get(question)


@dataclass
class Chat:
    """The whole way of a message: reception, inbox, worker with the real understanding, outbox."""

    database: Database
    clock: StandingClock
    address: Address = BROWSER
    dialogue: Dialogue = field(
        default_factory=lambda: Dialogue(catalog=CATALOG, relation_of=UNDERSTANDING.relation_of)
    )
    answers: CannedAnswers = field(default_factory=CannedAnswers)
    bell: Bell = field(default_factory=Bell)
    said: tuple[Message, ...] = ()
    embedded: list[str] = field(default_factory=list)
    _updates: "itertools.count[int]" = field(default_factory=itertools.count)
    _shown: int = 0

    def be(self, person_id: int | None) -> "Chat":
        """Make this address the account of a person, or of nobody yet."""
        with self.database.begin() as session:
            account = open_account(session, self.address, clock=self.clock)
            if person_id is not None:
                bind(
                    session,
                    account=account,
                    person=session.get_one(Person, person_id),
                    by="test",
                    now=self.clock(),
                )
        return self

    def receive(self, incoming: Incoming, *, update_id: str = "") -> Received:
        reception = Reception(
            database=self.database,
            clock=self.clock,
            bell=self.bell,
            messages_limit="10000/minute",
            is_danger=UNDERSTANDING.is_danger,
        )
        update_id = update_id or f"{self.address}-{next(self._updates)}"
        return reception.receive(self.address, update_id=update_id, incoming=incoming)

    def worker(self, name: str = "w1") -> Worker:
        return Worker(
            name=name,
            database=self.database,
            clock=self.clock,
            bell=self.bell,
            catalog=CATALOG,
            dialogue=self.dialogue,
            understanding=UNDERSTANDING,
            answering=self.answers,
            embed=self.embed,
        )

    def embed(self, text: str) -> Vector:
        """Count what is embedded, and give a vector that can be told from others."""
        self.embedded.append(text)
        return np.full(4, len(self.embedded), dtype=np.float32)

    def says(self, words: str) -> str:
        return self.send(typed(words))

    def taps(self, label: str) -> str:
        found = next(each for each in reversed(self.buttons) if each.label == label)
        return self.send(Incoming(IncomingKind.TAP, action=found.action, label=label))

    def send(self, incoming: Incoming) -> str:
        assert self.receive(incoming) is Received.STORED
        worker = self.worker()
        while worker.work_once():
            pass
        return self.read()

    def read(self) -> str:
        """Take what has come to this account since the last time."""
        with self.database.read() as session:
            account_id = session.execute(
                select(Account.id).where(
                    Account.channel == self.address.channel,
                    Account.external_id == self.address.external_id,
                )
            ).scalar_one()
            rows = outbox.mailbox(session, account_id=account_id, after_id=self._shown)
        self._shown = rows[-1].id if rows else self._shown
        self.said = tuple(Message.from_data(row.body) for row in rows)
        return "\n".join(message.text for message in self.said)

    @property
    def text(self) -> str:
        """What was read last, in one piece."""
        return "\n".join(message.text for message in self.said)

    @property
    def buttons(self) -> list[Button]:
        return [button for message in self.said for row in message.buttons for button in row]

    @property
    def labels(self) -> list[str]:
        return [button.label for button in self.buttons]

    def frames(self) -> Frames:
        with self.database.read() as session:
            account = session.execute(
                select(Account).where(Account.external_id == self.address.external_id)
            ).scalar_one()
            return Frames.from_data(session.get_one(Conversation, account.conversation_id).frames)

    def requests(self) -> list[Request]:
        with self.database.read() as session:
            return list(session.execute(select(Request).order_by(Request.id)).scalars())
