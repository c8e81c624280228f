"""Diets and allergies: remembered per person, held against the dishes when a meal is booked and
again when staff write other dishes under people who have booked.

A dish is known by its name only, so what is found is said as 可能有, and what is not found is no
promise: the kitchen's sheet carries each person's words too.
"""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from booking.audit import note
from booking.day_words import plain_day_word
from booking.errors import ValueProblem
from booking.meals.models import Diet
from booking.meals.sheets import MEAL
from booking.meals.words import TEXTS
from booking.models import EventKind, Opening, Request
from booking.notices import add_event, tell
from booking.people import family_to_tell
from booking.requests import OPEN
from booking.services import Catalog, Service
from store.clock import local_date
from store.identity import Person
from store.messages import Message
from store.outbox import Lane

MOST_AVOIDED = 12
LONGEST_AVOIDED = 12
_SEPARATORS = "、，,；; \n"


@dataclass(frozen=True, slots=True)
class DietWords:
    """What someone usually eats (a diet of the form, or nothing), and what he must not."""

    usual: str = ""
    avoids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """A dish, and the word of the person that it may hold."""

    avoided: str
    dish: str


@dataclass(frozen=True, slots=True)
class _Ingredient:
    said: tuple[str, ...]
    words: tuple[str, ...]
    excepted: tuple[str, ...]


def diet_of(session: Session, person_id: int) -> DietWords:
    """Return what is remembered of a person; nothing is an answer too."""
    row = session.get(Diet, person_id)
    if row is None:
        return DietWords()
    avoids = row.words.get("avoids", [])
    return DietWords(
        str(row.words.get("usual", "")),
        tuple(str(each) for each in avoids) if isinstance(avoids, list) else (),
    )


def remember_diet(
    session: Session,
    *,
    person: Person,
    wanted: DietWords,
    service: Service,
    by: str,
    permission: str,
    now: datetime,
) -> None:
    """Keep what a person eats; written down is that it was changed, never what.

    Raises:
        ValueProblem: a diet that the form does not know, or too many words.
    """
    if wanted.usual and wanted.usual not in {o.value for o in service.field("diet").options}:
        raise ValueProblem("usual", TEXTS.say("diet.usual"))
    if len(wanted.avoids) > MOST_AVOIDED or any(len(w) > LONGEST_AVOIDED for w in wanted.avoids):
        sentence = TEXTS.say("diet.avoids", most=MOST_AVOIDED, longest=LONGEST_AVOIDED)
        raise ValueProblem("avoids", sentence)
    row = session.get(Diet, person.id)
    words: dict[str, object] = {"usual": wanted.usual, "avoids": list(wanted.avoids)}
    if row is None:
        row = Diet(person_id=person.id, institution_id=person.institution_id)
        session.add(row)
    row.words, row.noted_at = words, now
    note(
        session,
        institution_id=person.institution_id,
        actor=by,
        act="remember diet",
        permission=permission,
        now=now,
        subject_id=person.id,
    )
    session.flush()


def avoided_words(text: str) -> tuple[str, ...]:
    """Return the words that staff or a person wrote one after another, each once."""
    for each in _SEPARATORS:
        text = text.replace(each, "、")
    return tuple(dict.fromkeys(word.strip() for word in text.split("、") if word.strip()))


def conflicts(avoids: Iterable[str], dishes: str) -> list[Conflict]:
    """Return which of the avoided words the dishes may hold, by their names."""
    found = []
    for avoided in avoids:
        for dish in _split(dishes):
            if _may_hold(dish, avoided):
                found.append(Conflict(avoided, dish))
                break
    return found


def conflict_words(found: Sequence[Conflict]) -> str:
    """Return 宫保鸡丁（花生） for each."""
    return "、".join(TEXTS.say("diet.dish", dish=each.dish, avoided=each.avoided) for each in found)


def tell_of_new_dishes(
    session: Session, catalog: Catalog, opening: Opening, *, now: datetime
) -> int:
    """Tell everyone who booked a meal and may not eat what it is now; return how many.

    The history of the request says it too, so that the clerk sees it in the queue.
    """
    rows = session.execute(
        select(Request, Person)
        .join(Person, Person.id == Request.beneficiary_id)
        .where(Request.opening_id == opening.id, Request.status.in_(OPEN))
    ).all()
    told = 0
    for request, person in rows:
        found = conflicts(diet_of(session, person.id).avoids, opening.details)
        if not found:
            continue
        told += 1
        words = TEXTS.say("diet.history", dishes=conflict_words(found))
        add_event(session, request, EventKind.CHANGED, now=now, text=words)
        _tell(session, catalog, request, person, opening, found, now)
    return told


def warn_of_dishes(
    session: Session,
    catalog: Catalog,
    request: Request,
    person: Person,
    opening: Opening,
    *,
    now: datetime,
) -> bool:
    """Tell one person where a meal that was booked without him may hold what he must not eat."""
    found = conflicts(diet_of(session, person.id).avoids, opening.details)
    if found:
        words = TEXTS.say("diet.history_are", dishes=conflict_words(found))
        add_event(session, request, EventKind.CHANGED, now=now, text=words)
        _tell(session, catalog, request, person, opening, found, now, changed=False)
    return bool(found)


def _tell(
    session: Session,
    catalog: Catalog,
    request: Request,
    person: Person,
    opening: Opening,
    found: Sequence[Conflict],
    now: datetime,
    *,
    changed: bool = True,
) -> None:
    step = "dishes_changed" if changed else "dishes_are"
    labels = {each.value: each.label for each in catalog.get(MEAL).field("meal").options}
    # Of his health only he himself and whoever asked for him read; relatives are told to ask.
    people = {person.id: person}
    people.setdefault(request.requester_id, session.get_one(Person, request.requester_id))
    for relative in family_to_tell(session, person.id):
        people.setdefault(relative.id, relative)
    for who in people.values():
        text = TEXTS.say(
            f"diet.{step}" if who.id == person.id else f"diet.{step}_family",
            salutation=who.salutation,
            who=person.name,
            day=plain_day_word(opening.day, local_date(now)),
            meal=labels[opening.period],
            dishes=opening.details,
            found=conflict_words(found),
            number=request.number,
        )
        tell(
            session,
            person=who,
            message=Message(text),
            lane=Lane.STEP,
            request=request,
            now=now,
        )


def _split(dishes: str) -> list[str]:
    for each in "，,；;。/ \n":
        dishes = dishes.replace(each, "、")
    return [dish.strip() for dish in dishes.split("、") if dish.strip()]


def _may_hold(dish: str, avoided: str) -> bool:
    if avoided in dish and not _is_excepted(dish, avoided):
        return True
    for each in _ingredients():
        if avoided not in each.said:
            continue
        left = dish
        for excepted in each.excepted:
            left = left.replace(excepted, "")
        if any(word in left for word in each.words):
            return True
    return False


def _is_excepted(dish: str, avoided: str) -> bool:
    """Tell whether the word stands in the dish only as part of another: 鱼 in 鱼香肉丝."""
    left = dish
    for each in _ingredients():
        if avoided in each.said:
            for excepted in each.excepted:
                left = left.replace(excepted, "")
    return avoided not in left


@cache
def _ingredients() -> tuple[_Ingredient, ...]:
    path = Path(__file__).with_name("ingredients.toml")
    tree = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        _Ingredient(tuple(each["said"]), tuple(each["words"]), tuple(each.get("except", ())))
        for each in tree["ingredient"]
    )
