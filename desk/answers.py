"""Clerks' answers: written on a question's page, read by a second pair of eyes, found by others."""

from collections.abc import Callable
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse

from booking import staff_answers
from booking.answer_lists import answer, answers, every_answer
from booking.errors import AlreadyTaken, MoveNotAllowed, OwnAnswer, ValueProblem
from booking.models import AnswerState, StaffAnswer, StaffRole
from booking.staff_access import DeskVisit
from booking.staff_answers import LONGEST_REASON, Reply
from desk.acts import Act, Words, answer_act, clean, done, perform
from desk.guard import Acting, Desk, TheDesk, Visitor
from desk.pages import Notice, house_page
from desk.request_page import RequestId, on_request
from desk.wording import TEXTS
from ingestion.staff_answers import HouseAnswer, let_in, take_out

router = APIRouter()

AnswerId = Annotated[int, Path(ge=1, le=2**63 - 1)]
_WAITING, _SENT_BACK = (AnswerState.PROPOSED,), (AnswerState.REJECTED,)
_IN_USE = (AnswerState.APPROVED,)


@router.get("/answers")
def show_all(request: Request, desk: TheDesk, visit: Visitor) -> HTMLResponse:
    """Show what waits, what was sent back, what others find; to the head, who wrote what."""
    now, clerk = desk.clock(), visit.clerk
    with desk.database.read() as session:
        return house_page(
            request,
            desk,
            session,
            visit,
            "answers.html",
            title=TEXTS.say("answers.title"),
            now=now,
            current="answers",
            waiting=answers(session, clerk=clerk, states=_WAITING),
            sent_back=answers(session, clerk=clerk, states=_SENT_BACK),
            in_use=answers(session, clerk=clerk, states=_IN_USE),
            everyone=every_answer(session, clerk=clerk) if StaffRole.HEAD in clerk.roles else [],
        )


@router.get("/answers/{answer_id}")
def show(request: Request, desk: TheDesk, visit: Visitor, answer_id: AnswerId) -> HTMLResponse:
    """Show one answer to whoever decides on it."""
    now = desk.clock()
    with desk.database.read() as session:
        return house_page(
            request,
            desk,
            session,
            visit,
            "answer.html",
            title=TEXTS.say("answers.one"),
            now=now,
            current="answers",
            view=answer(session, clerk=visit.clerk, answer_id=answer_id),
            longest_reason=LONGEST_REASON,
        )


@router.post("/requests/{request_id}/answer")
def reply(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    request_id: RequestId,
    words: Annotated[str, Form(alias="answer")] = "",
    question: Words = "",
    until: Words = "",
    share: Words = "",
) -> HTMLResponse:
    """答复: the person is told at once; ticked, it also waits for a second pair of eyes."""

    def write(act: Act) -> Notice:
        try:
            written = staff_answers.answer_question(
                act.session,
                catalog=desk.catalog,
                request_id=request_id,
                clerk=act.clerk,
                reply=_reply(words, question, until, for_others=bool(share)),
                now=act.now,
            )
        except AlreadyTaken as taken:
            return Notice(TEXTS.say("answers.taken", by=taken.by), good=False)
        proposed = written.state is AnswerState.PROPOSED
        return done(act, request_id, "answered_and_proposed" if proposed else "answered")

    return _written(request, desk, visit, request_id, write)


@router.post("/requests/{request_id}/propose")
def propose(
    request: Request,
    desk: TheDesk,
    visit: Acting,
    request_id: RequestId,
    words: Annotated[str, Form(alias="answer")] = "",
    question: Words = "",
    until: Words = "",
) -> HTMLResponse:
    """Word an answer for others, and put it before a second pair of eyes."""

    def put_forward(act: Act) -> Notice:
        staff_answers.propose(
            act.session,
            catalog=desk.catalog,
            request_id=request_id,
            clerk=act.clerk,
            reply=_reply(words, question, until, for_others=True),
            now=act.now,
        )
        return Notice(TEXTS.say("answers.proposed"), good=True)

    return _written(request, desk, visit, request_id, put_forward)


