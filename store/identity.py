"""Who is who: institutions, persons, accounts on channels, and the conversations they hold.

An account is one way to reach someone (a Telegram user, a browser, a terminal). Once it is
bound to a person, its conversation is the person's own, so that a form begun on one channel
goes on in another. `booking.people` holds the verbs that bind and unbind.
"""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Enum, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.types import EncryptedJson, EncryptedText, UtcDateTime


class PersonKind(enum.StrEnum):
    """What someone is to the institution."""

    RETIREE = "retiree"
    FAMILY = "family"
    STAFF = "staff"


class CareFlag(enum.StrEnum):
    """The notice's 重点人员; never shown to other members."""

    DISABLED = "失能"
    DEMENTIA = "失智"
    ALONE = "独居"
    EMPTY_NEST = "空巢"


def text_enum(kind: type[enum.StrEnum], length: int = 24) -> Enum:
    """Return a column type that stores the enum's value as short text on every database."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=length,
        values_callable=lambda members: [member.value for member in members],
    )


class Institution(Base):
    """A 军休机构."""

    __tablename__ = "institutions"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    phone: Mapped[str | None] = mapped_column(String(40))
    is_demonstration: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Person(Base):
    """Someone known to an institution."""

    __tablename__ = "people"
    __table_args__ = (
        Index("ix_people_institution_id_kind", "institution_id", "kind"),
        Index("ix_people_phone_hash", "phone_hash"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    kind: Mapped[PersonKind] = mapped_column(text_enum(PersonKind))
    name: Mapped[str] = mapped_column(String(60))
    salutation: Mapped[str] = mapped_column(String(60))
    phone: Mapped[str | None] = mapped_column(EncryptedText)
    phone_hash: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(EncryptedText)
    care_flags: Mapped[list[str] | None] = mapped_column(EncryptedJson)
    health_note: Mapped[str | None] = mapped_column(EncryptedText)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Conversation(Base):
    """One person's (or one unbound account's) dialogue with the assistant.

    A worker leases it while thinking: `lease_owner` until `lease_until`, and `fence` grows by
    one with every lease, so that a worker that lost its lease can never write.
    """

    __tablename__ = "conversations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), unique=True)
    frames: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    fence: Mapped[int] = mapped_column(BigId, default=0)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Account(Base):
    """Someone's presence on one channel."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("channel", "bot", "external_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    bot: Mapped[str] = mapped_column(String(60), default="")
    external_id: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    blocked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
