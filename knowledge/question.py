"""A question understood: its words, what they mean, and the kind of thing asked for."""

import re
from dataclasses import dataclass

from knowledge.asked import Asked, AskedKinds
from knowledge.lexicon import Lexicon, Reading, Topic
from knowledge.words import bigrams, spoken

# Said of oneself or one's own: such a thing is in nobody's document but one's own file.
_PERSONAL = re.compile(r"我|俺|咱|本人")

_MANY_OWN_WORDS = 4
_HELP = re.compile(r"怎么办|咋办|怎么解决|(什么|啥)(好)?(办法|法子)|怎么弄")
_YES_OR_NO = re.compile(r"吗|(.)不\1|有没有|能不能|可不可以|是不是|会不会|可以不|有无|么[?？]?$")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, taken apart; `text` is folded.

    `rest` are the words no file explains and `own_words` their bigrams; `subjects` are the
    topics that are more than background.
    """

    text: str
    reading: Reading
    asked: tuple[Asked, ...]
    rest: tuple[str, ...]
    own_words: frozenset[str]
    subjects: tuple[Topic, ...]

    @property
    def topics(self) -> tuple[Topic, ...]:
        """Return what a quote must speak of; background when there is nothing else."""
        return self.reading.topics

    @property
    def asks_something_definite(self) -> bool:
        """Tell whether it asks for a number, a day, a name: a thing a quote holds or not."""
        return any(asked.answer is not None for asked in self.asked)

    @property
    def asks_for_help(self) -> bool:
        """Tell whether it describes a difficulty and asks what can be done."""
        return bool(_HELP.search(self.text)) and not self.asks_something_definite

    @property
    def is_personal(self) -> bool:
        """Tell whether the asker speaks of himself."""
        return bool(_PERSONAL.search(self.text))

    @property
    def is_explained(self) -> bool:
        """Tell whether the word file knows what it is about, but for a few characters."""
        return len(self.own_words) < _MANY_OWN_WORDS

    @property
    def is_yes_or_no(self) -> bool:
        """Tell whether it can be answered by yes."""
        return not self.asked and bool(_YES_OR_NO.search(self.text))

    @property
    def official_words(self) -> str:
        """Return the documents' words for what was said, for the lexical search."""
        return " ".join(word for m in self.reading.meanings for word in m.official)


def understand(text: str, lexicon: Lexicon, kinds: AskedKinds) -> Question:
    """Take a question apart."""
    folded = spoken(text)
    reading = lexicon.read(folded)
    asked = kinds.read(folded)
    said_in_asking = "".join(found.words for found in asked)
    rest = tuple(run for run in reading.rest if run not in said_in_asking)
    return Question(
        text=folded,
        reading=reading,
        asked=asked,
        rest=rest,
        own_words=frozenset(pair for run in rest for pair in bigrams(run) if len(pair) > 1),
        subjects=tuple(topic for topic in reading.topics if not all(m.background for m in topic)),
    )
