"""是不是你们: what we never do, said at once; and the staff are told, so that they warn the others."""

from dataclasses import dataclass, replace

from booking import actions
from booking.fraud_reports import report_fraud
from booking.services import Catalog
from bot.frames import Frames, Pending
from bot.incoming import Incoming
from bot.said import Said, Scene, button, say
from store.identity import Account, Person
from store.inbox import InboxRow

NO_WARNING = "nowarn"


@dataclass(frozen=True, slots=True)
class FraudWarnings:
    """What is said to someone whom a fraud may be talking to, and what is done."""

    catalog: Catalog

    def say_stop(self, scene: Scene, frames: Frames, *, is_lost: bool) -> Said:
        """Say what comes first: give nothing; or the police, where something was given."""
        if is_lost:
            return replace(say(frames, "fraud.lost"), is_urgent=True)
        human = [] if scene.person else [button("human", actions.HUMAN)]
        return say(frames, "fraud.stop", human)

    def say_staff(self, scene: Scene, frames: Frames, *, is_lost: bool) -> Said:
        """Offer to tell the staff; where something was given, tell them at once."""
        if scene.person is None:
            return Said(frames)
        if is_lost:
            number = self._report(scene, scene.person, scene.inbox_id, scene.words)[0]
            return say(frames, "fraud.told_lost", number=number)
        warn = actions.warn(scene.inbox_id)
        pending = Pending(yes=warn, no=NO_WARNING, words=scene.words)
        return say(
            replace(frames, pending=pending),
            "fraud.offer",
            [button("warn", warn), button("no_warning", NO_WARNING)],
        )

    def warn(self, scene: Scene, frames: Frames, message_id: int) -> Said:
        """Tell the staff what one message told us; the same message again is the same report."""
        if scene.person is None:
            return say(frames, "human.unbound")
        words = _words_of(scene, scene.person, message_id)
        if not words:
            return say(frames, "unclear.stale_nothing")
        number, is_new = self._report(scene, scene.person, message_id, words)
        return say(frames, "fraud.told" if is_new else "fraud.told_again", number=number)

    def _report(self, scene: Scene, actor: Person, message_id: int, words: str) -> tuple[str, bool]:
        request, is_new = report_fraud(
            scene.session,
            catalog=self.catalog,
            actor=actor,
            words=words,
            account_id=scene.account.id,
            message_id=message_id,
            now=scene.now,
        )
        return request.number, is_new


def _words_of(scene: Scene, person: Person, message_id: int) -> str:
    """Return the words of a message of the person's own, nothing for anybody else's."""
    row = scene.session.get(InboxRow, message_id)
    if row is None:
        return ""
    is_own = scene.session.get_one(Account, row.account_id).person_id == person.id
    return Incoming.from_data(row.body).text if is_own else ""
