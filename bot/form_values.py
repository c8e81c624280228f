"""From what was understood to the values of a form, and from a form's field to what it expects."""

import re
from collections.abc import Mapping

from booking.form import Around
from booking.services import FieldKind, FormField, Service
from bot.understanding.answers import Expecting
from bot.understanding.commands import Slots
from bot.understanding.numbers import NUMBER, read_number

_NUMBERS = frozenset({"portions", "passengers"})


def values_of(slots: Slots) -> dict[str, str]:
    """Return what was said as canonical form values, in an order in which they can be checked."""
    said: dict[str, str | None] = {
        "date": slots.date.isoformat() if slots.date else None,
        "meal": slots.meal,
        "session": slots.session,
        "time": f"{slots.time:%H:%M}" if slots.time else None,
        "portions": str(slots.portions) if slots.portions is not None else None,
        "passengers": str(slots.passengers) if slots.passengers is not None else None,
        "diet": slots.diet,
        "destination": slots.destination,
        "wheelchair": _yes_no(slots.wheelchair),
        "return_trip": _yes_no(slots.return_trip),
    }
    return {name: value for name, value in said.items() if value is not None}


def said_for(service: Service, asking: str, slots: Slots) -> dict[str, str]:
    """Return the values of `service` that were said: by name, or as the bare answer to `asking`."""
    said = {**values_of(slots), **_answer_to(service, asking, slots)}
    return {name: value for name, value in said.items() if service.has_field(name)}


def named_in(service: Service, words: str, around: Around) -> dict[str, str]:
    """Return what the words name of a service that only its catalog file knows.

    A choice or a part of the day by its label, a provider by its name, a number by its unit,
    a yes by the words the file has for it.
    """
    found: dict[str, str] = {}
    for field in service.fields:
        match field.kind:
            case FieldKind.CHOICE | FieldKind.PERIOD:
                named = {each.label: each.value for each in field.options if each.label in words}
            case FieldKind.PROVIDER:
                given = {each.provider for each in around.openings if each.provider}
                named = {each: each for each in given if each in words}
            case FieldKind.NUMBER if field.unit:
                said = re.search(rf"({NUMBER}){re.escape(field.unit)}", words)
                number = read_number(said.group(1)) if said else None
                named = {"": str(number)} if number is not None else {}
            case FieldKind.YES_NO:
                label = field.yes.strip("，。")
                named = {label: "yes"} if label and label in words else {}
            case _:
                named = {}
        if named:
            found[field.name] = named[max(named, key=len)]
    return found


def in_order(service: Service, said: Mapping[str, str]) -> dict[str, str]:
    """Return the values in the order of the form, in which each can be checked."""
    return {each.name: said[each.name] for each in service.fields if each.name in said}


def added_up(said: Mapping[str, str], standing: Mapping[str, str]) -> dict[str, str]:
    """Return what was said with 再加一份 put on top of the numbers that stand in the form."""
    return {
        name: str(int(value) + int(standing[name]))
        if name in _NUMBERS and name in standing
        else value
        for name, value in said.items()
    }


def expected_by(field: FormField) -> str:
    """Return what kind of answer a field takes, in the words of `bot.understanding`."""
    known = {kind.value for kind in Expecting}
    match field.kind:
        case FieldKind.DAY:
            return Expecting.DATE
        case FieldKind.TIME:
            return Expecting.TIME
        case FieldKind.PLACE:
            return Expecting.DESTINATION
        case FieldKind.YES_NO:
            return Expecting.YES_NO
        case FieldKind.NUMBER if field.name not in known:
            return Expecting.PASSENGERS if "人" in field.unit else Expecting.PORTIONS
        case _:
            return field.name if field.name in known else Expecting.CHOICE


def _answer_to(service: Service, asking: str, slots: Slots) -> dict[str, str]:
    """Return the bare answer to the field being asked (好, 两个, 单位门口), if that is one."""
    if not service.has_field(asking):
        return {}
    kind = service.field(asking).kind
    if kind is FieldKind.YES_NO and slots.yes is not None:
        return {asking: "yes" if slots.yes else "no"}
    counts = (slots.number, slots.passengers, slots.portions)
    number = next((each for each in counts if each is not None), None)
    if kind is FieldKind.NUMBER and number is not None:
        return {asking: str(number)}
    if kind is FieldKind.PLACE and slots.text:
        return {asking: slots.text}
    return {}


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
