"""A person's own requests in the conversation: look, cancel, rate, ask for someone."""

from dataclasses import dataclass
from datetime import date

from booking import actions
from booking.calls import ask_for_person
from booking.errors import BookingError, MoveNotAllowed, NotPermitted, RequestNotFound
from booking.models import RequestStatus
from booking.queues import OwnRequest, own_requests
from booking.ratings import STARS, rate
from booking.requests import cancel
from booking.services import Catalog
from bot.forms import how_to_bind
from bot.frames import Frames
from bot.said import TEXTS, Said, Scene, button, say
from store.clock import local_date
from store.messages import Button, Message

CANCEL_YES, KEEP = "cancelyes:", "keep"


@dataclass(frozen=True, slots=True)
class OwnRequests:
    """What people do with what they have asked for."""

    catalog: Catalog

    def show(self, scene: Scene, frames: Frames) -> Said:
        """List what is open, each with a button to cancel it."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        mine = self._open(scene)
        if not mine:
            offers = [
                Button(service.name, actions.book(service.id)) for service in self.catalog.bookable
            ]
            return say(frames, "mine.none", offers)
        lines = [TEXTS.say("mine.title"), *(_line(each) for each in mine)]
        rows = tuple(
            (button("cancel_this", actions.cancel_request(each.id), number=each.number),)
            for each in mine
            if each.can_cancel
        )
        human = ((button("human", actions.HUMAN),),)
        return Said(frames, (Message("\n".join(lines), (*rows, *human)),))

    def ask_cancel(self, scene: Scene, frames: Frames, request_id: int) -> Said:
        """Ask once more before a request is cancelled."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        found = [each for each in self._open(scene) if each.id == request_id]
        if not found:
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        if not found[0].can_cancel:
            return say(frames, "mine.cannot_cancel", [button("human", actions.HUMAN)])
        return say(
            frames,
            "mine.cancel_ask",
            [button("cancel_yes", f"{CANCEL_YES}{request_id}"), button("cancel_no", KEEP)],
            summary=found[0].summary,
            number=found[0].number,
        )

    def cancel(self, scene: Scene, frames: Frames, request_id: int) -> Said:
        """Cancel for good; the place is free again and the others concerned are told."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        try:
            with scene.session.begin_nested():
                request = cancel(
                    scene.session, actor=scene.person, request_id=request_id, now=scene.now
                )
        except (RequestNotFound, NotPermitted):
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        except MoveNotAllowed:
            return say(frames, "mine.cannot_cancel", [button("human", actions.HUMAN)])
        return say(frames, "mine.cancelled", summary=request.summary, number=request.number)

    def cancel_named(
        self, scene: Scene, frames: Frames, *, service: str | None, day: date | None
    ) -> Said:
        """Find the request someone wants cancelled by what he named of it."""
        found = [each for each in self._named(scene, service, day) if each.can_cancel]
        if scene.person is None:
            return how_to_bind(frames, scene)
        if not found:
            return say(frames, "mine.none_to_cancel", [button("mine", actions.MINE)])
        if len(found) == 1:
            return self.ask_cancel(scene, frames, found[0].id)
        lines = [TEXTS.say("mine.which"), *(_line(each) for each in found)]
        rows = tuple(
            (button("cancel_this", actions.cancel_request(each.id), number=each.number),)
            for each in found
        )
        return Said(frames, (Message("\n".join(lines), rows),))

    def change_named(self, scene: Scene, frames: Frames, *, service: str | None) -> Said:
        """Say how a request that is already made can be changed."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        human = button("human", actions.HUMAN)
        found = [each for each in self._named(scene, service, None) if each.can_cancel]
        if not found:
            return say(frames, "mine.change_none", [button("mine", actions.MINE), human])
        cancels = [
            button("cancel_this", actions.cancel_request(each.id), number=each.number)
            for each in found[:3]
        ]
        return say(frames, "mine.change", cancels, [human])

    def rate(self, scene: Scene, frames: Frames, request_id: int, stars: int) -> Said:
        """Keep the stars someone gave."""
        if scene.person is None or stars not in STARS:
            return say(frames, "unclear.stale_nothing")
        try:
            is_new = rate(
                scene.session,
                actor=scene.person,
                request_id=request_id,
                stars=stars,
                now=scene.now,
            )
        except MoveNotAllowed:
            return say(frames, "rating.not_yet")
        except BookingError:
            return say(frames, "unclear.stale_nothing")
        return say(frames, "rating.thanks" if is_new else "rating.again", stars=stars)

    def call_human(self, scene: Scene, frames: Frames, *, words: str, key: str) -> Said:
        """Ask the staff to get in touch; `key` names the sentence said back for a new call."""
        if scene.person is None:
            return say(frames, "human.unbound")
        request, is_new = ask_for_person(
            scene.session,
            catalog=self.catalog,
            actor=scene.person,
            words=words,
            account_id=scene.account.id,
            key=f"human:{scene.key}",
            now=scene.now,
        )
        return say(frames, key if is_new else "human.again", number=request.number)

    def _open(self, scene: Scene) -> list[OwnRequest]:
        if scene.person is None:
            return []
        return own_requests(scene.session, catalog=self.catalog, person=scene.person, now=scene.now)

    def _named(self, scene: Scene, service: str | None, day: date | None) -> list[OwnRequest]:
        return [
            each
            for each in self._open(scene)
            if (service is None or each.service == service)
            and (day is None or (each.starts_at is not None and local_date(each.starts_at) == day))
        ]


def _line(each: OwnRequest) -> str:
    if each.status is RequestStatus.SUBMITTED:
        state = TEXTS.say("mine.submitted")
    elif each.assignee:
        state = TEXTS.say("mine.accepted_by", clerk=each.assignee)
    else:
        state = TEXTS.say("mine.accepted")
    return TEXTS.say(
        "mine.line",
        number=each.number,
        service=each.service_name,
        who=TEXTS.say("mine.for_whom", name=each.who) if each.who else "",
        summary=each.summary,
        state=state,
    )
