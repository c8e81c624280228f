"""Changing what is booked, in the conversation: which one is meant, and what it is to be."""

from dataclasses import dataclass
from datetime import timedelta

from booking import actions
from booking.changing import CHANGEABLE, closes_at
from booking.day_words import moment_word
from booking.form import Around, complete_values
from booking.models import LinkScope, Request
from booking.people import beneficiaries
from booking.queues import own_requests
from booking.services import Catalog
from bot.form_values import in_order, named_in, values_of
from bot.forms import Forms, how_to_bind, offer_staff
from bot.frames import Frames
from bot.said import Said, Scene, button, say
from bot.understanding.commands import Slots

# What was booked so lately is what 不对，是三份 speaks of.
JUST_NOW = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Changes:
    """Finds the request that is to be changed and opens its form."""

    catalog: Catalog
    forms: Forms

    def named(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Change the request that fits best what was said; ask where several do."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        found = self._meant(scene, slots)
        if not found:
            rows = [button("mine", actions.MINE), button("human", actions.HUMAN)]
            return say(frames, "mine.change_none", rows)
        if len(found) > 1:
            return self.forms.ask_which(scene, frames, found, values_of(slots))
        said = self._said_of(found[0].service, scene, slots) or {}
        return self.begin(scene, frames, found[0].id, said)

    def begin(self, scene: Scene, frames: Frames, request_id: int, said: dict[str, str]) -> Said:
        """Open the form of one request, where it can still be changed."""
        found = [each for each in self._open(scene) if each.id == request_id]
        if not found:
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        request, service = found[0], self.catalog.get(found[0].service)
        until = closes_at(scene.session, service, request)
        if scene.now >= until:
            return offer_staff(
                scene,
                frames,
                "change.too_late",
                summary=request.summary,
                until=moment_word(until, scene.today),
                number=request.number,
            )
        return self.forms.begin_change(scene, frames, request, said)

    def _meant(self, scene: Scene, slots: Slots) -> list[Request]:
        """Return the requests that agree with the most of what was said; the one just made, else."""
        scores = {
            each.id: self._agreement(each, said)
            for each in self._open(scene)
            if slots.service in {None, each.service}
            and (said := self._said_of(each.service, scene, slots)) is not None
        }
        best = [
            each
            for each in self._open(scene)
            if scores.get(each.id) == max(scores.values(), default=0)
        ]
        lately = [each for each in best if scene.now - each.created_at < JUST_NOW]
        return [max(lately, key=lambda each: each.id)] if len(best) > 1 and lately else best

    def _said_of(self, service_id: str, scene: Scene, slots: Slots) -> dict[str, str] | None:
        """Return what was said as values of a service; None where it is of another one."""
        service, said = self.catalog.get(service_id), values_of(slots)
        fitting = {name: value for name, value in said.items() if service.has_field(name)}
        if service.words is None:
            return fitting if len(fitting) == len(said) else None
        found = in_order(service, {**named_in(service, scene.words, Around(scene.now)), **fitting})
        return found if found or not said else None

    def _agreement(self, request: Request, said: dict[str, str]) -> int:
        full = complete_values(self.catalog.get(request.service), request.values)
        return sum(full.get(name) == value for name, value in said.items())

    def _open(self, scene: Scene) -> list[Request]:
        if scene.person is None:
            return []
        may_book = {
            each.person.id for each in beneficiaries(scene.session, scene.person, LinkScope.BOOK)
        }
        mine = own_requests(scene.session, catalog=self.catalog, person=scene.person, now=scene.now)
        found = [scene.session.get_one(Request, each.id) for each in mine]
        return [
            each
            for each in found
            if each.status in CHANGEABLE
            and self.catalog.get(each.service).bookable
            and (each.beneficiary_id in may_book or each.requester_id == scene.person.id)
            and (each.starts_at is None or each.starts_at > scene.now)
        ]
