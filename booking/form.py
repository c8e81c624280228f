"""The form of a service: what to ask next, whether a value can be, and how it reads. Pure.

Values are canonical text by field name: dates 2026-11-24, times 08:30, yes/no, numbers,
option values, places as said.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from booking.day_words import day_word, full_day_word, moment_word, plain_day_word, time_word
from booking.errors import ValueProblem
from booking.services import CapacityKind, FieldKind, FormField, Service
from store.clock import SHANGHAI, local
from store.texts import Texts

TEXTS = Texts(Path(__file__).parent / "texts.toml")
DAYS_OFFERED = 3
OTHER_DAYS_OFFERED = 8
HALF_HOUR = timedelta(minutes=30)

Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Places:
    """What is left of one opening; `provider` tells apart who gives it, where several do."""

    day: date
    period: str
    left: int
    details: str
    provider: str = ""
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the form must know of the world: the moment, what is open, where people go."""

    now: datetime
    openings: tuple[Places, ...] = ()
    destinations: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        """The Shanghai date."""
        return local(self.now).date()


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer offered as a button."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question with the answers offered; `other` is the label of 其他日子 where there are more."""

    field: str
    prompt: str
    answers: tuple[Answer, ...]
    other: str = ""


def next_question(service: Service, values: Values, around: Around) -> Question | None:
    """Return the first question without a value, None when the form is complete."""
    for field in service.fields:
        if field.name in values or field.default_value() is not None:
            continue
        if field.kind is FieldKind.PROVIDER and len(_open_providers(service, values, around)) < 2:
            # Where there is no choice, nothing is asked.
            continue
        return question_for(service, field.name, values, around)
    return None


def question_for(
    service: Service, name: str, values: Values, around: Around, *, other_days: bool = False
) -> Question:
    """Return the question for one field, with only answers that would be taken."""
    field = service.field(name)
    match field.kind:
        case FieldKind.DAY:
            return _day_question(service, field, values, around, other_days)
        case FieldKind.PERIOD:
            return Question(
                name,
                _period_prompt(service, field, values, around),
                tuple(
                    Answer(option.label, option.value)
                    for option in field.options
                    if _period_is_open(service, values, option.value, around)
                ),
            )
        case FieldKind.CHOICE:
            answers = tuple(Answer(option.label, option.value) for option in field.options)
        case FieldKind.NUMBER:
            answers = tuple(Answer(f"{n}{field.unit}", str(n)) for n in field.offered)
        case FieldKind.TIME:
            answers = _time_answers(service, field, values, around)
        case FieldKind.PLACE:
            answers = tuple(Answer(place, place) for place in around.destinations)
        case FieldKind.PROVIDER:
            return _provider_question(service, field, values, around)
        case FieldKind.YES_NO:
            answers = (
                Answer(field.yes_button or field.yes, "yes"),
                Answer(field.no_button or field.no, "no"),
            )
    return Question(name, field.prompt, answers)


def with_value(
    service: Service, values: Values, name: str, value: str, around: Around
) -> dict[str, str]:
    """Return `values` with one more, checked against what is known so far.

    A value that no longer fits the new one (the meal of another day) is dropped, so that it
    is asked again.

    Raises:
        ValueProblem: it cannot be; the sentence says why and what to do.
    """
    field = service.field(name)
    canonical = _canonical(field, value)
    changed = {**values, name: canonical}
    if field.kind in {FieldKind.DAY, FieldKind.PERIOD}:
        _drop_closed_provider(service, changed, around)
    if field.kind is FieldKind.DAY:
        _check_day(service, field, canonical, around)
        period = changed.get(service.period_field)
        if period is not None and not _period_is_open(service, changed, period, around):
            del changed[service.period_field]
    if field.kind is FieldKind.PERIOD or name == service.places_field:
        _check_period(service, changed, around)
    if field.kind is FieldKind.PROVIDER:
        _check_provider(service, changed, around)
    if field.kind in {FieldKind.TIME, FieldKind.DAY}:
        _check_time(service, changed, around)
    return changed


def complete_values(service: Service, values: Values) -> dict[str, str]:
    """Return the values with defaults filled in."""
    return {
        field.name: given
        for field in service.fields
        if (given := values.get(field.name, field.default_value())) is not None
    }


