"""Someone asked for money or codes in our name: told to the staff, so that they warn the others."""

from datetime import datetime

from sqlalchemy.orm import Session

from booking.making import find_by_key, new_request
from booking.models import Request
from booking.services import FRAUD_REPORT, Catalog
from store.identity import Person


def report_fraud(
    session: Session,
    *,
    catalog: Catalog,
    actor: Person,
    words: str,
    account_id: int,
    message_id: int,
    now: datetime,
) -> tuple[Request, bool]:
    """Put what was told into the house's queue, once for each message.

    Returns the request, and whether it is new.
    """
    key = f"fraud:{message_id}"
    known = find_by_key(session, key)
    if known is not None:
        return known, False
    service = catalog.get(FRAUD_REPORT)
    request = new_request(
        session,
        service=service,
        actor=actor,
        beneficiary=actor,
        permission="本人",
        values={"words": words},
        words=words,
        starts=None,
        account_id=account_id,
        key=key,
        now=now,
    )
    return request, True
