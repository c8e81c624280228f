"""The real product in a process of its own, and people who talk to it over HTTP."""

import contextlib
import http.client
import http.cookiejar
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.home import open_home
from app.settings import read_settings
from store.clock import system_clock
from store.database import Database

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0

Junxiu = Callable[..., str]


def free_port() -> int:
    """Return a port nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("JUNXIU_")}


def run_command(
    *arguments: str,
    said: str | None = None,
    exit_code: int = 0,
    root: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run `junxiu` with these arguments and return what it printed, errors included."""
    done = subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=root,
        env={**_clean_environment(), **(environment or {})},
        input=said,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout
    return done.stdout


class Started(subprocess.Popen[str]):
    """A command that never outlives the block it was started for, whatever happens there."""

    def __exit__(self, *raised: Any) -> None:
        self.kill()
        super().__exit__(*raised)


def start_command(*arguments: str, **environment: str) -> Started:
    """Start `junxiu` with these arguments; what it says, errors included, is in its stdout.

    It hears Ctrl-C even where the tests themselves were started in the background.
    """
    return Started(
        [sys.executable, "-m", "app", *arguments],
        cwd=ROOT,
        env={**_clean_environment(), **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_hear_interrupts,
    )


def _hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def open_database(home: Path) -> Database:
    """Open a home's database beside the running server."""
    return open_home(read_settings(home=home), clock=system_clock, tell=lambda _: None).database


class RunningServer:
    """`junxiu serve --demo` on a home of its own; `words` may be others."""

    words: tuple[str, ...] = ("serve", "--demo")

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / "server.log"
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "RunningServer":
        """Start and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", *self.words, "--home", str(self.home)],
                cwd=ROOT,
                env={**_clean_environment(), "JUNXIU_PORT": str(self.port), **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(self.log.read_text(encoding="utf-8"))
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{self.address}/healthz", timeout=2).close()
                return self
            time.sleep(0.05)
        raise TimeoutError(self.log.read_text(encoding="utf-8"))

    @property
    def resident_bytes(self) -> int:
        """Return how much memory the process holds (Linux)."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self, number: int = signal.SIGINT, seconds: float = 15) -> int:
        """End it as Ctrl-C would; return the exit code."""
        if self._process is None or self._process.poll() is not None:
            return 0
        self._process.send_signal(number)
        return self._process.wait(seconds)

    def desk_answers(self, login: str, password: str) -> int:
        """Log in at the desk, follow where it leads, and return the status."""
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        data = urllib.parse.urlencode({"login": login, "password": password}).encode()
        try:
            answer = urllib.request.build_opener(jar).open(
                f"{self.address}/desk/log-in", data, timeout=20
            )
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        with answer:
            return int(answer.status)

    def log_ins(self) -> dict[str, str]:
        """Return the demonstration passwords by log-in name."""
        text = (self.home / "demonstration-logins.txt").read_text(encoding="utf-8")
        words = [line.split() for line in text.splitlines()]
        return {line[2]: line[4] for line in words}


@dataclass
class WebVisitor:
    """A browser without a screen: the web chat's own requests, retried like its script does."""

    address: str
    jar: http.cookiejar.CookieJar = field(default_factory=http.cookiejar.CookieJar)
    place: str = ""
    _seen: set[str] = field(default_factory=set)

    def open(self) -> None:
        """Open the page, which makes the account's cookie."""
        self._request("GET", "/chat")

    def become(self, person_id: int) -> None:
        """Choose a demonstration person, and wait for the greeting."""
        self._request("POST", "/chat/identity", {"person_id": person_id})
        self._wait_for_reply()

    def types(self, text: str) -> list[dict[str, Any]]:
        """Send a line and return the replies."""
        return self._send({"id": uuid.uuid4().hex, "text": text})

    def leaves(self, text: str) -> None:
        """Send a line without waiting for a reply."""
        self._request("POST", "/chat/messages", {"id": uuid.uuid4().hex, "text": text})

    def hears(self) -> list[dict[str, Any]]:
        """Wait for what is said next, and return it."""
        return self._wait_for_reply()

    def taps(self, action: str, tapped: str) -> list[dict[str, Any]]:
        """Tap a button of an earlier entry and return the replies."""
        row = tapped.rpartition("-")[2]
        return self._send({"id": uuid.uuid4().hex, "action": action, "tapped": row})

    def entries(self) -> list[dict[str, Any]]:
        """Return everything new since the last look."""
        found = self._request("GET", f"/chat/messages?after={self.place}")
        self.place = found["place"]
        # What may have come late is told once more; like the page, an entry is taken once.
        new = [entry for entry in found["entries"] if entry["key"] not in self._seen]
        self._seen |= {entry["key"] for entry in new}
        return new

    def _send(self, body: dict[str, str]) -> list[dict[str, Any]]:
        self._request("POST", "/chat/messages", body)
        return self._wait_for_reply()

    def _wait_for_reply(self) -> list[dict[str, Any]]:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            replies = [entry for entry in self.entries() if entry["side"] != "own"]
            if replies:
                return replies
            time.sleep(0.05)
        raise TimeoutError("no reply")

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask until the server answers: it may be away for a while."""
        deadline = time.monotonic() + 90
        while True:
            request = urllib.request.Request(
                f"{self.address}{path}",
                method=method,
                data=None if body is None else json.dumps(body).encode(),
                headers={"X-Junxiu-Chat": "1", "Content-Type": "application/json"},
            )
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
            try:
                with opener.open(request, timeout=20) as response:
                    text = response.read()
                    is_json = "json" in response.headers.get("Content-Type", "")
                    return json.loads(text) if is_json else None
            except urllib.error.HTTPError as error:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()!r}") from error
            except (OSError, ValueError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
