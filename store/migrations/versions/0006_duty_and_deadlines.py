"""Shifts, absences, the house's calendar, wishes and the call list"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0006"
down_revision = "0005"

_CLOCK = sa.String(length=5)
_HOW_MUCH = ("every_step", "daily", "exceptions")
_STAYS = ("died", "hospital", "moved", "home")
_CALLS = ("watched", "to_call", "no_answer", "called", "seen")


def upgrade() -> None:
    """Apply."""
    _requests()
    _calendar()
    _staff()
    _being_told()
    _call_list()


def _requests() -> None:
    """To whom a request was given first, and when the house looks at it next."""
    with op.batch_alter_table("requests") as requests:
        requests.add_column(sa.Column("routed_to_id", _id(), nullable=True))
        requests.add_column(sa.Column("look_at", _instant(), nullable=True))
        requests.add_column(
            sa.Column("warned", sa.SmallInteger(), nullable=False, server_default="0")
        )
        requests.create_foreign_key(
            op.f("fk_requests_routed_to_id"), "people", ["routed_to_id"], ["id"]
        )
        requests.create_index(
            op.f("ix_requests_routed_to_id_created_at"), ["routed_to_id", "created_at"]
        )
    # What is not closed is little beside what ever was: these stay small.
    for name, columns in (
        ("ix_requests_unclosed_look_at", ["look_at"]),
        ("ix_requests_unclosed_starts_at", ["starts_at"]),
        ("ix_requests_unclosed_load", ["institution_id", "routed_to_id", "assignee_id", "status"]),
    ):
        op.create_index(
            name,
            "requests",
            columns,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        )


def _calendar() -> None:
    op.create_table(
        "house_hours",
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("opens", _CLOCK, nullable=False),
        sa.Column("closes", _CLOCK, nullable=False),
        _to("house_hours", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_house_hours")),
    )
    op.create_table(
        "calendar_days",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("opens", _CLOCK, nullable=True),
        sa.Column("closes", _CLOCK, nullable=True),
        sa.Column("note", sa.String(length=60), nullable=False),
        _to("calendar_days", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_days")),
        sa.UniqueConstraint(
            "institution_id", "day", name=op.f("uq_calendar_days_institution_id_day")
        ),
    )


def _staff() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("weekday", sa.SmallInteger(), nullable=False),
        sa.Column("starts", _CLOCK, nullable=False),
        sa.Column("ends", _CLOCK, nullable=False),
        _to("shifts", "institution_id", "institutions"),
        _to("shifts", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint(
            "person_id", "weekday", "starts", name=op.f("uq_shifts_person_id_weekday_starts")
        ),
    )
    op.create_index(op.f("ix_shifts_institution_id"), "shifts", ["institution_id"])
    op.create_table(
        "staff_absences",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("stand_in_id", _id(), nullable=True),
        sa.Column("note", store.types.EncryptedText(), nullable=True),
        sa.Column("made_at", _instant(), nullable=False),
        _to("staff_absences", "institution_id", "institutions"),
        _to("staff_absences", "person_id", "people"),
        _to("staff_absences", "stand_in_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_absences")),
    )
    op.create_index(op.f("ix_staff_absences_person_id"), "staff_absences", ["person_id"])
    op.create_index(op.f("ix_staff_absences_stand_in_id"), "staff_absences", ["stand_in_id"])
    op.create_index(
        "ix_staff_absences_institution_id_until", "staff_absences", ["institution_id", "until"]
    )
    op.create_table(
        "staff_skills",
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("skill", sa.String(length=20), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        _to("staff_skills", "person_id", "people"),
        _to("staff_skills", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("person_id", "skill", name=op.f("pk_staff_skills")),
    )


def _being_told() -> None:
    op.create_table(
        "wishes",
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("about_id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("how_much", _words("howmuch", _HOW_MUCH), nullable=False),
        sa.Column("reminders", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.String(length=60), nullable=False),
        sa.Column("set_at", _instant(), nullable=False),
        _to("wishes", "person_id", "people"),
        _to("wishes", "about_id", "people"),
        _to("wishes", "institution_id", "institutions"),
        sa.PrimaryKeyConstraint("person_id", "about_id", name=op.f("pk_wishes")),
    )
    op.create_table(
        "digest_lines",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("request_id", _id(), nullable=False),
        sa.Column("text", store.types.EncryptedText(), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        _to("digest_lines", "institution_id", "institutions"),
        _to("digest_lines", "person_id", "people"),
        _to("digest_lines", "request_id", "requests"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_lines")),
    )
    op.create_index("ix_digest_lines_person_id_id", "digest_lines", ["person_id", "id"])
    op.create_index(op.f("ix_digest_lines_request_id"), "digest_lines", ["request_id"])
    op.create_table(
        "sent_reminders",
        sa.Column("request_id", _id(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", _instant(), nullable=False),
        _to("sent_reminders", "request_id", "requests"),
        sa.PrimaryKeyConstraint("request_id", "kind", name=op.f("pk_sent_reminders")),
    )


def _call_list() -> None:
    op.create_table(
        "call_lines",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("request_id", _id(), nullable=True),
        sa.Column("outbox_id", _id(), nullable=True),
        sa.Column("why", store.types.EncryptedText(), nullable=False),
        sa.Column("state", _words("callstate", _CALLS), nullable=False),
        sa.Column("told_at", _instant(), nullable=False),
        sa.Column("call_after", _instant(), nullable=False),
        sa.Column("tries", sa.SmallInteger(), nullable=False),
        sa.Column("called_by_id", _id(), nullable=True),
        sa.Column("called_at", _instant(), nullable=True),
        _to("call_lines", "institution_id", "institutions"),
        _to("call_lines", "person_id", "people"),
        _to("call_lines", "request_id", "requests"),
        _to("call_lines", "called_by_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_lines")),
    )
    op.create_index("ix_call_lines_state_call_after", "call_lines", ["state", "call_after"])
    op.create_index("ix_call_lines_institution_id_state", "call_lines", ["institution_id", "state"])
    op.create_index(op.f("ix_call_lines_person_id"), "call_lines", ["person_id"])
    op.create_index(op.f("ix_call_lines_request_id"), "call_lines", ["request_id"])
    op.create_table(
        "stays",
        sa.Column("id", _id(), nullable=False),
        sa.Column("institution_id", _id(), nullable=False),
        sa.Column("person_id", _id(), nullable=False),
        sa.Column("kind", _words("staykind", _STAYS), nullable=False),
        sa.Column("began_at", _instant(), nullable=False),
        sa.Column("ended_at", _instant(), nullable=True),
        sa.Column("noted_by", sa.String(length=60), nullable=False),
        _to("stays", "institution_id", "institutions"),
        _to("stays", "person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stays")),
    )
    op.create_index("ix_stays_person_id_ended_at", "stays", ["person_id", "ended_at"])


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _instant() -> store.types.UtcDateTime:
    return store.types.UtcDateTime(timezone=True)


def _words(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=24)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
