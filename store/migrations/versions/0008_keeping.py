"""What must be kept, moved and forgotten: indexes for the queue page, the workers and retention"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_UNCLOSED = sa.text("closed_at IS NULL")


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_requests_unclosed_queue",
        "requests",
        ["institution_id", "service"],
        sqlite_where=_UNCLOSED,
        postgresql_where=_UNCLOSED,
    )
    op.create_index(
        "ix_requests_closed_queue", "requests", ["institution_id", "service", "closed_at"]
    )
    op.create_index("ix_inbox_status_id", "inbox", ["status", "id"])
    op.create_index("ix_outbox_edits_id", "outbox", ["edits_id"])
