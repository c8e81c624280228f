"""Waiting lists, offers that expire, plans with quotas"""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply."""
