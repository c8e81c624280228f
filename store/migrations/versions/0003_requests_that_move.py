"""More places where a request may stand, and what moved it there"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0003"
down_revision = "0002"

_WHO = ("person", "family", "staff", "house")


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("requests") as requests:
        requests.add_column(
            sa.Column("fulfil_by", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        requests.add_column(
            sa.Column(
                "cancelled_by",
                sa.Enum(*_WHO, name="cancelledby", native_enum=False, length=24),
                nullable=True,
            )
        )
        requests.add_column(
            sa.Column(
                "follows_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        requests.add_column(
            sa.Column("moved_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        requests.create_foreign_key(
            op.f("fk_requests_follows_id"), "requests", ["follows_id"], ["id"]
        )
        requests.create_index(op.f("ix_requests_follows_id"), ["follows_id"])
