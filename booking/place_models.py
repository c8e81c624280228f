"""Tables of places that are waited for, kept for a while, or handed out once a year."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.types import UtcDateTime


class KeptPlace(Base):
    """What a cancelled request still holds until `until`, so that cancelling can be undone."""

    __tablename__ = "kept_places"

    request_id: Mapped[int] = mapped_column(
        ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True
    )
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    service: Mapped[str] = mapped_column(String(30))
    until: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class WaitingEntry(Base):
    """A request's turn on the list of one opening: the highest rank first, then the earliest.

    Where everybody lines up first, nothing is handed on before `opens_at`. Everything that is needed to hand a place on is written here when someone joins, so that
    whatever frees a place can pass it on in the same transaction. A place is booked for him at
    once, or, where `offer_minutes` is not 0, held and offered until `offered_until`.
    """

    __tablename__ = "waiting_entries"
    __table_args__ = (
        UniqueConstraint("opening_id", "beneficiary_id"),
        Index("ix_waiting_entries_turn", "opening_id", "rank", "since", "request_id"),
    )

    request_id: Mapped[int] = mapped_column(
        ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True
    )
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"))
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    places: Mapped[int] = mapped_column(SmallInteger)
    rank: Mapped[int] = mapped_column(SmallInteger)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    accept_minutes: Mapped[int] = mapped_column(Integer)
    offer_minutes: Mapped[int] = mapped_column(Integer)
    uses_year: Mapped[bool] = mapped_column(Boolean)
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    offers: Mapped[int] = mapped_column(SmallInteger, default=0)


class YearlyRule(Base):
    """How one institution counts a once-a-year service: whether a missed one is used up."""

    __tablename__ = "yearly_rules"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(30), primary_key=True)
    missed_is_used: Mapped[bool] = mapped_column(Boolean)


class YearlyInvitation(Base):
    """That someone who has not had this year's was written to, or put on the call list: once."""

    __tablename__ = "yearly_invitations"
    __table_args__ = (UniqueConstraint("person_id", "service", "year"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    service: Mapped[str] = mapped_column(String(30))
    year: Mapped[int] = mapped_column(SmallInteger)
    reached: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
