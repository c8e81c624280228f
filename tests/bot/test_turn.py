"""The turn: what fails is tried again, set aside, answered; a lost lease writes nothing."""

from typing import Any

import pytest
from sqlalchemy import func, select, update

from booking.models import Request
from booking.people import issue_code
from bot.dialogue import Dialogue, Thought
from bot.frames import Frames
from bot.incoming import Incoming, IncomingKind, typed
from bot.reception import Address
from bot.said import Said, Scene
from knowledge.answers import Answer
from knowledge.models import QuestionLogRow
from store import inbox
from store.database import Database
from store.identity import Account, Conversation, Person
from store.inbox import LEASE, InboxRow, InboxStatus
from store.outbox import Lane, OutboxRow
from tests.bot.talks import ANSWER, CATALOG, UNDERSTANDING, CannedAnswers, Chat
from tests.conftest import StandingClock
from tests.houses import House


class Stumbling(Dialogue):
    """Raises at the words 磕巴, after it has already written something."""

    def __init__(self) -> None:
        super().__init__(catalog=CATALOG, relation_of=UNDERSTANDING.relation_of)

    def respond(self, scene: Scene, frames: Frames, incoming: Incoming, thought: Thought) -> Said:
        said = super().respond(scene, frames, incoming, thought)
        if "磕巴" in incoming.text:
            scene.account.blocked_at = scene.now
            scene.session.flush()
            raise RuntimeError("stumbled")
        return said


def _inbox(database: Database) -> list[InboxRow]:
    with database.read() as session:
        return list(session.execute(select(InboxRow).order_by(InboxRow.id)).scalars())


def _lanes(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.execute(select(OutboxRow.lane).order_by(OutboxRow.id)).scalars())


def test_a_message_that_fails_three_times_is_set_aside_and_the_chat_goes_on(chat: Chat) -> None:
    chat.dialogue = Stumbling()
    chat.says("订餐")
    said = chat.says("您磕巴了")
    assert "这句话我没处理好" in said
    row = _inbox(chat.database)[-1]
    assert row.status is InboxStatus.SET_ASIDE
    assert row.attempts == 4
    calls = chat.requests()
    assert [call.service for call in calls] == ["human"]
    assert calls[0].summary == "您磕巴了"
    assert "哪一顿" in chat.says("明天")


def test_what_a_failed_attempt_wrote_is_gone(chat: Chat) -> None:
    chat.dialogue = Stumbling()
    chat.says("您磕巴了")
    with chat.database.read() as session:
        assert session.execute(select(Account.blocked_at)).scalars().all() == [None]


def test_danger_that_fails_three_times_still_says_120_and_rings(chat: Chat) -> None:
    chat.dialogue = Stumbling()
    said = chat.says("我磕巴了，摔倒了起不来")
    assert said.startswith("请马上打120")
    assert [each.service for each in chat.requests()] == ["emergency"]
    assert Lane.EMERGENCY in _lanes(chat.database)


