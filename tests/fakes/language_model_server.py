"""A server that speaks the protocols of OpenAI's chat completions and of Ollama's chat.

It is strict about what it is asked, says what the test tells it to say, badly where it is told
so, and keeps every request. What was asked in a wrong shape stands in `complaints`.
"""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-test-0123456789"
MODEL = "qwen-test"
_OPENAI_KEYS = {"model", "messages", "temperature", "max_completion_tokens", "stream"}
_OLLAMA_KEYS = {"model", "messages", "stream", "think", "options", "tools", "keep_alive", "format"}


@dataclass(frozen=True)
class Says:
    """A reply of the model, as the protocol wraps it."""

    text: str | None
    ends: str = "stop"


@dataclass(frozen=True)
class Fails:
    """An HTTP status with the server's words, which repeat what it was asked as some do."""

    status: int


@dataclass(frozen=True)
class Sends:
    """These bytes with status 200, whatever they are."""

    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True)
class Hangs:
    """No answer at all until the server is closed."""


@dataclass(frozen=True)
class Trickles:
    """White space now and then, and no answer, until the server is closed."""


@dataclass(frozen=True)
class Drops:
    """The connection is closed without an answer."""


Behaviour = Says | Fails | Sends | Hangs | Trickles | Drops


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def words(self) -> str:
        """Return everything that was sent to be read, the instructions included."""
        return "\n".join(message["content"] for message in self.body["messages"])

    @property
    def material(self) -> str:
        """Return what was sent beside the instructions."""
        return str(self.body["messages"][-1]["content"])


class LanguageModelServer:
    """The fake; `url` is its root."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.complaints: list[str] = []
        self.always: Behaviour = Says("无")
        self._next: deque[Behaviour] = deque()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def will(self, *behaviours: Behaviour) -> None:
        """Answer the next requests like this, each once; `always` comes after them."""
        with self._lock:
            self._next.extend(behaviours)

    def serve(self) -> None:
        """Serve until closed."""
        self._server.serve_forever(poll_interval=0.01)

    def close(self) -> None:
        """Let every waiting request go, and stop."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, asked: Asked) -> Behaviour:
        """Keep a request and return what to answer."""
        with self._lock:
            self.asked.append(asked)
            self.complaints += _complaints(asked)
            return self._next.popleft() if self._next else self.always

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end; tell whether it came."""
        return self._closing.wait(seconds)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(_Handler):
            model = server

        return Handler


@contextmanager
def language_model_server() -> Iterator[LanguageModelServer]:
    """Run a server in a thread of its own."""
    server = LanguageModelServer()
    thread = threading.Thread(target=server.serve, name="language-model-server")
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    model: LanguageModelServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        asked = Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        behaviour = self.model.take(asked)
        if _complaints(asked):
            behaviour = Fails(400)
        match behaviour:
            case Says():
                self._send(200, _wrapped(asked, behaviour))
            case Fails(status):
                self._send(status, json.dumps({"error": {"message": asked.words}}).encode())
            case Sends(content, content_type):
                self._send(200, content, content_type)
            case Hangs():
                self.model.wait()
                self.close_connection = True
            case Trickles():
                self._trickle()
            case Drops():
                self.close_connection = True

    def _send(self, status: int, body: bytes, content_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _trickle(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while not self.model.wait(0.02):
                self.wfile.write(b"1\r\n \r\n")
                self.wfile.flush()
        except OSError:
            pass  # The client has hung up, as it may.
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - The base class's name.
        """Keep quiet."""


def _complaints(asked: Asked) -> list[str]:
    """Return what is wrong with a request."""
    body, found = asked.body, []
    if asked.path not in {"/v1/chat/completions", "/api/chat"}:
        return [f"path {asked.path}"]
    if not asked.headers.get("content-type", "").startswith("application/json"):
        found.append("content type")
    is_openai = asked.path.startswith("/v1/")
    if is_openai and asked.headers.get("authorization") != f"Bearer {KEY}":
        found.append("authorization")
    if is_openai and body.get("stream"):
        found.append("streams")
    if unknown := set(body) - (_OPENAI_KEYS if is_openai else _OLLAMA_KEYS):
        found.append(f"unknown {unknown}")
    if body.get("model") != MODEL:
        found.append("model")
    messages = body.get("messages")
    if not isinstance(messages, list) or [m.get("role") for m in messages] != ["system", "user"]:
        return [*found, "messages"]
    if not all(isinstance(message.get("content"), str) for message in messages):
        found.append("content")
    return found


def _wrapped(asked: Asked, says: Says) -> bytes:
    message = {"role": "assistant", "content": says.text}
    if asked.path == "/api/chat":
        done = {"done": True, "done_reason": says.ends}
        line = {"model": MODEL, "created_at": "2026-11-23T01:00:00Z", "message": message, **done}
        return json.dumps(line).encode() + b"\n"
    choice = {"index": 0, "message": message, "finish_reason": says.ends}
    completion = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": MODEL,
        "choices": [choice],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
    return json.dumps(completion).encode()
