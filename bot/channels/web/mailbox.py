"""What a page reads from the database; every look is a short transaction of its own."""

from dataclasses import dataclass

from bot.channels.web.reading import NOTHING, News, Page, history, newest_place, since
from bot.channels.web.transcript import Place
from bot.channels.web.who import Choice, Presence, choices, presence_of
from bot.reception import Address
from store import outbox
from store.clock import Clock
from store.database import Database


@dataclass(frozen=True, slots=True)
class Opening:
    """What the page shows when it opens; the live stream goes on after `place`."""

    presence: Presence
    page: Page
    place: Place
    people: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What is new for a page."""

    presence: Presence
    news: News


class Mailbox:
    """Reads accounts' messages and records that they were fetched."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        """Take the database and the time."""
        self._database = database
        self._clock = clock

    def open(self, address: Address) -> Opening:
        """Read the last stretch of the conversation; what is shown counts as fetched."""
        with self._database.read() as session:
            presence = presence_of(session, address)
            page, place = NOTHING, Place()
            if presence.account_id is not None:
                # The place is read first: what comes in between is shown, and told once more.
                place = newest_place(session, presence.account_id)
                page = history(session, presence.account_id)
            opening = Opening(presence, page, place, choices(session))
        self.mark_fetched(presence, place)
        return opening

    def earlier(self, address: Address, before: Place) -> Page:
        """Read the stretch before a place."""
        with self._database.read() as session:
            account_id = presence_of(session, address).account_id
            return NOTHING if account_id is None else history(session, account_id, before=before)

    def look(self, address: Address, after: Place) -> Look:
        """Read what came after a place."""
        with self._database.read() as session:
            presence = presence_of(session, address)
            if presence.account_id is None:
                return Look(presence, News((), after, has_unfetched=False, has_more=False))
            now = self._clock()
            return Look(presence, since(session, presence.account_id, after=after, now=now))

    def mark_fetched(self, presence: Presence, up_to: Place) -> None:
        """Record that the page has everything up to a place."""
        if presence.account_id is None or up_to.outbox_id == 0:
            return
        with self._database.begin() as session:
            outbox.mark_fetched(
                session,
                account_id=presence.account_id,
                up_to_id=up_to.outbox_id,
                now=self._clock(),
            )
