"""Buttons answered by typing: their words, a part of them, or their number."""

from bot.frames import Frames
from bot.understanding.numbers import read_number
from store.messages import Button

# Where a number is itself an answer, a bare number is no choice.
_ASKS_NUMBERS = frozenset({"portions", "passengers", "time"})
_IN_FORM = "f:"


def typed_choice(frames: Frames, text: str) -> str:
    """Return the action of the button that was typed, if it was one; else nothing."""
    said = _plain(text)
    if not said:
        return ""
    live = [each for each in frames.buttons if _is_live(frames, each)]
    for each in live:
        if said == _plain(each.label):
            return each.action
    return _numbered(frames, live, said) or _partly_said(frames, said)


def _is_live(frames: Frames, button: Button) -> bool:
    """Tell whether a button still answers something; those of a form that moved on do not."""
    if not button.action.startswith(_IN_FORM):
        return True
    form = frames.form
    return form is not None and button.action.startswith(form.control(""))


def _numbered(frames: Frames, live: list[Button], said: str) -> str:
    """Return the answer with that number, counted from one, of the question that is open."""
    if not (said.isascii() and said.isdecimal() and len(said) <= 2):
        return ""
    index, form = int(said) - 1, frames.form
    if frames.pending is not None:
        actions = [each.action for each in frames.pending.choices]
    elif form is None:
        actions = [each.action for each in live]
    elif form.asking in _ASKS_NUMBERS:
        actions = []
    else:
        actions = [form.action(at) for at in range(len(form.offered))]
    return actions[index] if 0 <= index < len(actions) else ""


def _partly_said(frames: Frames, said: str) -> str:
    """Return the one answer that begins with what was said, or holds two or more letters of it."""
    if read_number(said) is not None and len(said) < 4:
        return ""
    if frames.pending is not None:
        answers = [(each.label, each.action) for each in frames.pending.choices]
    elif frames.form is not None:
        form = frames.form
        answers = [(each.label, form.action(at)) for at, each in enumerate(form.offered)]
    else:
        return ""
    fitting = [
        action
        for label, action in answers
        if _plain(label).startswith(said) or (len(said) > 1 and said in _plain(label))
    ]
    return fitting[0] if len(fitting) == 1 else ""


def _plain(words: str) -> str:
    return "".join(words.split()).strip("。，！？!?.,")
