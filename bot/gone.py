"""Whoever writes from the telephone of someone who has died or moved away."""

from dataclasses import replace

from booking import actions
from booking.duty.models import StayKind
from booking.leaving import stay_of
from bot.frames import Frames
from bot.said import TEXTS, Said, Scene, button
from store.identity import Institution
from store.messages import Message

_GONE = frozenset({StayKind.DIED, StayKind.MOVED})


def is_gone(scene: Scene) -> bool:
    """Tell whether the staff wrote down that the person of this account is no longer here."""
    person = scene.person
    return person is not None and stay_of(scene.session, person.id) in _GONE


def gone(scene: Scene, frames: Frames) -> Said:
    """Say quietly that nothing is booked here any more, and who helps.

    It does not say why: who reads it may be the widow, or himself, written down by mistake.
    """
    text = TEXTS.say("gone.stopped")
    house = scene.session.get(Institution, scene.person.institution_id) if scene.person else None
    if house is not None and house.phone:
        text += TEXTS.say("human.phone", phone=house.phone)
    rest = replace(frames, forms=(), pending=None)
    return Said(rest, (Message(text, ((button("human", actions.HUMAN),),)),))
