"""The house's documents: which answer and which do not, and the acts of the head on one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.staff_access import DeskVisit, note_act
from desk.acts import Words
from desk.entry_form import SOURCES, HeadActing, HeadLooking, Typed, is_head
from desk.guard import Desk, TheDesk, Visitor, base_path
from desk.pages import Notice, go_to, house_page, notice_response, said_done
from desk.uploading import READABLE, read_upload, uploaded_file
from desk.wording import TEXTS
from ingestion.drafts import drafts_of, keep_draft, reading_of_draft
from ingestion.entries import entry_of, reading_of
from ingestion.library import Listed, document_of, list_documents, passages_of
from ingestion.loaded import LoadedDocument, NotConserved, NotThere, Refused
from ingestion.publishing import amend, remove, restore, withdraw
from ingestion.reading import read
from ingestion.versions import Difference, what_changed
from knowledge.models import Document, DocumentKind, DocumentVersion
from store.clock import local_date

router = APIRouter()

DOCUMENTS_SHOWN = 100
PASSAGES_SHOWN = 300
VERSIONS_SHOWN = 5
DocumentId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@dataclass(frozen=True, slots=True)
class PastVersion:
    """An earlier version, and what the one after it changed."""

    version: int
    ingested_at: datetime
    differences: tuple[Difference, ...]


@router.get("/documents")
def documents(
    request: Request, desk: TheDesk, visit: Visitor, done: str = "", whole: bool = False
) -> HTMLResponse:
    """Show what waits to be published, the house's documents, and the national ones."""
    now = desk.clock()
    with desk.database.read() as session:
        house = visit.clerk.institution_id
        return house_page(
            request,
            desk,
            session,
            visit,
            "documents.html",
            title=TEXTS.say("documents.title"),
            now=now,
            drafts=drafts_of(session, institution_id=house),
            own=_texts(session, house, now),
            national=_texts(session, None, now),
            most=None if whole else DOCUMENTS_SHOWN,
            whole=whole,
            is_head=is_head(visit),
            readable=",".join(READABLE),
            done=said_done(done),
        )


@router.post("/documents")
async def upload(request: Request, desk: TheDesk, visit: HeadLooking) -> Response:
    """Read a file in as a draft of a new document."""
    return await _take_in(request, desk, visit, None)


@router.post("/documents/{document_id}/versions")
async def upload_version(
    request: Request, desk: TheDesk, visit: HeadLooking, document_id: DocumentId
) -> Response:
    """Read a file in as a draft of a document's next version."""
    return await _take_in(request, desk, visit, document_id)


@router.get("/documents/{document_id}")
def document(
    request: Request,
    desk: TheDesk,
    visit: Visitor,
    document_id: DocumentId,
    done: str = "",
    whole: bool = False,
) -> HTMLResponse:
    """Show one document: what is recorded of it, its passages, its versions."""
    now = desk.clock()
    with desk.database.read() as session:
        found = _visible(session, visit, document_id)
        listed = _texts(session, found.institution_id, now)
        passages = passages_of(session, document_id)
        is_own = found.institution_id is not None
        return house_page(
            request,
            desk,
            session,
            visit,
            "document.html",
            title=found.title,
            now=now,
            document=found,
            listed=next((each for each in listed if each.id == document_id), None),
            entry=entry_of(found),
            shown_source=reading_of(found).source(is_national=not is_own),
            sources=SOURCES,
            others=[each for each in listed if each.id != document_id] if is_own else [],
            passages=passages if whole else passages[:PASSAGES_SHOWN],
            passage_count=len(passages),
            versions=_versions(session, found),
            may_change=is_own and is_head(visit),
            readable=",".join(READABLE),
            done=said_done(done),
            whole=whole,
        )


@router.post("/documents/{document_id}/entry")
def correct(
    request: Request, desk: TheDesk, visit: HeadActing, document_id: DocumentId, typed: Typed
) -> Response:
    """Correct what is recorded of a document; it holds at once."""

    def put_right(session: Session, document: Document, now: datetime) -> str:
        return "saved" if amend(session, document, typed.entry(), now=now) else "same"

    return _perform(request, desk, visit, document_id, "correct", put_right)


@router.post("/documents/{document_id}/withdraw")
def take_back(
    request: Request, desk: TheDesk, visit: HeadActing, document_id: DocumentId
) -> Response:
    """撤回: it stops answering at once, and can come back."""

    def stop(session: Session, document: Document, now: datetime) -> str:
        withdraw(session, document, now=now)
        return "withdrawn"

    return _perform(request, desk, visit, document_id, "withdraw", stop)


