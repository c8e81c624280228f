"""Diets in a conversation: remembered when they are said, held against the dishes on the card."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from booking.form import Around
from booking.meals.diets import (
    DietWords,
    avoided_words,
    conflict_words,
    conflicts,
    diet_of,
    remember_diet,
)
from booking.meals.sheets import MEAL
from booking.people import OWN
from booking.services import Catalog, Service
from bot.frames import Frames, Pending
from bot.said import TEXTS, Said, Scene, button, say
from bot.understanding.clean import clean
from bot.understanding.commands import Intent, Understood
from store.identity import PersonKind

REMEMBER, FORGET = "diet", "nodiet"
_ALLERGIC = re.compile(r"我?对(?P<what>[^，。？！]{1,20}?)(?:都)?过敏")
_NOT = re.compile(
    r"我(?:一?直|从来|向来|平时)?(?:不能吃|吃不了|不吃|忌口?|忌吃)(?P<what>[^，。？！了的]{1,20})"
)
_FOOD_INTENTS = frozenset(
    {Intent.QUESTION, Intent.BOOK, Intent.CANCEL, Intent.CHANGE, Intent.ANSWER}
)
# Said of a moment or of medicine, not of what one never eats.
_NOT_FOOD = re.compile(r"药|饭$|^饭|下|东西|早|午|晚|中午|苦|亏|饱|惯|消|准|得")


def warning(
    scene: Scene, service: Service, values: Mapping[str, str], around: Around, person_id: int
) -> str:
    """Return what to say where the meal on the card may hold what the person must not eat.

    Of what he must not eat only he himself reads; whoever books for him reads the dish.
    """
    if service.id != MEAL:
        return ""
    avoids = diet_of(scene.session, person_id).avoids
    dishes = next(
        (
            each.details
            for each in around.openings
            if each.day.isoformat() == values.get("date")
            and each.period == values.get(service.period_field)
            and each.provider == values.get(service.provider_field, "")
        ),
        "",
    )
    found = conflicts(avoids, dishes) if avoids else []
    if not found:
        return ""
    if scene.person is not None and scene.person.id == person_id:
        return TEXTS.say("diet.warning", found=conflict_words(found))
    dishes = "、".join(dict.fromkeys(each.dish for each in found))
    return TEXTS.say("diet.warning_other", dishes=dishes)


def usual_diet(scene: Scene, service: Service, person_id: int) -> dict[str, str]:
    """Return the diet he always has as a value of the form; nothing where none is remembered."""
    usual = diet_of(scene.session, person_id).usual if service.id == MEAL else ""
    return {"diet": usual} if usual else {}


@dataclass(frozen=True, slots=True)
class Diets:
    """Remembers what someone says he must not eat."""

    catalog: Catalog

    def take(self, scene: Scene, frames: Frames, understood: Understood) -> Said | None:
        """Ask whether to remember 我对花生过敏; None for everything else."""
        person = scene.person
        if person is None or person.kind is not PersonKind.RETIREE or frames.form is not None:
            return None
        # 我对花生过敏 may sound like a complaint; only where nothing else is said it is none.
        is_complaint = understood.first.intent is Intent.COMPLAINT
        if understood.first.intent not in _FOOD_INTENTS and not is_complaint:
            return None
        words = _avoided(scene.words)
        if not words or (is_complaint and not _ALLERGIC.fullmatch(_bare(scene.words))):
            return None
        said = "、".join(words)
        pending = Pending(yes=REMEMBER, no=FORGET, words=said)
        return say(
            replace(frames, pending=pending),
            "diet.ask",
            [button("diet_yes", REMEMBER), button("diet_no", FORGET)],
            words=said,
        )

    def remember(self, scene: Scene, frames: Frames) -> Said:
        """Keep what was asked about, beside what is known already."""
        person, pending = scene.person, frames.pending
        if person is None or pending is None or not pending.words:
            return say(frames, "unclear.stale_nothing")
        known = diet_of(scene.session, person.id)
        avoids = tuple(dict.fromkeys([*known.avoids, *avoided_words(pending.words)]))
        remember_diet(
            scene.session,
            person=person,
            wanted=DietWords(known.usual, avoids),
            service=self.catalog.get(MEAL),
            by=f"account {scene.account.id}",
            permission=OWN,
            now=scene.now,
        )
        return say(replace(frames, pending=None), "diet.remembered", words="、".join(avoids))


def _bare(text: str) -> str:
    return clean(text).strip("，。！ ")


def _avoided(text: str) -> tuple[str, ...]:
    text = clean(text)
    if re.search(r"[？]|吗|怎么|谁", text):
        return ()
    for pattern in (_ALLERGIC, _NOT):
        found = pattern.search(text)
        if found is None:
            continue
        said = re.sub(r"[和跟及]|还有", "、", found["what"])
        words = tuple(
            word
            for word in (each.removeprefix("吃").strip() for each in avoided_words(said))
            if 0 < len(word) <= 6 and not _NOT_FOOD.search(word)
        )
        if words:
            return words
    return ()
