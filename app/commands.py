"""The commands that prepare a home and run it: one function each."""

import argparse
import asyncio
import getpass
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager, suppress

from app import demonstration
from app.demonstration_facts import write_demonstration_facts
from app.greeting import greet
from app.home import is_prepared
from app.library import open_library
from app.logs import set_up_logs
from app.mind import Mind, build_mind, open_language_model
from app.opening import institution_of, open_prepared, refuse_without_institution
from app.refused import CommandRefused
from app.saying import SAY, tell_operator
from app.serving import Stopping, listen
from app.serving import serve as run_parts
from app.settings import Settings, read_settings
from app.system import (
    Base,
    build_base,
    build_courier,
    build_rounds,
    build_site,
    build_telegram,
    build_workers,
    free_leases,
    own_home,
    try_to_own_home,
)
from booking.errors import ValueProblem
from booking.models import StaffRole
from booking.people import demonstration_people
from booking.staff_access import create_staff
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.terminal import Terminal
from bot.reception import Address
from store.home import read_fact, write_fact
from store.identity import Institution, Person, PersonKind

BOT_NAME = "telegram_bot"
# A network that is not there must not hold the web pages up; the channel goes on trying.
TELEGRAM_SECONDS = 3.0


def serve(options: argparse.Namespace) -> int:
    """Everything in one process."""
    return _run(options, with_web=True, with_workers=True, demo=options.demo)


def web(options: argparse.Namespace) -> int:
    """The web pages only; a worker elsewhere answers."""
    return _run(options, with_web=True, with_workers=False)


def worker(options: argparse.Namespace) -> int:
    """The workers, the courier and Telegram, without web pages."""
    return _run(options, with_web=False, with_workers=True)


def init(options: argparse.Namespace) -> int:
    """Prepare a real home and its first administrator."""
    settings = read_settings(home=options.home)
    if is_prepared(settings):
        with closing(build_base(settings).home.database) as database, database.read() as session:
            if institution_of(session) is not None:
                raise CommandRefused(SAY.say("init.exists", path=settings.home))
    institution = _ask("init.ask_institution", options.institution)
    name = _ask("init.ask_name", options.name)
    login = _ask("init.ask_login", options.login)
    password = _ask_password()
    base = build_base(settings)
    try:
        _make_institution(base, institution, name, login, password)
    except ValueProblem as problem:
        raise CommandRefused(problem.problem) from problem
    open_library(base.home, base.settings).take_in_notice(clock=base.clock, tell=tell_operator)
    tell_operator(SAY.say("init.done", login=login, address=settings.address))
    return 0


def _make_institution(base: Base, institution: str, name: str, login: str, password: str) -> None:
    now = base.clock()
    with base.home.database.begin() as session:
        house = Institution(name=institution, created_at=now)
        session.add(house)
        session.flush()
        person = Person(
            institution_id=house.id,
            kind=PersonKind.STAFF,
            name=name,
            salutation=name,
            created_at=now,
        )
        session.add(person)
        session.flush()
        create_staff(
            session,
            person=person,
            login=login,
            password=password,
            roles=[StaffRole.HEAD],
            now=now,
        )


def chat(options: argparse.Namespace) -> int:
    """A conversation in the terminal; with a running server beside it, that one answers."""
    set_up_logs("ERROR")
    base = open_prepared(options)
    terminal = Terminal(
        database=base.home.database,
        clock=base.clock,
        reception=base.reception,
        bell=base.bell,
        address=Address("terminal", "", getpass.getuser()),
    )
    with base.home.database.read() as session:
        choices = demonstration_people(session)
    terminal.introduce(choices, wanted=options.person)
    with (
        try_to_own_home(base) as is_owner,
        _own_worker(base, is_wanted=is_owner),
        suppress(KeyboardInterrupt),
    ):
        terminal.run()
    return 0