@router.post("/answers/{answer_id}/approve")
def approve(request: Request, desk: TheDesk, visit: Acting, answer_id: AnswerId) -> HTMLResponse:
    """同意: the answer becomes a document of the house."""
    try:
        with desk.database.read() as session:
            seen = staff_answers.waiting_answer(session, clerk=visit.clerk, answer_id=answer_id)
    except (MoveNotAllowed, OwnAnswer) as problem:
        return answer_act(request, desk, _refusal(problem), back=f"/answers/{answer_id}")
    # The model works before the transaction begins.
    desk.fact_room().embed_answer(seen.question, seen.text)

    def let_others_find(act: Act) -> Notice:
        document = let_in(act.session, _document(seen, act), now=act.now)
        staff_answers.approve(
            act.session,
            clerk=act.clerk,
            answer_id=answer_id,
            written_at=seen.written_at,
            document_id=document.id,
            now=act.now,
        )
        return Notice(TEXTS.say("answers.approved"), good=True)

    return _decided(request, desk, visit, answer_id, let_others_find)


@router.post("/answers/{answer_id}/reject")
def reject(
    request: Request, desk: TheDesk, visit: Acting, answer_id: AnswerId, reason: Words = ""
) -> HTMLResponse:
    """不同意: needs a reason, which the author reads."""

    def send_back(act: Act) -> Notice:
        staff_answers.reject(
            act.session, clerk=act.clerk, answer_id=answer_id, reason=clean(reason), now=act.now
        )
        return Notice(TEXTS.say("answers.rejected"), good=True)

    return _decided(request, desk, visit, answer_id, send_back)


@router.post("/answers/{answer_id}/withdraw")
def withdraw(
    request: Request, desk: TheDesk, visit: Acting, answer_id: AnswerId, reason: Words = ""
) -> HTMLResponse:
    """撤下: nobody is answered from it any more, from now on."""

    def take_back(act: Act) -> Notice:
        taken = staff_answers.withdraw(
            act.session, clerk=act.clerk, answer_id=answer_id, reason=clean(reason), now=act.now
        )
        if taken.document_id is not None:
            take_out(act.session, taken.document_id, now=act.now)
        return Notice(TEXTS.say("answers.withdrawn"), good=True)

    return _decided(request, desk, visit, answer_id, take_back)


def _written(
    request: Request, desk: Desk, visit: DeskVisit, request_id: int, do: Callable[[Act], Notice]
) -> HTMLResponse:
    """Run an act that carries words; what is wrong with them is said, and nothing is done."""
    try:
        return on_request(request, desk, visit, request_id, do)
    except ValueProblem as problem:
        return answer_act(request, desk, _refusal(problem), back=f"/requests/{request_id}")


def _decided(
    request: Request, desk: Desk, visit: DeskVisit, answer_id: int, do: Callable[[Act], Notice]
) -> HTMLResponse:
    """Run a decision on an answer; where it cannot be taken, say why."""
    back = f"/answers/{answer_id}"
    try:
        return perform(request, desk, visit, do, back=back)
    except (MoveNotAllowed, OwnAnswer, ValueProblem) as problem:
        return answer_act(request, desk, _refusal(problem), back=back)


def _refusal(problem: MoveNotAllowed | OwnAnswer | ValueProblem) -> Notice:
    if isinstance(problem, ValueProblem):
        return Notice(problem.problem, good=False)
    if isinstance(problem, OwnAnswer):
        return Notice(TEXTS.say("answers.own"), good=False)
    return Notice(TEXTS.say(f"answers.stands_{problem.status}"), good=False)


def _reply(words: str, question: str, until: str, *, for_others: bool) -> Reply:
    """Read what was written.

    Raises:
        ValueProblem: the last day is no day.
    """
    ends_on = None
    if until.strip():
        try:
            ends_on = date.fromisoformat(until.strip())
        except ValueError as error:
            raise ValueProblem("ends_on", TEXTS.say("answers.no_day")) from error
    return Reply(clean(words), " ".join(clean(question).split()), ends_on, for_others)


def _document(seen: StaffAnswer, act: Act) -> HouseAnswer:
    return HouseAnswer(
        key=f"answer-{seen.id}",
        institution_id=seen.institution_id,
        question=seen.question,
        text=seen.text,
        ends_on=seen.ends_on,
        author_id=seen.author_id,
        approved_by_id=act.clerk.person_id,
    )
