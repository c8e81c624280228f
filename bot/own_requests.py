"""A person's own requests in the conversation: look, cancel, rate, ask for someone."""

import re
from dataclasses import dataclass, replace

from booking import actions
from booking.call_backs import call_back
from booking.calls import ask_for_person
from booking.changing import CHANGEABLE
from booking.errors import (
    BookingError,
    MoveNotAllowed,
    NotPermitted,
    OfferOver,
    RequestNotFound,
)
from booking.models import RequestStatus
from booking.notices import staff_name
from booking.queues import OwnRequest, own_requests
from booking.ratings import FEW_STARS, STARS, rate, unrated
from booking.requests import cancel
from booking.services import CALLS, Catalog
from booking.undoing import can_restore, last_cancelled, restore
from booking.waiting import refuse_offer, take_offer
from bot.forms import how_to_bind
from bot.frames import Frames, Pending
from bot.said import TEXTS, Said, Scene, button, say
from bot.understanding.commands import Slots
from bot.understanding.numbers import read_number
from store.clock import local, local_date
from store.identity import Institution
from store.messages import Button, Message

CANCEL_YES, KEEP = "cancelyes:", "keep"
_STARS = re.compile(r"(?:打|给)?([1-5一二三四五])(?:颗|个)?(?:星星|星|分)?[。！]?")


