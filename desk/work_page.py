"""What a page behind a link for whoever delivers or drives consists of.

A page is a template with its content, and the marks that may be made on it. The site around it
(`desk.work_site`) looks after the link, the guesses and the headers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from booking.services import Catalog
from booking.work_links import WorkLink


@dataclass(frozen=True, slots=True)
class Saved:
    """What a mark did: a sentence for whoever made it, and where the stop stands now."""

    said: str
    state: str


@dataclass(frozen=True, slots=True)
class WorkPage:
    """One kind of page.

    Attributes:
        template: extends work.html.
        content: what the template needs, read for one link.
        act: one mark on one request, in the caller's unit of work; the same mark again must
            change nothing. Raises a BookingError for what is not this link's.
    """

    template: str
    content: Callable[[Session, WorkLink, Catalog, datetime], Mapping[str, object]]
    act: Callable[[Session, WorkLink, Catalog, int, str, str, datetime], Saved]