def check(service: Service, values: Values, around: Around) -> dict[str, str]:
    """Check every value once more, as at 确认, and return them complete.

    Raises:
        ValueProblem: the first value that is missing or can no longer be.
    """
    checked: dict[str, str] = {}
    full = _with_only_provider(service, complete_values(service, values), around)
    for field in service.fields:
        if field.name not in full:
            raise ValueProblem(field.name, field.prompt)
        if field.kind is FieldKind.PROVIDER and not full[field.name]:
            continue
        checked = with_value(service, checked, field.name, full[field.name], around)
    return checked


def value_words(service: Service, name: str, values: Values, today: date) -> str:
    """Return one value as people read it."""
    field = service.field(name)
    value = values[name]
    match field.kind:
        case FieldKind.DAY:
            return full_day_word(date.fromisoformat(value), today)
        case FieldKind.TIME:
            return time_word(time.fromisoformat(value))
        case FieldKind.CHOICE | FieldKind.PERIOD:
            return next(option.label for option in field.options if option.value == value)
        case FieldKind.YES_NO:
            return field.yes if value == "yes" else field.no
        case FieldKind.NUMBER | FieldKind.PLACE | FieldKind.PROVIDER:
            return value


def summary(service: Service, values: Values, today: date) -> str:
    """Return the whole booking in one line, with dates that stay true tomorrow."""
    full = complete_values(service, values)
    words = {field.name: _summary_words(service, field, full, today) for field in service.fields}
    return service.summary.format(**words)


def card_lines(service: Service, values: Values, today: date) -> list[tuple[str, str]]:
    """Return (label, words) for each value, for the card to confirm and for staff."""
    full = complete_values(service, values)
    return [
        (field.label, _card_words(service, field, full, today))
        for field in service.fields
        if field.kind is not FieldKind.PROVIDER or full.get(field.name)
    ]


def heard_words(service: Service, values: Values, names: Collection[str], today: date) -> str:
    """Return the named values in one breath, to read back what was just understood."""
    words = [
        day_word(date.fromisoformat(values[field.name]), today)
        if field.kind is FieldKind.DAY
        else _card_words(service, field, values, today)
        for field in service.fields
        if field.name in names and field.name in values
    ]
    return "，".join(words)


def answers_named(service: Service, values: Values, around: Around, words: str) -> dict[str, str]:
    """Return the value whose label `words` are, of whichever question; empty when none or several.

    So 普通 or 1份 can be said on the card, where nothing of the kind was asked.
    """
    found = {
        (field.name, answer.value)
        for field in service.fields
        for answer in question_for(service, field.name, values, around).answers
        if answer.label == words
    }
    return dict(found) if len(found) == 1 else {}


def answers_within(service: Service, values: Values, words: str) -> dict[str, str]:
    """Return the choices that `words` name and that stand otherwise in `values`."""
    full, found = complete_values(service, values), {}
    for field in service.fields:
        named = {label: value for label, value in _fixed_answers(field).items() if label in words}
        # 不带轮椅 holds 带轮椅: the longest one is what was said.
        if named and (said := named[max(named, key=len)]) != full.get(field.name):
            found[field.name] = said
    return found


def starts_at(service: Service, values: Values) -> datetime:
    """Return the instant at which the service begins (aware, Shanghai)."""
    day = date.fromisoformat(values["date"])
    if service.capacity is CapacityKind.PLACES:
        return service.periods[values[service.period_field]].starts_at(day)
    return datetime.combine(day, time.fromisoformat(values["time"]), SHANGHAI)


def places_wanted(service: Service, values: Values) -> int:
    """Return how many places of an opening the booking takes."""
    return int(values[service.places_field]) if service.places_field else 1


def is_open(service: Service, opening: Places, wanted: int, now: datetime) -> bool:
    """Tell whether an opening can still be booked for `wanted` places."""
    closes = closing_of(service, opening)
    return closes is not None and opening.left >= wanted and now < closes


def closing_of(service: Service, opening: Places) -> datetime | None:
    """Return until when an opening can be booked; None for a period that the service has not."""
    period = service.periods.get(opening.period)
    if period is None:
        return None
    return opening.closes_at or period.closes_at(opening.day)


def open_days(service: Service, values: Values, around: Around) -> list[date]:
    """Return the days that can be booked, soonest first."""
    last = around.today + timedelta(days=service.most_days_ahead)
    if service.capacity is CapacityKind.PLACES:
        wanted = _wanted(service, values)
        days = {
            opening.day
            for opening in around.openings
            if opening.day <= last and is_open(service, opening, wanted, around.now)
        }
        return sorted(days)
    days_ahead = (last - around.today).days
    every = [around.today + timedelta(days=ahead) for ahead in range(days_ahead + 1)]
    return [day for day in every if _has_time_left(service, day, around)]


