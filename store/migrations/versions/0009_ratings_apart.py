"""Ratings remember the account they came from; requests, when stars were asked for"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("ratings") as ratings:
        ratings.add_column(
            sa.Column(
                "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
            )
        )
        ratings.create_foreign_key(
            op.f("fk_ratings_account_id"), "accounts", ["account_id"], ["id"], ondelete="SET NULL"
        )
        ratings.create_index(op.f("ix_ratings_institution_id_at"), ["institution_id", "at"])
    with op.batch_alter_table("requests") as requests:
        requests.add_column(
            sa.Column("stars_asked_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        requests.create_index(op.f("ix_requests_institution_id_day"), ["institution_id", "day"])
        requests.create_index(
            op.f("ix_requests_institution_id_due_at"), ["institution_id", "due_at"]
        )
    # Whoever was asked before may still answer.
    op.execute("UPDATE requests SET stars_asked_at = closed_at WHERE status = 'completed'")
