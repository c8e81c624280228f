"""Serving: web pages, workers, courier and Telegram in one process, until told to stop."""

import asyncio
import errno
import logging
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn

from app.rounds import Rounds
from app.saying import SAY
from bot.channels.telegram.channel import TelegramChannel
from bot.courier import Courier
from bot.turn import Worker

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 2


class PortTaken(Exception):
    """The port cannot be listened on; the message names the setting."""


class Stopping:
    """Told once that the process is to stop; every part looks at it in its own way."""

    def __init__(self) -> None:
        """Not stopping yet."""
        self.threads = threading.Event()
        self.tasks = asyncio.Event()

    def __call__(self) -> bool:
        """Tell whether the process is stopping."""
        return self.threads.is_set()

    def now(self) -> None:
        """Stop; call it in the event loop's thread."""
        self.threads.set()
        self.tasks.set()

    def on_signals(self) -> None:
        """Stop at Ctrl-C and SIGTERM, from now on; call it inside the event loop."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.now)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: one place decides what Ctrl-C does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started.

    Raises:
        PortTaken: another program has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
        taken.listen(128)
    except OSError as error:
        taken.close()
        raise PortTaken(_why_not(host, port, error)) from error
    return taken


def _why_not(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return SAY.say("listen.taken", host=host, port=port)
        case errno.EACCES:
            return SAY.say("listen.forbidden", port=port)
        case _:
            return SAY.say("listen.not_ours", host=host, reason=error.strerror)


async def serve(
    *,
    site: object | None,
    listening: socket.socket | None,
    workers: Sequence[Worker],
    rounds: Rounds | None,
    courier: Courier | None,
    telegram: TelegramChannel | None,
    stopping: Stopping,
) -> None:
    """Run all parts until `stopping`; then let each finish what it is at, for a few seconds."""
    threads = [
        threading.Thread(target=worker.run, args=(stopping.threads,), name=f"worker-{index}")
        for index, worker in enumerate(workers)
    ]
    if rounds is not None:
        threads.append(threading.Thread(target=rounds.run, args=(stopping.threads,), name="rounds"))
    for thread in threads:
        thread.start()
    parts: list[asyncio.Task[object]] = [
        asyncio.create_task(stopping.tasks.wait(), name="stopping")
    ]
    if courier is not None:
        parts.append(asyncio.create_task(courier.run(stopping.tasks), name="courier"))
    if telegram is not None:
        parts.append(asyncio.create_task(telegram.run(stopping.tasks), name="telegram"))
    server = None
    if site is not None and listening is not None:
        server = _server(site)
        parts.append(asyncio.create_task(server.serve(sockets=[listening]), name="web"))
    try:
        # Whatever ends first, by a signal or by a failure, ends the whole process.
        done, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            if part.get_name() != "stopping":
                log.error("the part %s ended by itself", part.get_name())
    finally:
        stopping.now()
        if server is not None:
            server.should_exit = True
        await asyncio.gather(*parts, return_exceptions=True)
        await asyncio.gather(*(asyncio.to_thread(thread.join, 10) for thread in threads))
    for part in done:
        part.result()


def _server(site: object) -> _Server:
    return _Server(
        uvicorn.Config(
            site,  # type: ignore[arg-type] # An ASGI application.
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=LAST_WORDS_SECONDS,
            proxy_headers=True,
            server_header=False,
        )
    )
