"""Where a ride goes: what the house knows of the place, and what the catalog guesses else."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.rides.models import Destination
from booking.rides.rules import RideRules


@dataclass(frozen=True, slots=True)
class Place:
    """How far a destination is (minutes, one way), how long people stay, what it is."""

    name: str
    address: str
    travel_minutes: int
    waiting_minutes: int
    is_hospital: bool


def place_named(session: Session, rules: RideRules, *, house_id: int, words: str) -> Place:
    """Return what is known of the place that `words` name: 总医院, 301, 去总医院看眼睛."""
    rows = session.execute(
        select(Destination)
        .where(Destination.institution_id == house_id)
        .order_by(Destination.position, Destination.id)
    ).scalars()
    known = _meant(list(rows), words)
    # A house may forget to tick it: a place that calls itself a hospital is one.
    called = f"{words}{known.name if known else ''}"
    is_hospital = any(word in called for word in rules.hospital_words) or (
        known is not None and known.is_hospital
    )
    waiting = rules.hospital_waiting_minutes if is_hospital else rules.waiting_minutes
    travel = rules.travel_minutes
    if known is not None and known.travel_minutes is not None:
        travel = known.travel_minutes
    if known is not None and known.waiting_minutes is not None:
        waiting = known.waiting_minutes
    address = known.address if known else ""
    return Place(known.name if known else words, address, travel, waiting, is_hospital)


def _meant(rows: Sequence[Destination], words: str) -> Destination | None:
    """Return the place called exactly so; else the one whose longest name stands in the words."""
    named = [(name, row) for row in rows for name in (row.name, *row.aliases) if name]
    exact = next((row for name, row in named if name == words), None)
    if exact is not None:
        return exact
    # 第二人民医院 is not 人民医院: what stands before the name must not be part of a name.
    within = [
        (len(name), row)
        for name, row in named
        if name in words and not _is_longer_name(words, name)
    ]
    return max(within, key=lambda each: each[0])[1] if within else None


_LEADS = ("去", "到", "上", "在", "往", "回", "来", "，", " ", "：")
_TAILS = ("看", "拿", "取", "做", "检", "复", "办", "的", "，", " ", "门", "那", "里", "打", "体")


def _is_longer_name(words: str, name: str) -> bool:
    before, after = words.split(name, 1)
    return not (before == "" or before.endswith(_LEADS)) or not (
        after == "" or after.startswith(_TAILS)
    )