def test_a_strangers_failure_is_answered_too(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = Chat(database, clock).be(None)
    stranger.dialogue = Stumbling()
    assert "请过一会儿再说一遍" in stranger.says("您磕巴了")
    assert not stranger.requests()


def test_a_worker_that_dies_is_followed_by_another_after_its_lease(chat: Chat) -> None:
    chat.receive(typed("订餐"))
    with chat.database.begin() as session:
        assert inbox.claim(session, worker="dead", now=chat.clock()) is not None
    assert not chat.worker("w2").work_once()
    chat.clock.go(seconds=LEASE.total_seconds() + 1)
    assert chat.worker("w2").work_once()
    assert "哪一天" in chat.read()
    assert _inbox(chat.database)[-1].attempts == 2


def test_a_message_that_kills_its_worker_three_times_is_set_aside(chat: Chat) -> None:
    chat.receive(typed("订餐"))
    for _ in range(3):
        with chat.database.begin() as session:
            assert inbox.claim(session, worker="dead", now=chat.clock()) is not None
        chat.clock.go(seconds=LEASE.total_seconds() + 1)
    assert chat.worker("w2").work_once()
    assert "没处理好" in chat.read()


def test_a_worker_that_lost_its_lease_writes_nothing(chat: Chat) -> None:
    class Slow(Dialogue):
        def respond(
            self, scene: Scene, frames: Frames, incoming: Incoming, thought: Thought
        ) -> Said:
            # While this one was thinking, another took the conversation over.
            scene.session.execute(update(Conversation).values(fence=Conversation.fence + 1))
            return super().respond(scene, frames, incoming, thought)

    chat.dialogue = Slow(catalog=CATALOG, relation_of=UNDERSTANDING.relation_of)
    chat.receive(typed("明天午饭一份软饭"))
    assert chat.worker().work_once()
    assert chat.read() == ""
    assert _inbox(chat.database)[-1].status is InboxStatus.WAITING
    assert chat.frames() == Frames()
    assert not _lanes(chat.database)


def test_danger_is_heard_while_an_answer_is_still_being_looked_for(chat: Chat) -> None:
    class Looking(CannedAnswers):
        def answer(self, question: str, **given: Any) -> Answer:
            if len(self.asked) == 0:
                chat.receive(typed("我胸口疼得厉害"))
                assert chat.worker("w2").work_once()
                assert "请马上打120" in chat.read()
            return super().answer(question, **given)

    chat.answers = Looking()
    said = chat.says("每年能体检几次")
    assert ANSWER.text in said
    assert [row.status for row in _inbox(chat.database)] == [InboxStatus.DONE] * 2


def test_a_confirmation_worked_off_twice_books_once(chat: Chat) -> None:
    """The first worker's commit fails at the very end; the second attempt books."""
    chat.says("明天午饭一份软饭")
    failures = iter([True])

    class FailsOnce(Dialogue):
        def respond(
            self, scene: Scene, frames: Frames, incoming: Incoming, thought: Thought
        ) -> Said:
            said = super().respond(scene, frames, incoming, thought)
            if next(failures, False):
                raise RuntimeError("the power went")
            return said

    chat.dialogue = FailsOnce(catalog=CATALOG, relation_of=UNDERSTANDING.relation_of)
    assert "收到了" in chat.taps("确认")
    assert len(chat.requests()) == 1


@pytest.mark.parametrize(
    "incoming",
    [
        Incoming(IncomingKind.UNSUPPORTED, what="图片", text="我摔倒了起不来"),
        Incoming(IncomingKind.EDITED, text="我胸口疼"),
        Incoming(IncomingKind.GROUP, text="喘不上气了"),
        Incoming(IncomingKind.COMMAND, action="help", text="我胸口疼"),
    ],
)
def test_danger_is_heard_in_whatever_carries_words(chat: Chat, incoming: Incoming) -> None:
    assert chat.send(incoming).startswith("请马上打120")
    assert [each.service for each in chat.requests()] == ["emergency"]
    assert set(_lanes(chat.database)) == {Lane.EMERGENCY}


def test_the_words_below_a_picture_are_taken(chat: Chat) -> None:
    said = chat.send(Incoming(IncomingKind.UNSUPPORTED, what="图片", text="明天午饭一份软饭"))
    assert said.startswith("图片我还收不了，您写的字我看了。")
    assert "请您看一看" in said


def test_a_picture_without_words_gets_a_kind_sentence(chat: Chat) -> None:
    assert "请您打字告诉我" in chat.send(Incoming(IncomingKind.UNSUPPORTED, what="贴纸"))


def test_only_questions_are_looked_up_and_logged(chat: Chat) -> None:
    chat.says("订餐")
    chat.says("明天")
    assert chat.answers.asked == []
    chat.says("每年能体检几次？")
    assert chat.answers.asked == ["每年能体检几次？"]
    with chat.database.read() as session:
        assert session.execute(select(func.count()).select_from(QuestionLogRow)).scalar_one() == 1


def test_a_form_begun_in_the_web_chat_goes_on_in_the_terminal(chat: Chat, house: House) -> None:
    terminal = Chat(chat.database, chat.clock, Address("terminal", "", "t1")).be(house.zhang)
    chat.says("订餐")
    chat.says("明天")
    assert "口味" not in terminal.says("午饭")
    assert "软饭" in terminal.labels
    terminal.taps("软饭")
    assert "请您看一看" in chat.says("1份")
    assert "收到了" in terminal.says("确认")


def test_what_was_wanted_before_binding_goes_on_afterwards(
    database: Database, clock: StandingClock, house: House
) -> None:
    stranger = Chat(database, clock).be(None)
    assert "绑定码" in stranger.says("明天午饭一份软饭")
    stranger.says("每年能体检几次？")
    said = stranger.says(_code(database, clock, house.zhang))
    assert said.startswith("绑定好了。张老")
    assert "请您看一看" in said
    assert "收到了" in stranger.says("确认")


def test_it_goes_on_in_the_conversation_that_the_person_has_already(
    chat: Chat, house: House
) -> None:
    chat.says("约体检")
    phone = Chat(chat.database, chat.clock, Address("terminal", "", "t1")).be(None)
    phone.says("明天午饭一份软饭")
    assert "请您看一看" in phone.says(_code(chat.database, chat.clock, house.zhang))
    assert "收到了" in phone.says("确认")
    assert "预约体检还没说完" in phone.text
    assert "哪一天去体检" in chat.says("好")


def test_another_persons_forms_do_not_come_along_when_an_account_changes_hands(
    chat: Chat, house: House
) -> None:
    chat.says("订餐")
    chat.send(
        Incoming(
            IncomingKind.COMMAND,
            action="start",
            text=_code(chat.database, chat.clock, house.li),
        )
    )
    assert chat.frames().form is None


def _code(database: Database, clock: StandingClock, person_id: int) -> str:
    with database.begin() as session:
        return issue_code(
            session, person=session.get_one(Person, person_id), issued_by="test", now=clock()
        )


def test_a_flood_of_one_person_does_not_hold_up_another(
    chat: Chat, database: Database, clock: StandingClock, house: House
) -> None:
    other = Chat(database, clock, Address("web", "", "browser-2")).be(house.li)
    for _ in range(5):
        chat.receive(typed("你好"))
    with database.begin() as session:
        assert inbox.claim(session, worker="busy", now=clock()) is not None
    assert "李老" in other.says("你好")
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Request)).scalar_one() == 0


