"""Waiting lists, offers that expire, places kept for a while, yearly rules and invitations"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = store.types.UtcDateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _kept_places()
    _waiting_entries()
    _yearly()


def _kept_places() -> None:
    op.create_table(
        "kept_places",
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("service", sa.String(30), nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
        _to("kept_places", "request_id", "requests", cascade=True),
        _to("kept_places", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_kept_places")),
    )
    op.create_index(op.f("ix_kept_places_until"), "kept_places", ["until"])


def _waiting_entries() -> None:
    op.create_table(
        "waiting_entries",
        sa.Column("request_id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("opening_id", _ID, nullable=False),
        sa.Column("beneficiary_id", _ID, nullable=False),
        sa.Column("places", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("since", _INSTANT, nullable=False),
        sa.Column("opens_at", _INSTANT, nullable=True),
        sa.Column("closes_at", _INSTANT, nullable=False),
        sa.Column("accept_minutes", sa.Integer(), nullable=False),
        sa.Column("offer_minutes", sa.Integer(), nullable=False),
        sa.Column("uses_year", sa.Boolean(), nullable=False),
        sa.Column("offered_until", _INSTANT, nullable=True),
        sa.Column("offers", sa.SmallInteger(), nullable=False),
        _to("waiting_entries", "request_id", "requests", cascade=True),
        _to("waiting_entries", "institution_id", "institutions"),
        _to("waiting_entries", "opening_id", "openings"),
        _to("waiting_entries", "beneficiary_id", "people"),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_waiting_entries")),
        sa.UniqueConstraint(
            "opening_id",
            "beneficiary_id",
            name=op.f("uq_waiting_entries_opening_id_beneficiary_id"),
        ),
    )
    turn = ["opening_id", "rank", "since", "request_id"]
    op.create_index("ix_waiting_entries_turn", "waiting_entries", turn)
    op.create_index(op.f("ix_waiting_entries_closes_at"), "waiting_entries", ["closes_at"])
    op.create_index(op.f("ix_waiting_entries_offered_until"), "waiting_entries", ["offered_until"])


def _yearly() -> None:
    op.create_table(
        "yearly_rules",
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("service", sa.String(30), nullable=False),
        sa.Column("missed_is_used", sa.Boolean(), nullable=False),
        _to("yearly_rules", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("institution_id", "service", name=op.f("pk_yearly_rules")),
    )
    op.create_table(
        "yearly_invitations",
        sa.Column("id", _ID, nullable=False),
        sa.Column("institution_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("service", sa.String(30), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("by_id", _ID, nullable=False),
        _to("yearly_invitations", "institution_id", "institutions"),
        _to("yearly_invitations", "person_id", "people"),
        _to("yearly_invitations", "by_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_yearly_invitations")),
        sa.UniqueConstraint(
            "person_id",
            "service",
            "year",
            name=op.f("uq_yearly_invitations_person_id_service_year"),
        ),
    )


def _to(table: str, column: str, other: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{other}.id"],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="CASCADE" if cascade else None,
    )