def _summary_words(service: Service, field: FormField, full: Values, today: date) -> str:
    if field.kind is FieldKind.DAY:
        return plain_day_word(date.fromisoformat(full[field.name]), today)
    if field.kind is FieldKind.PROVIDER:
        provider = full.get(field.name)
        return TEXTS.say("form.provider_in_summary", provider=provider) if provider else ""
    return value_words(service, field.name, full, today)


def _card_words(service: Service, field: FormField, full: Values, today: date) -> str:
    if field.kind is FieldKind.YES_NO:
        yes, no = field.yes_button or field.yes, field.no_button or field.no
        return yes if full[field.name] == "yes" else no
    return value_words(service, field.name, full, today) + (
        field.unit if field.kind is FieldKind.NUMBER else ""
    )


def _fixed_answers(field: FormField) -> dict[str, str]:
    if field.kind is FieldKind.YES_NO:
        return {field.yes_button or field.yes: "yes", field.no_button or field.no: "no"}
    return {option.label: option.value for option in field.options}


def _wanted(service: Service, values: Values) -> int:
    return int(values.get(service.places_field, "1")) if service.places_field else 1


def _day_question(
    service: Service, field: FormField, values: Values, around: Around, other_days: bool
) -> Question:
    days = open_days(service, values, around)
    if not days:
        return Question(field.name, TEXTS.say("form.nothing_open", service=service.name), ())
    if other_days:
        shown = days[DAYS_OFFERED : DAYS_OFFERED + OTHER_DAYS_OFFERED] or days
        prompt = TEXTS.say("form.other_days")
    else:
        shown, prompt = days[:DAYS_OFFERED], field.prompt
    answers = tuple(Answer(day_word(day, around.today), day.isoformat()) for day in shown)
    has_more = not other_days and len(days) > len(shown)
    return Question(field.name, prompt, answers, TEXTS.say("form.other") if has_more else "")


def _period_prompt(service: Service, field: FormField, values: Values, around: Around) -> str:
    labels = {option.value: option.label for option in field.options}
    details = {
        opening_label(opening, labels[opening.period]): opening.details
        for option in field.options
        for opening in around.openings
        if opening.day.isoformat() == values.get("date")
        and opening.period == option.value
        and opening.details
        and is_open(service, opening, _wanted(service, values), around.now)
    }
    if len(details) > 1 and len(set(details.values())) == 1:
        return f"{next(iter(details.values()))}。\n{field.prompt}"
    lines = [
        TEXTS.say("form.period_details", period=label, details=said)
        for label, said in details.items()
    ]
    return "\n".join([*lines, field.prompt])


def opening_label(opening: Places, label: str) -> str:
    """Return the name of an opening's period, and whose it is, where that is to be told."""
    if not opening.provider:
        return label
    return TEXTS.say("form.period_of_provider", period=label, provider=opening.provider)


def _provider_question(
    service: Service, field: FormField, values: Values, around: Around
) -> Question:
    offered = _open_providers(service, values, around)
    lines = [
        TEXTS.say("form.period_details", period=each.provider, details=each.details)
        for each in offered
        if each.provider and each.details
    ]
    answers = tuple(Answer(each.provider, each.provider) for each in offered if each.provider)
    return Question(field.name, "\n".join([*lines, field.prompt]), answers)


def _open_providers(service: Service, values: Values, around: Around) -> list[Places]:
    """Return the openings of the day and period that can be had, one for each provider."""
    if "date" not in values or service.period_field not in values:
        return []
    wanted = _wanted(service, values)
    return [
        opening
        for opening in around.openings
        if opening.day.isoformat() == values["date"]
        and opening.period == values[service.period_field]
        and is_open(service, opening, wanted, around.now)
    ]


def _with_only_provider(service: Service, values: Values, around: Around) -> dict[str, str]:
    """Fill the provider in where there is no choice."""
    name = service.provider_field
    if not name or name in values:
        return dict(values)
    offered = _open_providers(service, values, around)
    if len(offered) > 1:
        return dict(values)
    return {**values, name: offered[0].provider if offered else ""}


def _drop_closed_provider(service: Service, values: dict[str, str], around: Around) -> None:
    """Forget the provider of another day or period that does not give this one."""
    name = service.provider_field
    if name not in values:
        return
    if values[name] not in {each.provider for each in _open_providers(service, values, around)}:
        del values[name]


