"""Tables of duty: the house's calendar, shifts, absences, skills, wishes and the call list."""

import enum
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.identity import text_enum
from store.types import EncryptedText, UtcDateTime


class HowMuch(enum.StrEnum):
    """How much of each step someone wants to hear."""

    EVERY_STEP = "every_step"
    DAILY = "daily"
    EXCEPTIONS = "exceptions"


class StayKind(enum.StrEnum):
    """Why someone is not at home as usual; `home` ends whatever was before."""

    DIED = "died"
    HOSPITAL = "hospital"
    MOVED = "moved"
    HOME = "home"


class CallState(enum.StrEnum):
    """Where a notice that matters stands, from sent to known to be heard."""

    WATCHED = "watched"
    TO_CALL = "to_call"
    NO_ANSWER = "no_answer"
    CALLED = "called"
    SEEN = "seen"


class HouseHours(Base):
    """When a house works; clock times as 08:30. Without a row the bundled hours hold."""

    __tablename__ = "house_hours"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    opens: Mapped[str] = mapped_column(String(5))
    closes: Mapped[str] = mapped_column(String(5))


class CalendarDay(Base):
    """A day on which a house differs from the published calendar."""

    __tablename__ = "calendar_days"
    __table_args__ = (UniqueConstraint("institution_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    day: Mapped[date] = mapped_column(Date)
    works: Mapped[bool] = mapped_column(Boolean)
    opens: Mapped[str | None] = mapped_column(String(5))
    closes: Mapped[str | None] = mapped_column(String(5))
    note: Mapped[str] = mapped_column(String(60), default="")


class Shift(Base):
    """When someone is there, week after week; `weekday` 0 is Monday, clock times as 08:30."""

    __tablename__ = "shifts"
    __table_args__ = (UniqueConstraint("person_id", "weekday", "starts"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    weekday: Mapped[int] = mapped_column(SmallInteger)
    starts: Mapped[str] = mapped_column(String(5))
    ends: Mapped[str] = mapped_column(String(5))


class StaffAbsence(Base):
    """Someone of the staff is away from one day to another, both counted; who stands in."""

    __tablename__ = "staff_absences"
    __table_args__ = (Index("ix_staff_absences_institution_id_until", "institution_id", "until"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date] = mapped_column(Date)
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    note: Mapped[str | None] = mapped_column(EncryptedText)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StaffSkill(Base):
    """Something that not everybody can: 轮椅, 陪诊."""

    __tablename__ = "staff_skills"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    skill: Mapped[str] = mapped_column(String(20), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))


class Wish(Base):
    """What `person_id` wants to hear about `about_id`: himself, or whom he is linked to."""

    __tablename__ = "wishes"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    about_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    how_much: Mapped[HowMuch] = mapped_column(text_enum(HowMuch))
    reminders: Mapped[bool] = mapped_column(Boolean, default=True)
    set_by: Mapped[str] = mapped_column(String(60))
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DigestLine(Base):
    """A step that waits to be told with the others of its day."""

    __tablename__ = "digest_lines"
    __table_args__ = (Index("ix_digest_lines_person_id_id", "person_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), index=True)
    text: Mapped[str] = mapped_column(EncryptedText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SentReminder(Base):
    """A reminder before a service that was given; the key keeps it from being given twice."""

    __tablename__ = "sent_reminders"

    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CallLine(Base):
    """A notice that matters to someone, until it is known that he heard of it.

    `outbox_id` is the message; without one there was no chat to write to. `call_after` is
    when a message not seen until then becomes a line for the clerk to telephone.
    """

    __tablename__ = "call_lines"
    __table_args__ = (
        Index("ix_call_lines_state_call_after", "state", "call_after"),
        Index("ix_call_lines_institution_id_state", "institution_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("requests.id"), index=True)
    outbox_id: Mapped[int | None] = mapped_column(BigId)
    why: Mapped[str] = mapped_column(EncryptedText)
    state: Mapped[CallState] = mapped_column(text_enum(CallState))
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    call_after: Mapped[datetime] = mapped_column(UtcDateTime)
    tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    called_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Stay(Base):
    """Where someone is, when not at home as usual; the row of his that has not ended holds."""

    __tablename__ = "stays"
    __table_args__ = (Index("ix_stays_person_id_ended_at", "person_id", "ended_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[StayKind] = mapped_column(text_enum(StayKind))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    noted_by: Mapped[str] = mapped_column(String(60))
