"""Text to commands: clean, danger, fraud, the answer asked for, then clause by clause."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache, partial

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
from bot.understanding.danger import DangerReader, DangerSigns
from bot.understanding.ear import Ear, Opinion
from bot.understanding.live import LiveReader
from bot.understanding.slots import Mentioned, SlotReader
from bot.understanding.words import Words
from store.clock import local

Embedding = Callable[[], Vector]

_CLAUSE = re.compile(r"[^，。！？；]+[？]?")
_NEXT_THING = re.compile(
    r"(?<=.{3})(?=另外|顺便|顺带|再(?:帮|给|约|订|叫|派|定|要|来一)|然后(?:再)?(?:帮|给|约|订|叫|派)|还要(?:订|约|叫|用|派)|同时)"
)
# 还是不去总医院了，去银行: one correction, not something dropped and something new.
_INSTEAD = re.compile(r"(不去[^，。]{1,12})，(?=改?去|改?到|改?上|换)")
_PART_OF_THE_STORY = frozenset({"other", "mild"})
# What sounds like one of these may be a question about one's own case: 我的房补批了没.
_OWN_CASE = frozenset({Intent.STATUS, Intent.CANCEL, Intent.CHANGE, Intent.REPEAT})
_SIDE = frozenset({Intent.GREETING, Intent.CONFIRM})
# How likely danger must be to ring at once, and to ask about it. A danger missed is far worse
# than a question too many.
RINGS = 0.5
ASKS = 0.25
# How likely another intent must be to take the place of the one the rules read. Nothing is
# confirmed on a mere likeness.
_SURE = 0.5
_SURE_OF_YES = 0.85
# The rules know a question about the policy by its words; it takes more to make it a wish.
_SURE_OF_NO_QUESTION = 0.7
# A further thing wanted that is less likely than this was never said.
_NEVER_SAID = 0.04
_ONLY_IN_DIALOGUE = frozenset({Intent.ANSWER, Intent.BACK, Intent.RESTART})
_WITH_SLOTS = frozenset({Intent.BOOK, Intent.STATUS, Intent.CANCEL, Intent.CHANGE})
_COLOURS = frozenset({Intent.COMPLAINT, Intent.PRAISE})


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
        ear: Ear | None = None,
        embed: Callable[[str], Vector] | None = None,
        is_personal: Callable[[str, Embedding | None], bool] | None = None,
    ) -> None:
        """Prepare the readers.

        `is_personal` tells a question about one's own case, which is no look at a booking; it is
        given what embeds the question, where there is such a thing. With an `ear` and `embed`, the rules are weighed together with what the message resembles;
        without them the rules decide alone.
        """
        self._acts = ActReader(words)
        self._danger = DangerReader(words.danger)
        self._slots = SlotReader(words)
        self._answers = AnswerReader(words, self._slots, self._acts)
        self._again = words.again
        self._live = LiveReader(words.live)
        self._embed = embed
        self._is_personal = is_personal
        self._ear = ear

    def read(
        self,
        text: str,
        *,
        now: datetime,
        expecting: str | None = None,
        vector: Embedding | None = None,
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
        if vector is None and self._embed is not None:
            vector = cache(partial(self._embed, text))
        if self._ear is None or vector is None:
            urgent = self._urgent(said)
            return Understood(urgent) if urgent else self._by_rules(said, here, expecting, vector)
        understood = self._by_rules(said, here, expecting, vector)
        signs = self._danger.signs(said)
        if not signs.named and self._is_set_phrase(said):
            return understood
        heard = self._ear.hear(said, vector, signs, understood)
        urgent = self._urgent_as_heard(said, heard)
        if not urgent:
            return self._as_heard(said, here, understood, heard, vector)
        is_sure = urgent[0].intent is not Intent.EMERGENCY or heard.danger >= RINGS
        return Understood(urgent, confident=is_sure)

    def read_by_rules(self, text: str, *, now: datetime) -> Understood:
        """Return what the rules alone read in a message, danger and fraud aside."""
        return self._by_rules(clean(text), local(now), None, None)

    def danger_signs(self, text: str) -> DangerSigns:
        """Return what the rules see of danger in a message."""
        return self._danger.signs(clean(text))

    def _by_rules(
        self, said: str, here: datetime, expecting: str | None, vector: Embedding | None
    ) -> Understood:
        live = self._live_questions(said, here)
        if live is not None and not live[1]:
            return Understood(live[0])
        if expecting is not None:
            answer = self._answers.read(said, expecting, here)
            if answer is not None:
                return Understood((answer,))
        return self._own_case(said, self._read_freely(said, here), vector)

    def _is_set_phrase(self, said: str) -> bool:
        return all(self._acts.alone(clause) for clause in _clauses(said))

    def _urgent(self, said: str) -> tuple[Command, ...]:
        """Return danger and fraud as the rules alone hear them."""
        kind = self._danger.kind(said)
        return self._danger_and_fraud(
            said, is_danger=kind is not None, is_fraud=self._acts.fraud(said)
        )

    def _urgent_as_heard(self, said: str, heard: Opinion) -> tuple[Command, ...]:
        first, chance = heard.first
        return self._danger_and_fraud(
            said,
            is_danger=heard.danger >= ASKS,
            is_fraud=self._acts.fraud(said) or (first is Intent.FRAUD and chance >= _SURE),
        )

    def _danger_and_fraud(
        self, said: str, *, is_danger: bool, is_fraud: bool
    ) -> tuple[Command, ...]:
        emergency = Command(Intent.EMERGENCY, Slots(whom=self._slots.whom(said)))
        if not is_fraud:
            return (emergency,) if is_danger else ()
        fraud = Command(Intent.FRAUD, Slots(lost=self._acts.gave_away(said) or None))
        if not is_danger:
            return (fraud,)
        # 说我儿子出了车祸要汇钱: the accident is most likely part of the story.
        is_story = self._danger.kind(said) in {None, *_PART_OF_THE_STORY}
        return (fraud, emergency) if is_story else (emergency, fraud)

    def _as_heard(
        self,
        said: str,
        here: datetime,
        understood: Understood,
        heard: Opinion,
        vector: Embedding,
    ) -> Understood:
        """Put what the message sounds like in the place of what the rules read, where it is surer."""
        first = understood.first
        if first.intent in _ONLY_IN_DIALOGUE or first.slots.live is not None:
            return understood
        likeliest, chance = heard.first
        if len(understood.commands) > 1:
            return _without_what_was_never_said(understood, heard)
        if likeliest is first.intent:
            return replace(understood, confident=understood.confident or chance >= _SURE)
        needed = _SURE
        if likeliest is Intent.CONFIRM:
            needed = _SURE_OF_YES
        elif understood.confident and first.intent is Intent.QUESTION:
            needed = _SURE_OF_NO_QUESTION
        if chance < needed:
            return understood
        return self._own_case(said, self._read_as(likeliest, said, here), vector)

    def _read_as(self, intent: Intent, said: str, here: datetime) -> Understood:
        """Read the slots of a message whose intent is known."""
        if intent in _COLOURS:
            return Understood((self._coloured(intent, said, here),))
        if intent not in _WITH_SLOTS:
            return Understood((Command(intent),))
        group = _Group([said], act=intent)
        commands, confident = self._commands(group, here)
        return Understood(tuple(commands), confident)

    def _own_case(self, said: str, understood: Understood, vector: Embedding | None) -> Understood:
        first = understood.first
        if len(understood.commands) > 1 or first.intent not in _OWN_CASE or first.slots.service:
            return understood
        if self._is_personal is None or not self._is_personal(said, vector):
            return understood
        return Understood((Command(Intent.QUESTION),))

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
        asked: str | None = None
        for group in self._groups(rest, said, here):
            made, sure = self._commands(group, here, asked=asked)
            asked = group.service if group.act is Intent.QUESTION else None
            commands += [_on_the_same_day(each, commands) for each in made]
            confident = confident and sure
        commands = _without_the_lead_in(commands)
        commands = _merged(_on_the_day_said_last(commands, self._last_day(rest, here)))
        return Understood(tuple(commands), confident)

    def _last_day(self, clauses: list[str], here: datetime) -> date | None:
        """Return the day of 七点送饭，八点出车，都是明天: a day and nothing else at the end."""
        bare = (
            re.sub(r"^(?:都|全|全部|均)(?:是|在|要)?|(?:的|吧|啊|哈)+$", "", clauses[-1])
            if clauses
            else ""
        )
        days = self._slots.days.find(bare, here.date())
        is_bare = len(days) == 1 and (days[0].start, days[0].end) == (0, len(bare))
        return days[0].day if is_bare and days[0].doubt is None else None

    def _coloured(self, intent: Intent, said: str, here: datetime) -> Command:
        mentioned = self._slots.mentioned(said, here.date())
        return Command(intent, self._slots.told(mentioned, intent, here))

    def _groups(self, clauses: list[str], said: str, here: datetime) -> list[_Group]:
        groups: list[_Group] = []
        for clause in clauses:
            mentioned = self._slots.mentioned(clause, here.date())
            act = self._act(clause, mentioned)
            if act is Intent.CANCEL and groups and self._slots.declines_an_extra(clause):
                # 去总医院，不用接: the way back is not wanted, the ride is.
                act = None
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
                elif act is Intent.CHANGE and _is_dropped_for(groups[:-1], mentioned):
                    # 取消后天的车，改订午饭: nothing of the meal stood before.
                    act = Intent.BOOK
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

    def _commands(
        self, group: _Group, here: datetime, *, asked: str | None = None
    ) -> tuple[list[Command], bool]:
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
            if asked is None:
                return self._without_service(text, slots)
            # 体检一年几次？给我约一个: what was asked about is what is wanted.
            slots = [replace(each, service=asked) for each in slots]
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
    found = _CLAUSE.findall(_INSTEAD.sub(r"\1、", said))
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


def _without_what_was_never_said(understood: Understood, heard: Opinion) -> Understood:
    """晚饭都不想做了，给送两份: nothing is cancelled. A booking is kept, for its card asks anyway."""
    kept = [
        each
        for each in understood.commands
        if each.intent is Intent.BOOK or heard.chances.get(each.intent.outside, 0.0) >= _NEVER_SAID
    ]
    return replace(understood, commands=tuple(kept)) if kept else understood


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


def _is_dropped_for(earlier: list[_Group], mentioned: Mentioned) -> bool:
    """Tell that what was just cancelled gives way to another service."""
    return (
        bool(earlier)
        and earlier[-1].act is Intent.CANCEL
        and mentioned.named not in {None, earlier[-1].service}
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
    """午饭不要了，晚饭要软的: the day said for the one goes for the other.

    Of another service only where an hour or a meal is said, so that only the day is missing:
    明天车不要了，饭还要，中午两份.
    """
    said = earlier[-1].slots if earlier else Slots()
    slots = command.slots
    if _has_day(slots) or said.service is None or said.date is None:
        return command
    goes_on = said.service == slots.service or (
        command.intent is Intent.BOOK
        and slots.service in {"meal", "ride"}
        and (slots.meal or slots.time)
    )
    return replace(command, slots=replace(slots, date=said.date)) if goes_on else command


def _has_day(slots: Slots) -> bool:
    return slots.date is not None or any(doubt.about == "date" for doubt in slots.vague)


def _on_the_day_said_last(commands: list[Command], day: date | None) -> list[Command]:
    """七点送饭，八点出车，都是明天: a day at the end goes for all that have none."""
    if day is None or len(commands) < 2:
        return commands
    return [
        each if _has_day(each.slots) else replace(each, slots=replace(each.slots, date=day))
        for each in commands
        if not each.slots.is_only_the_day(day)
    ]


def _without_the_lead_in(commands: list[Command]) -> list[Command]:
    """明天我要住院，午饭停了: a day told first, of no service, goes for what is wanted then."""
    if len(commands) < 2 or commands[0].intent is not Intent.BOOK:
        return commands
    told, wanted = commands[0].slots, commands[1].slots
    if told != Slots(date=told.date) or told.date is None or wanted.service is None:
        return commands
    first = commands[1]
    if not _has_day(wanted):
        first = replace(first, slots=replace(wanted, date=told.date))
    return [first, *commands[2:]]


def _merged(commands: list[Command]) -> list[Command]:
    """饭和车都明天，饭中午，车下午三点: what is only named first is told more of later."""
    kept: list[Command] = []
    for command in commands:
        alike = next((each for each in kept if _is_more_of(each, command)), None)
        if alike is None:
            kept.append(command)
        else:
            at = kept.index(alike)
            kept[at] = replace(alike, slots=command.slots.over(alike.slots))
    return kept


def _is_more_of(first: Command, later: Command) -> bool:
    slots = first.slots
    return (
        first.intent is later.intent is Intent.BOOK
        and slots.service == later.slots.service
        and slots == Slots(service=slots.service, date=slots.date)
        and later.slots.date in {None, slots.date}
    )


def _orders(acts: ActReader, clause: str, mentioned: Mentioned) -> bool:
    return mentioned.named is not None and acts.orders(clause, mentioned.named)


def _add(group: _Group, clause: str, act: Intent | None, mentioned: Mentioned) -> None:
    if group.act is None or act in {Intent.CANCEL, Intent.STATUS}:
        group.act = act or group.act
    elif act is Intent.CHANGE and group.act is Intent.CANCEL:
        group.act = act
    group.service = group.service or mentioned.service
    group.clauses.append(clause)