def test_a_message_is_embedded_at_most_once_and_the_vector_shared(chat: Chat) -> None:
    chat.says("每年能体检几次")
    assert chat.embedded == ["每年能体检几次"]
    assert [vector.tolist() for vector in chat.answers.vectors] == [[1.0] * 4]
    chat.says("订餐")
    assert chat.embedded == ["每年能体检几次"]


def test_the_button_that_calls_for_help_is_as_urgent_as_the_words(chat: Chat) -> None:
    said = chat.send(Incoming(IncomingKind.TAP, action="danger", label="快叫人"))
    assert said.startswith("请马上打120")
    assert set(_lanes(chat.database)) == {Lane.EMERGENCY}


def test_a_question_goes_on_from_the_one_before_it_for_a_while(chat: Chat) -> None:
    chat.says("每年能体检几次")
    chat.says("谢谢")
    chat.says("要钱吗")
    chat.clock.go(minutes=31)
    chat.says("在哪儿办")
    assert chat.answers.before == [None, "每年能体检几次", None]


def test_words_that_sound_like_a_wish_are_answered_from_a_fact_that_plainly_does(
    chat: Chat, database: Database, clock: StandingClock
) -> None:
    words = "送饭的几点能到楼下"
    assert "没有正在办的预约" in chat.says(words)
    chat.answers.of_the_house[words] = ANSWER
    assert "每年健康体检1次" in chat.says(words)
    # Strangers have no house whose facts could be meant.
    stranger = Chat(database, clock, Address("web", "", "browser-2"), answers=chat.answers)
    stranger.be(None)
    assert "每年健康体检1次" not in stranger.says(words)


def test_in_a_form_no_wish_is_taken_for_a_question(chat: Chat) -> None:
    words = "送饭的几点能到楼下"
    chat.answers.of_the_house[words] = ANSWER
    chat.says("我要订饭")
    assert "每年健康体检1次" not in chat.says(words)
