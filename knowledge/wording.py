"""How an answer is said: short, the exact words of the document, and no number of our own."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from knowledge.answers import Citation
from knowledge.asked import Asked
from knowledge.grounding import unbacked_numbers
from knowledge.house_facts import HouseFact
from knowledge.lists import as_list
from knowledge.models import SourceKind
from knowledge.quoting import HEADING_JOINT, MOST_CHARACTERS
from knowledge.superseding import Superseded
from store.texts import Texts, TextsBroken

TEXTS_FILE = Path(__file__).with_name("texts.toml")
_SENTENCE_END = re.compile(r"[。！？!?\n]")

# “有。” is only said before a text that grants something, and whose words do not deny it.
_GRANTS = frozenset({SourceKind.NEWS, SourceKind.INTERPRETATION, SourceKind.POLICY})
_DENIES = re.compile(
    r"不[得能予可准再应设]|不(?:包括|含|属于|享受|列入|执行)|未[^来]|没有|无法|禁止|除外|暂停|停止|取消|废止"
)
_NUMBER = re.compile(r"\d+")
_NEEDED = (
    "answered.lead",
    "answered.before",
    "answered.yes",
    "answered.also",
    "plain.line",
    "partial.lead",
    "partial.missing",
    "partial.missing_topic",
    "partial.unsure",
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
                key, source="", quote="", asked="", line="", old="", new="", day="", question=""
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
        lines = [self._first(first, is_yes=is_yes)]
        lines += [self._quoted("answered.also", citation) for citation in others]
        return "\n".join([*lines, *self._in_plain_words(plain)])

    def partial(
        self,
        citations: tuple[Citation, ...],
        missing: Sequence[Asked],
        *,
        is_there: bool = False,
        plain: str = "",
    ) -> str:
        """Say what the document says, then what it does not.

        Args:
            citations: the first is said.
            missing: the kinds of thing asked for that it does not hold.
            is_there: it holds such a thing, but perhaps of something else.
            plain: the line in plain words.
        """
        lead = self._quoted("partial.lead", citations[0])
        if missing:
            said = self._texts.say("partial.missing", asked="、".join(one.name for one in missing))
        else:
            said = self._texts.say("partial.unsure" if is_there else "partial.missing_topic")
        return "\n".join([lead, *self._in_plain_words(plain), said])

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
            "fact.named", source=first.source, asked=first.title, quote=as_list(first.quote)
        )
        also = [self._quoted("answered.also", each) for each in citations[1:]]
        return "\n".join([named, *also])

    def facts(self, facts: Sequence[HouseFact]) -> tuple[Citation, ...]:
        """Cite facts of the house: the whole of each, as far as there is room, with its dates."""
        cited: list[Citation] = []
        left = MOST_CHARACTERS
        for fact in facts:
            quote = _whole_sentences(fact.text, left)
            if cited and quote != fact.text:
                break
            left -= len(quote)
            cited.append(
                Citation(
                    document=fact.document,
                    title=fact.called,
                    source=fact.source.value,
                    heading=self._place(fact),
                    quote=quote,
                    passage_id=fact.passage_id,
                    start=0,
                    end=len(quote),
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

    def _first(self, citation: Citation, *, is_yes: bool) -> str:
        if citation.source == SourceKind.STAFF_ANSWER and _backs(citation.quote, citation.title):
            return self._quoted("answered.before", citation)
        is_granted = citation.source in _GRANTS and not _DENIES.search(citation.quote)
        return self._quoted("answered.yes" if is_yes and is_granted else "answered.lead", citation)

    def _quoted(self, key: str, citation: Citation) -> str:
        quote = as_list(citation.quote)
        return self._texts.say(key, source=citation.source, quote=quote, question=citation.title)

    def refused(self, key: str) -> str:
        """Say one of the sentences for a question that is not answered."""
        return self._texts.say(f"refused.{key}")


def _whole_sentences(text: str, most: int) -> str:
    """Return the sentences that fit, or what fits of a single long one."""
    if len(text) <= most:
        return text
    ends = [match.end() for match in _SENTENCE_END.finditer(text, 0, most)]
    return text[: ends[-1] if ends else most]


def _backs(quote: str, words: str) -> bool:
    """Tell whether every number of our words stands in the quote."""
    return set(_NUMBER.findall(words)) <= set(_NUMBER.findall(quote))
