"""The turn: one message, from the inbox to the outbox.

A worker leases the conversation, thinks with no transaction open (understanding, embedding,
retrieval), then commits once: the lease's fence is checked, verbs run in savepoints, and
frames, outgoing messages and the inbox row are written together. Whatever fails is tried
again; the third failure sets the message aside, says so to the person and calls the staff.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.calls import ask_for_person, raise_emergency
from booking.people import looks_like_code
from booking.services import Catalog
from bot import forms
from bot.bell import Bell
from bot.dialogue import Dialogue, Thought
from bot.frames import Frames
from bot.incoming import Incoming, IncomingKind
from bot.said import TEXTS, Scene
from bot.typed import typed_choice
from bot.understanding.commands import Command, Intent, Understood
from bot.understanding.understanding import Understanding
from knowledge.answers import Answer
from knowledge.embedding import Vector
from knowledge.question_log import log_question
from store import inbox, outbox
from store.clock import Clock
from store.database import Database
from store.errors import LeaseLost
from store.identity import Account, Conversation, Person
from store.inbox import Claim, InboxStatus
from store.messages import Message
from store.outbox import Lane, OutboxRow
from store.turn_id import turn_scope

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 0.5
_DANGER = Understood((Command(Intent.EMERGENCY),))
_QUESTION = Understood((Command(Intent.QUESTION),))
# 送饭的几点能到楼下 may ask for a rule, though it sounds like one of these.
_MAY_ASK = frozenset(
    {Intent.BOOK, Intent.STATUS, Intent.CHANGE, Intent.CANCEL, Intent.COMPLAINT, Intent.HUMAN}
)


class Answers(Protocol):
    """What finds the answer to a question in the documents."""

    def answer(
        self,
        question: str,
        *,
        institution_id: int | None,
        vector: Vector,
        before: str | None,
        now: datetime,
    ) -> Answer:
        """Return the answer, whatever its status."""

    def plainly_of_the_house(
        self,
        question: str,
        *,
        institution_id: int,
        vector: Callable[[], Vector],
        before: str | None,
        now: datetime,
    ) -> Answer | None:
        """Return what a fact of the house plainly answers."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is read before thinking."""

    person_id: int | None
    institution_id: int | None


class Worker:
    """Works off the inbox. Several may run, in threads or in processes."""

    def __init__(
        self,
        *,
        name: str,
        database: Database,
        clock: Clock,
        bell: Bell,
        catalog: Catalog,
        dialogue: Dialogue,
        understanding: Understanding,
        answering: Answers,
        embed: Callable[[str], Vector],
    ) -> None:
        """Take everything a turn needs; `name` owns the leases."""
        self._name = name
        self._database = database
        self._clock = clock
        self._bell = bell
        self._catalog = catalog
        self._dialogue = dialogue
        self._understanding = understanding
        self._answering = answering
        self._embed = embed

    def run(self, stop: threading.Event) -> None:
        """Work until told to stop; sleeps on the bell when there is nothing to do."""
        rung = self._bell.count
        while not stop.is_set():
            try:
                worked = self.work_once()
            except Exception:  # A database that is away for a moment must not end the worker.
                log.exception("the inbox could not be worked off; trying again")
                stop.wait(LOOK_EVERY_SECONDS)
                continue
            if not worked:
                rung = self._bell.wait(since=rung, seconds=LOOK_EVERY_SECONDS)

    def work_once(self) -> bool:
        """Work off one message; False when none is waiting."""
        with self._database.begin() as session:
            claimed = inbox.claim(
                session, worker=self._name, now=self._clock(), is_urgent=self._is_danger
            )
        if claimed is None:
            return False
        with turn_scope(claimed.inbox_id):
            try:
                if claimed.is_exhausted:
                    self._set_aside(claimed)
                else:
                    self._commit(claimed, *self._think(claimed))
                log.info("a turn is done", extra={"seconds": self._seconds_since(claimed)})
            except LeaseLost:
                log.warning("the lease was lost; another worker goes on")
            except Exception as error:  # Whatever it is, the message waits for its next attempt.
                log.exception("a turn failed on attempt %d", claimed.attempts)
                self._give_back(claimed, error)
        self._bell.ring()
        return True

    def _is_danger(self, body: dict[str, Any]) -> bool:
        return self._understanding.is_danger(Incoming.from_data(body).text)

    def _seconds_since(self, claimed: Claim) -> float:
        """Return how long the message took, its waiting included."""
        return round((self._clock() - claimed.received_at).total_seconds(), 3)

    def _think(self, claimed: Claim) -> tuple[Incoming, Thought]:
        incoming = Incoming.from_data(claimed.body)
        frames = Frames.from_data(claimed.frames)
        if incoming.kind is IncomingKind.TAP:
            return incoming, Thought(tapped=incoming.action)
        if not _is_spoken(incoming):
            # Whatever it is, words of danger in it are heard.
            in_danger = self._understanding.is_danger(incoming.text)
            return incoming, Thought(understood=_DANGER if in_danger else None)
        known = self._known(claimed)
        if known.person_id is None and looks_like_code(incoming.text):
            return incoming, Thought()
        if choice := typed_choice(frames, incoming.text):
            return incoming, Thought(tapped=choice)
        now = self._clock()
        # Embedded at most once, by whoever asks first.
        vector = cache(lambda: self._embed(incoming.text))
        understood = self._understanding.read(
            incoming.text, now=now, expecting=frames.expecting, vector=vector
        )
        answer = None
        before = frames.asked_lately(now)
        if frames.form is None and {each.intent for each in understood.commands} <= _MAY_ASK:
            answer = self._of_the_house(incoming.text, known, vector, before, now)
            understood = understood if answer is None else _QUESTION
        if answer is None and any(each.asks_documents for each in understood.commands):
            answer = self._answering.answer(
                incoming.text,
                institution_id=known.institution_id,
                vector=vector(),
                before=before,
                now=now,
            )
        return incoming, Thought(understood=understood, answer=answer)

    def _of_the_house(
        self,
        words: str,
        known: _Known,
        vector: Callable[[], Vector],
        before: str | None,
        now: datetime,
    ) -> Answer | None:
        if known.institution_id is None:
            return None
        return self._answering.plainly_of_the_house(
            words, institution_id=known.institution_id, vector=vector, before=before, now=now
        )

    def _known(self, claimed: Claim) -> _Known:
        with self._database.read() as session:
            found = session.execute(
                select(Account.person_id, Person.institution_id)
                .outerjoin(Person, Person.id == Account.person_id)
                .where(Account.id == claimed.account_id)
            ).one()
        return _Known(found.person_id, found.institution_id)

    def _commit(self, claimed: Claim, incoming: Incoming, thought: Thought) -> None:
        now = self._clock()
        with self._database.begin() as session:
            scene = _scene(session, claimed, incoming, now)
            if thought.answer is not None:
                # Before anything is said, so that a button can name the question.
                scene = replace(scene, question_id=_log_answer(scene, thought.answer))
            said = self._dialogue.respond(
                scene, Frames.from_data(claimed.frames), incoming, thought
            )
            if incoming.kind is IncomingKind.TAP and incoming.tapped_id:
                _retire_card(scene, incoming)
            lane = Lane.EMERGENCY if said.is_urgent else Lane.REPLY
            for message in said.messages:
                _reply(scene, message, lane)
            frames = said.frames
            if scene.person is None and scene.account.conversation_id != claimed.conversation_id:
                _hand_over(scene, frames)
                frames = Frames()
            inbox.finish(
                session,
                claimed,
                frames=frames.as_data(),
                status=InboxStatus.DONE,
                now=now,
            )

    def _give_back(self, claimed: Claim, error: Exception) -> None:
        with self._database.begin() as session:
            inbox.release(session, claimed, failure=type(error).__name__, now=self._clock())

    def _set_aside(self, claimed: Claim) -> None:
        """Answer the person, call the staff, and let the chat go on."""
        incoming = Incoming.from_data(claimed.body)
        now = self._clock()
        with self._database.begin() as session:
            scene = _scene(session, claimed, incoming, now)
            is_danger = self._understanding.is_danger(incoming.text)
            if is_danger:
                _reply(scene, Message(TEXTS.say("danger.call")), Lane.EMERGENCY)
            if scene.person is not None:
                call = raise_emergency if is_danger else ask_for_person
                call(
                    session,
                    catalog=self._catalog,
                    actor=scene.person,
                    words=scene.words,
                    account_id=scene.account.id,
                    key=f"aside:{scene.key}",
                    now=now,
                )
            key = "unclear.failed" if scene.person else "unclear.failed_unbound"
            _reply(scene, Message(TEXTS.say(key)), Lane.REPLY)
            inbox.finish(
                session,
                claimed,
                frames=claimed.frames,
                status=InboxStatus.SET_ASIDE,
                now=now,
                failure="failed three times",
            )
        log.error("a message was set aside after three failures")


