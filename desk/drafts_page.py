"""A draft: what it says of itself, its passages, what it changes, a question tried on it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from booking.staff_access import DeskVisit, note_act
from desk.acts import Words, clean
from desk.documents_page import PASSAGES_SHOWN
from desk.entry_form import SOURCES, HeadActing, Typed, is_head
from desk.guard import Desk, TheDesk, Visitor, base_path
from desk.pages import Notice, bare_page, go_to, house_page, notice_response, said_done
from desk.wording import TEXTS
from ingestion.drafts import (
    correct_draft,
    discard_draft,
    draft_of,
    entry_of_draft,
    publish_draft,
    reading_of_draft,
)
from ingestion.entries import reading_of
from ingestion.library import Listed, list_documents
from ingestion.loaded import Refused
from ingestion.reading import Reading
from ingestion.versions import Difference, what_changed
from knowledge.models import Document, DocumentDraft, DocumentKind
from store.clock import local_date
from store.identity import Person

router = APIRouter()

LONGEST_QUESTION = 200
DraftId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/drafts/{draft_id}")
def draft(
    request: Request,
    desk: TheDesk,
    visit: Visitor,
    draft_id: DraftId,
    done: str = "",
    whole: bool = False,
) -> HTMLResponse:
    """Show a draft."""
    now = desk.clock()
    with desk.database.read() as session:
        found = _own(session, visit, draft_id)
        reading = reading_of_draft(found)
        before = session.get(Document, found.document_id) if found.document_id else None
        others = list_documents(
            session,
            institution_id=found.institution_id,
            today=local_date(now),
            kinds=(DocumentKind.TEXT,),
        )
        return house_page(
            request,
            desk,
            session,
            visit,
            "draft.html",
            title=found.title,
            now=now,
            draft=found,
            uploaded_by=session.get_one(Person, found.uploaded_by_id).name,
            before=before,
            differences=_differences(before, reading) if before else (),
            entry=entry_of_draft(found),
            shown_source=reading.source(is_national=False),
            sources=SOURCES,
            others=[each for each in others if each.id != found.document_id],
            alike=None if before else _alike(found, others),
            abolishes=[named.title for named in reading.said.abolishes],
            pieces=reading.pieces if whole else reading.pieces[:PASSAGES_SHOWN],
            words=reading.words,
            passage_count=len(reading.pieces),
            longest_question=LONGEST_QUESTION,
            may_change=is_head(visit),
            done=said_done(done),
            whole=whole,
        )


@router.post("/drafts/{draft_id}/entry")
def save(
    request: Request, desk: TheDesk, visit: HeadActing, draft_id: DraftId, typed: Typed
) -> Response:
    """Keep what was typed of a draft."""
    try:
        with desk.database.begin() as session:
            found = _own(session, visit, draft_id)
            correct_draft(session, found, typed.entry())
            _note(session, visit, "correct draft", found, desk.clock())
    except Refused as error:
        return _not_done(request, desk, draft_id, error)
    back = _address(request, draft_id)
    notice = Notice(TEXTS.say("documents.done.saved"), good=True)
    return notice_response(request, desk, notice, back=back, changed=True)


@router.post("/drafts/{draft_id}/try")
def ask(
    request: Request, desk: TheDesk, visit: HeadActing, draft_id: DraftId, question: Words = ""
) -> Response:
    """Answer a question from this draft alone, as the house would read it."""
    now = desk.clock()
    words = clean(question)[:LONGEST_QUESTION]
    if not words:
        return _not_done(request, desk, draft_id, Refused(TEXTS.say("documents.no_question")))
    with desk.database.read() as session:
        found = _own(session, visit, draft_id)
        reading, entry = reading_of_draft(found), entry_of_draft(found)
    answer = desk.reading_room().ask(reading, entry, words, now=now)
    return bare_page(request, desk, "_tried.html", question=words, answer=answer)


@router.post("/drafts/{draft_id}/publish")
def publish(
    request: Request, desk: TheDesk, visit: HeadActing, draft_id: DraftId, typed: Typed
) -> Response:
    """Let a draft answer: its vectors first, with nothing held, then everything at once."""
    try:
        entry = typed.entry()
        with desk.database.begin() as session:
            found = _own(session, visit, draft_id)
            # Kept at once, so that whatever goes wrong later nothing typed is lost.
            correct_draft(session, found, entry)
            reading = reading_of_draft(found)
        desk.reading_room().embed(reading)
        now = desk.clock()
        with desk.database.begin() as session:
            found = _own(session, visit, draft_id)
            published, _ = publish_draft(session, found, entry, now=now)
            _note(session, visit, "publish document", published, now)
            document_id = published.id
    except Refused as error:
        return _not_done(request, desk, draft_id, error)
    return go_to(request, f"/documents/{document_id}", "published")


@router.post("/drafts/{draft_id}/discard")
def discard(request: Request, desk: TheDesk, visit: HeadActing, draft_id: DraftId) -> Response:
    """丢掉: the draft goes; the document it was a version of stays as it is."""
    with desk.database.begin() as session:
        found = _own(session, visit, draft_id)
        _note(session, visit, "discard draft", found, desk.clock())
        discard_draft(session, found)
    return go_to(request, "/documents", "discarded")


def _own(session: Session, visit: DeskVisit, draft_id: int) -> DocumentDraft:
    return draft_of(session, draft_id, institution_id=visit.clerk.institution_id)


def _differences(before: Document, reading: Reading) -> tuple[Difference, ...]:
    was = reading_of(before)
    return what_changed(
        [was.words(piece) for piece in was.pieces],
        [reading.words(piece) for piece in reading.pieces],
    )


def _alike(draft: DocumentDraft, others: list[Listed]) -> Listed | None:
    """Return a document of the same file name or title: perhaps this is its next version."""
    return next(
        (
            each
            for each in others
            if draft.external_id == each.external_id or draft.title == each.title
        ),
        None,
    )


def _note(
    session: Session, visit: DeskVisit, act: str, named: DocumentDraft | Document, now: datetime
) -> None:
    about = f"{named.external_id} 《{named.title}》"
    note_act(session, visit.clerk, act=act, about=about, now=now)


def _address(request: Request, draft_id: int) -> str:
    return f"{base_path(request)}/drafts/{draft_id}"


def _not_done(request: Request, desk: Desk, draft_id: int, error: Refused) -> Response:
    return notice_response(
        request,
        desk,
        Notice(str(error), good=False),
        back=_address(request, draft_id),
        changed=False,
    )
