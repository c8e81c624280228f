"""Text to commands: clean, danger, fraud, the answer asked for, then clause by clause."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.understanding.acts import ActReader
from bot.understanding.answers import AnswerReader
from bot.understanding.clean import clean
from bot.understanding.commands import (
    Command,
    Doubt,
    DoubtKind,
    Intent,
    LiveTopic,
    Slots,
    Understood,
    Vector,
)
from bot.understanding.danger import DangerReader
from bot.understanding.examples import Examples, NearestExamples
from bot.understanding.live import LiveReader
from bot.understanding.slots import Mentioned, SlotReader
from bot.understanding.words import Words
from store.clock import local

_CLAUSE = re.compile(r"[^，。！？；]+[？]?")
_NEXT_THING = re.compile(
    r"(?<=.{3})(?=另外|顺便|顺带|再(?:帮|给|约|订|叫|派|定|要|来一)|然后(?:再)?(?:帮|给|约|订|叫|派)|还要(?:订|约|叫|用|派)|同时)"
)
_PART_OF_THE_STORY = frozenset({"other", "mild"})
# What sounds like one of these may be a question about one's own case: 我的房补批了没.
_OWN_CASE = frozenset({Intent.STATUS, Intent.CANCEL, Intent.CHANGE, Intent.REPEAT})
_SIDE = frozenset({Intent.GREETING, Intent.CONFIRM})


@dataclass(slots=True)
class _Group:
    """Clauses that speak of one thing wanted."""

    clauses: list[str] = field(default_factory=list)
    act: Intent | None = None
    service: str | None = None
    corrected_at: int | None = None

    @property
    def text(self) -> str:
        return "，".join(self.clauses)


class Understanding:
    """Reads one message at a time; keeps nothing between them."""

    def __init__(
        self,
        *,
        words: Words,
        examples: Examples | None = None,
        embed: Callable[[str], Vector] | None = None,
        is_personal: Callable[[str], bool] | None = None,
    ) -> None:
        """Prepare the readers.

        `is_personal` tells a question about one's own case, which is no look at a booking. With `examples` and `embed`, a message that no rule understands is also held against
        the examples of danger. Every example is embedded here: give an `embed` that remembers.
        """
        self._acts = ActReader(words)
        self._danger = DangerReader(words.danger)
        self._slots = SlotReader(words)
        self._answers = AnswerReader(words, self._slots, self._acts)
        self._again = words.again
        self._live = LiveReader(words.live)
        self._embed = embed
        self._is_personal = is_personal
        self._nearest = NearestExamples(examples, embed) if examples and embed else None

    def read(
        self,
        text: str,
        *,
        now: datetime,
        expecting: str | None = None,
        vector: Callable[[], Vector] | None = None,
    ) -> Understood:
        """Return what is wanted, first thing first.

        Args:
            text: what was typed or transcribed; anything at all.
            now: the present instant (aware).
            expecting: the kind of the form field just asked, see `answers.Expecting`.
            vector: gives the embedding of `text`, so that whoever needs it too embeds it once.

        Returns:
            An emergency that is not confident is one that only sounds like danger: ask at once.
        """
        here = local(now)
        said = clean(text)
        if not said:
            return Understood((Command(Intent.QUESTION),), confident=False)
        urgent = self._urgent(said)
        if urgent:
            return Understood(urgent)
        live = self._live_questions(said, here)
        if live is not None and not live[1]:
            return Understood(live[0])
        if expecting is not None:
            answer = self._answers.read(said, expecting, here)
            if answer is not None:
                return Understood((answer,))
        understood = self._own_case(said, self._read_freely(said, here))
        if not understood.confident and self._sounds_dangerous(said, understood, vector):
            return Understood((Command(Intent.EMERGENCY),), confident=False)
        return understood

    def _urgent(self, said: str) -> tuple[Command, ...]:
        kind = self._danger.kind(said)
        emergency = Command(Intent.EMERGENCY, Slots(whom=self._slots.whom(said)))
        if not self._acts.fraud(said):
            return (emergency,) if kind is not None else ()
        fraud = Command(Intent.FRAUD, Slots(lost=self._acts.gave_away(said) or None))
        if kind is None:
            return (fraud,)
        # 说我儿子出了车祸要汇钱: the accident is most likely part of the story.
        return (fraud, emergency) if kind in _PART_OF_THE_STORY else (emergency, fraud)

    def _own_case(self, said: str, understood: Understood) -> Understood:
        first = understood.first
        if len(understood.commands) > 1 or first.intent not in _OWN_CASE or first.slots.service:
            return understood
        if self._is_personal is None or not self._is_personal(said):
            return understood
        return Understood((Command(Intent.QUESTION),))

    def _sounds_dangerous(
        self, said: str, understood: Understood, vector: Callable[[], Vector] | None
    ) -> bool:
        """Ask the examples where the rules are silent: what could be danger is asked about."""
        if self._nearest is None or understood.first.intent is not Intent.QUESTION:
            return False
        if not self._danger.may_be(said):
            return False
        if vector is not None:
            return self._nearest.is_danger(vector())
        return self._embed is not None and self._nearest.is_danger(self._embed(said))

    def is_danger(self, text: str) -> bool:
        """Tell whether the words speak of danger, whatever else they say."""
        return self._danger.kind(clean(text)) is not None

    def relation_of(self, words: str) -> str | None:
        """Return the plain relation for what someone is called (我爸 -> 父亲); None if none."""
        # The reader looks for whom something is wanted, so it is told as a wish.
        return self._slots.whom(f"给{clean(words)}")

    def _live_questions(
        self, said: str, here: datetime
    ) -> tuple[tuple[Command, ...], list[str]] | None:
        """Return what is asked of the tables, and the clauses that say something else."""
        clauses = [each for each in _clauses(said) if self._acts.alone(each) not in _SIDE]
        asked = [self._live.read(clause) for clause in clauses]
        if not any(asked):
            # 明天中午，吃什么: only together do they ask.
            topic = self._live.read(said)
            return ((self._live_command(topic, said, here),), []) if topic else None
        found = zip(clauses, asked, strict=True)
        commands = (self._live_command(topic, each, here) for each, topic in found if topic)
        rest = [each for each, topic in zip(clauses, asked, strict=True) if topic is None]
        return tuple(commands), rest

    def _with_live_questions(
        self, asked: tuple[Command, ...], rest: list[str], here: datetime
    ) -> Understood:
        """Put together what is asked of the tables and what else is said."""
        if not rest:
            return Understood(asked)
        topics = {each.slots.live for each in asked}
        if LiveTopic.PLACES in topics:
            rest = ["体检", *rest]
        others = self._read_freely("，".join(rest), here)
        # What only leads up to a question of this kind is no question of its own.
        kept = [
            _of_the_same_meal(each, asked)
            for each in others.commands
            if others.confident or each.intent is not Intent.QUESTION
        ]
        if any(each.intent is Intent.BOOK and each.slots.service == "checkup" for each in kept):
            # 还有名额没，给我占一个: the form itself shows the days.
            asked = tuple(each for each in asked if each.slots.live is not LiveTopic.PLACES)
        return Understood((*asked, *kept))

    def _live_command(self, topic: LiveTopic, said: str, here: datetime) -> Command:
        told = self._slots.told(self._slots.mentioned(said, here.date()), Intent.QUESTION, here)
        slots = Slots(date=told.date, meal=told.meal, session=told.session, vague=told.vague)
        if "现在" in said and told.date == here.date():
            # 现在还有名额吗: on any day.
            slots = replace(slots, date=None)
        if topic is LiveTopic.DONE:
            slots = Slots(whom=self._slots.relative(said), number=_year(said, here.year))
        return Command(Intent.QUESTION, replace(slots, live=topic))

    def _read_freely(self, said: str, here: datetime) -> Understood:
        live = self._live_questions(said, here)
        if live is not None:
            return self._with_live_questions(*live, here)
        clauses = _clauses(said)
        alone = [self._acts.alone(clause) for clause in clauses]
        if all(alone):
            return Understood((Command(_strongest([each for each in alone if each])),))
        whole = self._acts.whole(said)
        if whole is not None:
            return Understood((self._coloured(whole, said, here),))
        rest = [c for c, each in zip(clauses, alone, strict=True) if each not in _SIDE]
        commands: list[Command] = []
        confident = True
        for group in self._groups(rest, said, here):
            made, sure = self._commands(group, here)
            commands += [_on_the_same_day(each, commands) for each in made]
            confident = confident and sure
        return Understood(tuple(commands), confident)

    def _coloured(self, intent: Intent, said: str, here: datetime) -> Command:
        mentioned = self._slots.mentioned(said, here.date())
        return Command(intent, self._slots.told(mentioned, intent, here))

    def _groups(self, clauses: list[str], said: str, here: datetime) -> list[_Group]:
        groups: list[_Group] = []
        for clause in clauses:
            mentioned = self._slots.mentioned(clause, here.date())
            act = self._act(clause, mentioned)
            corrects = self._acts.corrects(clause)
            group = groups[-1] if groups else None
            if group is None or not _goes_on(
                group, clause, act, mentioned, bool(corrects), self._acts
            ):
                group = _Group()
                groups.append(group)
                if corrects:
                    act = Intent.CHANGE
                    group.corrected_at = 0
            elif corrects or (act is Intent.CHANGE and group.act in {Intent.BOOK, None}):
                group.corrected_at = len(group.text)
            _add(group, clause, act, mentioned)
        return groups or [_Group([said])]

    def _act(self, clause: str, mentioned: Mentioned) -> Intent | None:
        if self._again.says.said(clause):
            return Intent.BOOK
        act = self._acts.act(clause, service=mentioned.named, has_details=mentioned.has_details)
        if act is None and (mentioned.service or mentioned.place) and mentioned.has_details:
            return Intent.BOOK
        return act

    def _commands(self, group: _Group, here: datetime) -> tuple[list[Command], bool]:
        text = group.text
        if group.act is None:
            # 到总院拿药，明天八点: only together they make a booking.
            group.act = self._act(text, self._slots.mentioned(text, here.date()))
        intent = group.act or Intent.QUESTION
        if intent in {Intent.QUESTION, Intent.HUMAN, Intent.REPEAT}:
            return [Command(intent)], group.act is not None
        mentioned = self._slots.mentioned(text, here.date())
        if group.service and mentioned.service != group.service:
            mentioned = replace(mentioned, service=group.service)
        services = mentioned.side_by_side or (mentioned.service,)
        slots = [
            each
            for service in services
            for each in self._slots.wanted(
                replace(mentioned, service=service), intent, here, pivot=group.corrected_at
            )
        ]
        if self._again.says.said(text):
            # 照昨天那样: the day before names the model, not the day wanted.
            slots = [replace(each, again=True, vague=_without_past(each)) for each in slots]
        if intent is Intent.BOOK and slots[0].service is None:
            return self._without_service(text, slots)
        return [Command(intent, each) for each in slots], True

    def _without_service(self, text: str, slots: list[Slots]) -> tuple[list[Command], bool]:
        """A wish that names no service: a booking only when it speaks of one at all."""
        is_booking = re.search(r"预约|预订|预定|订|登记", text) or any(
            each.portions or each.meal or each.date or each.time for each in slots
        )
        if is_booking:
            return [Command(Intent.BOOK, each) for each in slots], False
        return [Command(Intent.QUESTION)], False


def _clauses(said: str) -> list[str]:
    found = _CLAUSE.findall(said)
    split = [part for clause in found for part in _NEXT_THING.split(clause) if part]
    return split or [said]


def _of_the_same_meal(command: Command, asked: tuple[Command, ...]) -> Command:
    """今天中午吃什么，给我订一份: what is wanted is the meal that was asked about."""
    menu = next((each.slots for each in asked if each.slots.live is LiveTopic.MENU), None)
    slots = command.slots
    if menu is None or command.intent is not Intent.BOOK or slots.service not in {None, "meal"}:
        return command
    return replace(
        command,
        slots=replace(
            slots, service="meal", date=slots.date or menu.date, meal=slots.meal or menu.meal
        ),
    )


def _year(said: str, this_year: int) -> int:
    away = {"前年": -2, "去年": -1, "明年": 1}
    return this_year + next((years for word, years in away.items() if word in said), 0)


_ORDER = (
    Intent.CANCEL,
    Intent.RESTART,
    Intent.BACK,
    Intent.CHANGE,
    Intent.REPEAT,
    Intent.CONFIRM,
    Intent.GREETING,
)


def _strongest(intents: list[Intent]) -> Intent:
    return min(intents, key=_ORDER.index)


def _goes_on(
    group: _Group,
    clause: str,
    act: Intent | None,
    mentioned: Mentioned,
    corrects: bool,
    acts: ActReader,
) -> bool:
    """Tell whether a clause still speaks of the same thing as the group before it."""
    other_service = (
        mentioned.service is not None
        and group.service is not None
        and mentioned.service != group.service
        and mentioned.named is not None
    )
    if corrects and not other_service:
        return True
    if acts.is_tail(clause):
        return True
    if other_service:
        return act is None or (
            act is Intent.BOOK
            and not mentioned.has_details
            and not _orders(acts, clause, mentioned)
        )
    if act is None or group.act is None or act is group.act:
        return True
    changes = {group.act, act}
    if act is Intent.CHANGE and group.act in {Intent.BOOK, Intent.CANCEL}:
        return True
    if act is Intent.CANCEL and group.act is Intent.BOOK:
        return not mentioned.has_details
    if group.act in {Intent.CHANGE, Intent.CANCEL} and act is Intent.BOOK:
        return group.act is Intent.CHANGE and not _orders(acts, clause, mentioned)
    return (changes == {Intent.STATUS, Intent.BOOK} and not mentioned.has_details) or (
        group.act is Intent.STATUS and act is Intent.QUESTION
    )


def _without_past(slots: Slots) -> tuple[Doubt, ...]:
    return tuple(each for each in slots.vague if each.kind is not DoubtKind.PAST)


def _on_the_same_day(command: Command, earlier: list[Command]) -> Command:
    """午饭不要了，晚饭要软的: the day said for the one goes for the other of the same service."""
    said = earlier[-1].slots if earlier else Slots()
    slots = command.slots
    if slots.date or said.service is None or said.service != slots.service:
        return command
    if any(doubt.about == "date" for doubt in slots.vague):
        return command
    return replace(command, slots=replace(slots, date=said.date))


def _orders(acts: ActReader, clause: str, mentioned: Mentioned) -> bool:
    return mentioned.named is not None and acts.orders(clause, mentioned.named)


def _add(group: _Group, clause: str, act: Intent | None, mentioned: Mentioned) -> None:
    if group.act is None or act in {Intent.CANCEL, Intent.STATUS}:
        group.act = act or group.act
    elif act is Intent.CHANGE and group.act is Intent.CANCEL:
        group.act = act
    group.service = group.service or mentioned.service
    group.clauses.append(clause)
