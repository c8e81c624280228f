"""Danger in a sentence: life or health now, fire, someone missing, thoughts of dying.

When in doubt it is danger: what takes the danger out (long ago, on television, a question about
rules, already over) only counts when nothing says that it is happening now.
"""

import re

from bot.understanding.words import DangerWords, Phrases

_SENTENCE = re.compile(r"[^。！？；]+[。！？；]?")


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

    def may_be(self, text: str) -> bool:
        """Tell whether nothing in `text` says that it is past, on television or only asked."""
        plain = self._words.harmless.idioms
        return not self._is_told(text, "") and not plain.said(text)

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
