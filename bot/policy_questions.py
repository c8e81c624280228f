"""What follows an answer: the buttons that fit, and handing an open question to the staff."""

from dataclasses import dataclass, replace

from booking import actions
from booking.models import Request, RequestStatus
from booking.policy_questions import PolicyQuestion, ask_staff
from booking.requests import OPEN
from booking.services import POLICY, Catalog
from booking.working_calendar import until_word
from bot.forms import how_to_bind
from bot.frames import Frames, Wish
from bot.said import TEXTS, Said, Scene, button, in_rows, say
from knowledge.answers import Answer, AnswerStatus
from knowledge.models import QuestionLogRow
from store.identity import Institution, Person
from store.messages import Button, Message

# What the documents leave open, a clerk may know.
_LEFT_OPEN = frozenset(
    {AnswerStatus.PARTIAL, AnswerStatus.NOT_IN_DOCUMENTS, AnswerStatus.NEEDS_STAFF}
)
_QUESTION = "question"

Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class PolicyQuestions:
    """Questions on their way from an answer to the policy queue."""

    catalog: Catalog

    def buttons(self, scene: Scene, frames: Frames, answer: Answer) -> Rows:
        """Return what helps now: the service, the original, the staff; nothing else."""
        open_form = frames.form.service if frames.form else None
        services = [
            Button(self.catalog.get(each).name, actions.book(each))
            for each in answer.services
            if each != open_form
        ]
        further: list[Button] = []
        if answer.citations:
            passages = dict.fromkeys(citation.passage_id for citation in answer.shown)
            further.append(button("original", actions.original(passages)))
        if scene.question_id is not None and answer.status in _LEFT_OPEN:
            further.append(button("ask_staff", actions.ask_staff(scene.question_id)))
        elif scene.person is not None:
            further.append(button("human", actions.HUMAN))
        return tuple(tuple(row) for row in (*in_rows(services), *in_rows(further)) if row)

    def agreed(self, scene: Scene, answer: Answer) -> str:
        """Return what 好 means after an answer that ends with an offer."""
        if scene.question_id is not None and answer.status in _LEFT_OPEN:
            return actions.ask_staff(scene.question_id)
        return actions.HUMAN

    def hand_over(self, scene: Scene, frames: Frames, log_id: int) -> Said:
        """Put a logged question into the queue, and say until when someone answers."""
        if scene.person is None:
            wish = Wish(service=POLICY, values={_QUESTION: str(log_id)})
            kept = say(replace(frames, wish=wish), "question.kept")
            return kept.before(how_to_bind(kept.frames, scene))
        row = scene.session.get(QuestionLogRow, log_id)
        if row is None or not _is_ones_own(row, scene, scene.person):
            return say(frames, "unclear.stale_nothing")
        asked = _asked(row)
        request, is_new = ask_staff(
            scene.session,
            catalog=self.catalog,
            actor=scene.person,
            asked=asked,
            account_id=scene.account.id,
            now=scene.now,
        )
        return self._tell(scene, frames, request, is_new=is_new)

    def hand_over_wish(self, scene: Scene, frames: Frames, actor: Person) -> Said:
        """Put in the question that waited until we knew who asks."""
        wish = frames.wish
        known = replace(scene, person=actor)
        log_id = int(wish.values[_QUESTION]) if wish else 0
        return self.hand_over(known, replace(frames, wish=None), log_id)

    def _tell(self, scene: Scene, frames: Frames, request: Request, *, is_new: bool) -> Said:
        number = request.number
        if request.status not in OPEN:
            is_done = request.status is RequestStatus.COMPLETED
            key = "question.answered" if is_done else "question.closed"
            return say(frames, key, [button("human", actions.HUMAN)], number=number)
        if request.due_at <= scene.now:
            text = TEXTS.say("question.late", number=number)
        else:
            key = "question.handed" if is_new else "question.handed_again"
            until = until_word(request.due_at, scene.now)
            text = TEXTS.say(key, number=number, until=until)
        house = scene.session.get_one(Institution, request.institution_id)
        if house.phone:
            text += TEXTS.say("human.phone", phone=house.phone)
        return Said(frames, (Message(text),))


def _asked(row: QuestionLogRow) -> PolicyQuestion:
    understood = row.understood_as or ""
    # What was only tidied says nothing new; what went on from another question does.
    goes_on = len(understood) > len(row.question)
    return PolicyQuestion(
        log_id=row.id,
        question=row.question,
        answer=row.answer or "",
        ended=row.status.value,
        understood_as=understood if goes_on else "",
    )


def _is_ones_own(row: QuestionLogRow, scene: Scene, person: Person) -> bool:
    """Tell whether a question is the person's, or was asked here before we knew who it is."""
    if row.person_id is not None:
        return row.person_id == person.id
    return row.account_id == scene.account.id
