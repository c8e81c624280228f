"""The answer to the question just asked: 两份, 九点, 总医院, 不用, 软的, 第二个."""

import enum
import re
from dataclasses import replace
from datetime import datetime

from bot.understanding.acts import ActReader
from bot.understanding.commands import Command, Intent, Slots
from bot.understanding.numbers import NUMBER, read_number
from bot.understanding.slots import SlotReader
from bot.understanding.words import Words

MAX_BARE_PLACE = 20


class Expecting(enum.StrEnum):
    """The kinds of form fields that can be asked for."""

    DATE = "date"
    MEAL = "meal"
    TIME = "time"
    SESSION = "session"
    PORTIONS = "portions"
    PASSENGERS = "passengers"
    DIET = "diet"
    DESTINATION = "destination"
    CHOICE = "choice"
    YES_NO = "yes_no"
    TEXT = "text"
    CONFIRM = "confirm"


_SERVICE_OF = {
    Expecting.MEAL: "meal",
    Expecting.PORTIONS: "meal",
    Expecting.DIET: "meal",
    Expecting.SESSION: "checkup",
    Expecting.TIME: "ride",
    Expecting.PASSENGERS: "ride",
    Expecting.DESTINATION: "ride",
}
_CHOICE = re.compile(rf"第?({NUMBER})(?:个|项|号|条|种|样)")
_ASKS_BACK = re.compile(r"(?:吗|么|不|没有|？)[？。，]*$")
_COUNTS = frozenset({Expecting.PORTIONS, Expecting.PASSENGERS})
_LAST = re.compile(r"最后(?:一|那)?个?|末一个|最末")
_FIRST = re.compile(r"头一个|上头那个|最上面|上面那个|前(?:面|头)(?:那|一)?个")
_BARE_NUMBER = re.compile(
    rf"(?:就|要|来|是|一共|总共|算我|我们)*({NUMBER})(?:个)?[人份客位盒吧啊]*"
)
_ONLY_ME = re.compile(
    r"(?:就|只)?(?:我|俺)(?:一个|自己|一人|自个)(?:人|儿)?(?:去|吃|坐)?|就我|只有我|光我一个|单独|一个人"
)
_OVER_TEXT = frozenset({Intent.QUESTION, Intent.HUMAN})
_ACTS = frozenset({Intent.STATUS, Intent.QUESTION, Intent.CANCEL, Intent.HUMAN, Intent.REPEAT})


