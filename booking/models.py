"""Tables of the booking side: staff and links, what can be booked, requests and ratings."""

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.identity import text_enum
from store.types import EncryptedJson, EncryptedText, UtcDateTime

# What is not closed is little beside what ever was: indexes of it alone stay small.
_UNCLOSED: dict[str, Any] = {
    "sqlite_where": text("closed_at IS NULL"),
    "postgresql_where": text("closed_at IS NULL"),
}


class StaffRole(enum.StrEnum):
    """What a member of staff works on; the head sees every queue of the house."""

    MEAL = "meal"
    RIDE = "ride"
    HEALTH = "health"
    HEAD = "head"


class LinkScope(enum.StrEnum):
    """What a family member may do for a retiree."""

    VIEW = "view"
    BOOK = "book"
    CANCEL = "cancel"
    BE_TOLD = "be_told"


class RequestStatus(enum.StrEnum):
    """Where a request stands; `booking.moves.MOVES` lists the allowed moves."""

    WAITING = "waiting"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    MISSED = "missed"


class CancelledBy(enum.StrEnum):
    """Who called a request off."""

    PERSON = "person"
    FAMILY = "family"
    STAFF = "staff"
    HOUSE = "house"


class EventKind(enum.StrEnum):
    """What happened to a request."""

    WAITING = "waiting"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    STARTED = "started"
    PUT_BACK = "put_back"
    COMPLETED = "completed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    RESTORED = "restored"
    MISSED = "missed"
    CHANGED = "changed"
    ASSIGNED = "assigned"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    MESSAGE = "message"
    RATED = "rated"
    AGAIN = "again"
    NOT_REACHED = "not_reached"
    ANSWERED = "answered"
    REVIEWED = "reviewed"


class AnswerState(enum.StrEnum):
    """Where a clerk's answer to a policy question stands on its way into the knowledge."""

    TOLD = "told"
    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Staff(Base):
    """A staff member's log-in; the person carries the name and the institution."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)
    password_hash: Mapped[str] = mapped_column(String(200))
    roles: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Link(Base):
    """A family member's permission to act for a retiree; `calls` is what she calls him (我爸)."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("family_id", "retiree_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    family_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    retiree_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    calls: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    granted_by: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BindingCode(Base):
    """A one-time code that binds an account to a person; its secret is kept as a keyed hash."""

    __tablename__ = "binding_codes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    wrong_tries: Mapped[int] = mapped_column(SmallInteger, default=0)
    issued_by: Mapped[str] = mapped_column(String(60))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """Who did what for whom and by what permission, where no request carries it.

    `about` names what was acted on, where it is no person: a document that may be gone by now.
    """

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_institution_id_at", "institution_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institutions.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(120))
    act: Mapped[str] = mapped_column(String(60))
    subject_person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    permission: Mapped[str] = mapped_column(String(200))
    about: Mapped[str | None] = mapped_column(String(200))


