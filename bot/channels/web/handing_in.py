"""Handing in what the page posted: checked, stored through Reception, then acknowledged."""

from booking.errors import NotPermitted
from booking.people import choose_demonstration_person
from bot.channels.web.posted import Posted, Tap, start_command
from bot.channels.web.reading import label_of
from bot.channels.web.refusals import Refusal, Refused
from bot.incoming import Incoming, IncomingKind
from bot.reception import Address, Received, Reception, find_account, open_account
from store.clock import Clock
from store.database import Database


class HandingIn:
    """Takes what a browser sends into the inbox, and lets it choose a demonstration person."""

    def __init__(self, *, database: Database, clock: Clock, reception: Reception) -> None:
        """Take the door every channel uses."""
        self._database = database
        self._clock = clock
        self._reception = reception

    def hand_in(self, address: Address, posted: Posted) -> None:
        """Store one thing; when this returns it may be acknowledged. Again is the same as once.

        Raises:
            Refused: a button this account was never sent, or too many messages.
        """
        what = posted.what
        incoming = self._tapped(address, what) if isinstance(what, Tap) else what
        self._receive(address, posted.client_id, incoming)

    def choose(self, address: Address, person_id: int) -> None:
        """Let a browser speak for a demonstration person, and have the person greeted.

        Raises:
            Refused: the person cannot be chosen, or the browser speaks for somebody already.
        """
        with self._database.begin() as session:
            account = open_account(session, address, clock=self._clock)
            # Asked again because the answer was lost: he is greeted, nothing else happens twice.
            if account.person_id != person_id:
                if account.person_id is not None:
                    raise Refused(Refusal.HAS_PERSON)
                try:
                    choose_demonstration_person(
                        session, account=account, person_id=person_id, now=self._clock()
                    )
                except NotPermitted as error:
                    raise Refused(Refusal.NO_SUCH_PERSON) from error
        # Named by the choice, so that asking again greets once.
        self._receive(address, f"chosen-{person_id}", start_command())

    def _receive(self, address: Address, client_id: str, incoming: Incoming) -> None:
        # Ids are made by browsers: with the account in front, nobody can use up another's.
        received = self._reception.receive(
            address, update_id=f"{address.external_id}.{client_id}", incoming=incoming
        )
        if received is Received.TOO_MANY:
            raise Refused(Refusal.TOO_MANY)

    def _tapped(self, address: Address, tap: Tap) -> Incoming:
        with self._database.read() as session:
            account = find_account(session, address)
            label = None if account is None else label_of(session, account.id, tap)
        if label is None:
            raise Refused(Refusal.OLD_BUTTON)
        return Incoming(
            IncomingKind.TAP, action=tap.action, label=label, tapped_id=str(tap.tapped_id)
        )
