"""How an answer is said: short, the exact words of the document, and no number of our own."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from knowledge.answers import Citation
from knowledge.grounding import unbacked_numbers
from knowledge.house_facts import HouseFact
from knowledge.quoting import HEADING_JOINT, MOST_CHARACTERS
from knowledge.superseding import Superseded
from store.texts import Texts, TextsBroken

TEXTS_FILE = Path(__file__).with_name("texts.toml")

_NEEDED = (
    "answered.lead",
    "answered.yes",
    "answered.also",
    "plain.line",
    "partial.lead",
    "partial.missing",
    "partial.missing_topic",
    *(
        f"superseded.{key}{how}"
        for key in ("quoted", "named")
        for how in ("", "_again", "_untitled")
    ),
    "fact.named",
    "fact.ends",
    "refused.not_in_documents",
    "refused.needs_staff",
    "refused.out_of_scope",
    "refused.nothing_asked",
    "refused.error",
)


class Wording:
    """The sentences of an answer."""

    def __init__(self, path: Path = TEXTS_FILE) -> None:
        """Read and check the texts.

        Raises:
            TextsBroken: names the file and the key; also when a sentence of our own around
                quotes holds a number, which no document would back.
        """
        self._texts = Texts(path)
        for key in _NEEDED:
            self._check(path, key)

    def _check(self, path: Path, key: str) -> None:
        try:
            sentence = self._texts.say(
                key, source="", quote="", asked="", line="", old="", new="", day=""
            )
        except KeyError as error:
            raise TextsBroken(
                f"{path}：缺少“{key}”，或者里面有不认得的花括号（{error}）。"
            ) from error
        if re.search(r"\d", sentence):
            raise TextsBroken(f"{path}：“{key}”里不能写数字，数字只能来自原文。")

    def answered(self, citations: tuple[Citation, ...], *, is_yes: bool, plain: str = "") -> str:
        """Say the quotes, each after what it is from, then the line in plain words."""
        first, *others = citations
        key = "answered.yes" if is_yes else "answered.lead"
        lines = [self._texts.say(key, source=first.source, quote=first.quote)]
        lines += [
            self._texts.say("answered.also", source=citation.source, quote=citation.quote)
            for citation in others
        ]
        return "\n".join([*lines, *self._in_plain_words(plain)])

    def partial(
        self, citations: tuple[Citation, ...], asked: tuple[str, ...], *, plain: str = ""
    ) -> str:
        """Say what the document says, then what it does not."""
        first = citations[0]
        lead = self._texts.say("partial.lead", source=first.source, quote=first.quote)
        if asked:
            missing = self._texts.say("partial.missing", asked="、".join(asked))
        else:
            missing = self._texts.say("partial.missing_topic")
        return "\n".join([lead, *self._in_plain_words(plain), missing])

    def _in_plain_words(self, plain: str) -> list[str]:
        return [self._texts.say("plain.line", line=plain)] if plain else []

    def with_superseded(
        self,
        said: str,
        superseded: Superseded | None,
        citations: tuple[Citation, ...],
        *,
        question: str,
    ) -> str:
        """Say first that a document no longer holds, and which one does."""
        if superseded is None:
            return said
        old, new = superseded.old.title, superseded.new.title
        key = "quoted" if superseded.is_quoted else "named"
        note = self._texts.say(f"superseded.{key}", old=old, new=new)
        if old == new:
            note = self._texts.say(f"superseded.{key}_again", old=old)
        quotes = [citation.quote for citation in citations]
        if citations and unbacked_numbers(note, quotes=quotes, question=question):
            # A number in a title is in no quote; the titles are left out.
            note = self._texts.say(f"superseded.{key}_untitled")
        return f"{note}\n{said}"

    def of_the_house(self, citations: tuple[Citation, ...], *, is_sure: bool) -> str:
        """Say facts of the house; one that may be of something else is named by its question.

        Whether a fact is a yes is for the person to read. A number in a question is in no quote.
        """
        first = citations[0]
        if is_sure or re.search(r"\d", first.title):
            return self.answered(citations, is_yes=False)
        named = self._texts.say(
            "fact.named", source=first.source, asked=first.title, quote=first.quote
        )
        also = [
            self._texts.say("answered.also", source=each.source, quote=each.quote)
            for each in citations[1:]
        ]
        return "\n".join([named, *also])

    def facts(self, facts: Sequence[HouseFact]) -> tuple[Citation, ...]:
        """Cite facts of the house: the whole of each, as far as there is room, with its dates."""
        cited: list[Citation] = []
        left = MOST_CHARACTERS
        for fact in facts:
            if cited and len(fact.text) > left:
                break
            left -= len(fact.text)
            cited.append(
                Citation(
                    document=fact.document,
                    title=fact.called,
                    source=fact.source.value,
                    heading=self._place(fact),
                    quote=fact.text,
                    passage_id=fact.passage_id,
                    start=0,
                    end=len(fact.text),
                    dated_on=fact.written_on,
                )
            )
        return tuple(cited)

    def _place(self, fact: HouseFact) -> str:
        if fact.ends_on is None:
            return fact.source.value
        return HEADING_JOINT.join([fact.source.value, self.last_day(fact.ends_on)])

    def last_day(self, day: date) -> str:
        """Say until when something holds."""
        return self._texts.say("fact.ends", day=f"{day.year}年{day.month}月{day.day}日")

    def refused(self, key: str) -> str:
        """Say one of the sentences for a question that is not answered."""
        return self._texts.say(f"refused.{key}")