class Opening(Base):
    """Places of a service on one day: portions of a meal, places of a checkup session.

    `provider` is who gives them where several do: the kitchen, the hospital; empty where nobody
    needs to tell them apart. `closes_at` is until when it can be booked, where that is not as the
    service's file says. `price_cents` is what a place costs, `subsidy_cents` what of it the house
    pays; no price is set where none is asked for. `details` holds what people may read about it (dishes, hospital, what to bring).
    """

    __tablename__ = "openings"
    __table_args__ = (
        UniqueConstraint("institution_id", "service", "day", "period", "provider"),
        CheckConstraint("taken >= 0 AND taken <= capacity", name="taken_within_capacity"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    service: Mapped[str] = mapped_column(String(30))
    day: Mapped[date] = mapped_column(Date)
    period: Mapped[str] = mapped_column(String(30))
    provider: Mapped[str] = mapped_column(String(40), default="", server_default="")
    capacity: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer, default=0)
    details: Mapped[str] = mapped_column(String(400), default="")
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    price_cents: Mapped[int | None] = mapped_column(Integer)
    subsidy_cents: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class YearlyUse(Base):
    """One use of a once-a-year service; the unique key is the entitlement."""

    __tablename__ = "yearly_uses"
    __table_args__ = (UniqueConstraint("person_id", "service", "year"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    service: Mapped[str] = mapped_column(String(30))
    year: Mapped[int] = mapped_column(SmallInteger)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), index=True)


class NumberCounter(Base):
    """The last number given to a request of one kind in one institution."""

    __tablename__ = "number_counters"

    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), primary_key=True)
    prefix: Mapped[str] = mapped_column(String(4), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Request(Base):
    """One booking, or one call for a person, in one queue of one institution.

    `values` are the form's canonical values; `summary` is the same in words. Both may name
    health or address and are encrypted. It is to be accepted by `due_at` and done by
    `fulfil_by`; `moved_at` is when its status last changed; `follows_id` is the request that
    it came out of: the outward ride, the meal at a door that nobody opened. `routed_to_id` is
    whom it was given to first; `look_at` is when the house looks next whether it is late, and
    `warned` how many of the warnings were given. `stars_asked_at` is when the person was asked
    for stars, so that nobody is asked too often.
    """

    __tablename__ = "requests"
    __table_args__ = (
        UniqueConstraint("institution_id", "number"),
        UniqueConstraint("idempotency_key"),
        Index("ix_requests_queue", "institution_id", "service", "status", "priority", "due_at"),
        Index("ix_requests_institution_id_day", "institution_id", "day"),
        Index("ix_requests_institution_id_due_at", "institution_id", "due_at"),
        Index("ix_requests_beneficiary_id_status", "beneficiary_id", "status"),
        Index("ix_requests_requester_id_status", "requester_id", "status"),
        Index("ix_requests_routed_to_id_created_at", "routed_to_id", "created_at"),
        Index("ix_requests_unclosed_queue", "institution_id", "service", **_UNCLOSED),
        Index("ix_requests_closed_queue", "institution_id", "service", "closed_at"),
        Index("ix_requests_unclosed_look_at", "look_at", **_UNCLOSED),
        Index("ix_requests_unclosed_starts_at", "starts_at", **_UNCLOSED),
        Index(
            "ix_requests_unclosed_load",
            "institution_id",
            "routed_to_id",
            "assignee_id",
            "status",
            **_UNCLOSED,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    service: Mapped[str] = mapped_column(String(30))
    number: Mapped[str] = mapped_column(String(20))
    requester_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    beneficiary_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    permission: Mapped[str] = mapped_column(String(200))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    status: Mapped[RequestStatus] = mapped_column(text_enum(RequestStatus))
    version: Mapped[int] = mapped_column(Integer, default=1)
    priority: Mapped[int] = mapped_column(SmallInteger, default=0)
    priority_reason: Mapped[str | None] = mapped_column(EncryptedText)
    values: Mapped[dict[str, Any]] = mapped_column(EncryptedJson)
    summary: Mapped[str] = mapped_column(EncryptedText)
    day: Mapped[date | None] = mapped_column(Date)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("openings.id"))
    places: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    fulfil_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    cancelled_by: Mapped[CancelledBy | None] = mapped_column(text_enum(CancelledBy))
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("requests.id"), index=True)
    moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    routed_to_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    stars_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RequestEvent(Base):
    """One line of a request's history."""

    __tablename__ = "request_events"
    __table_args__ = (
        Index("ix_request_events_request_id_id", "request_id", "id"),
        Index("ix_request_events_institution_id_id", "institution_id", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"))
    kind: Mapped[EventKind] = mapped_column(text_enum(EventKind))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    text: Mapped[str | None] = mapped_column(EncryptedText)


class Rating(Base):
    """One to five stars for one completed request, by the person served or the one who asked."""

    __tablename__ = "ratings"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_one_to_five"),
        Index("ix_ratings_institution_id_at", "institution_id", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), unique=True)
    rated_by: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="SET NULL"))
    stars: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StaffAnswer(Base):
    """What a clerk answered to a question that the documents left open; one for each request.

    It goes to the person at once. `question` is as the clerk worded it for others to find;
    once a second clerk or the head approves it, it is `document_id` in the knowledge. `reason`
    says why it was rejected or withdrawn.
    """

    __tablename__ = "staff_answers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("requests.id"), unique=True)
    question: Mapped[str] = mapped_column(EncryptedText)
    text: Mapped[str] = mapped_column(EncryptedText)
    state: Mapped[AnswerState] = mapped_column(text_enum(AnswerState))
    ends_on: Mapped[date | None] = mapped_column(Date)
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(EncryptedText)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))


class DeskSession(Base):
    """A logged-in browser of the desk; the cookie's token is kept as a keyed hash."""

    __tablename__ = "desk_sessions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
