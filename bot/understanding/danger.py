"""Danger in a sentence: life or health now, fire, someone missing, thoughts of dying.

When in doubt it is danger: what takes the danger out (long ago, on television, a question about
rules, already over) only counts when nothing says that it is happening now.
"""

import re
from dataclasses import dataclass

from bot.understanding.words import DangerWords, Phrases

_SENTENCE = re.compile(r"[^。！？；]+[。！？；]?")


@dataclass(frozen=True, slots=True)
class DangerSigns:
    """What the rules see of danger in a message, and of what takes it away.

    Attributes:
        heard, heard_mild: the rules take it for danger; for something mild that is severe.
        named: danger is named, whatever else is said.
        only_in_idiom: danger is named only by words that are a manner of speaking.
        mild, severe: something mild is named; it is said to be severe.
        idiom, past, over, story, topic, now, grave: such words are said.
    """

    heard: bool
    heard_mild: bool
    named: bool
    only_in_idiom: bool
    mild: bool
    severe: bool
    idiom: bool
    past: bool
    over: bool
    story: bool
    topic: bool
    now: bool
    grave: bool


class DangerReader:
    """Reads danger out of cleaned text."""

    def __init__(self, words: DangerWords) -> None:
        """Keep the words."""
        self._words = words

    def kind(self, text: str) -> str | None:
        """Return the kind of danger, None when there is none."""
        plain = self._words.harmless.idioms.pattern.sub("，", text)
        for sign in self._words.signs:
            if self._stands(sign.says, plain) and not self._is_told(text, sign.kind):
                return sign.kind
        if self._is_severe(plain) and not self._is_told(text, "mild"):
            return "mild"
        return None

    def signs(self, text: str) -> DangerSigns:
        """Return everything the rules see in cleaned text."""
        harmless = self._words.harmless
        plain = harmless.idioms.pattern.sub("，", text)
        kind = self.kind(text)
        named = self._names(plain)
        return DangerSigns(
            heard=kind is not None and kind != "mild",
            heard_mild=kind == "mild",
            named=named,
            only_in_idiom=not named and self._names(text),
            mild=self._stands(self._words.mild.says, plain),
            severe=self._is_severe(plain),
            idiom=plain != text,
            past=harmless.past.said(text),
            over=harmless.over.said(text),
            story=harmless.story.said(text),
            topic=harmless.topic.said(text),
            now=harmless.now.said(text),
            grave=harmless.strong.said(text),
        )

    def _names(self, text: str) -> bool:
        return any(self._stands(sign.says, text) for sign in self._words.signs)

    def _stands(self, says: Phrases, text: str) -> bool:
        before = self._words.harmless.not_before
        return any(not before.ends(text[: found.start()]) for found in says.all(text))

    def _is_severe(self, text: str) -> bool:
        mild = self._words.mild
        return self._stands(mild.says, text) and mild.severe.said(text)

    def _is_told(self, text: str, kind: str) -> bool:
        harmless = self._words.harmless
        if harmless.story.said(text):
            return True
        if kind == "dying":
            # Who speaks of it is asked, however long ago it was.
            return False
        long_ago, over = harmless.past.said(text), harmless.over.said(text)
        if harmless.now.said(text):
            return long_ago and over
        if long_ago:
            return True
        return not harmless.strong.said(text) and (over or harmless.topic.said(text))
