"""Binding in the conversation: by a code from the institution, or by one's own phone number."""

from dataclasses import dataclass, field

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from booking.errors import BindingProblem
from booking.people import bind_by_phone, redeem_code
from bot.frames import Frames
from bot.said import Said, Scene, say

_CODES = parse("5/hour")


@dataclass(frozen=True, slots=True)
class Binding:
    """Turns codes and own contacts into a bound account; five tries an hour for each account."""

    limiter: MovingWindowRateLimiter = field(
        default_factory=lambda: MovingWindowRateLimiter(MemoryStorage())
    )

    def by_code(self, scene: Scene, frames: Frames, code: str) -> Said:
        """Redeem a code that someone sent or brought by a deep link."""
        if not self.limiter.hit(_CODES, f"account/{scene.account.id}"):
            return say(frames, "bind.too_many_codes")
        try:
            person = redeem_code(scene.session, account=scene.account, code=code, now=scene.now)
        except BindingProblem as problem:
            return say(frames, f"bind.{problem.fault.value}")
        return say(frames, "bind.done", salutation=person.salutation)

    def by_phone(self, scene: Scene, frames: Frames, phone: str) -> Said:
        """Bind by the sender's own number, when exactly one person on a roster has it."""
        person = bind_by_phone(scene.session, account=scene.account, phone=phone, now=scene.now)
        if person is None:
            return say(frames, "bind.phone_unknown")
        return say(frames, "bind.done", salutation=person.salutation)
