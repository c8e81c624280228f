"""What a new version of a document changes, passage by passage."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_ALIKE = 0.5
# How far ahead a changed passage is looked for: texts are rewritten in order.
_LOOK_AHEAD = 6


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that changed: `before` is empty for what is new, `after` for what is gone."""

    before: str
    after: str


def what_changed(before: Sequence[str], after: Sequence[str]) -> tuple[Difference, ...]:
    """Compare the passages of two versions, in order; what only moved is no change."""
    stays = Counter(before) & Counter(after)
    found: list[Difference] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            continue
        gone = [words for words in before[old_from:old_to] if not stays[words]]
        new = [words for words in after[new_from:new_to] if not stays[words]]
        found += _pair(gone, new)
    return tuple(found)


def _pair(gone: list[str], new: list[str]) -> list[Difference]:
    """Put a changed passage beside what it was; the others are only gone, or only new."""
    found: list[Difference] = []
    for words in new:
        near = [SequenceMatcher(None, old, words).ratio() for old in gone[:_LOOK_AHEAD]]
        if not near or max(near) < _ALIKE:
            found.append(Difference("", words))
            continue
        at = near.index(max(near))
        # What stood before the passage it came from is gone for good.
        found += [Difference(old, "") for old in gone[:at]]
        found.append(Difference(gone[at], words))
        del gone[: at + 1]
    return [*found, *(Difference(old, "") for old in gone)]
