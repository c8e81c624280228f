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
    _kitchens_and_diets()
    _standing_orders()


def _tell_providers_apart() -> None:
    # SQLite copies the table, and a copy forgets a check that is not named here.
    check = sa.CheckConstraint(
        "taken >= 0 AND taken <= capacity", name=op.f("ck_openings_taken_within_capacity")
    )
    with op.batch_alter_table("openings", table_args=(check,)) as openings:
        openings.add_column(
            sa.Column("provider", sa.String(length=40), nullable=False, server_default="")
        )
        openings.add_column(
            sa.Column("closes_at", store.types.UtcDateTime(timezone=True), nullable=True)
        )
        openings.add_column(sa.Column("price_cents", sa.Integer(), nullable=True))
        openings.add_column(
            sa.Column("subsidy_cents", sa.Integer(), nullable=False, server_default="0")
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


def _fk(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, store.types.UtcDateTime(timezone=True), nullable=nullable)


def _kitchens_and_diets() -> None:
    op.create_table(
        "kitchens",
        sa.Column("id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("own", "canteen", "delivery", name="kitchenkind", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("closes", sa.JSON(), nullable=False),
        _fk("kitchens", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kitchens")),
        sa.UniqueConstraint("institution_id", "name", name=op.f("uq_kitchens_institution_id_name")),
    )
    op.create_table(
        "diets",
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("words", store.types.EncryptedJson(), nullable=False),
        _moment("noted_at"),
        _fk("diets", "person_id", "people"),
        _fk("diets", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_diets")),
    )
    op.create_index(op.f("ix_diets_institution_id"), "diets", ["institution_id"])


def _standing_orders() -> None:
    op.create_table(
        "standing_orders",
        sa.Column("id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("requester_id", _ID, nullable=False),
        sa.Column("account_id", _ID, nullable=True),
        sa.Column("meal", sa.String(length=30), nullable=False),
        sa.Column("weekdays", sa.SmallInteger(), nullable=False),
        sa.Column("values", store.types.EncryptedJson(), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("until_day", sa.Date(), nullable=True),
        sa.Column("paused_from", sa.Date(), nullable=True),
        sa.Column("paused_until", sa.Date(), nullable=True),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        sa.Column("ended_by", sa.String(length=60), nullable=True),
        sa.Column("idempotency_key", sa.String(length=120), nullable=False),
        _fk("standing_orders", "institution_id", "institutions"),
        _fk("standing_orders", "person_id", "people"),
        _fk("standing_orders", "requester_id", "people"),
        _fk("standing_orders", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_orders")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_standing_orders_idempotency_key")),
    )
    op.create_index(
        op.f("ix_standing_orders_institution_id_ended_at"),
        "standing_orders",
        ["institution_id", "ended_at"],
    )
    op.create_index(op.f("ix_standing_orders_person_id"), "standing_orders", ["person_id"])
    op.create_table(
        "standing_days",
        sa.Column("id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("order_id", _ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "skipped",
                "changed",
                "made",
                "failed",
                name="daystate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("values", store.types.EncryptedJson(), nullable=True),
        sa.Column("request_id", _ID, nullable=True),
        _moment("at"),
        _fk("standing_days", "institution_id", "institutions"),
        _fk("standing_days", "order_id", "standing_orders"),
        _fk("standing_days", "request_id", "requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_days")),
        sa.UniqueConstraint("order_id", "day", name=op.f("uq_standing_days_order_id_day")),
    )
