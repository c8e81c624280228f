"""The commands, one function each: read the options, build what is needed, run, print."""

import argparse
import asyncio
import getpass
import ipaddress
import sys
import threading

from sqlalchemy import select

from app import demonstration
from app.home import is_prepared
from app.logs import set_up_logs
from app.mind import Mind, build_mind, open_library
from app.saying import SAY, tell_operator
from app.serving import Stopping, listen
from app.serving import serve as run_parts
from app.settings import Settings, read_settings
from app.system import (
    Base,
    HomeOwned,
    build_base,
    build_courier,
    build_site,
    build_telegram,
    build_workers,
    own_home,
)
from booking.errors import ValueProblem
from booking.models import StaffRole
from booking.people import demonstration_people, issue_code, people_named, roster
from booking.staff_access import create_staff
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.terminal import Terminal
from bot.reception import Address
from store.home import read_fact, write_fact
from store.identity import Institution, Person, PersonKind

BOT_NAME = "telegram_bot"


class CommandRefused(Exception):
    """The command cannot be done as it was given; the message says what to do."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        """Take the sentence for the operator and the exit code."""
        super().__init__(sentence)
        self.exit_code = exit_code


def serve(options: argparse.Namespace) -> int:
    """Everything in one process."""
    settings = _settings(options)
    if not options.demo and not is_prepared(settings):
        raise CommandRefused(SAY.say("serve.not_prepared", path=settings.home))
    return _run(settings, with_web=True, with_workers=True, demo=options.demo)


def web(options: argparse.Namespace) -> int:
    """The web pages only; a worker elsewhere answers."""
    settings = _prepared(options)
    return _run(settings, with_web=True, with_workers=False, demo=False)


def worker(options: argparse.Namespace) -> int:
    """The workers, the courier and Telegram, without web pages."""
    settings = _prepared(options)
    return _run(settings, with_web=False, with_workers=True, demo=False)


def init(options: argparse.Namespace) -> int:
    """Prepare a real home and its first administrator."""
    settings = _settings(options)
    if is_prepared(settings) and _has_institution(settings):
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
    open_library(base.home).take_in_notice(clock=base.clock)
    tell_operator(SAY.say("init.done", login=login, address=_address(settings)))
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
    settings = _prepared(options)
    set_up_logs("ERROR")
    base = build_base(settings)
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
    stop = threading.Event()
    threads = _own_workers(base, stop)
    try:
        terminal.run()
    finally:
        stop.set()
        base.bell.ring()
        for thread in threads:
            thread.join(10)
    return 0


def people(options: argparse.Namespace) -> int:
    """List the roster, or issue a binding code."""
    base = build_base(_prepared(options))
    with base.home.database.begin() as session:
        if options.name is None:
            kinds = {kind: SAY.say(f"people.{kind.value}") for kind in PersonKind}
            lines = [f"{each.name}　{kinds[each.kind]}" for each in roster(session)]
            tell_operator("\n".join(lines) or SAY.say("people.empty"))
            return 0
        found = people_named(session, options.name)
        if len(found) != 1:
            key = "people.many" if found else "people.none"
            raise CommandRefused(SAY.say(key, name=options.name, count=len(found)))
        code = issue_code(session, person=found[0], issued_by="command line", now=base.clock())
        bot = read_fact(session, BOT_NAME)
    tell_operator(SAY.say("people.code", name=options.name, code=code))
    tell_operator(SAY.say("people.link", link=f"{_address(base.settings)}/chat?code={code}"))
    if bot:
        tell_operator(SAY.say("people.link", link=f"https://t.me/{bot}?start={code}"))
    return 0


def _settings(options: argparse.Namespace) -> Settings:
    return read_settings(home=options.home)


def _prepared(options: argparse.Namespace) -> Settings:
    settings = _settings(options)
    if not is_prepared(settings):
        raise CommandRefused(SAY.say("serve.not_prepared", path=settings.home))
    return settings


def _run(settings: Settings, *, with_web: bool, with_workers: bool, demo: bool) -> int:
    set_up_logs(settings.log_level)
    listening = listen(settings.host, settings.port) if with_web else None
    if demo and not is_prepared(settings):
        tell_operator(SAY.say("serve.preparing", path=settings.home))
    base = build_base(settings)
    lock = own_home(base) if with_workers else None
    if demo:
        _prepare_demonstration(base)
    try:
        asyncio.run(_serve(base, listening, with_workers=with_workers))
    finally:
        base.home.database.close()
        if lock is not None:
            lock.release()
    tell_operator(SAY.say("serve.stopped"))
    return 0


async def _serve(base: Base, listening: object, *, with_workers: bool) -> None:
    stopping = Stopping()
    telegram = build_telegram(base) if with_workers or base.settings.public_url else None
    if telegram is not None:
        await telegram.start()
        _remember_bot(base, telegram)
    workers = build_workers(base, _mind(base)) if with_workers else []
    site = None
    if listening is not None:
        site = build_site(base, stopping=stopping, telegram=telegram)
    _greet(base, has_web=site is not None)
    await run_parts(
        site=site,
        listening=listening,  # type: ignore[arg-type] # A listening socket or None.
        workers=workers,
        courier=build_courier(base, telegram) if telegram and with_workers else None,
        telegram=telegram if with_workers else None,
        stopping=stopping,
    )


def _mind(base: Base) -> Mind:
    """Read the notice on the first start, then open the index; SQLite has one owner of it."""
    library = open_library(base.home)
    library.take_in_notice(clock=base.clock)
    return build_mind(library, base.catalog, owns_index=base.home.database.is_sqlite)


def _remember_bot(base: Base, telegram: TelegramChannel) -> None:
    """Keep the bot's name, so that `people` can print deep links to it."""
    if telegram.username is None:
        return
    with base.home.database.begin() as session:
        write_fact(session, BOT_NAME, telegram.username)
    tell_operator(SAY.say("serve.telegram", name=telegram.username))


def _prepare_demonstration(base: Base) -> None:
    with base.home.database.begin() as session:
        is_new = demonstration.make_demonstration(
            session, home_dir=base.home.path, now=base.clock()
        )
    if is_new:
        tell_operator(SAY.say("serve.demonstration"))


def _greet(base: Base, *, has_web: bool) -> None:
    if not has_web:
        return
    address = _address(base.settings)
    tell_operator(SAY.say("serve.chat", address=address))
    tell_operator(SAY.say("serve.desk", address=address))
    if logins := demonstration.read_logins(base.home.path):
        tell_operator(SAY.say("serve.logins"))
        for line in logins:
            tell_operator(f"　　{line}")
        if not _is_local(base.settings.host):
            tell_operator(SAY.say("serve.open_demonstration"))
    tell_operator(SAY.say("serve.stop"))


def _own_workers(base: Base, stop: threading.Event) -> list[threading.Thread]:
    """Answer here, unless a running server owns the home and answers."""
    try:
        own_home(base)
    except HomeOwned:
        return []
    workers = build_workers(base, _mind(base))[:1]
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in workers]
    for thread in threads:
        thread.start()
    return threads


def _has_institution(settings: Settings) -> bool:
    base = build_base(settings)
    with base.home.database.read() as session:
        return session.scalar(select(Institution.id).limit(1)) is not None


def _address(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url or f"http://{host}:{settings.port}"


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ask(key: str, given: str | None) -> str:
    if given:
        return given
    if not sys.stdin.isatty():
        raise CommandRefused(SAY.say("init.missing", what=SAY.say(key).rstrip("：")))
    return input(SAY.say(key)).strip()


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
