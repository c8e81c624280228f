"""Shifts, absences, the house's calendar, wishes and the call list"""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Apply."""
