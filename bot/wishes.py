"""How much someone wants to hear: 停止, 别老给我发, 每天发一次就行 are wishes, kept from then on."""

import re
import tomllib
from pathlib import Path

from booking.duty.models import HowMuch
from booking.people import OWN
from booking.wishes import set_wish_everywhere
from bot.frames import Frames
from bot.said import Said, Scene, say

_FILE = Path(__file__).with_suffix(".toml")
_LONGEST = 20
_BESIDE = re.compile(
    r"[\s，。！？、,.!?~～]|^(请|麻烦|劳驾)(你们?|您)?|^(你们|你|您)|(好吗|行吗|谢谢你?)$"
)
# In the middle of a form, 停 drops the form; only what names messages is a wish.
_NAMES_MESSAGES = re.compile(r"发|提醒|消息|信息|通知|退订")


def _phrases() -> dict[str, re.Pattern[str]]:
    tree = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: re.compile("|".join(f"(?:{each})" for each in phrases), re.IGNORECASE)
        for name, phrases in tree["phrases"].items()
    }


_PHRASES = _phrases()
_HOW_MUCH = {
    "exceptions": HowMuch.EXCEPTIONS,
    "daily": HowMuch.DAILY,
    "every_step": HowMuch.EVERY_STEP,
}
_SAID = {
    "stop": "wishes.stop",
    "exceptions": "wishes.exceptions",
    "daily": "wishes.daily",
    "every_step": "wishes.every_step",
    "reminders": "wishes.reminders",
}
_REMINDERS = {"stop": False, "reminders": True}


def wish_in(words: str, *, in_form: bool = False) -> str | None:
    """Return which wish a whole message is; None when it is something else."""
    plain = _BESIDE.sub("", words.strip())
    while (shorter := _BESIDE.sub("", plain)) != plain:
        plain = shorter
    if not plain or len(plain) > _LONGEST or (in_form and not _NAMES_MESSAGES.search(plain)):
        return None
    return next((name for name, each in _PHRASES.items() if each.fullmatch(plain)), None)


def keep_wish(scene: Scene, frames: Frames) -> Said | None:
    """Keep what someone wishes to hear, and say how to have it otherwise; None: it is no wish."""
    if scene.person is None:
        return None
    wish = wish_in(scene.words, in_form=frames.form is not None)
    if wish is None:
        return None
    set_wish_everywhere(
        scene.session,
        person=scene.person,
        how_much=_HOW_MUCH.get(wish),
        reminders=_REMINDERS.get(wish),
        by=OWN,
        now=scene.now,
    )
    return say(frames, _SAID[wish])