def _check_provider(service: Service, values: Values, around: Around) -> None:
    provider, period = values[service.provider_field], values.get(service.period_field)
    if period is None or "date" not in values:
        return
    offered = [each.provider for each in _open_providers(service, values, around)]
    if provider in offered or not offered:
        return
    sentence = TEXTS.say(
        "form.provider_none",
        day=day_word(date.fromisoformat(values["date"]), around.today),
        period=value_words(service, service.period_field, values, around.today),
        provider=provider or service.name,
        others="、".join(each for each in offered if each),
    )
    raise ValueProblem(service.provider_field, sentence)


def _closing(service: Service, opening: Places) -> datetime:
    return local(
        closing_of(service, opening) or service.periods[opening.period].closes_at(opening.day)
    )


def _time_answers(
    service: Service, field: FormField, values: Values, around: Around
) -> tuple[Answer, ...]:
    day = values.get("date")
    times = [time.fromisoformat(str(offered)) for offered in field.offered]
    if day is not None:
        times = [at for at in times if not _too_soon(service, date.fromisoformat(day), at, around)]
    return tuple(Answer(time_word(at), f"{at:%H:%M}") for at in times)


def _canonical(field: FormField, value: str) -> str:
    try:
        return _CANONICAL[field.kind](field, value.strip())
    except (ValueError, KeyError) as error:
        raise ValueProblem(
            field.name,
            TEXTS.say("form.not_understood", label=field.label, prompt=field.prompt),
        ) from error


def _canonical_day(_field: FormField, value: str) -> str:
    return date.fromisoformat(value).isoformat()


def _canonical_time(_field: FormField, value: str) -> str:
    return f"{time.fromisoformat(value):%H:%M}"


def _canonical_choice(field: FormField, value: str) -> str:
    if value not in {option.value for option in field.options}:
        raise KeyError(value)
    return value


def _canonical_number(field: FormField, value: str) -> str:
    number = int(value)
    if number < field.least:
        raise ValueProblem(
            field.name,
            TEXTS.say("form.number_few", least=field.least, unit=field.unit, prompt=field.prompt),
        )
    if number > field.most:
        raise ValueProblem(
            field.name,
            TEXTS.say("form.number_many", number=number, most=field.most, unit=field.unit),
        )
    return str(number)


def _canonical_yes_no(_field: FormField, value: str) -> str:
    return {"yes": "yes", "no": "no", "true": "yes", "false": "no"}[value]


def _canonical_provider(_field: FormField, value: str) -> str:
    return " ".join(value.split())


def _canonical_place(field: FormField, value: str) -> str:
    one_line = " ".join(value.split())
    if not one_line:
        raise ValueError(value)
    if len(one_line) > field.most_length:
        raise ValueProblem(field.name, TEXTS.say("form.place_too_long", most=field.most_length))
    return one_line


_CANONICAL: dict[FieldKind, Callable[[FormField, str], str]] = {
    FieldKind.DAY: _canonical_day,
    FieldKind.TIME: _canonical_time,
    FieldKind.CHOICE: _canonical_choice,
    FieldKind.PERIOD: _canonical_choice,
    FieldKind.NUMBER: _canonical_number,
    FieldKind.YES_NO: _canonical_yes_no,
    FieldKind.PLACE: _canonical_place,
    FieldKind.PROVIDER: _canonical_provider,
}


def _check_day(service: Service, field: FormField, value: str, around: Around) -> None:
    day, today = date.fromisoformat(value), around.today
    said = plain_day_word(day, today)
    if day < today:
        raise ValueProblem(field.name, TEXTS.say("form.past_day", day=said))
    last = today + timedelta(days=service.most_days_ahead)
    if service.capacity is not CapacityKind.PLACES:
        if day > last:
            raise ValueProblem(field.name, _too_far_words(said, last, today))
        return
    days = open_days(service, {}, around)
    if not days:
        raise ValueProblem(field.name, TEXTS.say("form.nothing_open"))
    # A day whose places are all taken is not too far away.
    if day > days[-1] and all(opening.day != day for opening in around.openings):
        raise ValueProblem(field.name, _too_far_words(said, days[-1], today))
    if day not in days:
        nearest = min(days, key=lambda other: abs((other - day).days))
        sentence = TEXTS.say(
            "form.closed_day", day=day_word(day, today), nearest=day_word(nearest, today)
        )
        raise ValueProblem(field.name, sentence)