class AnswerReader:
    """Reads answers; None when the text is something else."""

    def __init__(self, words: Words, slots: SlotReader, acts: ActReader) -> None:
        """Keep the readers."""
        self._words = words.answers
        self._slots = slots
        self._acts = acts

    def read(self, said: str, expecting: str, here: datetime) -> Command | None:
        """Return the answer, or None when the person does something else."""
        kind = Expecting(expecting)
        set_phrase = self._acts.alone(said)
        if set_phrase in {Intent.BACK, Intent.RESTART, Intent.REPEAT}:
            return Command(set_phrase)
        if kind is Expecting.CONFIRM:
            return self._confirmation(said, set_phrase)
        corrected = self._acts.corrects(said)
        if corrected and said[corrected.end() :].strip("，。！？；"):
            return None
        goes_on = said.partition("，")[2]
        if goes_on and kind is Expecting.YES_NO and self._does_something(goes_on, here):
            return None
        if kind is Expecting.YES_NO and (yes := self._yes(said)) is not None:
            return Command(Intent.ANSWER, replace(self._free(said, None, here), yes=yes))
        if set_phrase in {Intent.CANCEL, Intent.CHANGE}:
            return Command(set_phrase)
        if kind is Expecting.TEXT:
            act = self._acts.act(said, service=None)
            return None if act in _OVER_TEXT else Command(Intent.ANSWER, Slots(text=said))
        if self._does_something(said, here):
            return None
        slots = self._fitting(said, kind, here)
        if slots.is_empty or self._is_another_matter(said, kind, slots, here):
            return None
        return Command(Intent.ANSWER, slots)

    def _is_another_matter(self, said: str, kind: Expecting, slots: Slots, here: datetime) -> bool:
        """Tell whether this is no answer: another service's whole wish, or a question back."""
        own = _SERVICE_OF.get(kind)
        if own is None:
            return False
        if kind in _COUNTS and _ASKS_BACK.search(said) and not re.search(NUMBER, said):
            # 能带老伴吗 asks whether it is allowed; it does not say that two are coming.
            return True
        answers = getattr(slots, kind.value) is not None or slots.choice is not None
        other = self._slots.mentioned(said, here.date()).service
        return not answers and other not in {None, own}

    def _confirmation(self, said: str, set_phrase: Intent | None) -> Command | None:
        if set_phrase is not None:
            return Command(
                Intent.CONFIRM if set_phrase is Intent.GREETING and "谢" in said else set_phrase
            )
        # 行，再加一份 is no consent to the card as it stands: only a whole yes is one.
        yes = self._yes(said) if "，" not in said else None
        if yes is None:
            return None
        # A bare 不 to the card is no wish to throw it away: what should be changed is asked.
        return Command(Intent.CONFIRM if yes else Intent.CHANGE)

    def _yes(self, said: str) -> bool | None:
        bare = self._bare(said)
        for each in (said.strip("，。！？；"), bare, said.split("，")[0]):
            if self._words.no.is_all_of(each):
                return False
            if self._words.yes.is_all_of(each):
                return True
        return None

    def _bare(self, said: str) -> str:
        bare = said.strip("，。！？；")
        while found := self._words.fillers.begins(bare):
            if found.end() == len(bare):
                break
            bare = bare[found.end() :].lstrip("，。")
        while len(bare) > 1 and bare[-1] in "吧啊呀呗嘛哈的了啦咯喽哩嘞，。":
            bare = bare[:-1]
        return bare

    def _does_something(self, said: str, here: datetime) -> bool:
        mentioned = self._slots.mentioned(said, here.date())
        named = None if mentioned.is_implied else mentioned.service
        act = self._acts.act(said, service=named)
        if act in _ACTS or self._acts.whole(said) is not None:
            return True
        orders = act is Intent.BOOK and named is not None
        return act is Intent.CHANGE or orders or self._acts.alone(said) is Intent.GREETING

    def _fitting(self, said: str, kind: Expecting, here: datetime) -> Slots:
        free = self._free(said, _SERVICE_OF.get(kind), here)
        bare = self._bare(said)
        found = _CHOICE.fullmatch(bare)
        if found and (bare.startswith("第") or kind is Expecting.CHOICE):
            return replace(free, choice=read_number(found.group(1)))
        if _LAST.fullmatch(bare):
            return replace(free, choice=-1)
        if _FIRST.fullmatch(bare):
            return replace(free, choice=1)
        match kind:
            case Expecting.PORTIONS:
                return replace(free, portions=self._count(bare) or free.portions)
            case Expecting.PASSENGERS:
                return replace(free, passengers=self._count(bare) or free.passengers)
            case Expecting.DATE if free.date is None and not free.vague:
                return self._day_number(bare, free, here)
            case Expecting.DESTINATION if free.destination is None:
                return self._place(bare, free, here)
            case _:
                return free

    def _free(self, said: str, service: str | None, here: datetime) -> Slots:
        mentioned = self._slots.mentioned(said, here.date())
        if mentioned.service is None and service is not None:
            read = self._slots.wanted(replace(mentioned, service=service), Intent.ANSWER, here)[0]
            return replace(read, service=None)
        return self._slots.wanted(mentioned, Intent.ANSWER, here)[0]

    def _count(self, bare: str) -> int | None:
        if _ONLY_ME.fullmatch(bare):
            return 1
        found = _BARE_NUMBER.fullmatch(bare)
        return read_number(found.group(1)) if found else None

    def _day_number(self, bare: str, free: Slots, here: datetime) -> Slots:
        number = read_number(bare)
        if number is None or not 1 <= number <= 31:
            return free
        return self._free(f"{number}号", None, here)

    def _place(self, bare: str, free: Slots, here: datetime) -> Slots:
        name = self._slots.place_answer(bare, here.date())
        if name is None or len(name) > MAX_BARE_PLACE:
            return free
        return replace(free, destination=name)
