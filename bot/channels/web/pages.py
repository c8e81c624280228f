"""The web chat's addresses: the page, what is posted, what is fetched, the live stream.

GET  /chat                 the page
GET  /chat/messages        what came ?after= a place, or stood ?before= it
POST /chat/messages        one message, tap or binding link; the same id again is the same message
GET  /chat/stream          what comes, as server-sent events, after Last-Event-ID or ?after=
POST /chat/identity        be a demonstration person
POST /chat/identity/leave  be nobody again, under a new cookie
GET  /documents/{id}       a document that everybody may read
GET  /chat/documents/{id}  a house's own document, for its people
GET  /chat/static/...      style, script, icon
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from bot.bell import Bell
from bot.channels.web.assets import Assets
from bot.channels.web.documents import DocumentPages, Drawn
from bot.channels.web.guards import is_from_our_page, read_body
from bot.channels.web.handing_in import HandingIn
from bot.channels.web.mailbox import Look, Mailbox
from bot.channels.web.page import ChatPage
from bot.channels.web.posted import NotUnderstood, parse, person_id_in
from bot.channels.web.reading import Page
from bot.channels.web.refusals import ChatRoute, Refusal, Refused
from bot.channels.web.stream import Streams
from bot.channels.web.transcript import Place
from bot.channels.web.visitor import Visitor, known_visitor, new_visitor, remember
from bot.channels.web.watch import Watch
from bot.reception import Reception
from store.clock import Clock
from store.database import Database

SIZE_COOKIE = "junxiu_size"
LARGE = "large"


def web_chat(
    *,
    database: Database,
    clock: Clock,
    reception: Reception,
    bell: Bell,
    stopping: Callable[[], bool],
    public_url: str | None = None,
) -> APIRouter:
    """Return the web chat's routes.

    Args:
        stopping: tells that the server is about to stop. It must turn true when the signal
            arrives, not when the connections are closed: streams end within a second of it,
            and until they have ended the server cannot close its connections.
        public_url: the address people use, when it is known; https makes the cookie secure.
    """
    chat = _WebChat(
        database=database,
        clock=clock,
        reception=reception,
        watch=Watch(database=database, bell=bell, stopping=stopping),
        stopping=stopping,
        public_url=public_url,
    )
    router = APIRouter(route_class=ChatRoute, include_in_schema=False)
    router.add_api_route("/chat", chat.page, methods=["GET"])
    router.add_api_route("/chat/messages", chat.fetch, methods=["GET"])
    router.add_api_route("/chat/messages", chat.post, methods=["POST"])
    router.add_api_route("/chat/stream", chat.stream, methods=["GET"])
    router.add_api_route("/chat/identity", chat.choose, methods=["POST"])
    router.add_api_route("/chat/identity/leave", chat.leave, methods=["POST"])
    router.add_api_route("/documents/{document_id:path}", chat.document, methods=["GET"])
    router.add_api_route("/chat/documents/{document_id:path}", chat.own_document, methods=["GET"])
    router.add_api_route("/chat/static/{digest}/{name}", chat.asset, methods=["GET"])
    return router


class _WebChat:
    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        reception: Reception,
        watch: Watch,
        stopping: Callable[[], bool],
        public_url: str | None,
    ) -> None:
        self._keyring = database.keyring
        self._public_url = public_url
        self._is_secure = (public_url or "").startswith("https://")
        self._assets = Assets()
        self._chat_page = ChatPage(self._assets)
        self._documents = DocumentPages(database=database, clock=clock, assets=self._assets)
        self._mailbox = Mailbox(database=database, clock=clock)
        self._handing_in = HandingIn(database=database, clock=clock, reception=reception)
        self._streams = Streams(mailbox=self._mailbox, watch=watch, stopping=stopping)

    async def page(self, request: Request) -> Response:
        visitor = known_visitor(request, self._keyring) or new_visitor(self._keyring)
        opening = await asyncio.to_thread(self._mailbox.open, visitor.address)
        large = request.cookies.get(SIZE_COOKIE) == LARGE
        response = HTMLResponse(self._chat_page.draw(opening, large=large))
        remember(response, visitor, secure=self._is_secure)
        return response

    async def post(self, request: Request) -> Response:
        visitor = self._visitor(request)
        try:
            posted = parse(await self._body(request))
        except NotUnderstood as error:
            raise Refused(Refusal.NOT_UNDERSTOOD) from error
        await asyncio.to_thread(self._handing_in.hand_in, visitor.address, posted)
        return Response(status_code=HTTPStatus.ACCEPTED)

    async def fetch(self, request: Request) -> Response:
        address = self._visitor(request).address
        before = Place.parse(request.query_params.get("before"))
        if before is not None:
            page = await asyncio.to_thread(self._mailbox.earlier, address, before)
            return _page_data(page)
        after = Place.parse(request.query_params.get("after")) or Place()
        look = await asyncio.to_thread(self._mailbox.look, address, after)
        if look.news.has_unfetched:
            await asyncio.to_thread(self._mailbox.mark_fetched, look.presence, look.news.place)
        return _look_data(look)

    async def stream(self, request: Request) -> Response:
        visitor = self._visitor(request)
        last = Place.parse(request.headers.get("last-event-id"))
        after = last or Place.parse(request.query_params.get("after")) or Place()
        return self._streams.open(visitor.address, after)

    async def choose(self, request: Request) -> Response:
        visitor = self._visitor(request)
        try:
            person_id = person_id_in(await self._body(request))
        except NotUnderstood as error:
            raise Refused(Refusal.NOT_UNDERSTOOD) from error
        await asyncio.to_thread(self._handing_in.choose, visitor.address, person_id)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def leave(self, request: Request) -> Response:
        await self._body(request)
        response = Response(status_code=HTTPStatus.NO_CONTENT)
        remember(response, new_visitor(self._keyring), secure=self._is_secure)
        return response

    async def document(self, document_id: str) -> Response:
        return _drawn(await asyncio.to_thread(self._documents.draw_public, document_id))

    async def own_document(self, request: Request, document_id: str) -> Response:
        visitor = known_visitor(request, self._keyring)
        address = visitor.address if visitor else None
        return _drawn(await asyncio.to_thread(self._documents.draw_for, document_id, address))

    async def asset(self, digest: str, name: str) -> Response:
        return self._assets.serve(digest, name)

    def _visitor(self, request: Request) -> Visitor:
        visitor = known_visitor(request, self._keyring)
        if visitor is None:
            raise Refused(Refusal.NO_COOKIE)
        return visitor

    async def _body(self, request: Request) -> bytes:
        if not is_from_our_page(request, self._public_url):
            raise Refused(Refusal.NOT_OURS)
        body = await read_body(request)
        if body is None:
            raise Refused(Refusal.TOO_LARGE)
        return body


def _drawn(page: Drawn) -> Response:
    if page.elsewhere:
        return RedirectResponse(page.elsewhere, page.status)
    return HTMLResponse(page.html, page.status)


def _page_data(page: Page) -> Response:
    return JSONResponse(
        {
            "entries": [entry.as_data() for entry in page.entries],
            "earlier": None if page.earlier is None else str(page.earlier),
        }
    )


def _look_data(look: Look) -> Response:
    return JSONResponse(
        {
            "entries": [entry.as_data() for entry in look.news.entries],
            "place": str(look.news.place),
            "who": None if look.presence.who is None else look.presence.who.as_data(),
        }
    )