@router.post("/documents/{document_id}/restore")
def bring_back(
    request: Request, desk: TheDesk, visit: HeadActing, document_id: DocumentId
) -> Response:
    """恢复: it answers again."""

    def go_on(session: Session, document: Document, now: datetime) -> str:
        restore(session, document, now=now)
        return "restored"

    return _perform(request, desk, visit, document_id, "restore", go_on)


@router.post("/documents/{document_id}/remove")
def take_away(
    request: Request, desk: TheDesk, visit: HeadActing, document_id: DocumentId, sure: Words = ""
) -> Response:
    """删除: nothing of it stays, so it is asked twice."""

    def take(session: Session, document: Document, now: datetime) -> str:
        if sure != "yes":
            raise Refused(TEXTS.say("documents.not_sure"))
        remove(session, document, now=now)
        return "removed"

    return _perform(request, desk, visit, document_id, "remove", take)


async def _take_in(
    request: Request, desk: Desk, visit: DeskVisit, document_id: int | None
) -> Response:
    """Read a file and keep it as a draft, or say in one sentence why not."""
    try:
        async with uploaded_file(request, visit) as file:
            loaded = await asyncio.to_thread(read_upload, file.filename or "", file.file)
        draft_id = await asyncio.to_thread(_keep, desk, visit, loaded, document_id)
    except (Refused, NotConserved) as error:
        back = f"{base_path(request)}/documents"
        return notice_response(
            request, desk, Notice(str(error), good=False), back=back, changed=False
        )
    return go_to(request, f"/drafts/{draft_id}", "read")


def _keep(desk: Desk, visit: DeskVisit, loaded: LoadedDocument, document_id: int | None) -> int:
    now = desk.clock()
    clerk = visit.clerk
    with desk.database.begin() as session:
        before = _own(session, visit, document_id) if document_id is not None else None
        draft = keep_draft(
            session,
            loaded,
            institution_id=clerk.institution_id,
            document=before,
            uploaded_by_id=clerk.person_id,
            now=now,
        )
        note_act(session, clerk, act="upload document", about=_about(draft), now=now)
        reading = reading_of_draft(draft)
    desk.reading_room().prepare(reading)
    return draft.id


def _perform(
    request: Request,
    desk: Desk,
    visit: DeskVisit,
    document_id: int,
    act: str,
    do: Callable[[Session, Document, datetime], str],
) -> Response:
    """Run one act of the head as one unit of work, and lead to the page that shows what it did."""
    now = desk.clock()
    try:
        with desk.database.begin() as session:
            found = _own(session, visit, document_id)
            about = _about(found)
            done = do(session, found, now)
            note_act(session, visit.clerk, act=f"{act} document", about=about, now=now)
    except Refused as error:
        back = f"{base_path(request)}/documents/{document_id}"
        return notice_response(
            request, desk, Notice(str(error), good=False), back=back, changed=True
        )
    return go_to(request, "/documents" if act == "remove" else f"/documents/{document_id}", done)


def _own(session: Session, visit: DeskVisit, document_id: int) -> Document:
    found = document_of(session, document_id, institution_id=visit.clerk.institution_id)
    if found.kind is not DocumentKind.TEXT:
        # Facts and answers have pages of their own.
        raise NotThere
    return found


def _visible(session: Session, visit: DeskVisit, document_id: int) -> Document:
    try:
        return _own(session, visit, document_id)
    except NotThere:
        return document_of(session, document_id, institution_id=None)


def _texts(session: Session, institution_id: int | None, now: datetime) -> list[Listed]:
    return list_documents(
        session,
        institution_id=institution_id,
        today=local_date(now),
        kinds=(DocumentKind.TEXT,),
    )


def _about(named: object) -> str:
    return f"{getattr(named, 'external_id', '')} 《{getattr(named, 'title', '')}》"


def _versions(session: Session, document: Document) -> list[PastVersion]:
    """Return the last versions before this one, each with what came after it."""
    rows = session.scalars(
        select(DocumentVersion)
        .where(DocumentVersion.document_id == document.id)
        .order_by(DocumentVersion.version.desc())
        .limit(VERSIONS_SHOWN)
    ).all()
    found: list[PastVersion] = []
    after = _words(document.external_id, document.text)
    for row in rows:
        before = _words(document.external_id, row.text)
        found.append(PastVersion(row.version, row.ingested_at, what_changed(before, after)))
        after = before
    return found


def _words(external_id: str, text: str) -> list[str]:
    reading = read(LoadedDocument(external_id, text))
    return [reading.words(piece) for piece in reading.pieces]