def _run(
    options: argparse.Namespace, *, with_web: bool, with_workers: bool, demo: bool = False
) -> int:
    # SIGTERM ends the preparation as Ctrl-C does; whatever is half done is done at the next start.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        settings = read_settings(home=options.home)
        set_up_logs(settings.log_level)
        if not (demo or is_prepared(settings)):
            raise CommandRefused(SAY.say("serve.not_prepared", path=settings.home))
        listening = None
        if with_web:
            listening = stack.enter_context(listen(settings.host, settings.port))
        if demo and not is_prepared(settings):
            tell_operator(SAY.say("serve.preparing", path=settings.home))
        base = stack.enter_context(_opened(settings, owns=with_workers))
        if demo:
            _prepare_demonstration(base)
        refuse_without_institution(base)
        mind = _mind(base, demo=demo) if with_workers else None
        asyncio.run(_serve(base, listening, mind))
    tell_operator(SAY.say("serve.stopped"))
    return 0


@contextmanager
def _opened(settings: Settings, *, owns: bool) -> Iterator[Base]:
    base = build_base(settings)
    with closing(base.home.database):
        if not owns:
            yield base
            return
        with own_home(base):
            if base.home.database.is_sqlite:
                free_leases(base)
            yield base


async def _serve(base: Base, listening: socket.socket | None, mind: Mind | None) -> None:
    stopping = Stopping()
    stopping.on_signals()
    async with AsyncExitStack() as stack:
        telegram = build_telegram(base) if mind or base.settings.public_url else None
        if telegram is not None:
            stack.push_async_callback(telegram.close)
            await _start_telegram(base, telegram)
        site = None
        if listening is not None:
            site = build_site(base, stopping=stopping, telegram=telegram, mind=mind)
        greet(base, has_web=site is not None)
        await run_parts(
            site=site,
            listening=listening,
            workers=build_workers(base, mind) if mind else [],
            rounds=build_rounds(base) if mind else None,
            courier=build_courier(base, telegram) if telegram and mind else None,
            telegram=telegram if mind else None,
            stopping=stopping,
        )


def _mind(base: Base, *, demo: bool = False) -> Mind:
    """Read the notice on the first start, then open the index; SQLite has one owner of it."""
    language_model = open_language_model(base.settings, base.home)
    library = open_library(base.home, base.settings)
    library.take_in_notice(clock=base.clock, tell=tell_operator)
    if demo:
        write_demonstration_facts(base.home.database, library.fact_vectors(), now=base.clock())
    return build_mind(
        library,
        base.catalog,
        owns_index=base.home.database.is_sqlite,
        language_model=language_model,
    )


async def _start_telegram(base: Base, telegram: TelegramChannel) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(telegram.start(), TELEGRAM_SECONDS)
    if telegram.username is not None:
        _remember_bot(base, telegram.username)


def _remember_bot(base: Base, name: str) -> None:
    """Keep the bot's name, so that `people` can print deep links to it."""
    with base.home.database.begin() as session:
        if read_fact(session, BOT_NAME) != name:
            write_fact(session, BOT_NAME, name)
    tell_operator(SAY.say("serve.telegram", name=name))


def _prepare_demonstration(base: Base) -> None:
    """Make the demonstration, or top it up; a real institution keeps its home for itself."""
    with base.home.database.begin() as session:
        house = institution_of(session)
        if house is not None and not house.is_demonstration:
            tell_operator(SAY.say("serve.real_home", path=base.home.path))
            return
        demonstration.make_demonstration(session, home_dir=base.home.path, now=base.clock())
    if house is None:
        tell_operator(SAY.say("serve.demonstration"))


@contextmanager
def _own_worker(base: Base, *, is_wanted: bool) -> Iterator[None]:
    """Answer here, unless a running server owns the home and answers."""
    if not is_wanted:
        yield
        return
    if base.home.database.is_sqlite:
        free_leases(base)
    stop = threading.Event()
    worker = build_workers(base, _mind(base))[0]
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        base.bell.ring()
        thread.join(10)


def _ask(key: str, given: str | None) -> str:
    if given:
        return given
    if not sys.stdin.isatty():
        raise CommandRefused(SAY.say("init.missing", what=SAY.say(key).rstrip("：")))
    try:
        return input(SAY.say(key)).strip()
    except EOFError as error:
        raise CommandRefused(SAY.say("init.missing", what=SAY.say(key).rstrip("："))) from error


def _ask_password() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise CommandRefused(SAY.say("init.password_env"))
        return password
    password = getpass.getpass(SAY.say("init.ask_password"))
    if password != getpass.getpass(SAY.say("init.again_password")):
        raise CommandRefused(SAY.say("init.mismatch"))
    return password
