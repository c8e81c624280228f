"""The wiring: every object of the running system is built here, once."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache

from filelock import FileLock, Timeout

from app.duty_rounds import duty_rounds
from app.home import Home, Tell, open_home
from app.mind import Mind, build_fact_room, build_reading_room
from app.monitoring import Monitoring
from app.place_rounds import places
from app.rounds import Rounds, retention, standing_orders, upkeep_of_facts
from app.saying import SAY, tell_operator
from app.serving import Stopping
from app.settings import Settings
from booking.calls import note_unreachable
from booking.services import Catalog, load_catalog
from bot.bell import Bell
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.webhook import PATH as WEBHOOK_PATH
from bot.channels.web.pages import web_chat
from bot.channels.web.site import make_site
from bot.courier import Courier
from bot.dialogue import Dialogue
from bot.reception import Reception
from bot.turn import Worker
from bot.understanding.clean import clean
from bot.understanding.danger import DangerReader
from bot.understanding.words import bundled_words
from desk.site import staff_desk
from desk.work_site import work_site
from ingestion.fact_room import FactRoom
from ingestion.trying import ReadingRoom
from store import leases
from store.clock import Clock, system_clock
from store.inbox import forget_leases


class HomeOwned(Exception):
    """Another process owns this home's search index; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Base:
    """What every command that runs needs."""

    settings: Settings
    home: Home
    catalog: Catalog
    clock: Clock
    bell: Bell
    reception: Reception
    owner: str


@cache
def _danger_reader() -> DangerReader:
    return DangerReader(bundled_words().danger)


def _hears_danger(words: str) -> bool:
    # Read when the first message comes, not at every start.
    return _danger_reader().kind(clean(words)) is not None


def build_base(
    settings: Settings, *, clock: Clock = system_clock, tell: Tell = tell_operator
) -> Base:
    """Open the home and build what is common to all processes."""
    catalog = load_catalog()
    home = open_home(settings, clock=clock, tell=tell)
    bell = Bell()
    reception = Reception(database=home.database, clock=clock, bell=bell, is_danger=_hears_danger)
    # Unique to this process, so that a restarted one never takes itself for its forerunner.
    owner = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(4)}"
    return Base(settings, home, catalog, clock, bell, reception, owner)


@contextmanager
def own_home(base: Base) -> Iterator[None]:
    """Be the one owner of an embedded home.

    On PostgreSQL there is none: many may work, and leases alone decide.

    Raises:
        HomeOwned: another process is the one.
    """
    if not base.home.database.is_sqlite:
        yield
        return
    lock = FileLock(base.home.owner_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise HomeOwned(SAY.say("serve.owned", path=base.home.path)) from error
    try:
        yield
    finally:
        lock.release()


@contextmanager
def try_to_own_home(base: Base) -> Iterator[bool]:
    """Be the owner where no other process is; tell whether this one is."""
    with ExitStack() as stack:
        try:
            stack.enter_context(own_home(base))
            is_owner = True
        except HomeOwned:
            is_owner = False
        yield is_owner


def free_leases(base: Base) -> None:
    """Free at once what a crashed forerunner was at work on; only for the owner of the home."""
    with base.home.database.begin() as session:
        forget_leases(session)
        leases.forget_all(session)


def build_workers(base: Base, mind: Mind) -> list[Worker]:
    """Build the workers; they share one mind."""
    dialogue = Dialogue(catalog=base.catalog, relation_of=mind.understanding.relation_of)
    return [
        Worker(
            name=f"{base.owner}-{number}",
            database=base.home.database,
            clock=base.clock,
            bell=base.bell,
            catalog=base.catalog,
            dialogue=dialogue,
            understanding=mind.understanding,
            answering=mind.answering,
            embed=mind.embedder.query_vector,
        )
        for number in range(base.settings.workers)
    ]


def build_rounds(base: Base) -> Rounds:
    """Build what looks after things from time to time."""
    database = base.home.database
    return Rounds(
        database=database,
        clock=base.clock,
        bell=base.bell,
        owner=base.owner,
        rounds=[
            upkeep_of_facts(database, base.catalog),
            places(database),
            standing_orders(database, base.catalog),
            *duty_rounds(database, base.catalog),
            retention(
                database,
                updates_days=base.settings.keep_updates_days,
                conversations_days=base.settings.keep_conversations_days,
            ),
        ],
    )


def build_telegram(base: Base) -> TelegramChannel | None:
    """Build the Telegram channel where a token is set."""
    token = base.settings.telegram_token
    if token is None:
        return None
    return TelegramChannel(
        token=token.get_secret_value(),
        api_url=base.settings.telegram_api_url,
        public_url=base.settings.public_url,
        webhook_secret=base.home.database.keyring.lookup("telegram webhook"),
        database=base.home.database,
        clock=base.clock,
        reception=base.reception,
        owner=base.owner,
    )


def build_courier(base: Base, telegram: TelegramChannel) -> Courier:
    """Build the courier; call it after the channel was started and knows its bot."""
    return Courier(
        database=base.home.database,
        clock=base.clock,
        bell=base.bell,
        senders=[telegram.sender],
        owner=base.owner,
        on_blocked=lambda session, delivery: note_unreachable(
            session, catalog=base.catalog, delivery=delivery, now=base.clock()
        ),
        on_set_aside=lambda session, delivery: note_unreachable(
            session, catalog=base.catalog, delivery=delivery, now=base.clock()
        ),
    )


def build_site(
    base: Base, *, stopping: Stopping, telegram: TelegramChannel | None, mind: Mind | None
) -> object:
    """Build the web site: chat, desk, health, metrics, webhook."""

    @cache
    def reading_room() -> ReadingRoom:
        # A process without workers loads the model when the first document is brought.
        embedder = mind.embedder if mind else None
        return build_reading_room(base.home, base.catalog, embedder=embedder, stopping=stopping)

    @cache
    def fact_room() -> FactRoom:
        return build_fact_room(base.home, embedder=mind.embedder if mind else None)

    database, clock = base.home.database, base.clock
    https_only = (base.settings.public_url or "").startswith("https://")
    monitoring = Monitoring(
        database=database,
        clock=clock,
        home_dir=base.home.path,
        is_working=lambda: not stopping(),
    )
    return make_site(
        chat=web_chat(
            database=database,
            clock=clock,
            reception=base.reception,
            bell=base.bell,
            stopping=stopping,
            public_url=base.settings.public_url,
        ),
        desk=staff_desk(
            database=database,
            clock=clock,
            catalog=base.catalog,
            reading_room=reading_room,
            fact_room=fact_room,
            stopping=stopping,
            https_only=https_only,
        ),
        work=work_site(database=database, clock=clock, catalog=base.catalog),
        health=monitoring.health,
        metrics=monitoring.metrics,
        webhook_path=WEBHOOK_PATH,
        webhook=telegram.webhook.handle if telegram and telegram.webhook else None,
    )
