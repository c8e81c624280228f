"""Kitchens and menus, standing orders, delivery rounds"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0004"
down_revision = "0003"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    _tell_providers_apart()
    _work_links()


def _tell_providers_apart() -> None:
    # SQLite copies the table, and a copy forgets a check that is not named here.
    check = sa.CheckConstraint(
        "taken >= 0 AND taken <= capacity", name=op.f("ck_openings_taken_within_capacity")
    )
    with op.batch_alter_table("openings", table_args=(check,)) as openings:
        openings.add_column(
            sa.Column("provider", sa.String(length=40), nullable=False, server_default="")
        )
        openings.drop_constraint(
            op.f("uq_openings_institution_id_service_day_period"), type_="unique"
        )
        openings.create_unique_constraint(
            op.f("uq_openings_institution_id_service_day_period_provider"),
            ["institution_id", "service", "day", "period", "provider"],
        )


def _work_links() -> None:
    op.create_table(
        "work_links",
        sa.Column("id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column(
            "kind",
            sa.Enum("meal_round", "driver_day", name="worklinkkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("token", store.types.EncryptedText(), nullable=False),
        sa.Column("issued_by", sa.String(length=60), nullable=False),
        sa.Column("issued_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_work_links_institution_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_links")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_work_links_token_hash")),
    )
    op.create_index(
        op.f("ix_work_links_institution_id_day"), "work_links", ["institution_id", "day"]
    )
