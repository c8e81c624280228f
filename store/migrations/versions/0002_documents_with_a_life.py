"""Documents with a life of their own, clerks' answers, and questions kept for evaluation"""

import sqlalchemy as sa
from alembic import op

import store.types

revision = "0002"
down_revision = "0001"

_REFERENCES = {
    "replaces_id": "documents",
    "author_id": "people",
    "approved_by_id": "people",
    "owner_id": "people",
}


def upgrade() -> None:
    """Apply."""
    _grow_documents()
    op.add_column("audit", sa.Column("about", sa.String(length=200), nullable=True))
    for column in ("understood_as", "answer"):
        op.add_column("question_log", sa.Column(column, store.types.EncryptedText(), nullable=True))
    op.create_table(
        "document_drafts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "institution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("external_id", sa.String(length=400), nullable=False),
        sa.Column(
            "document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("file_name", sa.String(length=400), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "新闻报道",
                "官方解读",
                "政策文件",
                "本所信息",
                "本所答复",
                name="sourcekind",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("issuer", sa.String(length=200), nullable=True),
        sa.Column("number", sa.String(length=100), nullable=True),
        sa.Column("region", sa.String(length=100), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column(
            "replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "uploaded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("uploaded_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_drafts_document_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_document_drafts_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaces_id"],
            ["documents.id"],
            name=op.f("fk_document_drafts_replaces_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["people.id"], name=op.f("fk_document_drafts_uploaded_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_drafts")),
    )
    op.create_index(
        op.f("ix_document_drafts_institution_id"),
        "document_drafts",
        ["institution_id"],
        unique=False,
    )
    op.create_table(
        "document_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "institution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("ingested_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_document_versions_document_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_document_versions_institution_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_versions")),
        sa.UniqueConstraint(
            "document_id", "version", name=op.f("uq_document_versions_document_id_version")
        ),
    )
    op.create_table(
        "evaluation_questions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "institution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("question", store.types.EncryptedText(), nullable=False),
        sa.Column("expected", sa.String(length=24), nullable=False),
        sa.Column("gold", sa.JSON(), nullable=False),
        sa.Column("log_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "added_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("added_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by_id"], ["people.id"], name=op.f("fk_evaluation_questions_added_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institutions.id"],
            name=op.f("fk_evaluation_questions_institution_id"),
        ),
        sa.ForeignKeyConstraint(
            ["log_id"],
            ["question_log.id"],
            name=op.f("fk_evaluation_questions_log_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_questions")),
        sa.UniqueConstraint("log_id", name=op.f("uq_evaluation_questions_log_id")),
    )
    op.create_index(
        op.f("ix_evaluation_questions_institution_id"),
        "evaluation_questions",
        ["institution_id"],
        unique=False,
    )
    op.create_table(
        "staff_answers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "institution_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("question", store.types.EncryptedText(), nullable=False),
        sa.Column("text", store.types.EncryptedText(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "told",
                "proposed",
                "approved",
                "rejected",
                "withdrawn",
                name="answerstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column(
            "author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("written_at", store.types.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "decided_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("decided_at", store.types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", store.types.EncryptedText(), nullable=True),
        sa.Column(
            "document_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["people.id"], name=op.f("fk_staff_answers_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["people.id"], name=op.f("fk_staff_answers_decided_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_staff_answers_document_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institutions.id"], name=op.f("fk_staff_answers_institution_id")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["requests.id"], name=op.f("fk_staff_answers_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_answers")),
        sa.UniqueConstraint("request_id", name=op.f("uq_staff_answers_request_id")),
    )
    op.create_index(
        op.f("ix_staff_answers_institution_id"), "staff_answers", ["institution_id"], unique=False
    )


def _grow_documents() -> None:
    op.add_column(
        "documents",
        sa.Column(
            "kind",
            sa.Enum("text", "fact", "answer", name="documentkind", native_enum=False, length=24),
            server_default="text",
            nullable=False,
        ),
    )
    op.add_column("documents", sa.Column("issuer", sa.String(length=200), nullable=True))
    op.add_column("documents", sa.Column("number", sa.String(length=100), nullable=True))
    op.add_column("documents", sa.Column("region", sa.String(length=100), nullable=True))
    op.add_column("documents", sa.Column("issued_on", sa.Date(), nullable=True))
    op.add_column("documents", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column(
        "documents",
        sa.Column("withdrawn_at", store.types.UtcDateTime(timezone=True), nullable=True),
    )
    op.add_column("documents", sa.Column("reminded_on", sa.Date(), nullable=True))
    for column, table in _REFERENCES.items():
        _add_reference(column, table)
    op.create_index("ix_documents_replaces_id", "documents", ["replaces_id"], unique=False)


def _add_reference(column: str, table: str) -> None:
    """Add a nullable column that points to another table.

    SQLite takes a reference only within ADD COLUMN; making the table anew instead would drop
    the old one, and its passages with it.
    """
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE documents ADD COLUMN {column} INTEGER"
            f" CONSTRAINT fk_documents_{column} REFERENCES {table} (id)"
        )
        return
    op.add_column("documents", sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_foreign_key(f"fk_documents_{column}", "documents", table, [column], ["id"])
