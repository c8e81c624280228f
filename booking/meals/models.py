"""Tables of meals: who cooks, who may not eat what, and what is wanted again and again."""

import enum
from datetime import date, datetime

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.orm import Mapped, mapped_column

from store.base import Base, BigId
from store.identity import text_enum
from store.types import EncryptedJson, UtcDateTime


class KitchenKind(enum.StrEnum):
    """How a house comes by its meals: the notice's 自办、引进或签约外卖配送."""

    OWN = "own"
    CANTEEN = "canteen"
    DELIVERY = "delivery"


class DayState(enum.StrEnum):
    """What became of one day of a standing order."""

    SKIPPED = "skipped"
    CHANGED = "changed"
    MADE = "made"
    FAILED = "failed"


class Kitchen(Base):
    """Who cooks for a house.

    `closes` holds, for each meal that differs from the service's own, until when it can be
    ordered: 10:00, or 前一天 16:00.
    """

    __tablename__ = "kitchens"
    __table_args__ = (Unique("institution_id", "name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[KitchenKind] = mapped_column(text_enum(KitchenKind))
    closes: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)


class Diet(Base):
    """What one person eats and must not eat; health words, so all of it is sealed.

    `words` is {"usual": a diet of the form or "", "avoids": [words such as 花生]}.
    """

    __tablename__ = "diets"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"), index=True)
    words: Mapped[dict[str, object]] = mapped_column(EncryptedJson)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StandingOrder(Base):
    """A meal wanted on certain weekdays from one day to another, or until it is ended.

    `weekdays` is a mask, Monday 1, Sunday 64. `paused_until` without a day means until he is
    back. `values` are the form's, without date and meal.
    """

    __tablename__ = "standing_orders"
    __table_args__ = (
        Unique("idempotency_key"),
        Index(None, "institution_id", "ended_at"),
        Index(None, "person_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    requester_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    meal: Mapped[str] = mapped_column(String(30))
    weekdays: Mapped[int] = mapped_column(SmallInteger)
    values: Mapped[dict[str, str]] = mapped_column(EncryptedJson)
    from_day: Mapped[date]
    until_day: Mapped[date | None]
    paused_from: Mapped[date | None]
    paused_until: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(60))
    idempotency_key: Mapped[str] = mapped_column(String(120))


class StandingDay(Base):
    """One day of a standing order; the unique key is what makes it happen once."""

    __tablename__ = "standing_days"
    __table_args__ = (Unique("order_id", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institutions.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("standing_orders.id"))
    day: Mapped[date]
    state: Mapped[DayState] = mapped_column(text_enum(DayState))
    values: Mapped[dict[str, str] | None] = mapped_column(EncryptedJson)
    request_id: Mapped[int | None] = mapped_column(ForeignKey("requests.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


# Days of the week in a mask, Monday first.
EVERY_DAY = 0b1111111
WEEKDAYS = 0b0011111


def mask_of(weekdays: set[int]) -> int:
    """Return the mask of weekdays, Monday 0."""
    return sum(1 << each for each in weekdays)
