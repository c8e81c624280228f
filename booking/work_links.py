"""Links for whoever delivers or drives: no log-in, one day's work of one kind, revocable.

The token is the only proof, so it is long, kept as a keyed hash for looking up, and sealed
beside it so that the desk can show the same link again.
"""

import enum
import secrets
from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from store.base import Base, BigId
from store.clock import SHANGHAI
from store.identity import text_enum
from store.types import EncryptedText, UtcDateTime, keyring_of

_TOKEN_BYTES = 18
LONGEST_TOKEN = 64


class WorkLinkKind(enum.StrEnum):
    """Whose work a link opens."""

    MEAL_ROUND = "meal_round"
    DRIVER_DAY = "driver_day"


class WorkLink(Base):
    """One link: `about` says which round or driver, in the words of its kind."""

    __tablename__ = "work_links"
    __table_args__ = (Index(None, "institution_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[WorkLinkKind] = mapped_column(text_enum(WorkLinkKind))
    about: Mapped[str] = mapped_column(String(80))
    day: Mapped[date]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[str] = mapped_column(EncryptedText)
    issued_by: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def issue(
    session: Session,
    *,
    institution_id: int,
    kind: WorkLinkKind,
    about: str,
    day: date,
    issued_by: str,
    now: datetime,
) -> WorkLink:
    """Return the link of one day's work, the standing one where there is one.

    It ends with the day (midnight in Shanghai); check with whoever asks before calling.
    """
    standing = standing_link(
        session, institution_id=institution_id, kind=kind, about=about, day=day, now=now
    )
    if standing is not None:
        return standing
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    link = WorkLink(
        institution_id=institution_id,
        kind=kind,
        about=about,
        day=day,
        token_hash=_hash(session, token),
        token=token,
        issued_by=issued_by[:60],
        issued_at=now,
        expires_at=datetime.combine(day + timedelta(days=1), time(), SHANGHAI),
    )
    session.add(link)
    session.flush()
    return link


def standing_link(
    session: Session,
    *,
    institution_id: int,
    kind: WorkLinkKind,
    about: str,
    day: date,
    now: datetime,
) -> WorkLink | None:
    """Return the link that is good for this work, None when there is none."""
    return session.execute(
        select(WorkLink)
        .where(
            WorkLink.institution_id == institution_id,
            WorkLink.kind == kind,
            WorkLink.about == about,
            WorkLink.day == day,
            WorkLink.revoked_at.is_(None),
            WorkLink.expires_at > now,
        )
        .order_by(WorkLink.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def link_of(session: Session, token: str, *, now: datetime) -> WorkLink | None:
    """Return the link that `token` opens now; None when it is wrong, over or revoked.

    A link may be opened before its day, so that whoever got it early sees that it works; what
    may be done then is for the page of its kind to say.
    """
    if not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        return None
    link = session.execute(
        select(WorkLink).where(WorkLink.token_hash == _hash(session, token))
    ).scalar_one_or_none()
    if link is None or link.revoked_at is not None or link.expires_at <= now:
        return None
    return link


def revoke(session: Session, *, institution_id: int, link_id: int, now: datetime) -> bool:
    """End a link of this house at once; False when there is no such link."""
    link = session.get(WorkLink, link_id)
    if link is None or link.institution_id != institution_id:
        return False
    link.revoked_at = link.revoked_at or now
    return True


def _hash(session: Session, token: str) -> str:
    return keyring_of(session.get_bind().dialect).lookup_token(f"work link:{token}")
