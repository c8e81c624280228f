"""The actions behind buttons that bookings and notices carry; the conversation reads them back."""

from collections.abc import Iterable

BOOK = "book:"
RATE = "rate:"
CALL_ME = "callme:"
NO_CALL = "nocall"
CANCEL_REQUEST = "cancel:"
RESTORE = "restore:"
CHANGE = "change:"
TAKE_OFFER = "offer:take:"
REFUSE_OFFER = "offer:no:"
HUMAN = "human"
MINE = "mine"
ASK_STAFF = "staff:"
ORIGINAL = "src:"
DOCUMENT = "doc:"
WARN = "warn:"


def book(service_id: str) -> str:
    """Start the form of a service."""
    return f"{BOOK}{service_id}"


def rate(request_id: int, stars: int) -> str:
    """Give stars to a completed request."""
    return f"{RATE}{request_id}:{stars}"


def call_me(request_id: int) -> str:
    """Ask to be called about a request that got few stars."""
    return f"{CALL_ME}{request_id}"


def cancel_request(request_id: int) -> str:
    """Cancel one's own request (asked once more before it is done)."""
    return f"{CANCEL_REQUEST}{request_id}"


def restore(request_id: int) -> str:
    """Undo the cancelling of a request."""
    return f"{RESTORE}{request_id}"


def change(request_id: int) -> str:
    """Change a request: what of it is asked next."""
    return f"{CHANGE}{request_id}"


def take_offer(request_id: int) -> str:
    """Take the place that is offered to whoever waits."""
    return f"{TAKE_OFFER}{request_id}"


def refuse_offer(request_id: int) -> str:
    """Say no to the place that is offered."""
    return f"{REFUSE_OFFER}{request_id}"


def ask_staff(question_id: int) -> str:
    """Hand a logged question to the staff."""
    return f"{ASK_STAFF}{question_id}"


def original(passage_ids: Iterable[int]) -> str:
    """Show the clauses that were quoted, at most three."""
    return ORIGINAL + ".".join(str(each) for each in passage_ids)


def document(document_id: int, passage_id: int) -> str:
    """Open a whole document at one of its passages, where the channel can open pages."""
    return f"{DOCUMENT}{document_id}:{passage_id}"


def warn(message_id: int) -> str:
    """Tell the staff what a message told of someone who asks for money in our name."""
    return f"{WARN}{message_id}"
