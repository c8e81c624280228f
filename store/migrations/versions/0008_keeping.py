"""What must be kept, moved and forgotten"""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Apply."""
