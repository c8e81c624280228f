"""The actions behind buttons that bookings and notices carry; the conversation reads them back."""

BOOK = "book:"
RATE = "rate:"
CANCEL_REQUEST = "cancel:"
HUMAN = "human"
MINE = "mine"


def book(service_id: str) -> str:
    """Start the form of a service."""
    return f"{BOOK}{service_id}"


def rate(request_id: int, stars: int) -> str:
    """Give stars to a completed request."""
    return f"{RATE}{request_id}:{stars}"


def cancel_request(request_id: int) -> str:
    """Cancel one's own request (asked once more before it is done)."""
    return f"{CANCEL_REQUEST}{request_id}"