@dataclass(frozen=True, slots=True)
class OwnRequests:
    """What people do with what they have asked for."""

    catalog: Catalog

    def show(self, scene: Scene, frames: Frames, *, service: str | None = None) -> Said:
        """List what is open, each with a button to cancel it; of one service where it was named."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        mine = self._open(scene)
        named = [each for each in mine if each.service == service]
        lines = []
        if service is not None and mine and not named:
            lines = [TEXTS.say("mine.none_of", service=self.catalog.get(service).name)]
        mine = named or mine
        if not mine:
            offers = [] if frames.form else self._offers()
            return say(frames, "mine.none", offers)
        lines += [TEXTS.say("mine.title"), *(_line(each) for each in mine)]
        rows = tuple(_acts(each) for each in mine if each.can_cancel)
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
        yes = f"{CANCEL_YES}{request_id}"
        return say(
            replace(frames, pending=Pending(yes=yes, no=KEEP)),
            "mine.cancel_ask",
            [button("cancel_yes", yes), button("cancel_no", KEEP)],
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
        undo = can_restore(scene.session, request, now=scene.now)
        return say(
            frames,
            "mine.cancelled_undo" if undo else "mine.cancelled",
            [button("restore", actions.restore(request_id))] if undo else (),
            summary=request.summary,
            number=request.number,
        )

    def cancel_named(self, scene: Scene, frames: Frames, slots: Slots) -> Said:
        """Find the request someone wants cancelled by what he named of it."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        found = self.cancellable(scene, slots)
        if not found:
            return say(frames, "mine.none_to_cancel", [button("mine", actions.MINE)])
        if len(found) == 1:
            return self.ask_cancel(scene, frames, found[0].id)
        lines = [TEXTS.say("mine.which"), *(_line(each) for each in found)]
        rows = tuple(
            (button("cancel_this", actions.cancel_request(each.id), number=each.number),)
            for each in found
        )
        choices = tuple(
            Button(f"{each.number} {each.summary}", actions.cancel_request(each.id))
            for each in found
        )
        asked = replace(frames, pending=Pending(choices=choices))
        return Said(asked, (Message("\n".join(lines), rows),))

    def cancellable(self, scene: Scene, slots: Slots) -> list[OwnRequest]:
        """Return the open requests that fit everything that was said of them."""
        day = slots.date.isoformat() if slots.date else None
        return [
            each
            for each in self._open(scene)
            if each.can_cancel
            and slots.service in {None, each.service}
            and day in {None, str(local_date(each.starts_at)) if each.starts_at else ""}
            and _is_at(each, slots)
            and (slots.destination or "") in each.summary
            and all(label in each.summary for label in self._labels(each.service, slots))
        ]

    def is_meant(self, scene: Scene, slots: Slots, action: str) -> bool:
        """Tell whether what was said fits the request whose cancelling was asked about."""
        return slots.is_empty or any(
            action == f"{CANCEL_YES}{each.id}" for each in self.cancellable(scene, slots)
        )

    def restore(self, scene: Scene, frames: Frames, request_id: int) -> Said:
        """Undo a cancelling, while its place is kept or another is left."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        try:
            with scene.session.begin_nested():
                request = restore(
                    scene.session,
                    catalog=self.catalog,
                    actor=scene.person,
                    request_id=request_id,
                    now=scene.now,
                )
        except RequestNotFound:
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        except BookingError:
            return say(frames, "mine.cannot_restore", [button("human", actions.HUMAN)])
        mine = [button("mine", actions.MINE)]
        return say(frames, "mine.restored", mine, summary=request.summary, number=request.number)

    def restore_named(self, scene: Scene, frames: Frames) -> Said | None:
        """Take 别取消了 as undoing what was cancelled just now; None where nothing was."""
        said_so = any(word in scene.words for word in TEXTS.say("mine.undo_words").split("、"))
        if scene.person is None or not said_so:
            return None
        last = last_cancelled(scene.session, scene.person, now=scene.now)
        return None if last is None else self.restore(scene, frames, last)

    def answer_offer(self, scene: Scene, frames: Frames, request_id: int, *, takes: bool) -> Said:
        """Take or refuse the place that is offered to whoever waits."""
        if scene.person is None:
            return how_to_bind(frames, scene)
        answer = take_offer if takes else refuse_offer
        try:
            with scene.session.begin_nested():
                request = answer(
                    scene.session, actor=scene.person, request_id=request_id, now=scene.now
                )
        except OfferOver:
            return say(frames, "mine.offer_over", [button("mine", actions.MINE)])
        except BookingError:
            return say(frames, "mine.not_found", [button("mine", actions.MINE)])
        key = "mine.offer_taken" if takes else "mine.offer_refused"
        return say(frames, key, summary=request.summary, number=request.number)

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
                account_id=scene.account.id,
            )
        except MoveNotAllowed:
            return say(frames, "rating.not_yet")
        except BookingError:
            return say(frames, "unclear.stale_nothing")
        if is_new and stars <= FEW_STARS:
            buttons = [
                button("call_me", actions.call_me(request_id)),
                button("no_call", actions.NO_CALL),
            ]
            return say(frames, "rating.few", buttons, stars=stars)
        return say(frames, "rating.thanks" if is_new else "rating.again", stars=stars)

    def call_me(self, scene: Scene, frames: Frames, request_id: int) -> Said:
        """Ask the staff to call someone who was not content."""
        if scene.person is None:
            return say(frames, "unclear.stale_nothing")
        try:
            request = call_back(
                scene.session,
                catalog=self.catalog,
                actor=scene.person,
                request_id=request_id,
                account_id=scene.account.id,
                now=scene.now,
            )
        except BookingError:
            return say(frames, "unclear.stale_nothing")
        return say(frames, "rating.will_call", number=request.number)

    def rate_in_words(self, scene: Scene, frames: Frames) -> Said | None:
        """Take 五星 or 5 as stars when exactly one completed request waits for them."""
        found = _STARS.fullmatch("".join(scene.words.split()))
        if scene.person is None or found is None:
            return None
        stars = read_number(found.group(1))
        waiting = unrated(scene.session, scene.person, now=scene.now)
        if stars is None or len(waiting) != 1:
            return None
        return self.rate(scene, frames, waiting[0], stars)

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
        number = request.number
        if is_new:
            return say(frames, key, number=number)
        if key != "human.asked":
            return say(frames, f"{key}_again", number=number)
        clerk = staff_name(scene.session, request)
        again = "human.asked_seen" if clerk else "human.asked_again"
        text = TEXTS.say(again, number=number, clerk=clerk)
        house = scene.session.get_one(Institution, request.institution_id)
        if house.phone:
            text += TEXTS.say("human.phone", phone=house.phone)
        return Said(frames, (Message(text),))

    def _offers(self) -> list[Button]:
        return [Button(each.name, actions.book(each.id)) for each in self.catalog.bookable]

    def _labels(self, service_id: str, slots: Slots) -> list[str]:
        """Return the words by which a summary names the part of the day that was said."""
        service = self.catalog.get(service_id)
        wanted = {"meal": slots.meal, "session": slots.session}.get(service.period_field)
        if wanted is None:
            return []
        options = service.field(service.period_field).options
        return [option.label for option in options if option.value == wanted]

    def _open(self, scene: Scene) -> list[OwnRequest]:
        if scene.person is None:
            return []
        return own_requests(scene.session, catalog=self.catalog, person=scene.person, now=scene.now)


def _is_at(each: OwnRequest, slots: Slots) -> bool:
    if slots.time is None or each.starts_at is None:
        return True
    return local(each.starts_at).time() == slots.time


def _acts(each: OwnRequest) -> tuple[Button, ...]:
    """Return what can be done with one of one's requests, side by side."""
    cancel_this = button("cancel_this", actions.cancel_request(each.id), number=each.number)
    if each.is_offered:
        take = button("take_offer", actions.take_offer(each.id), number=each.number)
        return (take, cancel_this)
    if each.status not in CHANGEABLE:
        return (cancel_this,)
    return (button("change_this", actions.change(each.id), number=each.number), cancel_this)


def _line(each: OwnRequest) -> str:
    if each.service in CALLS:
        key = "mine.taken_by" if each.assignee else "mine.waits"
        state = TEXTS.say(key, clerk=each.assignee)
    elif each.status is RequestStatus.WAITING and each.is_offered:
        state = TEXTS.say("mine.offered")
    elif each.status is RequestStatus.WAITING:
        state = TEXTS.say("mine.in_line", position=each.position)
    elif each.status is RequestStatus.SUBMITTED:
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
