"""The fake's HTTP side: a thread that answers the bot, and posts to its webhook."""

import asyncio
import json
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.fakes.telegram_server.methods import (
    METHODS,
    Parameters,
    begin_poll,
    look_for_updates,
)
from tests.fakes.telegram_server.people import Group, User
from tests.fakes.telegram_server.world import (
    PATIENCE_SECONDS,
    TOKEN,
    Call,
    Failure,
    Json,
    Refusal,
    World,
)

_CALL_PATH = re.compile(r"/bot(?P<token>[^/]*)/(?P<method>[^/]+)")
_FILE_PATH = re.compile(r"/file/bot(?P<token>[^/]*)/media/(?P<file_id>[^/]+)")
_TOKEN_SHAPE = re.compile(r"\d+:[A-Za-z0-9_-]{30,}")
_LOOK_SECONDS = 0.01
_POST_AGAIN_SECONDS = 0.1


class TelegramServer:
    """The fake Bot API server; use it in a `with` block. See the package's text."""

    def __init__(self, *, flood_limits: bool = False) -> None:
        self.world = World(flood_limits=flood_limits)
        self.token = TOKEN
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(
            self._answer,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            ws="none",
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="telegram-server")

    def __enter__(self) -> "TelegramServer":
        self._thread.start()
        self.wait_until(lambda: self._server.started, "the fake server's start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self.world.lock:
            self.world.closing = True
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def user(self, name: str, *, phone: str = "13800138000") -> User:
        """Return a new person, who has not written to the bot yet."""
        with self.world.lock:
            return User(self.world, name, phone=phone)

    def group(self, title: str) -> Group:
        """Return a new group with the bot in it."""
        with self.world.lock:
            return Group(self.world, title)

    def fail_next(
        self,
        method: str,
        *,
        status: int = 500,
        description: str = "",
        retry_after: int | None = None,
        drops: bool = False,
        loses_answer: bool = False,
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Spoil the next calls of a method (`*` for any), once `after` calls went well."""
        failure = Failure(status, description, retry_after, drops, loses_answer)
        with self.world.lock:
            coming = self.world.failures.setdefault(method.lower(), deque())
            coming.extend([*[None] * after, *[failure] * times])

    def pushes_raw(self, body: Json, *, kind: str = "message") -> int:
        """Put an update of any shape in the queue; return its id."""
        with self.world.lock:
            return self.world.push_update(kind, body)

    def calls(self, method: str) -> list[Call]:
        """Return the calls of a method so far."""
        with self.world.lock:
            return [call for call in self.world.calls if call.method.lower() == method.lower()]

    @property
    def pending_updates(self) -> int:
        """Return how many updates the bot has not confirmed."""
        with self.world.lock:
            return len(self.world.updates)

    @property
    def commands(self) -> dict[str, str]:
        """Return the bot's menu: command to description."""
        with self.world.lock:
            return {one["command"]: one["description"] for one in self.world.commands}

    def wait_until(
        self, condition: Callable[[], bool], what: str, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Wait until a condition holds.

        Raises:
            AssertionError: it did not; names `what`.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
            with self.world.lock:
                self.world.lock.wait(_LOOK_SECONDS)

    def _serve(self) -> None:
        asyncio.run(self._serve_and_post())

    async def _serve_and_post(self) -> None:
        posting = asyncio.create_task(self._post_updates())
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            posting.cancel()
            await asyncio.gather(posting, return_exceptions=True)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        download = _FILE_PATH.fullmatch(request.url.path)
        if download is not None:
            await self._download(download)(scope, receive, send)
            return
        call = _CALL_PATH.fullmatch(request.url.path)
        method = call.group("method") if call else ""
        parameters = await _parameters(request)
        failure = self._next_failure(method)
        if failure is None or failure.loses_answer:
            response = await self._call(call.group("token") if call else "", method, parameters)
        else:
            response = _refused(_refusal_of(failure))
        with self.world.lock:
            self.world.calls.append(Call(method, parameters, response.status_code))
            self.world.touch()
        if failure is not None and (failure.drops or failure.loses_answer):
            await _break_off(send)
            return
        await response(scope, receive, send)

    async def _call(self, token: str, method: str, parameters: Parameters) -> JSONResponse:
        try:
            self._check_token(token)
            if method.lower() == "getupdates":
                return _accepted(await self._long_poll(parameters))
            if method.lower() not in METHODS:
                raise Refusal(404, "Not Found")
            with self.world.lock:
                return _accepted(METHODS[method.lower()](self.world, parameters))
        except Refusal as refusal:
            return _refused(refusal)

    def _check_token(self, token: str) -> None:
        if not _TOKEN_SHAPE.fullmatch(token):
            raise Refusal(404, "Not Found")
        if token != self.token:
            raise Refusal(401, "Unauthorized")

    async def _long_poll(self, parameters: Parameters) -> list[Json]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + int(parameters.get("timeout", "0"))
        with self.world.lock:
            poll = begin_poll(self.world, parameters)
        while True:
            with self.world.lock:
                found = look_for_updates(self.world, parameters, poll)
                if found or self.world.closing or loop.time() >= deadline:
                    return found
            await asyncio.sleep(_LOOK_SECONDS)

    def _download(self, path: re.Match[str]) -> Response:
        with self.world.lock:
            content = self.world.files.get(path.group("file_id"))
        if content is None or path.group("token") != self.token:
            return _refused(Refusal(404, "Not Found"))
        return Response(content, media_type="application/octet-stream")

    def _next_failure(self, method: str) -> Failure | None:
        with self.world.lock:
            for name in (method.lower(), "*"):
                waiting = self.world.failures.get(name)
                if waiting:
                    return waiting.popleft()
        return None

    async def _post_updates(self) -> None:
        """Post updates in order to the webhook; each again until it is answered with 2xx."""
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:
            while True:
                with self.world.lock:
                    webhook = self.world.webhook
                    update = self.world.updates[0] if self.world.updates else None
                if not webhook.url or update is None:
                    await asyncio.sleep(_LOOK_SECONDS)
                elif not await self._post(client, update):
                    await asyncio.sleep(_POST_AGAIN_SECONDS)

    async def _post(self, client: httpx.AsyncClient, update: Json) -> bool:
        webhook = self.world.webhook
        headers = {"Content-Type": "application/json"}
        if webhook.secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
        try:
            # Lone surrogates travel as escapes, as they do from Telegram.
            answer = await client.post(webhook.url, content=json.dumps(update), headers=headers)
            problem = None if answer.is_success else f"Wrong response: {answer.status_code}"
        except httpx.HTTPError as error:
            problem = f"Connection failed: {type(error).__name__}"
        with self.world.lock:
            webhook.last_error = problem or webhook.last_error
            if problem is None and self.world.updates and self.world.updates[0] is update:
                self.world.updates.popleft()
            self.world.touch()
        return problem is None


async def _parameters(request: Request) -> Parameters:
    found = dict(request.query_params)
    if request.headers.get("content-type", "").startswith("application/json"):
        body: dict[str, Any] = await request.json()
        found.update(
            {key: one if isinstance(one, str) else json.dumps(one) for key, one in body.items()}
        )
        return found
    async with request.form() as form:
        found.update({key: value for key, value in form.items() if isinstance(value, str)})
    return found


def _refusal_of(failure: Failure) -> Refusal:
    description = failure.description or {
        403: "Forbidden: bot was blocked by the user",
        429: f"Too Many Requests: retry after {failure.retry_after}",
    }.get(failure.status, "Internal Server Error")
    return Refusal(failure.status, description, retry_after=failure.retry_after)


def _accepted(result: object) -> JSONResponse:
    # Written with escapes, so that lone surrogates survive, as they do from Telegram.
    return _Escaped({"ok": True, "result": result})


def _refused(refusal: Refusal) -> JSONResponse:
    body: Json = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    if refusal.retry_after is not None:
        body["parameters"] = {"retry_after": refusal.retry_after}
    return _Escaped(body, status_code=refusal.status)


class _Escaped(JSONResponse):
    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


async def _break_off(send: Send) -> None:
    """Answer less than promised, so that uvicorn closes the connection."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{"})
