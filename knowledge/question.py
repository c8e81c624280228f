"""A question understood: its words, what they mean, and the kind of thing asked for."""

import re
from dataclasses import dataclass, replace

from knowledge.asked import Asked, AskedKinds
from knowledge.lexicon import Lexicon, Reading, Topic
from knowledge.words import bigrams, spoken

_PERSONAL = re.compile(r"我|俺|咱|本人")
_MANY_OWN_WORDS = 4
_HELP = re.compile(r"怎么办|咋办|怎么解决|(什么|啥)(好)?(办法|法子)|怎么弄")
# Said to go on from what was asked before: 那家属呢, 那疗养呢.
_GOES_ON = re.compile(r"^(那|那么|还有|另外)|呢[?!。]*$")
# Who one is and where one can be reached says nothing of what is asked.
_INTRODUCTION = re.compile(
    r"^(您好|你好)?[,。!]?(我|俺)(叫|姓)[一-龥]{1,4}[,。!]"
    r"|((我的)?(电话|手机|号码)(号码)?(是)?[:]?)?(?<!\d)1[3-9]\d{9}(?!\d)[,。!]?|(?<!\d)\d{17}[\dx](?!\d)[,。!]?"
)
_YES_OR_NO = re.compile(r"吗|(.)不\1|有没有|能不能|可不可以|是不是|会不会|可以不|有无|么[?？]?$")


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, taken apart; `text` is folded.

    `rest` are the words no file explains and `own_words` their bigrams; `subjects` are the
    topics that are more than background. `reworded`: `text` is not what was typed, because it
    has the subject of the question before in it (`goes_on`), or an introduction was left out.
    """

    text: str
    reading: Reading
    asked: tuple[Asked, ...]
    rest: tuple[str, ...]
    own_words: frozenset[str]
    subjects: tuple[Topic, ...]
    reworded: bool = False
    goes_on: bool = False

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


def understand(
    text: str, lexicon: Lexicon, kinds: AskedKinds, *, before: str | None = None
) -> Question:
    """Take a question apart; one that only goes on takes what is missing from the one before.

    Args:
        text: as it was typed.
        before: the question asked just before, as it was understood; None when there is none.
    """
    typed = spoken(text)
    asked_for = _INTRODUCTION.sub("", typed).strip()
    folded = lexicon.heard(asked_for)
    question = _taken_apart(folded, lexicon, kinds.read(folded))
    if asked_for != typed:
        question = replace(question, reworded=True)
    if before is None or not _leans_on_another(question):
        return question
    earlier = _taken_apart(before, lexicon, kinds.read(before))
    wanted = question.asked or earlier.asked
    if question.subjects:
        # 那疗养呢: the same is asked of something else.
        words = "" if question.asked else "".join(asked.words for asked in earlier.asked)
        said = f"{folded} {words}"
    else:
        # 那家属呢, 要钱吗: something else is asked of the same.
        subject = "".join(topic[0].official[0] for topic in earlier.subjects) or before
        said = f"{subject} {folded}"
    return replace(_taken_apart(spoken(said), lexicon, wanted), reworded=True, goes_on=True)


def _leans_on_another(question: Question) -> bool:
    """Tell whether a question says too little of its own: no subject, or 那…呢 with nothing asked."""
    reading = question.reading
    goes_on = bool(_GOES_ON.search(question.text))
    if question.subjects:
        return goes_on and not question.asked
    # 哪天吃带鱼 names what it is about; only 那急病呢 may and still go on.
    is_bare = not reading.meanings and not reading.elsewhere and len(question.own_words) <= goes_on
    return is_bare and (goes_on or bool(question.asked) or question.is_yes_or_no)


def _taken_apart(folded: str, lexicon: Lexicon, asked: tuple[Asked, ...]) -> Question:
    reading = lexicon.read(folded)
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