def _scene(session: Session, claimed: Claim, incoming: Incoming, now: datetime) -> Scene:
    account = session.get_one(Account, claimed.account_id)
    person = session.get(Person, account.person_id) if account.person_id is not None else None
    return Scene(
        session=session,
        account=account,
        person=person,
        inbox_id=claimed.inbox_id,
        now=now,
        words=incoming.text or incoming.label or incoming.what,
    )


def _reply(scene: Scene, message: Message, lane: Lane) -> None:
    outbox.put(
        scene.session,
        account=scene.account,
        message=message,
        lane=lane,
        now=scene.now,
        institution_id=scene.person.institution_id if scene.person else None,
    )


def _hand_over(scene: Scene, begun: Frames) -> None:
    """Put what a newly bound account began on top of its person's conversation elsewhere."""
    own = scene.session.execute(
        select(Conversation)
        .where(Conversation.id == scene.account.conversation_id)
        .with_for_update()
    ).scalar_one()
    own.frames = begun.on_top_of(Frames.from_data(own.frames)).as_data()


def _retire_card(scene: Scene, incoming: Incoming) -> None:
    """Take the buttons off a card that was just answered, where the channel can edit."""
    if scene.account.channel in outbox.MAILBOX_CHANNELS or not forms.ends_form(incoming.action):
        return
    # Edits of a message carry its id too; the row that was sent first is the card.
    card = scene.session.execute(
        select(OutboxRow)
        .where(
            OutboxRow.account_id == scene.account.id,
            OutboxRow.external_message_id == incoming.tapped_id,
            OutboxRow.edits_id.is_(None),
        )
        .order_by(OutboxRow.id)
        .limit(1)
    ).scalar_one_or_none()
    if card is None or not card.body["buttons"]:
        return
    outbox.put(
        scene.session,
        account=scene.account,
        message=Message(card.body["text"]),
        lane=Lane.REPLY,
        now=scene.now,
        edits_id=card.id,
    )


def _log_answer(scene: Scene, answer: Answer) -> int:
    row = log_question(
        scene.session,
        question=scene.words,
        answer=answer,
        account_id=scene.account.id,
        person_id=scene.person.id if scene.person else None,
        institution_id=scene.person.institution_id if scene.person else None,
        now=scene.now,
    )
    return row.id


def _is_spoken(incoming: Incoming) -> bool:
    """Tell whether there are words to understand: typed, or written below a picture."""
    if incoming.kind not in {IncomingKind.TEXT, IncomingKind.UNSUPPORTED}:
        return False
    return any(character.isalnum() for character in incoming.text)
