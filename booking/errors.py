"""What can stand in the way of a booking verb; each edge turns them into its own sentences.

BookingError
├── NoPlaceLeft          the meal, the session or every vehicle is taken (offers others)
├── AlreadyUsed          the once-a-year service is booked or used for this year
├── StillOpen            somebody is to be erased who has requests that are not finished
├── NotPermitted         the actor may not do this for this person, or in this queue
├── AlreadyTaken         another clerk has the request
├── MoveNotAllowed       the request no longer stands where this move starts
├── TooLateToChange      the time until which it could be changed is over
├── OfferOver            the place that was offered has gone on to the next
├── RequestNotFound      no such request for this actor
├── ValueProblem         a form value is missing or cannot be (names the field)
├── OwnAnswer            who wrote an answer does not approve it
├── BindingProblem       the code is wrong, used, too old, or tried too often
└── LogInRefused         no staff log-in has this name and this password
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class BookingError(Exception):
    """A booking verb could not be done; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another choice that would work: values to set, and how to say it."""

    values: dict[str, str]
    label: str


class NoPlaceLeft(BookingError):
    """Nothing is left at that time."""

    def __init__(
        self, service: str, alternatives: tuple[Alternative, ...] = (), why: str = ""
    ) -> None:
        """Take what could be offered instead, and why it is not to be had, in words."""
        super().__init__(service)
        self.service = service
        self.alternatives = alternatives
        self.why = why


class AlreadyUsed(BookingError):
    """One a year, and this year's is taken by the request `number`."""

    def __init__(self, number: str) -> None:
        """Take the number of the request that uses it."""
        super().__init__(number)
        self.number = number


class StillOpen(BookingError):
    """Somebody cannot be erased while requests of his are open; names their numbers."""

    def __init__(self, numbers: tuple[str, ...]) -> None:
        """Take the numbers."""
        super().__init__("、".join(numbers))
        self.numbers = numbers


class NotPermitted(BookingError):
    """The actor has no permission for this."""


class AlreadyTaken(BookingError):
    """Someone else accepted it first."""

    def __init__(self, by: str) -> None:
        """Take the clerk's name."""
        super().__init__(by)
        self.by = by


class MoveNotAllowed(BookingError):
    """The request stands elsewhere now."""

    def __init__(self, status: str) -> None:
        """Take where it stands."""
        super().__init__(status)
        self.status = status


class TooLateToChange(BookingError):
    """What is booked could be changed only until then."""

    def __init__(self, until: datetime) -> None:
        """Take the instant (aware)."""
        super().__init__(until.isoformat())
        self.until = until


class OfferOver(BookingError):
    """A place that was offered is offered no more."""


class RequestNotFound(BookingError):
    """There is no such request for this actor."""


class ValueProblem(BookingError):
    """A value of the form cannot be; `problem` is a sentence for the person."""

    def __init__(self, field: str, problem: str) -> None:
        """Take the field's name and the sentence."""
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class OwnAnswer(BookingError):
    """Whoever wrote an answer for others is not the one who approves it."""


class BindingFault(StrEnum):
    """Why a code did not bind."""

    WRONG = "wrong"
    USED = "used"
    EXPIRED = "expired"
    TOO_MANY_TRIES = "too_many_tries"


class BindingProblem(BookingError):
    """A binding code did not bind."""

    def __init__(self, fault: BindingFault) -> None:
        """Take the reason."""
        super().__init__(fault.value)
        self.fault = fault


class LogInRefused(BookingError):
    """Unknown name or wrong password; which of the two is never said."""
