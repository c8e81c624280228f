"""From what was understood to the values of a form, and from a form's field to what it expects."""

from collections.abc import Mapping

from booking.services import FieldKind, FormField, Service
from bot.understanding.answers import Expecting
from bot.understanding.commands import Slots

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
        case _:
            return field.name if field.name in known else Expecting.CHOICE


def _answer_to(service: Service, asking: str, slots: Slots) -> dict[str, str]:
    """Return the bare answer to the field being asked (好, 两个, 单位门口), if that is one."""
    if not service.has_field(asking):
        return {}
    kind = service.field(asking).kind
    if kind is FieldKind.YES_NO and slots.yes is not None:
        return {asking: "yes" if slots.yes else "no"}
    if kind is FieldKind.NUMBER and slots.number is not None:
        return {asking: str(slots.number)}
    if kind is FieldKind.PLACE and slots.text:
        return {asking: slots.text}
    return {}


def _yes_no(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