def _too_far_words(said: str, last: date, today: date) -> str:
    return TEXTS.say("form.too_far", day=said, last=day_word(last, today))


def _period_is_open(service: Service, values: Values, period: str, around: Around) -> bool:
    day = values.get("date")
    wanted = _wanted(service, values)
    provider = values.get(service.provider_field)
    return any(
        opening.period == period
        and (day is None or opening.day.isoformat() == day)
        and provider in {None, opening.provider}
        and is_open(service, opening, wanted, around.now)
        for opening in around.openings
    )


def _check_period(service: Service, values: Values, around: Around) -> None:
    field = service.field(service.period_field)
    period = values.get(field.name)
    if period is None or "date" not in values or _period_is_open(service, values, period, around):
        return
    label = next(option.label for option in field.options if option.value == period)
    day = date.fromisoformat(values["date"])
    sentence = _closed_period_words(service, day, period, label, around)
    others = [
        option.label
        for option in field.options
        if _period_is_open(service, values, option.value, around)
    ]
    if not others:
        # Nothing else is open that day either: it is the day that must be another.
        raise ValueProblem("date", sentence + TEXTS.say("form.period_no_others"))
    key = "form.period_others" if len(others) > 1 else "form.period_other"
    sentence += TEXTS.say(key, others="、".join(others))
    raise ValueProblem(field.name, sentence)


def _closed_period_words(
    service: Service, day: date, period: str, label: str, around: Around
) -> str:
    said = day_word(day, around.today)
    offered = [o for o in around.openings if o.day == day and o.period == period]
    # Of several the one that says most: still open before closed, then the one with more left.
    opening = max(
        offered,
        key=lambda each: (around.now < _closing(service, each), each.left),
        default=None,
    )
    if opening is None:
        return TEXTS.say("form.period_none", day=said, period=label)
    closes = _closing(service, opening)
    if around.now >= closes:
        until = _closing_words(day, closes, around.today)
        return TEXTS.say("form.period_closed", day=said, period=label, closes=until)
    if opening.left > 0:
        unit = service.field(service.places_field).unit if service.places_field else ""
        left = f"{opening.left}{unit}"
        return TEXTS.say("form.period_few", day=said, period=label, left=left)
    return TEXTS.say("form.period_full", day=said, period=label)


def _closing_words(day: date, closes: datetime, today: date) -> str:
    """Return until when one had to say it: 当天, 前一天, or the day itself."""
    if day - closes.date() > timedelta(days=1):
        return moment_word(closes, today)
    key = "form.closes_same_day" if closes.date() == day else "form.closes_before"
    return TEXTS.say(key, time=time_word(closes.time()))


def _check_time(service: Service, values: Values, around: Around) -> None:
    if "time" not in values or not service.has_field("time"):
        return
    field = service.field("time")
    at = time.fromisoformat(values["time"])
    if not field.earliest <= at <= field.latest:
        raise ValueProblem(
            "time",
            TEXTS.say(
                "form.time_range",
                time=time_word(at),
                earliest=time_word(field.earliest),
                latest=time_word(field.latest),
            ),
        )
    if "date" in values and _too_soon(service, date.fromisoformat(values["date"]), at, around):
        raise ValueProblem("time", _too_soon_words(service, around))


def _too_soon(service: Service, day: date, at: time, around: Around) -> bool:
    notice = timedelta(minutes=service.notice_minutes)
    return datetime.combine(day, at, SHANGHAI) < around.now + notice


def _too_soon_words(service: Service, around: Around) -> str:
    return TEXTS.say(
        "form.too_soon",
        minutes=service.notice_minutes,
        first=moment_word(_first_time(service, around), around.today),
    )


def _first_time(service: Service, around: Around) -> datetime:
    """Return the first whole or half hour at which the service can still be had."""
    field = service.field("time")
    first = local(around.now) + timedelta(minutes=service.notice_minutes)
    past = timedelta(
        minutes=first.minute % 30, seconds=first.second, microseconds=first.microsecond
    )
    first += HALF_HOUR - past if past else past
    if first.time() > field.latest:
        first += timedelta(days=1)
        return datetime.combine(first.date(), field.earliest, SHANGHAI)
    if first.time() < field.earliest:
        return datetime.combine(first.date(), field.earliest, SHANGHAI)
    return first


def _has_time_left(service: Service, day: date, around: Around) -> bool:
    if not service.has_field("time"):
        return True
    return not _too_soon(service, day, service.field("time").latest, around)
